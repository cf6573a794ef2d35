/* test_context.c: contexts on the user's OpenCL objects and on our own, device choice, threads.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"

static cl_context context_of_user(void)
{
	cl_int err;
	cl_device_id id = device_get()->id;
	cl_context cl = clCreateContext(NULL, 1, &id, NULL, NULL, &err);
	EXPECT_CL(err);
	return cl;
}

/* Still the user's own when clnorm's is gone. The count of references is stale when it is told (OpenCL 1.2, table 4.6):
 * rusticl of Mesa 26 holds one for a while after a compile; test_faults counts what is alive on the fake OpenCL. */
START_TEST(users_context)
{
	const struct device *device = device_get();
	cl_context cl = context_of_user();
	cl_int err;
	clnorm_context *ctx = NULL;
	clnorm_device_info info;
	clnorm_desc desc = clnorm_desc_1d(2, 3, 100);
	clnorm_plan *plan = NULL;
	EXPECT_OK(clnorm_context_create(cl, device->id, &ctx));
	ck_assert_ptr_eq(clnorm_context_cl(ctx), cl);
	ck_assert_ptr_eq(clnorm_context_device(ctx), device->id);
	ck_assert_ptr_null(clnorm_context_queue(ctx));
	EXPECT_OK(clnorm_context_info(ctx, &info));
	ck_assert_str_eq(info.name, device->info.name);
	ck_assert(info.usable && info.compute_units > 0 && info.max_group > 0 && info.global_bytes > 0);
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	cl_mem mem = clCreateBuffer(cl, CL_MEM_READ_WRITE, 64, NULL, &err);
	EXPECT_CL(err);
	EXPECT_CL(clReleaseMemObject(mem));
	EXPECT_CL(clReleaseContext(cl));
}
END_TEST

/* The user may let go of the context right after wrapping it. */
START_TEST(context_outlives_the_users_hold)
{
	const struct device *device = device_get();
	cl_context cl = context_of_user();
	clnorm_context *ctx = NULL;
	clnorm_tensor *tensor = NULL;
	const size_t dims[] = {5};
	EXPECT_OK(clnorm_context_create(cl, device->id, &ctx));
	EXPECT_CL(clReleaseContext(cl));
	EXPECT_OK(clnorm_tensor_create(ctx, CLNORM_F32, 1, dims, &tensor));
	clnorm_tensor_destroy(tensor);
	clnorm_context_destroy(ctx);
	clnorm_context_destroy(NULL);
}
END_TEST

START_TEST(own_context)
{
	const struct device *device = device_get();
	cl_command_queue_properties properties = 1;
	ck_assert_ptr_nonnull(device->queue);
	EXPECT_CL(clGetCommandQueueInfo(device->queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL));
	ck_assert_uint_eq(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0);
}
END_TEST

#define MOST_DEVICES 16

static size_t devices_list(clnorm_device_info *infos)
{
	size_t count = 0, again = 0;
	EXPECT_OK(clnorm_device_list(0, NULL, &count));
	EXPECT_OK(clnorm_device_list(MOST_DEVICES, infos, &again));
	ck_assert_uint_eq(count, again);
	return count < MOST_DEVICES ? count : MOST_DEVICES;
}

/* Every device that is listed is found by its indices, by a part of its name in either case, and none by nonsense. */
START_TEST(choices)
{
	clnorm_device_info infos[MOST_DEVICES], found;
	size_t count = devices_list(infos);
	for (size_t i = 0; i < count; i++) {
		char choice[160];
		snprintf(choice, sizeof(choice), "%u:%u", infos[i].platform_index, infos[i].device_index);
		clnorm_status st = clnorm_device_find(choice, &found);
		ck_assert(infos[i].usable ? st == CLNORM_OK : st == CLNORM_UNSUPPORTED || st == CLNORM_NO_COMPILER);
		ck_assert(st != CLNORM_OK || found.device == infos[i].device);
		snprintf(choice, sizeof(choice), "%s", infos[i].name);
		for (char *c = choice; *c; c++) {
			bool turns = i % 2 ? *c >= 'a' && *c <= 'z' : *c >= 'A' && *c <= 'Z';
			*c = (char)(turns ? *c ^ 0x20 : *c);
		}
		if (infos[i].usable) {
			EXPECT_OK(clnorm_device_find(choice, &found));
			ck_assert_str_eq(found.name, infos[i].name);
			EXPECT_OK(clnorm_device_find(infos[i].type, &found));
			ck_assert_str_eq(found.type, infos[i].type);
			EXPECT_OK(clnorm_device_find(infos[i].platform_name, &found));
			if (strstr(infos[i].platform_name, "Portable Computing Language")) {
				EXPECT_OK(clnorm_device_find("pocl", &found)); /* README's word, in every version */
			}
		}
		EXPECT_SAYS(clnorm_device_find("no such thing", &found), CLNORM_NO_DEVICE, "no such thing",
		            infos[i].name);
		EXPECT_SAYS(clnorm_device_find("99:99", &found), CLNORM_NO_DEVICE, "99:99", infos[i].name);
	}
}
END_TEST

/* "" is the best there is and does not look at the environment; NULL does. */
START_TEST(environment)
{
	clnorm_device_info best, found;
	clnorm_context *ctx = NULL;
	char choice[32];
	EXPECT_OK(clnorm_device_find("", &best));
	ck_assert_int_eq(setenv("CLNORM_DEVICE", "no such thing", 1), 0);
	EXPECT_SAYS(clnorm_device_find(NULL, &found), CLNORM_NO_DEVICE, "no such thing", best.name);
	EXPECT_STATUS(clnorm_context_open(NULL, &ctx), CLNORM_NO_DEVICE);
	ck_assert_ptr_null(ctx);
	EXPECT_OK(clnorm_device_find("", &found));
	snprintf(choice, sizeof(choice), "%u:%u", best.platform_index, best.device_index);
	ck_assert_int_eq(setenv("CLNORM_DEVICE", choice, 1), 0);
	EXPECT_OK(clnorm_device_find(NULL, &found));
	ck_assert_ptr_eq(found.device, best.device);
	EXPECT_OK(clnorm_context_open(NULL, &ctx));
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(unsetenv("CLNORM_DEVICE"), 0);
	EXPECT_OK(clnorm_device_find(NULL, &found));
	ck_assert_ptr_eq(found.device, best.device);
}
END_TEST

/* y and mean of a plan on the device against the oracle. */
static void computes(clnorm_context *ctx)
{
	enum { COUNT = 2 * 3 * 501 };
	static double x[COUNT], right[COUNT], mean[6];
	static float xf[COUNT], y[COUNT];
	clnorm_desc desc = clnorm_desc_1d(2, 3, 501);
	clnorm_plan *plan = NULL;
	cl_int err;
	for (size_t i = 0; i < COUNT; i++) {
		x[i] = xf[i] = (float)(i * 37 % 101) + 100 * (float)(i / 501);
	}
	oracle_forward(&desc, x, NULL, NULL, NULL, right, mean, NULL);
	cl_command_queue queue = clCreateCommandQueue(clnorm_context_cl(ctx), clnorm_context_device(ctx), 0, &err);
	EXPECT_CL(err);
	cl_mem mem = clCreateBuffer(clnorm_context_cl(ctx), CL_MEM_COPY_HOST_PTR, sizeof(xf), xf, &err);
	EXPECT_CL(err);
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	EXPECT_OK(clnorm_plan_prepare(plan, queue));
	clnorm_forward_args args = {.x = {mem, 0}, .y = {mem, 0}};
	EXPECT_OK(clnorm_forward(plan, queue, &args, 0, NULL, NULL));
	EXPECT_CL(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, sizeof(y), y, 0, NULL, NULL));
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_double_le(fabs(y[i] - right[i]), 5e-7 * fmax(1, fabs(right[i])));
	}
	clnorm_plan_destroy(plan);
	EXPECT_CL(clReleaseMemObject(mem));
	EXPECT_CL(clReleaseCommandQueue(queue));
}

/* Asked first: rusticl of Mesa 22.3 makes no parts, and has no function in the place of clCreateSubDevices(). */
static bool has_parts(cl_device_id whole)
{
	cl_uint most = 0;
	EXPECT_CL(clGetDeviceInfo(whole, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, sizeof(most), &most, NULL));
	return most > 1;
}

/* The first part of a device in parts of so many units; NULL where the driver makes none. */
static cl_device_id part_of(cl_device_id whole, cl_device_partition_property kind, cl_device_partition_property units)
{
	const cl_device_partition_property ways[][4] = {{CL_DEVICE_PARTITION_EQUALLY, units, 0},
	                                                {CL_DEVICE_PARTITION_BY_COUNTS, units, 0, 0}};
	cl_device_id parts[256] = {NULL};
	cl_uint count = 0;
	cl_int err = CL_INVALID_DEVICE_PARTITION_COUNT;
	if (has_parts(whole)) {
		err = clCreateSubDevices(whole, ways[kind], 256, parts, &count);
	}
	for (cl_uint i = 1; err == CL_SUCCESS && i < count && i < 256; i++) {
		EXPECT_CL(clReleaseDevice(parts[i]));
	}
	return err == CL_SUCCESS ? parts[0] : NULL;
}

/* A context of a part of the device, and of a part of that, by either way to make them. */
START_TEST(sub_devices)
{
	const struct device *device = device_get();
	cl_device_id whole = device->id;
	for (int depth = 0; depth < 2; depth++) {
		unsigned units = depth == 0 ? device->info.compute_units : 1;
		cl_device_id part = part_of(whole, _i, units);
		clnorm_context *ctx = NULL;
		clnorm_device_info info;
		cl_int err;
		if (!part) {
			printf("no parts of %u units by way %d: skipped\n", units, _i);
			break;
		}
		cl_context cl = clCreateContext(NULL, 1, &part, NULL, NULL, &err);
		EXPECT_CL(err);
		EXPECT_OK(clnorm_context_create(cl, part, &ctx));
		ck_assert_ptr_eq(clnorm_context_device(ctx), part);
		EXPECT_OK(clnorm_context_info(ctx, &info));
		ck_assert_uint_eq(info.compute_units, units);
		computes(ctx);
		clnorm_context_destroy(ctx);
		EXPECT_CL(clReleaseContext(cl));
		whole = part; /* released by nobody: the parts of a part are its own */
	}
}
END_TEST

#define THREADS 4
#define ROUNDS 5

/* What one thread does with the shared context; the verdict is left to the test's own thread. */
struct worker {
	pthread_t thread;
	struct trial trial;
	cl_command_queue queue;
	clnorm_status status;
	char message[256];
};

static void *worker_run(void *data)
{
	struct worker *w = data;
	clnorm_forward_args args = trial_args(&w->trial);
	for (unsigned i = 0; i < ROUNDS && w->status == CLNORM_OK; i++) {
		clnorm_plan *plan = NULL;
		w->status = clnorm_plan_create(device_get()->ctx, &w->trial.desc, &plan);
		if (w->status == CLNORM_OK) {
			w->status = clnorm_forward(plan, w->queue, &args, 0, NULL, NULL);
		}
		clFinish(w->queue);
		clnorm_plan_destroy(plan);
	}
	snprintf(w->message, sizeof(w->message), "%s", clnorm_last_error());
	return NULL;
}

/* Different problems by threads at once, so that programs are built side by side: each its own answer. */
START_TEST(threads)
{
	static const clnorm_activation activations[THREADS] = {CLNORM_ACT_NONE, CLNORM_ACT_RELU, CLNORM_ACT_NONE,
	                                                       CLNORM_ACT_LEAKY_RELU};
	struct worker workers[THREADS];
	memset(workers, 0, sizeof(workers));
	EXPECT_STATUS(clnorm_device_find("no such thing", &(clnorm_device_info){0}), CLNORM_NO_DEVICE);
	for (unsigned i = 0; i < THREADS; i++) {
		clnorm_desc desc = clnorm_desc_1d(2, 3, i == 2 ? 20011 : 45 + i);
		desc.activation = activations[i];
		desc.layout = (clnorm_layout)(i == 3);
		trial_init(&workers[i].trial, &desc, DATA_NARROW, i, 3, TRIAL_ALL, TRIAL_APART);
		workers[i].queue = device_queue_create(0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
		ck_assert_msg(workers[i].status == CLNORM_OK, "%s", workers[i].message);
		ck_assert_str_eq(workers[i].message, "");
	}
	ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "no such thing"));
	for (unsigned i = 0; i < THREADS; i++) {
		trial_fetch(&workers[i].trial);
		compare_forward(&workers[i].trial);
		trial_clear(&workers[i].trial);
		EXPECT_CL(clReleaseCommandQueue(workers[i].queue));
	}
}
END_TEST

/* Plans of the same problem from two threads at once, one program between them. */
START_TEST(threads_of_one_problem)
{
	struct worker workers[THREADS];
	memset(workers, 0, sizeof(workers));
	for (unsigned i = 0; i < THREADS; i++) {
		clnorm_desc desc = clnorm_desc_1d(1, 3, 5003);
		desc.activation = CLNORM_ACT_SILU;
		trial_init(&workers[i].trial, &desc, DATA_NORMAL, 1, 3, TRIAL_ALL, TRIAL_APART);
		workers[i].queue = device_queue_create(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
		ck_assert_msg(workers[i].status == CLNORM_OK, "%s", workers[i].message);
		trial_fetch(&workers[i].trial);
		compare_forward(&workers[i].trial);
		ck_assert_int_eq(
			memcmp(workers[i].trial.y, workers[0].trial.y, workers[0].trial.count * sizeof(double)), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		trial_clear(&workers[i].trial);
		EXPECT_CL(clReleaseCommandQueue(workers[i].queue));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("context");
	TCase *contexts = tcase_create("contexts");
	tcase_add_test(contexts, users_context);
	tcase_add_test(contexts, context_outlives_the_users_hold);
	tcase_add_test(contexts, own_context);
	tcase_add_test(contexts, choices);
	tcase_add_test(contexts, environment);
	tcase_add_loop_test(contexts, sub_devices, 0, 2);
	if (!device_is_small()) { /* an interpreter of kernels is not made for threads */
		tcase_add_test(contexts, threads);
		tcase_add_test(contexts, threads_of_one_problem);
	}
	suite_add_tcase(suite, contexts);
	return device_main(suite, NULL);
}
