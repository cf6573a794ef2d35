/* test_faults.c: every OpenCL call and every allocation of each function refused in turn, on a fake OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/fault_scenes.h"
#include "tests/kit/main.h"
#include "tests/kit/memory.h"

static struct fixture fixture_open(const struct scene *scene)
{
	struct fixture fixture = {0};
	fakecl_reset();
	fakecl_memory(memory_take, memory_give);
	scene->prepare(&fixture);
	fakecl_calls_clear();
	return fixture;
}

/* Everything is destroyed; then nothing may be alive, and no object may have been misused on the way. */
static void fixture_close(struct fixture *fixture, const char *what)
{
	fakecl_fail_at(0, 0);
	fakecl_fail_name(NULL, 0);
	clnorm_tensor_destroy(fixture->tensor);
	clnorm_plan_destroy(fixture->plan);
	clnorm_context_destroy(fixture->ctx);
	for (size_t i = 0; i < 4; i++) {
		if (fixture->mems[i]) {
			clReleaseMemObject(fixture->mems[i]);
		}
	}
	if (fixture->event) {
		clReleaseEvent(fixture->event);
	}
	if (fixture->queue) {
		clReleaseCommandQueue(fixture->queue);
	}
	if (fixture->cl) {
		clReleaseContext(fixture->cl);
	}
	for (int kind = 0; kind < FAKECL_KIND_COUNT; kind++) {
		ck_assert_msg(fakecl_live(kind) == 0, "%s: %ld live %s objects", what, fakecl_live(kind),
		              fakecl_kind_name(kind));
	}
	ck_assert_msg(fakecl_misuse_count() == 0, "%s: %s", what, fakecl_misuse());
	ck_assert_msg(memory_live() == 0, "%s: %ld blocks of host memory", what, memory_live());
}

static bool is_build_step(const char *call)
{
	return strcmp(call, "clBuildProgram") == 0 || strcmp(call, "clCreateProgramWithSource") == 0 ||
	       strcmp(call, "clCreateKernel") == 0 || strcmp(call, "clGetKernelWorkGroupInfo") == 0;
}

/* Where there are several devices, one that does not tell about itself leaves the others. */
static bool is_survived(const char *call)
{
	return fakecl_world()->platform_count > 1 &&
	       (strcmp(call, "clGetPlatformInfo") == 0 || strncmp(call, "clGetDevice", 11) == 0);
}

/* Whether a scene may succeed although this call failed so: reading the log of a build that succeeded is not needed,
 * and a program that does not build, or finds no memory, leaves the next best variant. */
static bool may_succeed(const struct scene *scene, const char *call, cl_int code)
{
	bool memory = code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES;
	return (scene->falls_back && is_build_step(call) && (memory || code == CL_BUILD_PROGRAM_FAILURE)) ||
	       (strcmp(call, "clGetPlatformInfo") == 0 && code == CL_INVALID_VALUE) || is_survived(call);
}

/* What a failure of this code is called. */
static clnorm_status status_wanted(const char *call, cl_int code)
{
	switch (code) {
	case CL_INVALID_MEM_OBJECT:
		return strcmp(call, "clGetMemObjectInfo") == 0 ? CLNORM_BAD_BUFFER : CLNORM_OPENCL_ERROR;
	case CL_OUT_OF_HOST_MEMORY:
		return CLNORM_OUT_OF_MEMORY;
	case CL_MEM_OBJECT_ALLOCATION_FAILURE:
	case CL_OUT_OF_RESOURCES:
		return CLNORM_OUT_OF_DEVICE_MEMORY;
	case CL_BUILD_PROGRAM_FAILURE:
		return CLNORM_BUILD_FAILED;
	default:
		return CLNORM_OPENCL_ERROR;
	}
}

static void outputs_check(const struct fixture *before, const struct fixture *after, const char *what)
{
	ck_assert_msg(after->ctx == before->ctx, "%s: wrote the context", what);
	ck_assert_msg(after->plan == before->plan, "%s: wrote the plan", what);
	ck_assert_msg(after->tensor == before->tensor, "%s: wrote the tensor", what);
	ck_assert_msg(after->event == before->event, "%s: wrote the event", what);
	ck_assert_msg(after->count == before->count, "%s: wrote the count", what);
	ck_assert_msg(memcmp(&after->info, &before->info, sizeof(after->info)) == 0, "%s: wrote the facts", what);
}

/* One performance with the n-th call failing. */
static void call_fail(const struct scene *scene, unsigned long n, cl_int code)
{
	struct fixture fixture = fixture_open(scene), before = fixture;
	char what[160];
	fakecl_fail_at(n, code);
	memory_begin(0);
	clnorm_status st = scene->act(&fixture);
	memory_end();
	fakecl_fail_at(0, 0);
	const char *call = fakecl_call_name(n);
	snprintf(what, sizeof(what), "%s, call %lu, %s, failing with %d", scene->name, n, call, (int)code);
	if (st == CLNORM_OK) {
		ck_assert_msg(may_succeed(scene, call, code), "%s: succeeded", what);
	} else {
		bool no_devices = strcmp(call, "clGetDeviceIDs") == 0 && st == CLNORM_NO_DEVICE;
		ck_assert_msg(st == status_wanted(call, code) || no_devices, "%s: %s: %s", what, clnorm_status_name(st),
		              clnorm_last_error());
		ck_assert_msg(no_devices || st == CLNORM_BUILD_FAILED || st == CLNORM_OUT_OF_DEVICE_MEMORY ||
		                      strstr(clnorm_last_error(), call),
		              "%s: says %s", what, clnorm_last_error());
		ck_assert_msg(st != CLNORM_BUILD_FAILED || strcmp(call, "clBuildProgram") != 0 ||
		                      strstr(clnorm_build_log(), "fake compiler"),
		              "%s: no build log", what);
		outputs_check(&before, &fixture, what);
	}
	fixture_close(&fixture, what);
}

START_TEST(calls)
{
	static const cl_int codes[] = {CL_OUT_OF_HOST_MEMORY,
	                               CL_MEM_OBJECT_ALLOCATION_FAILURE,
	                               CL_OUT_OF_RESOURCES,
	                               CL_INVALID_VALUE,
	                               CL_BUILD_PROGRAM_FAILURE,
	                               CL_INVALID_MEM_OBJECT,
	                               -9999};
	const struct scene *scene = &fault_scenes_table[_i];
	struct fixture fixture = fixture_open(scene);
	EXPECT_OK(scene->act(&fixture));
	unsigned long count = fakecl_call_count();
	fixture_close(&fixture, scene->name);
	printf("%s: %lu calls\n", scene->name, count);
	for (unsigned long n = 1; n <= count; n++) {
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			call_fail(scene, n, codes[i]);
		}
	}
}
END_TEST

START_TEST(allocations)
{
	const struct scene *scene = &fault_scenes_table[_i];
	unsigned long n = 0, count = 1;
	while (n <= count) {
		struct fixture fixture = fixture_open(scene), before = fixture;
		char what[160];
		snprintf(what, sizeof(what), "%s, allocation %lu", scene->name, n);
		memory_begin(n);
		clnorm_status st = scene->act(&fixture);
		unsigned long now = memory_end();
		if (n == 0) {
			count = now;
			EXPECT_STATUS(st, CLNORM_OK);
		} else {
			ck_assert_msg(st == CLNORM_OUT_OF_MEMORY, "%s: %s", what, clnorm_status_name(st));
			outputs_check(&before, &fixture, what);
		}
		fixture_close(&fixture, what);
		n++;
	}
}
END_TEST

/* When no program builds there is nothing to fall back to, and the log is kept for this thread. */
START_TEST(builds)
{
	struct fixture fixture = fixture_open(&fault_scenes_table[4]);
	fakecl_fail_name("clBuildProgram", CL_BUILD_PROGRAM_FAILURE);
	EXPECT_SAYS(fault_scenes_plan(&fixture), CLNORM_BUILD_FAILED, "Fake GPU", "clnorm_build_log");
	ck_assert_ptr_nonnull(strstr(clnorm_build_log(), "cl/fake.cl:1:1"));
	ck_assert_ptr_null(fixture.plan);
	fakecl_fail_name(NULL, 0);
	EXPECT_OK(fault_scenes_plan(&fixture));
	ck_assert_ptr_nonnull(strstr(clnorm_build_log(), "cl/fake.cl:1:1"));
	fixture_close(&fixture, "builds");
}
END_TEST

/* The bytes that the device refused are in the message. */
START_TEST(device_memory)
{
	struct fixture fixture = fixture_open(&fault_scenes_table[4]);
	fakecl_fail_name("clCreateBuffer", CL_MEM_OBJECT_ALLOCATION_FAILURE);
	EXPECT_SAYS(fault_scenes_tensor(&fixture), CLNORM_OUT_OF_DEVICE_MEMORY, "6000", "bytes");
	EXPECT_SAYS(fault_scenes_plan_split(&fixture), CLNORM_OUT_OF_DEVICE_MEMORY, "bytes", "workspace");
	fakecl_fail_name("clCreateBuffer", CL_INVALID_BUFFER_SIZE);
	EXPECT_SAYS(fault_scenes_tensor(&fixture), CLNORM_OUT_OF_DEVICE_MEMORY, "6000", "bytes");
	fixture_close(&fixture, "device memory");
}
END_TEST

/* A call on a finished plan takes no memory, compiles nothing, creates nothing and waits for nothing. */
START_TEST(host_cost)
{
	const struct scene *scene = &fault_scenes_table[_i];
	for (unsigned times = 0; times < 3; times++) {
		struct fixture fixture = fixture_open(scene);
		for (unsigned i = 0; i < times; i++) {
			EXPECT_OK(scene->act(&fixture));
			EXPECT_CL(clReleaseEvent(fixture.event));
		}
		fakecl_calls_clear();
		memory_begin(0);
		clnorm_status st = scene->act(&fixture);
		ck_assert_uint_eq(memory_end(), 0);
		EXPECT_STATUS(st, CLNORM_OK);
		ck_assert_uint_eq(fakecl_waits(), 0);
		ck_assert_uint_eq(fakecl_calls_of("clCreate"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clBuild"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clGetProgram"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clGetDevice"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clFlush"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clEnqueueRead") + fakecl_calls_of("clEnqueueWrite"), 0);
		fixture_close(&fixture, scene->name);
	}
}
END_TEST

/* The user's wait list and event reach OpenCL; a call without an event leaves none behind. */
START_TEST(events)
{
	for (unsigned unordered = 0; unordered < 2; unordered++) {
		struct fixture fixture = {0};
		fakecl_reset();
		fakecl_memory(memory_take, memory_give);
		fault_scenes_call(&fixture, unordered ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0);
		EXPECT_OK(fault_scenes_forward(&fixture));
		ck_assert_int_eq(fakecl_live(FAKECL_EVENT), 1);
		clnorm_forward_args args = {.x = {fixture.mems[0], 0}, .y = {fixture.mems[1], 0}};
		EXPECT_OK(clnorm_forward(fixture.plan, fixture.queue, &args, 1, &fixture.event, NULL));
		ck_assert_int_eq(fakecl_live(FAKECL_EVENT), 1);
		fixture_close(&fixture, "events");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("faults");
	TCase *faults = tcase_create("faults");
	tcase_set_timeout(faults, 300);
	/* A record that memory is missing for is passed over, and no failure: test_records.c tries that. */
	setenv("CLNORM_TUNING_DIR", "", 1);
	tcase_add_loop_test(faults, calls, 0, SCENES);
	tcase_add_loop_test(faults, allocations, 0, SCENES);
	tcase_add_test(faults, builds);
	tcase_add_test(faults, device_memory);
	tcase_add_loop_test(faults, host_cost, FIRST_CALL_SCENE + 1, FIRST_CALL_SCENE + 3);
	tcase_add_loop_test(faults, host_cost, FIRST_CALL_SCENE + 4, SCENES);
	tcase_add_test(faults, events);
	suite_add_tcase(suite, faults);
	return main_run(suite);
}
