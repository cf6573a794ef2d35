/* fault_scenes.c: what is played on the fake OpenCL: a function of the library, and what must be there before it is
 * called. SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/fault_scenes.h"

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"

/* Two platforms, three devices; the second is the best. */
static void world_several(struct fixture *fixture)
{
	struct fakecl_world *world = fakecl_world();
	(void)fixture;
	world->platform_count = 2;
	world->platform_names[1] = "Other platform";
	world->device_count = 3;
	world->devices[0] = fakecl_cpu();
	world->devices[1] = fakecl_gpu();
	world->devices[2] = fakecl_cpu();
	world->devices[1].platform = world->devices[2].platform = 1;
}

static void users_context(struct fixture *fixture)
{
	cl_int err;
	cl_device_id device;
	cl_platform_id platform;
	EXPECT_CL(clGetPlatformIDs(1, &platform, NULL));
	EXPECT_CL(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
	fixture->cl = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	EXPECT_CL(err);
	fixture->info.device = device;
}

void fault_scenes_library_context(struct fixture *fixture)
{
	EXPECT_OK(clnorm_context_open("", &fixture->ctx));
}

static void library_context_cpu(struct fixture *fixture)
{
	fakecl_world()->devices[0] = fakecl_cpu();
	fault_scenes_library_context(fixture);
}

static clnorm_status act_list(struct fixture *fixture)
{
	return clnorm_device_list(1, &fixture->info, &fixture->count);
}

static clnorm_status act_find(struct fixture *fixture)
{
	return clnorm_device_find("1:0", &fixture->info);
}

static clnorm_status act_open(struct fixture *fixture)
{
	return clnorm_context_open("fake", &fixture->ctx);
}

static clnorm_status act_create(struct fixture *fixture)
{
	return clnorm_context_create(fixture->cl, fixture->info.device, &fixture->ctx);
}

static clnorm_status plan_create(struct fixture *fixture, size_t s, const char *variant, unsigned ops, unsigned flags)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, s);
	desc.variant = variant;
	desc.ops = ops;
	desc.flags = flags;
	return clnorm_plan_create(fixture->ctx, &desc, &fixture->plan);
}

clnorm_status fault_scenes_plan(struct fixture *fixture)
{
	return plan_create(fixture, 1000, NULL, CLNORM_OP_FORWARD, 0);
}

clnorm_status fault_scenes_plan_split(struct fixture *fixture)
{
	return plan_create(fixture, 1000000, "split", CLNORM_OP_FORWARD, 0);
}

static clnorm_status act_plan_rows_split(struct fixture *fixture)
{
	return plan_create(fixture, 300000, "rows-split", CLNORM_OP_FORWARD, CLNORM_BATCH_INVARIANT);
}

static clnorm_status act_plan_all_ops(struct fixture *fixture)
{
	return plan_create(fixture, 100000, NULL, CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD, 0);
}

static clnorm_status act_plan_callers(struct fixture *fixture)
{
	return plan_create(fixture, 1000000, "split", CLNORM_OP_FORWARD, CLNORM_CALLER_WORKSPACE);
}

static clnorm_status act_plan_empty(struct fixture *fixture)
{
	return plan_create(fixture, 0, NULL, CLNORM_OP_FORWARD | CLNORM_OP_APPLY, 0);
}

static clnorm_status act_plan_nhwc(struct fixture *fixture)
{
	clnorm_desc desc = clnorm_desc_2d(2, 33, 100, 100);
	desc.layout = CLNORM_NHWC;
	desc.dtype = CLNORM_F16;
	desc.activation = CLNORM_ACT_GELU;
	desc.variant = "scan-split";
	return clnorm_plan_create(fixture->ctx, &desc, &fixture->plan);
}

static const size_t tensor_dims[] = {2, 3, 500};

clnorm_status fault_scenes_tensor(struct fixture *fixture)
{
	return clnorm_tensor_create(fixture->ctx, CLNORM_F16, 3, tensor_dims, &fixture->tensor);
}

static void library_tensor(struct fixture *fixture)
{
	fault_scenes_library_context(fixture);
	EXPECT_OK(fault_scenes_tensor(fixture));
	fixture->queue = clnorm_context_queue(fixture->ctx);
	EXPECT_CL(clRetainCommandQueue(fixture->queue));
}

static float host[3000];

static clnorm_status act_upload(struct fixture *fixture)
{
	return clnorm_tensor_upload(fixture->tensor, fixture->queue, host);
}

static clnorm_status act_download(struct fixture *fixture)
{
	return clnorm_tensor_download(fixture->tensor, fixture->queue, host);
}

static clnorm_status act_upload_from(struct fixture *fixture)
{
	return clnorm_tensor_upload_from(fixture->tensor, fixture->queue, CLNORM_F32, host);
}

static clnorm_status act_download_to(struct fixture *fixture)
{
	return clnorm_tensor_download_to(fixture->tensor, fixture->queue, CLNORM_F32, host);
}

static clnorm_status act_fill(struct fixture *fixture)
{
	return clnorm_tensor_fill(fixture->tensor, fixture->queue, 2);
}

#define PLANE 1000000
#define CALL_FLOATS ((size_t)6 * PLANE)

/* A plan of several waves of two stages, its buffers, and an in-order queue. */
void fault_scenes_call(struct fixture *fixture, cl_command_queue_properties properties)
{
	cl_int err;
	fault_scenes_library_context(fixture);
	EXPECT_OK(plan_create(fixture, PLANE, "split", CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD, 0));
	fixture->queue = clCreateCommandQueue(clnorm_context_cl(fixture->ctx), clnorm_context_device(fixture->ctx),
	                                      properties, &err);
	EXPECT_CL(err);
	for (size_t i = 0; i < 4; i++) {
		fixture->mems[i] = clCreateBuffer(clnorm_context_cl(fixture->ctx), CL_MEM_READ_WRITE,
		                                  CALL_FLOATS * sizeof(float), NULL, &err);
		EXPECT_CL(err);
	}
}

static void call_ordered(struct fixture *fixture)
{
	fault_scenes_call(fixture, 0);
}

static void call_unordered(struct fixture *fixture)
{
	fault_scenes_call(fixture, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
}

static void call_empty(struct fixture *fixture)
{
	cl_int err;
	fault_scenes_library_context(fixture);
	EXPECT_OK(act_plan_empty(fixture));
	fixture->queue =
		clCreateCommandQueue(clnorm_context_cl(fixture->ctx), clnorm_context_device(fixture->ctx), 0, &err);
	EXPECT_CL(err);
}

static clnorm_status act_prepare(struct fixture *fixture)
{
	return clnorm_plan_prepare(fixture->plan, fixture->queue);
}

clnorm_status fault_scenes_forward(struct fixture *fixture)
{
	clnorm_forward_args args = {.x = {fixture->mems[0], 0},
	                            .y = {fixture->mems[1], 0},
	                            .mean = {fixture->mems[2], 0},
	                            .rstd = {fixture->mems[2], 6},
	                            .gamma = {fixture->mems[3], 5}};
	return clnorm_forward(fixture->plan, fixture->queue, &args, 0, NULL, &fixture->event);
}

static clnorm_status act_apply(struct fixture *fixture)
{
	clnorm_apply_args args = {
		.x = {fixture->mems[0], 0}, .y = {fixture->mems[1], 0}, .moments = {fixture->mems[2], 0}, .parts = 3};
	return clnorm_apply(fixture->plan, fixture->queue, &args, 0, NULL, &fixture->event);
}

static clnorm_status act_backward(struct fixture *fixture)
{
	clnorm_backward_args args = {.x = {fixture->mems[0], 0},
	                             .dy = {fixture->mems[1], 0},
	                             .dx = {fixture->mems[2], 0},
	                             .dgamma = {fixture->mems[3], 0},
	                             .dbeta = {fixture->mems[3], 3}};
	return clnorm_backward(fixture->plan, fixture->queue, &args, 0, NULL, &fixture->event);
}

const struct scene fault_scenes_table[SCENES] = {
	{"device_list", world_several, act_list, false},
	{"device_find", world_several, act_find, false},
	{"context_open", world_several, act_open, false},
	{"context_create", users_context, act_create, false},
	{"plan", fault_scenes_library_context, fault_scenes_plan, true},
	{"plan of rows", library_context_cpu, fault_scenes_plan, true},
	{"plan of split", fault_scenes_library_context, fault_scenes_plan_split, false},
	{"plan of rows-split", library_context_cpu, act_plan_rows_split, false},
	{"plan of all ops", fault_scenes_library_context, act_plan_all_ops, true},
	{"plan for callers' workspaces", fault_scenes_library_context, act_plan_callers, false},
	{"plan of an empty tensor", fault_scenes_library_context, act_plan_empty, false},
	{"plan of channels last", fault_scenes_library_context, act_plan_nhwc, false},
	{"tensor_create", fault_scenes_library_context, fault_scenes_tensor, false},
	{"tensor_upload", library_tensor, act_upload, false},
	{"tensor_download", library_tensor, act_download, false},
	{"tensor_upload_from", library_tensor, act_upload_from, false},
	{"tensor_download_to", library_tensor, act_download_to, false},
	{"tensor_fill", library_tensor, act_fill, false},
	{"plan_prepare", call_ordered, act_prepare, false},
	{"forward", call_ordered, fault_scenes_forward, false},
	{"forward, out of order", call_unordered, fault_scenes_forward, false},
	{"forward of nothing", call_empty, fault_scenes_forward, false},
	{"apply", call_ordered, act_apply, false},
	{"apply, out of order", call_unordered, act_apply, false},
	{"backward", call_ordered, act_backward, false},
	{"backward, out of order", call_unordered, act_backward, false},
};
