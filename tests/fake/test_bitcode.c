/* test_bitcode.c: programs kept as bitcode: found in any binary or none, linked where PoCL does that; with the fake
 * OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <clnorm/clnorm.h>

#include "device/bitcode.h"
#include "device/entry.h"
#include "tests/kit/cache_folder.h"
#include "tests/kit/fakecl_object.h"
#include "tests/kit/main.h"

/* PoCL as it is found by default: nothing in the environment but where to keep programs. */
static void setup(void)
{
	cache_folder_open();
	fakecl_world()->platform_names[0] = "Portable Computing Language";
	fakecl_world()->devices[0] = fakecl_cpu();
	fakecl_world()->devices[0].driver = "3.1+debian";
	unsetenv("CLNORM_CACHE");
}

static size_t kept(void)
{
	size_t entries;
	unsigned long long bytes;
	cln_entry_count(cache_folder_folder, &entries, &bytes);
	return entries;
}

/* In a context of its own, after which nothing may live. */
static clnorm_status plan_once(void)
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 8, 8);
	fakecl_calls_clear();
	clnorm_status st = clnorm_context_open("", &ctx);
	if (st == CLNORM_OK) {
		st = clnorm_plan_create(ctx, &desc, &plan);
	}
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	return st;
}

/* The first process compiles without linking and runs what the later ones run; these ask for no binary. */
START_TEST(linked_by_pocl)
{
	ck_assert_int_eq(plan_once(), CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clCompileProgram"), 1);
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	ck_assert_uint_eq(kept(), 1);
	ck_assert_int_eq(plan_once(), CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clCompileProgram"), 0);
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	ck_assert_uint_eq(fakecl_calls_of("clGetProgramInfo"), 0);
}
END_TEST

static const struct {
	const char *platform, *driver;
	bool cpu, linked;
} drivers[] = {
	{"Portable Computing Language", "3.1+debian", true, true},
	{"Portable Computing Language", "7.1", true, true},
	{"Portable Computing Language", "10.0-pre", true, true},
	{"Portable Computing Language", "3.0", true, false},
	{"Portable Computing Language", "1.8", true, false},
	{"Portable Computing Language", "", true, false},
	{"Portable Computing Language", "3.1+debian", false, false},
	{"Intel(R) OpenCL", "3.1", true, false},
};

/* Elsewhere nothing is compiled without linking, and of PoCL nothing is kept. */
START_TEST(drivers_that_link)
{
	struct fakecl_device *device = &fakecl_world()->devices[0];
	*device = drivers[_i].cpu ? fakecl_cpu() : fakecl_gpu();
	device->driver = drivers[_i].driver;
	fakecl_world()->platform_names[0] = drivers[_i].platform;
	ck_assert_int_eq(plan_once(), CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clCompileProgram"), drivers[_i].linked);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	ck_assert_uint_eq(kept(), drivers[_i].linked || strstr(drivers[_i].platform, "Intel"));
}
END_TEST

/* A folder that cannot be used costs the keeping, not a second compilation. */
START_TEST(nowhere_to_keep_it)
{
	setenv("CLNORM_CACHE_DIR", "/dev/null/nowhere", 1);
	ck_assert_int_eq(plan_once(), CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
}
END_TEST

/* In a context of three devices, for one of them; what is asked of the driver. */
static void plan_among_several(int which)
{
	clnorm_device_info infos[3] = {{.platform = NULL}};
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 8, 8);
	size_t count = 0;
	cl_int err;
	fakecl_calls_clear();
	ck_assert_int_eq(clnorm_device_list(3, infos, &count), CLNORM_OK);
	cl_device_id devices[3] = {infos[0].device, infos[1].device, infos[2].device};
	cl_context cl = clCreateContext(NULL, 3, devices, NULL, NULL, &err);
	ck_assert_int_eq(clnorm_context_create(cl, devices[which], &ctx), CLNORM_OK);
	ck_assert_int_eq(clnorm_plan_create(ctx, &desc, &plan), CLNORM_OK);
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	ck_assert_int_eq(clReleaseContext(cl), CL_SUCCESS);
	ck_assert_int_eq(fakecl_live_total(), 0);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
}

/* A program then has several binaries: that of the plan's device is kept, as bitcode and without, and is what a context
 * of this device alone gets as well. */
START_TEST(several_devices)
{
	bool is_linked = _i < 3;
	fakecl_world()->devices[2] = fakecl_world()->devices[1] = fakecl_world()->devices[0];
	fakecl_world()->device_count = 3;
	fakecl_world()->platform_names[0] = is_linked ? "Portable Computing Language" : "Intel(R) OpenCL";
	plan_among_several(_i % 3);
	ck_assert_uint_eq(fakecl_calls_of("clCompileProgram"), is_linked);
	ck_assert_uint_eq(kept(), 1);
	plan_among_several(_i % 3);
	ck_assert_uint_eq(fakecl_calls_of("clCompileProgram"), 0);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
	ck_assert_int_eq(plan_once(), CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
	ck_assert_uint_eq(kept(), 1);
}
END_TEST

/* A driver lists what a sub-device is a part of in its place (PoCL), at once or further up; the device of a queue is
 * the sub-device. */
START_TEST(sub_devices)
{
	clnorm_device_info info = {.platform = NULL};
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 8, 8);
	struct fakecl_world *world = fakecl_world();
	size_t count = 0;
	cl_int err;
	world->device_count = 4; /* a device, a part of it, a part of that; and a device */
	for (unsigned i = 1; i < 4; i++) {
		world->devices[i] = world->devices[0];
		world->devices[i].parent = i < 3 ? i : 0;
	}
	ck_assert_int_eq(clnorm_device_list(1, &info, &count), CLNORM_OK);
	ck_assert_uint_eq(count, 2);
	cl_context cl = clCreateContext(NULL, 1, &info.device, NULL, NULL, &err);
	for (size_t i = 0; i < 3; i++) {
		cl_device_id device = info.device + i;
		ck_assert_int_eq(clnorm_context_create(cl, device, &ctx), CLNORM_OK);
		ck_assert_ptr_eq(clnorm_context_device(ctx), device);
		ck_assert_int_eq(clnorm_plan_create(ctx, &desc, &plan), CLNORM_OK);
		ck_assert_uint_eq(kept(), 1);
		clnorm_plan_destroy(plan);
		clnorm_context_destroy(ctx);
	}
	ck_assert_int_eq(clnorm_context_create(cl, info.device + 3, &ctx), CLNORM_BAD_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "not of the OpenCL context"));
	ck_assert_int_eq(clReleaseContext(cl), CL_SUCCESS);
	ck_assert_int_eq(fakecl_live_total(), 0);
}
END_TEST

static const char *const refusals[] = {"clCompileProgram", "clGetProgramInfo", "clCreateProgramWithBinary"};

/* Whatever of it a driver refuses, the program is built from source, and nothing is kept. */
START_TEST(refused_is_built_from_source)
{
	fakecl_fail_name(refusals[_i], CL_INVALID_OPERATION);
	ck_assert_int_eq(plan_once(), CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

/* With the n-th call failed; nothing is kept before, or the program. How many calls there were. */
static unsigned long failed_once(unsigned long n, bool warm)
{
	fakecl_fail_at(0, CL_SUCCESS);
	cache_folder_empty();
	if (warm) {
		ck_assert_int_eq(plan_once(), CLNORM_OK);
	}
	fakecl_fail_at(n, CL_OUT_OF_RESOURCES);
	ck_assert(plan_once() == CLNORM_OK || clnorm_last_error()[0] != '\0');
	return fakecl_call_count();
}

/* No leak, and no failure without words. */
START_TEST(any_call_may_fail)
{
	unsigned long calls = failed_once(0, _i);
	for (unsigned long n = 1; n <= calls; n++) {
		unsigned long now = failed_once(n, _i);
		calls = now > calls ? now : calls;
	}
	ck_assert_uint_gt(calls, 20);
}
END_TEST

START_TEST(errors_are_the_compilers)
{
	fakecl_fail_name("clBuildProgram", CL_BUILD_PROGRAM_FAILURE);
	ck_assert_int_eq(plan_once(), CLNORM_BUILD_FAILED);
	ck_assert_str_ne(clnorm_build_log(), "");
	ck_assert_uint_eq(kept(), 0);
}
END_TEST

static const unsigned char binary[] = {'h', 'e', 'a', 'd', 6, 0, 0, 0, 'B', 'C', 0xc0, 0xde, 'x', 'y', 'z'};

START_TEST(found_in_a_binary)
{
	size_t bytes = sizeof(binary);
	ck_assert_ptr_eq(cln_bitcode_find(binary, &bytes), binary + 8);
	ck_assert_uint_eq(bytes, 6);
}
END_TEST

/* Cut before the bitcode's end, or with a length past it or before the magic's: none; what lies there is not read. */
START_TEST(not_found_in_a_part)
{
	static const unsigned lengths[] = {0, 3, 8, 255};
	for (size_t cut = 0; cut < 14; cut++) {
		unsigned char *part = malloc(cut + 1);
		size_t bytes = cut;
		ck_assert_ptr_nonnull(part);
		memcpy(part, binary, cut);
		ck_assert_ptr_null(cln_bitcode_find(part, &bytes));
		ck_assert_uint_eq(bytes, cut);
		free(part);
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned char wrong[sizeof(binary)];
		size_t bytes = sizeof(binary);
		memcpy(wrong, binary, sizeof(binary));
		wrong[4] = (unsigned char)lengths[i];
		ck_assert_ptr_null(cln_bitcode_find(wrong, &bytes));
	}
	size_t bytes = 4;
	ck_assert_ptr_null(cln_bitcode_find(binary + 8, &bytes)); /* no room for a length */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bitcode");
	TCase *tcase = tcase_create("bitcode");
	tcase_add_checked_fixture(tcase, setup, cache_folder_close);
	tcase_add_test(tcase, linked_by_pocl);
	tcase_add_loop_test(tcase, drivers_that_link, 0, sizeof(drivers) / sizeof(drivers[0]));
	tcase_add_test(tcase, nowhere_to_keep_it);
	tcase_add_loop_test(tcase, several_devices, 0, 6);
	tcase_add_test(tcase, sub_devices);
	tcase_add_loop_test(tcase, refused_is_built_from_source, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_loop_test(tcase, any_call_may_fail, 0, 2);
	tcase_add_test(tcase, errors_are_the_compilers);
	tcase_add_test(tcase, found_in_a_binary);
	tcase_add_test(tcase, not_found_in_a_part);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
