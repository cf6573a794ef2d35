/* test_discovery.c: which device is chosen, and what is said when none can be, on fake platforms.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "fakecl.h"
#include "main.h"

static void world_setup(void)
{
	fakecl_reset();
	ck_assert_int_eq(unsetenv("CLNORM_DEVICE"), 0);
}

/* Nothing may stay alive, whatever was tried. */
static void world_teardown(void)
{
	ck_assert_int_eq(fakecl_live_total(), 0);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
}

static clnorm_device_info chosen(const char *choice)
{
	clnorm_device_info info;
	EXPECT_OK(clnorm_device_find(choice, &info));
	return info;
}

/* Every function that looks for a device says the same. */
static void all_say(clnorm_status status, const char *choice, const char *one, const char *other)
{
	clnorm_device_info info;
	clnorm_context *ctx = NULL;
	EXPECT_SAYS(clnorm_device_find(choice, &info), status, one, other);
	EXPECT_SAYS(clnorm_context_open(choice, &ctx), status, one, other);
	ck_assert_ptr_null(ctx);
}

START_TEST(no_platform)
{
	size_t count = 5;
	fakecl_world()->platform_count = 0;
	fakecl_world()->device_count = 0;
	all_say(CLNORM_NO_PLATFORM, "", "platform", "");
	all_say(CLNORM_NO_PLATFORM, "gpu", "platform", "");
	EXPECT_STATUS(clnorm_device_list(0, NULL, &count), CLNORM_NO_PLATFORM);
	ck_assert_uint_eq(count, 5);
	/* The same from a loader that says success and none. */
	fakecl_fail_name("clGetPlatformIDs", -1001);
	all_say(CLNORM_NO_PLATFORM, "", "platform", "");
}
END_TEST

START_TEST(no_device)
{
	size_t count = 5;
	fakecl_world()->platform_count = 3;
	fakecl_world()->platform_names[1] = fakecl_world()->platform_names[2] = "Empty platform";
	fakecl_world()->device_count = 0;
	all_say(CLNORM_NO_DEVICE, "", "3", "POCL_CACHE_DIR");
	EXPECT_STATUS(clnorm_device_list(0, NULL, &count), CLNORM_NO_DEVICE);
	ck_assert_uint_eq(count, 5);
}
END_TEST

/* CPU and accelerator on platform 0; nothing on 1; two GPUs on 2. */
static void world_of_four(void)
{
	struct fakecl_world *world = fakecl_world();
	world->platform_count = 3;
	world->platform_names[0] = "Host platform";
	world->platform_names[1] = "Empty platform";
	world->platform_names[2] = "Card platform";
	world->device_count = 4;
	world->devices[0] = fakecl_cpu();
	world->devices[1] = fakecl_cpu();
	world->devices[1].type = CL_DEVICE_TYPE_ACCELERATOR;
	world->devices[1].name = "  Fast Board   ";
	world->devices[2] = fakecl_gpu();
	world->devices[2].platform = 2;
	world->devices[3] = fakecl_gpu();
	world->devices[3].platform = 2;
	world->devices[3].name = "Second Card";
}

START_TEST(preferences)
{
	struct fakecl_world *world = fakecl_world();
	world_of_four();
	ck_assert_str_eq(chosen("").name, "Fake GPU");
	ck_assert_str_eq(chosen(NULL).name, "Fake GPU");
	ck_assert_str_eq(chosen("gpu").name, "Fake GPU");
	ck_assert_str_eq(chosen("cpu").name, "Fake CPU");
	ck_assert_str_eq(chosen("accelerator").name, "Fast Board");
	world->devices[2].available = CL_FALSE;
	ck_assert_str_eq(chosen("").name, "Second Card");
	world->devices[3].compiler = CL_FALSE;
	ck_assert_str_eq(chosen("").name, "Fast Board");
	world->devices[1].version = "OpenCL 1.1 old";
	ck_assert_str_eq(chosen("").name, "Fake CPU");
}
END_TEST

START_TEST(choices)
{
	world_of_four();
	ck_assert_str_eq(chosen("0:0").name, "Fake CPU");
	ck_assert_str_eq(chosen("0:1").name, "Fast Board");
	ck_assert_str_eq(chosen("2:0").name, "Fake GPU");
	ck_assert_str_eq(chosen("2:1").name, "Second Card");
	ck_assert_uint_eq(chosen("2:1").platform_index, 2);
	ck_assert_uint_eq(chosen("2:1").device_index, 1);
	ck_assert_str_eq(chosen("second").name, "Second Card");
	ck_assert_str_eq(chosen("SECOND CARD").name, "Second Card");
	ck_assert_str_eq(chosen("board").name, "Fast Board");
	ck_assert_str_eq(chosen("host platform").name, "Fast Board");
	ck_assert_str_eq(chosen("card platform").name, "Fake GPU");
	ck_assert_int_eq(setenv("CLNORM_DEVICE", "board", 1), 0);
	ck_assert_str_eq(chosen(NULL).name, "Fast Board");
	ck_assert_str_eq(chosen("").name, "Fake GPU");
	ck_assert_int_eq(unsetenv("CLNORM_DEVICE"), 0);
}
END_TEST

/* The message lists every device there is, with the indices that would choose it. */
START_TEST(no_match)
{
	static const char *const nonsense[] = {
		"nonesuch", "1:0", "2:2", "7:0", "0:", ":0", "0:0:0", "0:0x", "gpux", "2:-1", "99999999999999999999:0"};
	world_of_four();
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		all_say(CLNORM_NO_DEVICE, nonsense[i], nonsense[i], "0:0");
		all_say(CLNORM_NO_DEVICE, nonsense[i], "0:1", "2:0");
		all_say(CLNORM_NO_DEVICE, nonsense[i], "2:1", "Second Card");
		all_say(CLNORM_NO_DEVICE, nonsense[i], "Fast Board", "Card platform");
	}
	fakecl_world()->device_count = 1;
	all_say(CLNORM_NO_DEVICE, "gpu", "gpu", "Fake CPU");
}
END_TEST

START_TEST(unusable)
{
	struct fakecl_world *world = fakecl_world();
	clnorm_device_info info;
	size_t count = 0;
	world->devices[0].compiler = CL_FALSE;
	all_say(CLNORM_NO_COMPILER, "", "Fake GPU", "compiler");
	all_say(CLNORM_NO_COMPILER, "0:0", "Fake GPU", "compiler");
	EXPECT_OK(clnorm_device_list(1, &info, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert(!info.usable && !info.compiler);
	ck_assert_ptr_nonnull(strstr(info.reason, "compiler"));
	world->devices[0] = fakecl_gpu();
	world->devices[0].available = CL_FALSE;
	all_say(CLNORM_UNSUPPORTED, "", "Fake GPU", "available");
	world->devices[0] = fakecl_gpu();
	world->devices[0].version = "OpenCL 1.1 old";
	all_say(CLNORM_UNSUPPORTED, "", "Fake GPU", "1.2");
	world->devices[0] = fakecl_gpu();
	world->devices[0].type = CL_DEVICE_TYPE_CUSTOM;
	all_say(CLNORM_UNSUPPORTED, "", "Fake GPU", "custom");
}
END_TEST

/* A user's own context on a device that cannot be used, or is not of it. */
START_TEST(users_context)
{
	clnorm_context *ctx = NULL;
	cl_device_id devices[2];
	cl_platform_id platform;
	cl_int err;
	fakecl_world()->device_count = 2;
	fakecl_world()->devices[1] = fakecl_cpu();
	fakecl_world()->devices[0].compiler = CL_FALSE;
	EXPECT_CL(clGetPlatformIDs(1, &platform, NULL));
	EXPECT_CL(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, devices, NULL));
	cl_context cl = clCreateContext(NULL, 1, devices, NULL, NULL, &err);
	EXPECT_CL(err);
	EXPECT_SAYS(clnorm_context_create(cl, devices[0], &ctx), CLNORM_NO_COMPILER, "Fake GPU", "compiler");
	EXPECT_SAYS(clnorm_context_create(cl, devices[1], &ctx), CLNORM_BAD_ARGUMENT, "device", "context");
	ck_assert_ptr_null(ctx);
	ck_assert_int_eq(fakecl_live_total(), 1);
	EXPECT_CL(clReleaseContext(cl));
}
END_TEST

START_TEST(facts)
{
	clnorm_device_info info;
	fakecl_world()->devices[0].extensions = "cl_khr_fp16";
	fakecl_world()->devices[0].max_group = 4;
	info = chosen("");
	ck_assert_str_eq(info.type, "gpu");
	ck_assert_str_eq(info.platform_name, "Fake platform");
	ck_assert_str_eq(info.vendor, "Fake vendor");
	ck_assert_str_eq(info.driver, "1.0");
	ck_assert_uint_eq(info.compute_units, 80);
	ck_assert_uint_eq(info.max_group, 4);
	ck_assert(info.fp16 && !info.fp64 && info.usable && info.available && info.compiler);
	ck_assert_str_eq(info.reason, "");
	ck_assert_uint_eq(info.local_bytes, 48 << 10);
}
END_TEST

START_TEST(no_doubles)
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_desc desc = clnorm_desc_1d(2, 3, 100);
	fakecl_world()->devices[0].extensions = "";
	EXPECT_OK(clnorm_context_open("", &ctx));
	desc.dtype = CLNORM_F64;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_UNSUPPORTED, "Fake GPU", "cl_khr_fp64");
	ck_assert_ptr_null(plan);
	desc.dtype = CLNORM_F16;
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("discovery");
	TCase *worlds = tcase_create("worlds");
	tcase_add_checked_fixture(worlds, world_setup, world_teardown);
	tcase_add_test(worlds, no_platform);
	tcase_add_test(worlds, no_device);
	tcase_add_test(worlds, preferences);
	tcase_add_test(worlds, choices);
	tcase_add_test(worlds, no_match);
	tcase_add_test(worlds, unusable);
	tcase_add_test(worlds, users_context);
	tcase_add_test(worlds, facts);
	tcase_add_test(worlds, no_doubles);
	suite_add_tcase(suite, worlds);
	return main_run(suite);
}
