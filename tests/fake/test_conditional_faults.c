/* test_conditional_faults.c: conditional parameters and AdaIN; every OpenCL and CLBlast call and allocation refused in
 * turn. SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakeblas.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"
#include "tests/kit/memory.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What a scene finds. */
struct fixture {
	clnorm_context *ctx;
	cl_command_queue queue;
	cl_mem mems[8];
	clnorm_conditional *conditional;
	clnorm_adain *adain;
	cl_event event;
};

struct scene {
	const char *name;
	void (*prepare)(struct fixture *fixture);
	clnorm_status (*act)(struct fixture *fixture);
	bool is_call; /* one that may create nothing and wait for nothing */
};

enum { N = 3, C = 5, K = 4, FLOATS = 64 };

static void queue_open(struct fixture *fixture, cl_command_queue_properties properties)
{
	cl_int err;
	cl_context cl;
	EXPECT_OK(clnorm_context_open("", &fixture->ctx));
	cl = clnorm_context_cl(fixture->ctx);
	fixture->queue = clCreateCommandQueue(cl, clnorm_context_device(fixture->ctx), properties, &err);
	EXPECT_CL(err);
	for (size_t i = 0; i < COUNT(fixture->mems); i++) {
		fixture->mems[i] = clCreateBuffer(cl, CL_MEM_READ_WRITE, FLOATS * sizeof(float), NULL, &err);
		EXPECT_CL(err);
	}
}

static void ordered(struct fixture *fixture)
{
	queue_open(fixture, 0);
}

/* ---- AdaIN --------------------------------------------------------------------------------------------------- */

static clnorm_status adain_create(struct fixture *fixture)
{
	clnorm_desc content = clnorm_desc_1d(2, 3, 4), style = clnorm_desc_1d(1, 3, 8);
	return clnorm_adain_create(fixture->ctx, &content, &style, &fixture->adain);
}

static void adain_ordered(struct fixture *fixture)
{
	ordered(fixture);
	EXPECT_OK(adain_create(fixture));
}

static void adain_unordered(struct fixture *fixture)
{
	queue_open(fixture, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	EXPECT_OK(adain_create(fixture));
}

static clnorm_status adain_prepare(struct fixture *fixture)
{
	return clnorm_adain_prepare(fixture->adain, fixture->queue);
}

static clnorm_status adain_forward(struct fixture *fixture)
{
	clnorm_adain_args args = {
		.x = {fixture->mems[0], 0}, .style = {fixture->mems[1], 0}, .y = {fixture->mems[2], 0}};
	return clnorm_adain_forward(fixture->adain, fixture->queue, &args, 0, NULL, &fixture->event);
}

static clnorm_status adain_parameters(struct fixture *fixture)
{
	clnorm_adain_args args = {
		.style = {fixture->mems[1], 0}, .gamma = {fixture->mems[2], 0}, .beta = {fixture->mems[3], 0}};
	return clnorm_adain_forward(fixture->adain, fixture->queue, &args, 0, NULL, &fixture->event);
}

/* ---- Styles and weights -------------------------------------------------------------------------------------- */

#ifdef HAVE_CLBLAST

static clnorm_status styles_create(struct fixture *fixture)
{
	const clnorm_conditional_desc desc = {N, C, K, true};
	return clnorm_conditional_create(fixture->ctx, &desc, &fixture->conditional);
}

static void styles_ordered(struct fixture *fixture)
{
	ordered(fixture);
	EXPECT_OK(styles_create(fixture));
}

static void styles_unordered(struct fixture *fixture)
{
	queue_open(fixture, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	EXPECT_OK(styles_create(fixture));
}

static clnorm_status styles_prepare(struct fixture *fixture)
{
	return clnorm_conditional_prepare(fixture->conditional, fixture->queue);
}

static clnorm_status styles_forward(struct fixture *fixture)
{
	clnorm_conditional_forward_args args = {.styles = {fixture->mems[0], 1},
	                                        .weights = {fixture->mems[1], 2},
	                                        .bias = {fixture->mems[2], 3},
	                                        .gamma = {fixture->mems[3], 4},
	                                        .beta = {fixture->mems[4], 5}};
	return clnorm_conditional_forward(fixture->conditional, fixture->queue, &args, 0, NULL, &fixture->event);
}

static clnorm_status styles_backward(struct fixture *fixture)
{
	static const clnorm_accumulate half = {2, 0.5}, fresh = {3, 0};
	clnorm_conditional_backward_args args = {.styles = {fixture->mems[0], 1},
	                                         .weights = {fixture->mems[1], 2},
	                                         .dgamma = {fixture->mems[2], 3},
	                                         .dbeta = {fixture->mems[3], 4},
	                                         .dweights = {fixture->mems[4], 5},
	                                         .dbias = {fixture->mems[5], 6},
	                                         .dstyles = {fixture->mems[6], 7},
	                                         .accumulate = &half,
	                                         .accumulate_styles = &fresh};
	return clnorm_conditional_backward(fixture->conditional, fixture->queue, &args, 0, NULL, &fixture->event);
}

#endif

static const struct scene scenes[] = {
	{"adain_create", ordered, adain_create, false},
	{"adain_prepare", adain_ordered, adain_prepare, false},
	{"adain_forward", adain_ordered, adain_forward, true},
	{"adain_forward, out of order", adain_unordered, adain_forward, true},
	{"adain_forward without y", adain_ordered, adain_parameters, true},
#ifdef HAVE_CLBLAST
	{"conditional_create", ordered, styles_create, false},
	{"conditional_prepare", styles_ordered, styles_prepare, false},
	{"conditional_forward", styles_ordered, styles_forward, true},
	{"conditional_forward, out of order", styles_unordered, styles_forward, true},
	{"conditional_backward", styles_ordered, styles_backward, true},
	{"conditional_backward, out of order", styles_unordered, styles_backward, true},
#endif
};

/* ---- The play ------------------------------------------------------------------------------------------------ */

static struct fixture fixture_open(const struct scene *scene)
{
	struct fixture fixture = {0};
	fakecl_reset();
	fakecl_memory(memory_take, memory_give);
#ifdef HAVE_CLBLAST
	fakeblas_reset(100 * sizeof(float));
#endif
	scene->prepare(&fixture);
	fakecl_calls_clear();
	return fixture;
}

static void fixture_close(struct fixture *fixture, const char *what)
{
	fakecl_fail_at(0, 0);
	clnorm_conditional_destroy(fixture->conditional);
	clnorm_adain_destroy(fixture->adain);
	for (size_t i = 0; i < COUNT(fixture->mems); i++) {
		EXPECT_CL(clReleaseMemObject(fixture->mems[i]));
	}
	if (fixture->event) {
		EXPECT_CL(clReleaseEvent(fixture->event));
	}
	EXPECT_CL(clReleaseCommandQueue(fixture->queue));
	clnorm_context_destroy(fixture->ctx);
	for (int kind = 0; kind < FAKECL_KIND_COUNT; kind++) {
		ck_assert_msg(fakecl_live((enum fakecl_kind)kind) == 0, "%s: %ld live %s objects", what,
		              fakecl_live((enum fakecl_kind)kind), fakecl_kind_name((enum fakecl_kind)kind));
	}
	ck_assert_msg(fakecl_misuse_count() == 0, "%s: %s", what, fakecl_misuse());
	ck_assert_msg(memory_live() == 0, "%s: %ld blocks of host memory", what, memory_live());
}

/* A failed call has written none of its outputs. */
static void outputs_check(const struct fixture *before, const struct fixture *after, const char *what)
{
	ck_assert_msg(memcmp(after, before, sizeof(*after)) == 0, "%s: wrote an output", what);
}

/* A plan's program that does not build, or finds no memory, leaves the next best variant. */
static bool may_succeed(const char *call, cl_int code)
{
	bool build = strcmp(call, "clBuildProgram") == 0 || strcmp(call, "clCreateProgramWithSource") == 0 ||
	             strcmp(call, "clCreateKernel") == 0 || strcmp(call, "clGetKernelWorkGroupInfo") == 0;
	return build && code == CL_OUT_OF_RESOURCES;
}

static bool status_fits(clnorm_status st, cl_int code)
{
	switch (code) {
	case CL_OUT_OF_HOST_MEMORY:
		return st == CLNORM_OUT_OF_MEMORY || st == CLNORM_OPENCL_ERROR;
	case CL_OUT_OF_RESOURCES:
		return st == CLNORM_OUT_OF_DEVICE_MEMORY || st == CLNORM_OPENCL_ERROR;
	default:
		return st == CLNORM_OPENCL_ERROR;
	}
}

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
		ck_assert_msg(may_succeed(call, code), "%s: succeeded", what);
	} else {
		ck_assert_msg(status_fits(st, code), "%s: %s: %s", what, clnorm_status_name(st), clnorm_last_error());
		ck_assert_msg(st == CLNORM_OUT_OF_DEVICE_MEMORY || strstr(clnorm_last_error(), call), "%s: says %s",
		              what, clnorm_last_error());
		outputs_check(&before, &fixture, what);
	}
	fixture_close(&fixture, what);
}

START_TEST(calls)
{
	static const cl_int codes[] = {CL_OUT_OF_HOST_MEMORY, CL_OUT_OF_RESOURCES, CL_INVALID_VALUE, -9999};
	const struct scene *scene = &scenes[_i];
	struct fixture fixture = fixture_open(scene);
	EXPECT_OK(scene->act(&fixture));
	unsigned long count = fakecl_call_count();
	fixture_close(&fixture, scene->name);
	printf("%s: %lu calls\n", scene->name, count);
	for (unsigned long n = 1; n <= count; n++) {
		for (size_t i = 0; i < COUNT(codes); i++) {
			call_fail(scene, n, codes[i]);
		}
	}
}
END_TEST

START_TEST(allocations)
{
	const struct scene *scene = &scenes[_i];
	unsigned long count = 1;
	for (unsigned long n = 0; n <= count; n++) {
		struct fixture fixture = fixture_open(scene), before = fixture;
		char what[160];
		snprintf(what, sizeof(what), "%s, allocation %lu", scene->name, n);
		memory_begin(n);
		clnorm_status st = scene->act(&fixture);
		unsigned long now = memory_end();
		if (n == 0) {
			count = now;
			EXPECT_STATUS(st, CLNORM_OK);
			ck_assert_msg(!scene->is_call || count == 0, "%s: %lu allocations", scene->name, count);
		} else {
			ck_assert_msg(st == CLNORM_OUT_OF_MEMORY, "%s: %s", what, clnorm_status_name(st));
			outputs_check(&before, &fixture, what);
		}
		fixture_close(&fixture, what);
	}
}
END_TEST

/* What happens in a training step creates nothing and waits for nothing. */
START_TEST(host_cost)
{
	const struct scene *scene = &scenes[_i];
	struct fixture fixture = fixture_open(scene);
	EXPECT_OK(scene->act(&fixture));
	if (scene->is_call) {
		ck_assert_uint_eq(fakecl_waits(), 0);
		ck_assert_uint_eq(fakecl_calls_of("clCreate"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clBuild"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clFlush"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clEnqueueRead") + fakecl_calls_of("clEnqueueWrite"), 0);
	}
	fixture_close(&fixture, scene->name);
}
END_TEST

#ifdef HAVE_CLBLAST

struct blas_fault {
	int code;
	clnorm_status status;
	const char *name;
};

static void blas_fail(const struct scene *scene, unsigned long n, const struct blas_fault *fault)
{
	struct fixture fixture = fixture_open(scene), before = fixture;
	fakeblas_fail_at(n, fault->code);
	memory_begin(0);
	clnorm_status st = scene->act(&fixture);
	memory_end();
	ck_assert_msg(st == fault->status, "%s: product %lu: %s instead of %s", scene->name, n, clnorm_status_name(st),
	              clnorm_status_name(fault->status));
	ck_assert_msg(strstr(clnorm_last_error(), fault->name), "%s: says %s", scene->name, clnorm_last_error());
	ck_assert_msg(strncmp(clnorm_last_error(), "CLBlastSgemmWithTempBuffer: ", 28) == 0 ||
	                      strncmp(clnorm_last_error(), "CLBlastSGemmTempBufferSize: ", 28) == 0,
	              "%s: says %s", scene->name, clnorm_last_error());
	outputs_check(&before, &fixture, scene->name);
	fixture_close(&fixture, scene->name);
}

START_TEST(products)
{
	static const struct blas_fault faults[] = {
		{-1017, CLNORM_BLAS_ERROR, "InvalidDimension (-1017)"},
		{-2050, CLNORM_BLAS_ERROR, "InsufficientMemoryTemp (-2050)"},
		{-11, CLNORM_BLAS_ERROR, "CL_BUILD_PROGRAM_FAILURE (-11)"},
		{-4, CLNORM_OUT_OF_DEVICE_MEMORY, "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)"},
		{-6, CLNORM_OUT_OF_MEMORY, "CL_OUT_OF_HOST_MEMORY (-6)"},
		{-31337, CLNORM_BLAS_ERROR, "code (-31337)"},
	};
	const struct scene *scene = &scenes[_i];
	struct fixture fixture = fixture_open(scene);
	fakeblas_fail_at(0, 0);
	EXPECT_OK(scene->act(&fixture));
	unsigned long count = fakeblas_call_count() * COUNT(faults);
	fixture_close(&fixture, scene->name);
	for (unsigned long i = 0; i < count; i++) {
		blas_fail(scene, 1 + i / COUNT(faults), &faults[i % COUNT(faults)]);
	}
}
END_TEST

/* All products of a call get the handle's scratch memory, so that CLBlast takes none; scratch past CLBlast's int is
 * refused. */
START_TEST(scratch)
{
	struct fixture fixture = fixture_open(&scenes[COUNT(scenes) - 2]);
	EXPECT_OK(styles_backward(&fixture));
	ck_assert_uint_eq(fakeblas_product_count(), 6);
	for (size_t i = 0; i < 6; i++) {
		const struct fakeblas_product *p = fakeblas_product(i);
		ck_assert_ptr_nonnull(p->scratch);
		ck_assert_ptr_eq(p->scratch, fakeblas_product(0)->scratch);
		ck_assert(p->row_major);
	}
	/* dstyles: the first half overwrites, the second adds to it. */
	ck_assert(fakeblas_product(2)->beta == 0 && fakeblas_product(5)->beta == 1);
	ck_assert(fakeblas_product(2)->alpha == 3 && fakeblas_product(0)->beta == 0.5f);
	clnorm_conditional_destroy(fixture.conditional);
	fixture.conditional = NULL;
	fakeblas_reset(0);
	EXPECT_OK(styles_create(&fixture));
	EXPECT_CL(clReleaseEvent(fixture.event));
	EXPECT_OK(styles_forward(&fixture));
	ck_assert_ptr_null(fakeblas_product(0)->scratch);
	clnorm_conditional_destroy(fixture.conditional);
	fixture.conditional = NULL;
	fakeblas_reset((size_t)4 << 31);
	EXPECT_SAYS(styles_create(&fixture), CLNORM_BAD_SHAPE, "scratch", "2147483648");
	ck_assert_ptr_null(fixture.conditional);
	fixture_close(&fixture, "scratch");
}
END_TEST

#endif

int main(void)
{
	Suite *suite = suite_create("conditional faults");
	TCase *faults = tcase_create("faults");
	tcase_set_timeout(faults, 300);
	tcase_add_loop_test(faults, calls, 0, COUNT(scenes));
	tcase_add_loop_test(faults, allocations, 0, COUNT(scenes));
	tcase_add_loop_test(faults, host_cost, 0, COUNT(scenes));
#ifdef HAVE_CLBLAST
	tcase_add_loop_test(faults, products, 5, COUNT(scenes));
	tcase_add_test(faults, scratch);
#endif
	suite_add_tcase(suite, faults);
	return main_run(suite);
}
