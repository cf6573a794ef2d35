/* test_local.c: the form in which kernels add up over a group: two sums by teams, each with a local array of its own.
 * The same with one array, which OpenCL allows as well, is told where a driver takes it wrongly, and is no failure.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define GROUP 32
#define TEAM 8
#define GROUPS 3
#define ITEMS (GROUP * GROUPS)

/* The first sum is needed past the second one: y = sum*1000 + sum of (x - sum)^2. NEXT is where the second one lies,
 * and READ_FIRST the barrier that one array needs. */
static const char source[] =
	"#define INLINE static __attribute__((always_inline))\n"
	"INLINE float team_sum(float value, __local float *all)\n"
	"{\n"
	"	uint lid = get_local_id(0), lane = lid % 8;\n"
	"	all[lid] = value;\n"
	"	for (uint n = 8; n > 1; n = (n + 1) / 2) {\n"
	"		barrier(CLK_LOCAL_MEM_FENCE);\n"
	"		if (lane + (n + 1) / 2 < n)\n"
	"			all[lid] += all[lid + (n + 1) / 2];\n"
	"	}\n"
	"	barrier(CLK_LOCAL_MEM_FENCE);\n"
	"	return all[lid - lane];\n"
	"}\n"
	"__kernel void two_sums(const __global float *x, __global float *y)\n"
	"{\n"
	"	__local float first[32], second[32];\n"
	"	float value = x[get_global_id(0)];\n"
	"	float sum = team_sum(value, first);\n"
	"	READ_FIRST;\n"
	"	float squares = team_sum((value - sum) * (value - sum), NEXT);\n"
	"	y[get_global_id(0)] = sum * 1000 + squares;\n"
	"}\n";

/* Small whole numbers: every sum is exact. */
static float input(size_t i)
{
	return (float)(i * 7 % 5);
}

static float expected(size_t i)
{
	float sum = 0, squares = 0;
	for (size_t k = i - i % TEAM; k < i - i % TEAM + TEAM; k++) {
		sum += input(k);
	}
	for (size_t k = i - i % TEAM; k < i - i % TEAM + TEAM; k++) {
		squares += (input(k) - sum) * (input(k) - sum);
	}
	return sum * 1000 + squares;
}

/* Elements that are wrong, of a program with these options. */
static unsigned wrong_of(const char *options)
{
	const struct device *device = device_get();
	const char *text = source;
	size_t global = ITEMS, local = GROUP;
	float x[ITEMS], y[ITEMS];
	unsigned wrong = 0;
	cl_int err;
	cl_program program = clCreateProgramWithSource(device->cl, 1, &text, NULL, &err);
	EXPECT_CL(err);
	EXPECT_CL(clBuildProgram(program, 1, &device->id, options, NULL, NULL));
	cl_kernel kernel = clCreateKernel(program, "two_sums", &err);
	EXPECT_CL(err);
	for (size_t i = 0; i < ITEMS; i++) {
		x[i] = input(i);
		y[i] = -1;
	}
	cl_mem in = clCreateBuffer(device->cl, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof(x), x, &err);
	EXPECT_CL(err);
	cl_mem out = clCreateBuffer(device->cl, CL_MEM_COPY_HOST_PTR, sizeof(y), y, &err);
	EXPECT_CL(err);
	EXPECT_CL(clSetKernelArg(kernel, 0, sizeof(in), &in));
	EXPECT_CL(clSetKernelArg(kernel, 1, sizeof(out), &out));
	EXPECT_CL(clEnqueueNDRangeKernel(device->queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL));
	EXPECT_CL(clEnqueueReadBuffer(device->queue, out, CL_TRUE, 0, sizeof(y), y, 0, NULL, NULL));
	for (size_t i = 0; i < ITEMS; i++) {
		wrong += y[i] != expected(i);
	}
	clReleaseMemObject(in);
	clReleaseMemObject(out);
	clReleaseKernel(kernel);
	clReleaseProgram(program);
	return wrong;
}

START_TEST(an_array_each)
{
	unsigned wrong = device_get()->info.max_group < GROUP ? 0 : wrong_of("-DNEXT=second -DREAD_FIRST=");
	ck_assert_msg(wrong == 0, "%u of %d elements are wrong", wrong, ITEMS);
}
END_TEST

START_TEST(one_array)
{
	unsigned wrong = device_get()->info.max_group < GROUP
	                         ? 0
	                         : wrong_of("-DNEXT=first -DREAD_FIRST=barrier(CLK_LOCAL_MEM_FENCE)");
	if (wrong > 0) {
		printf("%s, driver %s: %u of %d elements are wrong where one local array serves two sums\n",
		       device_get()->info.name, device_get()->info.driver, wrong, ITEMS);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("local");
	TCase *forms = tcase_create("forms");
	tcase_set_timeout(forms, 0);
	tcase_add_test(forms, an_array_each);
	tcase_add_test(forms, one_array);
	suite_add_tcase(suite, forms);
	return device_main(suite, NULL);
}
