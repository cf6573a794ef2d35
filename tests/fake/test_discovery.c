/* test_discovery.c: which device is chosen, and what is said when none can be, on fake platforms.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

static void world_setup(void)
{
	static const char *const variables[] = {"CLNORM_DEVICE",       "OCL_ICD_FILENAMES", "OCL_ICD_VENDORS",
	                                        "OPENCL_VENDOR_PATH",  "RUSTICL_ENABLE",    "POCL_DEVICES",
	                                        "CUDA_VISIBLE_DEVICES"};
	fakecl_reset();
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		ck_assert_int_eq(unsetenv(variables[i]), 0);
	}
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

/* What says where drivers are looked for is named: it is what the user has set and may have got wrong. */
START_TEST(no_platform_there)
{
	static const char *const variables[] = {"OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH", "OCL_ICD_VENDORS"};
	fakecl_world()->platform_count = 0;
	fakecl_world()->device_count = 0;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		ck_assert_int_eq(setenv(variables[i], "", 1), 0);
		all_say(CLNORM_NO_PLATFORM, "", "platform", i == 0 ? "ICD loader" : variables[i - 1]);
		ck_assert_int_eq(setenv(variables[i], "/nowhere", 1), 0);
		all_say(CLNORM_NO_PLATFORM, "", variables[i], "is /nowhere");
	}
}
END_TEST

/* Each platform that is there is named, with its own reason and no other's. */
START_TEST(no_device)
{
	static const struct {
		const char *platform, *variable, *value, *says, *says_not;
	} rows[] = {
		{"Empty platform", NULL, NULL, "Empty platform has none", "PoCL"},
		{"Portable Computing Language", NULL, NULL, "POCL_CACHE_DIR", "RUSTICL"},
		{"Portable Computing Language", "POCL_DEVICES", "nonesuch", "POCL_DEVICES is nonesuch",
	         "POCL_CACHE_DIR"},
		{"rusticl", NULL, NULL, "RUSTICL_ENABLE is not set", "PoCL"},
		{"rusticl", "RUSTICL_ENABLE", "nonesuch", "RUSTICL_ENABLE is nonesuch", "not set"},
		{"NVIDIA CUDA", NULL, NULL, "NVIDIA CUDA has none", "CUDA_VISIBLE"},
		{"NVIDIA CUDA", "CUDA_VISIBLE_DEVICES", "7", "CUDA_VISIBLE_DEVICES is 7", "PoCL"},
	};
	fakecl_world()->device_count = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fakecl_world()->platform_names[0] = rows[i].platform;
		if (rows[i].variable) {
			ck_assert_int_eq(setenv(rows[i].variable, rows[i].value, 1), 0);
		}
		all_say(CLNORM_NO_DEVICE, "", rows[i].platform, rows[i].says);
		ck_assert_msg(!strstr(clnorm_last_error(), rows[i].says_not), "%s", clnorm_last_error());
		if (rows[i].variable) {
			ck_assert_int_eq(unsetenv(rows[i].variable), 0);
		}
	}
}
END_TEST

/* Whoever asks for a platform that has none is told why; whoever asks for something else is not. */
START_TEST(empty_platform_is_chosen)
{
	fakecl_world()->platform_count = 2;
	fakecl_world()->platform_names[1] = "rusticl";
	all_say(CLNORM_NO_DEVICE, "Rusticl", "0:0 Fake GPU", "RUSTICL_ENABLE is not set");
	fakecl_world()->platform_names[1] = "Portable Computing Language";
	all_say(CLNORM_NO_DEVICE, "pocl", "0:0 Fake GPU", "POCL_CACHE_DIR");
	all_say(CLNORM_NO_DEVICE, "nonesuch", "0:0 Fake GPU", "nonesuch");
	ck_assert_msg(!strstr(clnorm_last_error(), "POCL"), "%s", clnorm_last_error());
}
END_TEST

START_TEST(no_devices)
{
	size_t count = 5;
	fakecl_world()->platform_count = 3;
	fakecl_world()->platform_names[1] = fakecl_world()->platform_names[2] = "Empty platform";
	fakecl_world()->device_count = 0;
	all_say(CLNORM_NO_DEVICE, "", "3", "Empty platform has none");
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

/* A kind in any case, and the name that PoCL has in its version alone; not what all versions begin with. */
START_TEST(words)
{
	struct fakecl_world *world = fakecl_world();
	world_of_four();
	world->devices[0].version = "OpenCL 3.0 PoCL HSTR: cpu-x86_64-pc-linux-gnu-skylake";
	ck_assert_str_eq(chosen("pocl").name, "Fake CPU");
	ck_assert_str_eq(chosen("PoCL").name, "Fake CPU");
	ck_assert_str_eq(chosen("skylake").name, "Fake CPU");
	ck_assert_str_eq(chosen("GPU").name, "Fake GPU");
	ck_assert_str_eq(chosen("Cpu").name, "Fake CPU");
	ck_assert_str_eq(chosen("ACCELERATOR").name, "Fast Board");
	all_say(CLNORM_NO_DEVICE, "opencl", "opencl", "0:0");
	world->devices[3].name = "AMD Instinct MI250"; /* the small letter of I is another one in Turkish */
	ck_assert_str_eq(chosen("amd instinct mi250").name, world->devices[3].name);
	ck_assert_str_eq(chosen("INSTINCT").name, world->devices[3].name);
	world->devices[3].name = "Karte \xc3\xa4\xc3\xb6 2";
	ck_assert_str_eq(chosen("\xc3\xa4\xc3\xb6").name, world->devices[3].name);
}
END_TEST

/* What has no letter is indices or nothing: not a part of a name, where digits of another number would do. */
START_TEST(indices)
{
	static const char *const wrong[] = {
		"1",    "12",   "512",  "3.0",           "0:",           ":0",           ":",   "0:0:0", " 0:0",
		"0:0 ", "-1:0", "2:-1", "99999999999:0", "4294967296:0", "0:4294967296", "0,0", "+0:0",  "00:1:"};
	world_of_four();
	fakecl_world()->devices[0].name = "pthread-avx512 0:1:12";
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		all_say(CLNORM_NO_DEVICE, wrong[i], wrong[i], "PLATFORM:DEVICE");
	}
	ck_assert_str_eq(chosen("00:01").name, "Fast Board");
	ck_assert_str_eq(chosen("avx512").name, "pthread-avx512 0:1:12");
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

/* One driver that fails is shown with its reason; the others are there as before, under the same indices. */
START_TEST(broken)
{
	struct fakecl_world *world = fakecl_world();
	clnorm_device_info infos[FAKECL_MAX_DEVICES];
	size_t count = 0;
	for (size_t bad = 0; bad < FAKECL_MAX_DEVICES; bad++) {
		world_of_four();
		world->devices[bad].error = CL_OUT_OF_HOST_MEMORY;
		EXPECT_OK(clnorm_device_list(FAKECL_MAX_DEVICES, infos, &count));
		ck_assert_uint_eq(count, FAKECL_MAX_DEVICES);
		for (size_t i = 0; i < count; i++) {
			char choice[8] = {(char)('0' + infos[i].platform_index), ':',
			                  (char)('0' + infos[i].device_index)};
			ck_assert_int_eq(infos[i].usable, i != bad);
			ck_assert_uint_eq(infos[i].platform_index, i < 2 ? 0 : 2);
			ck_assert_uint_eq(infos[i].device_index, i % 2);
			if (i != bad) {
				ck_assert_ptr_eq(chosen(choice).device, infos[i].device);
			}
		}
		ck_assert_str_eq(infos[bad].reason, "clGetDeviceInfo: CL_OUT_OF_HOST_MEMORY (-6)");
		ck_assert_str_eq(infos[bad].platform_name, bad < 2 ? "Host platform" : "Card platform");
		ck_assert_str_eq(chosen("").name, bad == 2 ? "Second Card" : "Fake GPU");
	}
	all_say(CLNORM_OUT_OF_MEMORY, "2:1", "Card platform", "clGetDeviceInfo: CL_OUT_OF_HOST_MEMORY (-6)");
}
END_TEST

/* The same of a platform that does not name its devices: one row stands for them. */
START_TEST(broken_platform)
{
	struct fakecl_world *world = fakecl_world();
	clnorm_device_info infos[FAKECL_MAX_DEVICES];
	size_t count = 0;
	world_of_four();
	world->platform_errors[0] = CL_INVALID_PLATFORM;
	EXPECT_OK(clnorm_device_list(FAKECL_MAX_DEVICES, infos, &count));
	ck_assert_uint_eq(count, 3);
	ck_assert(!infos[0].usable && !infos[0].device);
	ck_assert_str_eq(infos[0].reason, "clGetDeviceIDs: CL_INVALID_PLATFORM (-32)");
	ck_assert_str_eq(infos[0].platform_name, "Host platform");
	ck_assert_str_eq(chosen("2:1").name, "Second Card");
	ck_assert_str_eq(chosen("").name, "Fake GPU");
	all_say(CLNORM_OPENCL_ERROR, "0:0", "Host platform", "CL_INVALID_PLATFORM (-32)");
	all_say(CLNORM_NO_DEVICE, "cpu", "Host platform", "Second Card");
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
	tcase_add_test(worlds, no_platform_there);
	tcase_add_test(worlds, no_device);
	tcase_add_test(worlds, no_devices);
	tcase_add_test(worlds, empty_platform_is_chosen);
	tcase_add_test(worlds, preferences);
	tcase_add_test(worlds, choices);
	tcase_add_test(worlds, words);
	tcase_add_test(worlds, indices);
	tcase_add_test(worlds, no_match);
	tcase_add_test(worlds, broken);
	tcase_add_test(worlds, broken_platform);
	tcase_add_test(worlds, unusable);
	tcase_add_test(worlds, users_context);
	tcase_add_test(worlds, facts);
	tcase_add_test(worlds, no_doubles);
	suite_add_tcase(suite, worlds);
	return main_run(suite);
}
