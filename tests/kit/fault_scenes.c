/* fault_scenes.c: what is played on the fake OpenCL: a function of the library, and what must be there before it is
 * called. SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/fault_scenes.h"

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"

/* Two platforms, three devices; the second is the best. */
static void world_several(struct stage *stage)
{
	struct fakecl_world *world = fakecl_world();
	(void)stage;
	world->platform_count = 2;
	world->platform_names[1] = "Other platform";
	world->device_count = 3;
	world->devices[0] = fakecl_cpu();
	world->devices[1] = fakecl_gpu();
	world->devices[2] = fakecl_cpu();
	world->devices[1].platform = world->devices[2].platform = 1;
}

static void users_context(struct stage *stage)
{
	cl_int err;
	cl_device_id device;
	cl_platform_id platform;
	EXPECT_CL(clGetPlatformIDs(1, &platform, NULL));
	EXPECT_CL(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
	stage->cl = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	EXPECT_CL(err);
	stage->info.device = device;
}

void scenes_library_context(struct stage *stage)
{
	EXPECT_OK(clnorm_context_open("", &stage->ctx));
}

static void library_context_cpu(struct stage *stage)
{
	fakecl_world()->devices[0] = fakecl_cpu();
	scenes_library_context(stage);
}

static clnorm_status act_list(struct stage *stage)
{
	return clnorm_device_list(1, &stage->info, &stage->count);
}

static clnorm_status act_find(struct stage *stage)
{
	return clnorm_device_find("1:0", &stage->info);
}

static clnorm_status act_open(struct stage *stage)
{
	return clnorm_context_open("fake", &stage->ctx);
}

static clnorm_status act_create(struct stage *stage)
{
	return clnorm_context_create(stage->cl, stage->info.device, &stage->ctx);
}

static clnorm_status plan_create(struct stage *stage, size_t s, const char *variant, unsigned ops, unsigned flags)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, s);
	desc.variant = variant;
	desc.ops = ops;
	desc.flags = flags;
	return clnorm_plan_create(stage->ctx, &desc, &stage->plan);
}

clnorm_status scenes_plan(struct stage *stage)
{
	return plan_create(stage, 1000, NULL, CLNORM_OP_FORWARD, 0);
}

clnorm_status scenes_plan_split(struct stage *stage)
{
	return plan_create(stage, 1000000, "split", CLNORM_OP_FORWARD, 0);
}

static clnorm_status act_plan_rows_split(struct stage *stage)
{
	return plan_create(stage, 300000, "rows-split", CLNORM_OP_FORWARD, CLNORM_BATCH_INVARIANT);
}

static clnorm_status act_plan_all_ops(struct stage *stage)
{
	return plan_create(stage, 100000, NULL, CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD, 0);
}

static clnorm_status act_plan_callers(struct stage *stage)
{
	return plan_create(stage, 1000000, "split", CLNORM_OP_FORWARD, CLNORM_CALLER_WORKSPACE);
}

static clnorm_status act_plan_empty(struct stage *stage)
{
	return plan_create(stage, 0, NULL, CLNORM_OP_FORWARD | CLNORM_OP_APPLY, 0);
}

static clnorm_status act_plan_nhwc(struct stage *stage)
{
	clnorm_desc desc = clnorm_desc_2d(2, 33, 100, 100);
	desc.layout = CLNORM_NHWC;
	desc.dtype = CLNORM_F16;
	desc.activation = CLNORM_ACT_GELU;
	desc.variant = "scan-split";
	return clnorm_plan_create(stage->ctx, &desc, &stage->plan);
}

static const size_t tensor_dims[] = {2, 3, 500};

clnorm_status scenes_tensor(struct stage *stage)
{
	return clnorm_tensor_create(stage->ctx, CLNORM_F16, 3, tensor_dims, &stage->tensor);
}

static void library_tensor(struct stage *stage)
{
	scenes_library_context(stage);
	EXPECT_OK(scenes_tensor(stage));
	stage->queue = clnorm_context_queue(stage->ctx);
	EXPECT_CL(clRetainCommandQueue(stage->queue));
}

static float host[3000];

static clnorm_status act_upload(struct stage *stage)
{
	return clnorm_tensor_upload(stage->tensor, stage->queue, host);
}

static clnorm_status act_download(struct stage *stage)
{
	return clnorm_tensor_download(stage->tensor, stage->queue, host);
}

static clnorm_status act_upload_from(struct stage *stage)
{
	return clnorm_tensor_upload_from(stage->tensor, stage->queue, CLNORM_F32, host);
}

static clnorm_status act_download_to(struct stage *stage)
{
	return clnorm_tensor_download_to(stage->tensor, stage->queue, CLNORM_F32, host);
}

static clnorm_status act_fill(struct stage *stage)
{
	return clnorm_tensor_fill(stage->tensor, stage->queue, 2);
}

#define PLANE 1000000
#define CALL_FLOATS ((size_t)6 * PLANE)

/* A plan of several waves of two stages, its buffers, and an in-order queue. */
void scenes_call(struct stage *stage, cl_command_queue_properties properties)
{
	cl_int err;
	scenes_library_context(stage);
	EXPECT_OK(plan_create(stage, PLANE, "split", CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD, 0));
	stage->queue = clCreateCommandQueue(clnorm_context_cl(stage->ctx), clnorm_context_device(stage->ctx),
	                                    properties, &err);
	EXPECT_CL(err);
	for (size_t i = 0; i < 4; i++) {
		stage->mems[i] = clCreateBuffer(clnorm_context_cl(stage->ctx), CL_MEM_READ_WRITE,
		                                CALL_FLOATS * sizeof(float), NULL, &err);
		EXPECT_CL(err);
	}
}

static void call_ordered(struct stage *stage)
{
	scenes_call(stage, 0);
}

static void call_unordered(struct stage *stage)
{
	scenes_call(stage, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
}

static void call_empty(struct stage *stage)
{
	cl_int err;
	scenes_library_context(stage);
	EXPECT_OK(act_plan_empty(stage));
	stage->queue = clCreateCommandQueue(clnorm_context_cl(stage->ctx), clnorm_context_device(stage->ctx), 0, &err);
	EXPECT_CL(err);
}

static clnorm_status act_prepare(struct stage *stage)
{
	return clnorm_plan_prepare(stage->plan, stage->queue);
}

clnorm_status scenes_forward(struct stage *stage)
{
	clnorm_forward_args args = {.x = {stage->mems[0], 0},
	                            .y = {stage->mems[1], 0},
	                            .mean = {stage->mems[2], 0},
	                            .rstd = {stage->mems[2], 6},
	                            .gamma = {stage->mems[3], 5}};
	return clnorm_forward(stage->plan, stage->queue, &args, 0, NULL, &stage->event);
}

static clnorm_status act_apply(struct stage *stage)
{
	clnorm_apply_args args = {
		.x = {stage->mems[0], 0}, .y = {stage->mems[1], 0}, .moments = {stage->mems[2], 0}, .parts = 3};
	return clnorm_apply(stage->plan, stage->queue, &args, 0, NULL, &stage->event);
}

static clnorm_status act_backward(struct stage *stage)
{
	clnorm_backward_args args = {.x = {stage->mems[0], 0},
	                             .dy = {stage->mems[1], 0},
	                             .dx = {stage->mems[2], 0},
	                             .dgamma = {stage->mems[3], 0},
	                             .dbeta = {stage->mems[3], 3}};
	return clnorm_backward(stage->plan, stage->queue, &args, 0, NULL, &stage->event);
}

const struct scene scenes_table[SCENES] = {
	{"device_list", world_several, act_list, false},
	{"device_find", world_several, act_find, false},
	{"context_open", world_several, act_open, false},
	{"context_create", users_context, act_create, false},
	{"plan", scenes_library_context, scenes_plan, true},
	{"plan of rows", library_context_cpu, scenes_plan, true},
	{"plan of split", scenes_library_context, scenes_plan_split, false},
	{"plan of rows-split", library_context_cpu, act_plan_rows_split, false},
	{"plan of all ops", scenes_library_context, act_plan_all_ops, true},
	{"plan for callers' workspaces", scenes_library_context, act_plan_callers, false},
	{"plan of an empty tensor", scenes_library_context, act_plan_empty, false},
	{"plan of channels last", scenes_library_context, act_plan_nhwc, false},
	{"tensor_create", scenes_library_context, scenes_tensor, false},
	{"tensor_upload", library_tensor, act_upload, false},
	{"tensor_download", library_tensor, act_download, false},
	{"tensor_upload_from", library_tensor, act_upload_from, false},
	{"tensor_download_to", library_tensor, act_download_to, false},
	{"tensor_fill", library_tensor, act_fill, false},
	{"plan_prepare", call_ordered, act_prepare, false},
	{"forward", call_ordered, scenes_forward, false},
	{"forward, out of order", call_unordered, scenes_forward, false},
	{"forward of nothing", call_empty, scenes_forward, false},
	{"apply", call_ordered, act_apply, false},
	{"apply, out of order", call_unordered, act_apply, false},
	{"backward", call_ordered, act_backward, false},
	{"backward, out of order", call_unordered, act_backward, false},
};
