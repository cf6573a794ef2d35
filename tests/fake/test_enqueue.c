/* test_enqueue.c: the launches of every variant on fake devices: legal sizes, every slab once, waves in order.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "device/stages.h"
#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

/* Devices that real ones lie between. */
static void device_narrow(struct fakecl_device *device)
{
	device->max_group = 1;
	device->local_bytes = 1024;
	device->compute_units = 1;
}

static void device_odd(struct fakecl_device *device)
{
	device->max_group = 100;
	device->kernel_group = 7;
	device->local_bytes = 32 << 10;
	device->compute_units = 3;
	device->cache_bytes = 0;
}

static void device_hungry(struct fakecl_device *device)
{
	device->kernel_group = 64;
}

/* NVIDIA's driver: it tells 256 of every kernel, and runs those that were compiled for more. */
static void device_modest(struct fakecl_device *device)
{
	device->kernel_group = 256;
	device->compiled_group = 1024;
}

/* One that does not. */
static void device_strict(struct fakecl_device *device)
{
	device->kernel_group = 256;
	device->compiled_group = 256;
}

static void device_wide(struct fakecl_device *device)
{
	device->compute_units = 1000;
	device->max_group = 8192;
	device->cache_bytes = 1 << 30;
	device->global_bytes = (cl_ulong)1 << 40;
	device->max_alloc_bytes = (cl_ulong)1 << 40;
}

static void device_plain(struct fakecl_device *device)
{
	(void)device;
}

static void (*const device_makers[])(struct fakecl_device *device) = {device_plain, device_narrow, device_odd,
                                                                      device_hungry, device_wide,
                                                                      device_modest, device_strict};

#define MAKERS (sizeof(device_makers) / sizeof(device_makers[0]))

static const size_t shapes[][3] = {{1, 1, 1},     {2, 3, 16},    {5, 3, 961},     {64, 1024, 2}, {1, 3, 131071},
                                   {2, 5, 65536}, {1, 70, 5000}, {1, 2, 3000000}, {3, 1, 40000}};

static struct cln_arguments launch_scalars(const struct fakecl_launch *launch)
{
	struct cln_arguments scalars;
	ck_assert_uint_eq(launch->arg_bytes[0], sizeof(scalars));
	memcpy(&scalars, launch->args[0], sizeof(scalars));
	return scalars;
}

/* Slabs of each kernel, launch after launch, begin where the last ones ended. */
static void slabs_check(const char *what)
{
	size_t count = fakecl_launch_count();
	size_t done_first = 0, done_last = 0;
	ck_assert_uint_gt(count, 0);
	if (count > 128) {
		return; /* more than the fake keeps */
	}
	const char *first = fakecl_launch(0)->kernel, *last = fakecl_launch(count - 1)->kernel;
	for (size_t i = 0; i < count; i++) {
		const struct fakecl_launch *launch = fakecl_launch(i);
		struct cln_arguments scalars = launch_scalars(launch);
		ck_assert_uint_eq(launch->dims, 1);
		ck_assert_uint_gt(scalars.slabs, 0);
		if (strcmp(launch->kernel, first) == 0) {
			ck_assert_msg(scalars.first == done_first, "%s: %s begins at slab %zu, not %zu", what, first,
			              (size_t)scalars.first, done_first);
			done_first += scalars.slabs;
		} else {
			ck_assert_str_eq(launch->kernel, last);
			ck_assert_uint_eq(scalars.first, done_last);
			done_last += scalars.slabs;
		}
	}
	ck_assert_msg(strcmp(first, last) == 0 || done_first == done_last, "%s: the two stages differ", what);
	if (strstr(what, "tiles") == NULL && strstr(what, "scan") == NULL && strstr(what, "bundle") == NULL) {
		struct cln_arguments scalars = launch_scalars(fakecl_launch(0));
		ck_assert_msg(done_first == scalars.instances, "%s: %zu slabs of %zu instances", what, done_first,
		              (size_t)scalars.instances);
	}
}

static void forward_check(clnorm_context *ctx, const clnorm_desc *desc, const char *what)
{
	clnorm_plan *plan = NULL;
	cl_int err;
	clnorm_status st = clnorm_plan_create(ctx, desc, &plan);
	if (st == CLNORM_UNSUPPORTED && desc->variant) {
		return;
	}
	ck_assert_msg(st == CLNORM_OK, "%s: %s", what, clnorm_last_error());
	size_t count = desc->n * desc->c * desc->spatial[0];
	cl_mem mem = clCreateBuffer(clnorm_context_cl(ctx), CL_MEM_READ_WRITE, count * 2 * sizeof(float), NULL, &err);
	EXPECT_CL(err);
	EXPECT_OK(clnorm_plan_prepare(plan, clnorm_context_queue(ctx)));
	fakecl_calls_clear();
	clnorm_forward_args args = {.x = {mem, 0}, .y = {mem, count}};
	EXPECT_OK(clnorm_forward(plan, clnorm_context_queue(ctx), &args, 0, NULL, NULL));
	slabs_check(what);
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_plan_destroy(plan);
}

static void device_check(struct fakecl_device device, void (*make)(struct fakecl_device *device))
{
	clnorm_context *ctx = NULL;
	fakecl_reset();
	make(&device);
	fakecl_world()->devices[0] = device;
	EXPECT_OK(clnorm_context_open("", &ctx));
	for (size_t v = 0; v <= clnorm_variant_count(); v++) {
		const clnorm_variant_info *info = clnorm_variant_get(v);
		for (size_t k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
			clnorm_desc desc = clnorm_desc_1d(shapes[k][0], shapes[k][1], shapes[k][2]);
			desc.variant = info ? info->name : NULL;
			desc.layout = info && !(info->layouts & 1u << CLNORM_NCHW) ? CLNORM_NHWC : CLNORM_NCHW;
			forward_check(ctx, &desc, info ? info->name : "(chosen)");
		}
	}
	clnorm_context_destroy(ctx);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	ck_assert_int_eq(fakecl_live_total(), 0);
}

START_TEST(gpus)
{
	device_check(fakecl_gpu(), device_makers[_i]);
}
END_TEST

START_TEST(cpus)
{
	device_check(fakecl_cpu(), device_makers[_i]);
}
END_TEST

/* A program is built once a context, however many plans want it, and not again for another shape of the same kind. */
START_TEST(programs_are_shared)
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plans[3] = {NULL};
	fakecl_reset();
	EXPECT_OK(clnorm_context_open("", &ctx));
	for (size_t i = 0; i < 3; i++) {
		clnorm_desc desc = clnorm_desc_1d(1 + i, 3, 1000000);
		desc.variant = "split";
		EXPECT_OK(clnorm_plan_create(ctx, &desc, &plans[i]));
	}
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	for (size_t i = 0; i < 3; i++) {
		clnorm_plan_destroy(plans[i]);
	}
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
}
END_TEST

/* Bytes of a workspace for these operations. */
static size_t workspace_of(clnorm_context *ctx, unsigned ops)
{
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_1d(2, 3, 1000000);
	desc.variant = "rows-split";
	desc.ops = ops;
	desc.flags = CLNORM_CALLER_WORKSPACE;
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	size_t bytes = clnorm_plan_workspace_bytes(plan);
	clnorm_plan_destroy(plan);
	return bytes;
}

/* A plan of several operations has room for the one that needs most, whichever comes last. */
START_TEST(workspace_of_several)
{
	clnorm_context *ctx = NULL;
	fakecl_reset();
	EXPECT_OK(clnorm_context_open("", &ctx));
	size_t forward = workspace_of(ctx, CLNORM_OP_FORWARD), backward = workspace_of(ctx, CLNORM_OP_BACKWARD);
	ck_assert_uint_eq(workspace_of(ctx, CLNORM_OP_APPLY), 0);
	ck_assert_uint_gt(forward, 0);
	ck_assert_uint_gt(backward, forward);
	ck_assert_uint_eq(workspace_of(ctx, CLNORM_OP_FORWARD | CLNORM_OP_APPLY), forward);
	ck_assert_uint_eq(workspace_of(ctx, CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD), backward);
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
}
END_TEST

/* Work-items a group of a plane of 32768 elements, which registers of 1024 hold. */
static size_t resident_group(void (*make)(struct fakecl_device *))
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_1d(4, 64, 32768);
	struct fakecl_device device = fakecl_gpu();
	fakecl_reset();
	make(&device);
	fakecl_world()->devices[0] = device;
	EXPECT_OK(clnorm_context_open("", &ctx));
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	EXPECT_OK(clnorm_plan_prepare(plan, clnorm_context_queue(ctx)));
	size_t group = fakecl_launch(fakecl_launch_count() - 1)->local[0];
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	ck_assert_int_eq(fakecl_live_total(), 0);
	return group;
}

START_TEST(groups_that_are_tried)
{
	ck_assert_uint_eq(resident_group(device_modest), 1024);
	ck_assert_uint_eq(resident_group(device_strict), 256);
	ck_assert_uint_eq(resident_group(device_hungry), 64);
}
END_TEST

/* Every launch of a call waits for the caller's event, or for a launch that does: an event that fails must not leave
 * the last launch to complete as if nothing were. */
START_TEST(every_launch_waits)
{
	const cl_command_queue_properties kinds[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE};
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_1d(2, 3, 1000000);
	cl_int err;
	fakecl_reset();
	EXPECT_OK(clnorm_context_open("", &ctx));
	desc.variant = "rows-split";
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD;
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	cl_mem mem = clCreateBuffer(clnorm_context_cl(ctx), CL_MEM_READ_WRITE, 72000000, NULL, &err);
	EXPECT_CL(err);
	for (size_t k = 0; k < 2; k++) {
		cl_command_queue queue =
			clCreateCommandQueue(clnorm_context_cl(ctx), clnorm_context_device(ctx), kinds[k], &err);
		cl_event before = NULL, after[2] = {NULL};
		EXPECT_CL(err);
		EXPECT_CL(clEnqueueMarkerWithWaitList(queue, 0, NULL, &before));
		fakecl_calls_clear();
		clnorm_forward_args forward = {.x = {mem, 0}, .y = {mem, 6000000}};
		EXPECT_OK(clnorm_forward(plan, queue, &forward, 1, &before, &after[0]));
		clnorm_backward_args backward = {.x = {mem, 0}, .dy = {mem, 6000000}, .dx = {mem, 12000000}};
		EXPECT_OK(clnorm_backward(plan, queue, &backward, 1, &before, &after[1]));
		ck_assert_uint_ge(fakecl_launch_count(), 5);
		for (size_t i = 0; i < fakecl_launch_count(); i++) {
			ck_assert_uint_eq(fakecl_launch(i)->n_wait, 1);
		}
		EXPECT_CL(clReleaseEvent(before));
		EXPECT_CL(clReleaseEvent(after[0]));
		EXPECT_CL(clReleaseEvent(after[1]));
		EXPECT_CL(clReleaseCommandQueue(queue));
	}
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
}
END_TEST

/* A context of two devices: the plan is for one of them, whose queues alone it takes. */
START_TEST(queue_of_another_device)
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_1d(2, 3, 100);
	cl_platform_id platform;
	cl_device_id devices[2];
	cl_int err;
	fakecl_reset();
	fakecl_world()->device_count = 2;
	fakecl_world()->devices[1] = fakecl_world()->devices[0];
	EXPECT_CL(clGetPlatformIDs(1, &platform, NULL));
	EXPECT_CL(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, devices, NULL));
	cl_context cl = clCreateContext(NULL, 2, devices, NULL, NULL, &err);
	EXPECT_CL(err);
	EXPECT_OK(clnorm_context_create(cl, devices[0], &ctx));
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	cl_mem mem = clCreateBuffer(cl, CL_MEM_READ_WRITE, 2400, NULL, &err);
	EXPECT_CL(err);
	clnorm_forward_args args = {.x = {mem, 0}, .y = {mem, 0}};
	for (size_t i = 0; i < 2; i++) {
		cl_command_queue queue = clCreateCommandQueue(cl, devices[i], 0, &err);
		EXPECT_CL(err);
		fakecl_calls_clear();
		EXPECT_STATUS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), i ? CLNORM_BAD_ARGUMENT : CLNORM_OK);
		EXPECT_STATUS(clnorm_plan_prepare(plan, queue), i ? CLNORM_BAD_ARGUMENT : CLNORM_OK);
		ck_assert(i == 0 || fakecl_launch_count() == 0);
		EXPECT_CL(clReleaseCommandQueue(queue));
	}
	ck_assert_msg(strstr(clnorm_last_error(), "another device"), "%s", clnorm_last_error());
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	EXPECT_CL(clReleaseContext(cl));
	ck_assert_int_eq(fakecl_live_total(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enqueue");
	TCase *launches = tcase_create("launches");
	tcase_set_timeout(launches, 120);
	tcase_add_loop_test(launches, gpus, 0, MAKERS);
	tcase_add_loop_test(launches, cpus, 0, MAKERS);
	tcase_add_test(launches, programs_are_shared);
	tcase_add_test(launches, workspace_of_several);
	tcase_add_test(launches, groups_that_are_tried);
	tcase_add_test(launches, every_launch_waits);
	tcase_add_test(launches, queue_of_another_device);
	suite_add_tcase(suite, launches);
	return main_run(suite);
}
