/* test_hostcost.c: what a forward call asks of OpenCL, call by call, and what it costs the thread besides.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Arguments of a kernel: the struct of scalars, and one for each buffer of the stage (cl/README.md). */
static const struct {
	const char *kernel;
	unsigned long arguments;
} kernels[] = {{"cln_fused", 1 + 8}, {"cln_partial", 1 + 2}, {"cln_apply", 1 + 9}};

/* Questions about the queue: its context, device, order. Questions about each buffer: its type, flags, context, size,
 * and where it lies in what. Nobody else may know these between two calls. */
#define QUEUE_QUESTIONS 3
#define BUFFER_QUESTIONS 6

/* One plan, on a fake device, with all that a call needs. */
struct stand {
	clnorm_context *ctx;
	clnorm_plan *plan;
	cl_mem mem;
	clnorm_forward_args args;
	cl_command_queue queue;
};

static void stand_init(struct stand *stand, struct fakecl_device device, const clnorm_desc *desc, bool has_affine)
{
	size_t count = desc->n * desc->c * desc->spatial[0];
	cl_int err;
	fakecl_reset();
	fakecl_world()->devices[0] = device;
	*stand = (struct stand){.ctx = NULL};
	EXPECT_OK(clnorm_context_open("", &stand->ctx));
	EXPECT_OK(clnorm_plan_create(stand->ctx, desc, &stand->plan));
	stand->queue = clnorm_context_queue(stand->ctx);
	EXPECT_OK(clnorm_plan_prepare(stand->plan, stand->queue));
	stand->mem = clCreateBuffer(clnorm_context_cl(stand->ctx), CL_MEM_READ_WRITE,
	                            (2 * count + 2 * desc->c) * sizeof(float), NULL, &err);
	EXPECT_CL(err);
	stand->args = (clnorm_forward_args){.x = {stand->mem, 0}, .y = {stand->mem, count}};
	if (has_affine) {
		stand->args.gamma = (clnorm_view){stand->mem, 2 * count};
		stand->args.beta = (clnorm_view){stand->mem, 2 * count + desc->c};
	}
	fakecl_calls_clear();
}

static void stand_clear(struct stand *stand)
{
	EXPECT_CL(clReleaseMemObject(stand->mem));
	clnorm_plan_destroy(stand->plan);
	clnorm_context_destroy(stand->ctx);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	ck_assert_int_eq(fakecl_live_total(), 0);
}

static void forward(struct stand *stand)
{
	EXPECT_OK(clnorm_forward(stand->plan, stand->queue, &stand->args, 0, NULL, NULL));
}

static unsigned long arguments_of(const char *kernel)
{
	for (size_t i = 0; i < COUNT(kernels); i++) {
		if (strcmp(kernels[i].kernel, kernel) == 0) {
			return kernels[i].arguments;
		}
	}
	ck_abort_msg("a forward call launches %s", kernel);
	return 0;
}

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *variant;
	clnorm_layout layout;
	size_t n, c, s;
	bool is_gpu, has_affine, has_scratch;
	unsigned long launches;
} calls[] = {
	{"rows", CLNORM_NCHW, 5, 3, 16, false, true, false, 1},
	{"rows", CLNORM_NCHW, 8, 64, 4096, false, false, false, 1},
	{"rows-split", CLNORM_NCHW, 1, 3, 100000, false, true, true, 2},
	{"pack", CLNORM_NCHW, 5, 3, 16, true, true, false, 1},
	{"resident", CLNORM_NCHW, 4, 64, 4096, true, true, false, 1},
	{"stream", CLNORM_NCHW, 2, 64, 65536, true, false, false, 1},
	{"split", CLNORM_NCHW, 1, 3, 100000, true, true, true, 2},
	{"scan", CLNORM_NHWC, 5, 64, 16, true, true, false, 1},
	{"scan-split", CLNORM_NHWC, 1, 64, 10000, true, true, true, 2},
	{NULL, CLNORM_NCHW, 5, 3, 16, false, true, false, 1}, /* the planner's choice for a tiny tensor is one launch */
	{NULL, CLNORM_NCHW, 5, 3, 16, true, true, false, 1},
	{NULL, CLNORM_NHWC, 5, 3, 16, false, true, false, 1},
	{NULL, CLNORM_NHWC, 5, 3, 16, true, true, false, 1},
};

/* So many launches, each argument set once a launch, and not one call more than the questions above. */
START_TEST(counts)
{
	struct stand stand;
	clnorm_desc desc = clnorm_desc_1d(calls[_i].n, calls[_i].c, calls[_i].s);
	desc.layout = calls[_i].layout;
	desc.variant = calls[_i].variant;
	stand_init(&stand, calls[_i].is_gpu ? fakecl_gpu() : fakecl_cpu(), &desc, calls[_i].has_affine);
	unsigned long arguments = 0, buffers = (calls[_i].has_affine ? 4u : 2u) + (calls[_i].has_scratch ? 1u : 0u);
	forward(&stand);
	for (size_t i = 0; i < fakecl_launch_count(); i++) {
		arguments += arguments_of(fakecl_launch(i)->kernel);
	}
	unsigned long launches = fakecl_calls_of("clEnqueueNDRangeKernel"), sets = fakecl_calls_of("clSetKernelArg");
	unsigned long questions = fakecl_calls_of("clGetCommandQueueInfo") + fakecl_calls_of("clGetMemObjectInfo");
	const char *name = calls[_i].variant ? calls[_i].variant : clnorm_plan_variant(stand.plan, CLNORM_OP_FORWARD);
	printf("%s: %lu launches, %lu arguments, %lu questions\n", name, launches, sets, questions);
	ck_assert_msg(launches == calls[_i].launches, "%s: %lu launches, not %lu", name, launches, calls[_i].launches);
	ck_assert_uint_eq(fakecl_launch_count(), launches);
	ck_assert_msg(sets == arguments, "%s: %lu times clSetKernelArg for %lu arguments", name, sets, arguments);
	ck_assert_msg(questions <= QUEUE_QUESTIONS + BUFFER_QUESTIONS * buffers, "%s: %lu questions about %lu buffers",
	              name, questions, buffers);
	ck_assert_uint_eq(fakecl_calls_of("cl"), launches + sets + questions);
	ck_assert_uint_eq(fakecl_waits(), 0);

	/* The next call asks no more and no less. */
	unsigned long first = fakecl_calls_of("cl");
	fakecl_calls_clear();
	forward(&stand);
	ck_assert_uint_eq(fakecl_calls_of("cl"), first);
	stand_clear(&stand);
}
END_TEST

/* In waves, the calls of a wave are those of a call of one wave. */
START_TEST(waves)
{
	struct stand stand;
	clnorm_desc desc = clnorm_desc_1d(1, 64, 300000);
	desc.variant = "split wave-kib=8192";
	stand_init(&stand, fakecl_gpu(), &desc, false);
	forward(&stand);
	unsigned long launches = fakecl_calls_of("clEnqueueNDRangeKernel");
	ck_assert_uint_gt(launches, 2);
	ck_assert_uint_eq(launches % 2, 0);
	ck_assert_uint_eq(fakecl_calls_of("clSetKernelArg"), launches / 2 * (3 + 10));
	stand_clear(&stand);
}
END_TEST

/* ---- Time -------------------------------------------------------------------------------------------------------- */

#define TIMED_CALLS 20000

static double thread_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

/* The calls that the fake was asked in one forward call, from here: what the fake itself costs. No assertion in it: one
 * costs more than a call. */
static cl_int ask_the_same(const struct stand *stand, cl_kernel kernel, unsigned long buffers)
{
	size_t size = 64;
	unsigned char scalars[256] = {0}, answer[64];
	cl_int err = CL_SUCCESS;
	for (unsigned long i = 0; i < QUEUE_QUESTIONS; i++) {
		err |= clGetCommandQueueInfo(stand->queue, CL_QUEUE_CONTEXT, sizeof(cl_context), answer, NULL);
	}
	for (unsigned long i = 0; i < buffers * BUFFER_QUESTIONS; i++) {
		err |= clGetMemObjectInfo(stand->mem, CL_MEM_SIZE, sizeof(size_t), answer, NULL);
	}
	err |= clSetKernelArg(kernel, 0, sizeof(scalars), scalars);
	for (cl_uint i = 1; i < 1 + 8; i++) {
		err |= clSetKernelArg(kernel, i, sizeof(stand->mem), &stand->mem);
	}
	return err | clEnqueueNDRangeKernel(stand->queue, kernel, 1, NULL, &size, &size, 0, NULL, NULL);
}

/* Printed for whoever reads the log; no clock decides a test. */
START_TEST(microseconds)
{
	struct stand stand;
	clnorm_desc desc = clnorm_desc_1d(5, 3, 16);
	const char *source = "__kernel void cln_fused() {}";
	cl_int err;
	stand_init(&stand, fakecl_cpu(), &desc, true);
	cl_program program = clCreateProgramWithSource(clnorm_context_cl(stand.ctx), 1, &source, NULL, &err);
	EXPECT_CL(err);
	EXPECT_CL(clBuildProgram(program, 0, NULL, "", NULL, NULL));
	cl_kernel kernel = clCreateKernel(program, "cln_fused", &err);
	EXPECT_CL(err);
	forward(&stand); /* so that the fake knows all names in the order of a call */
	clnorm_status st = CLNORM_OK;
	double start = thread_us();
	for (int i = 0; i < TIMED_CALLS && st == CLNORM_OK; i++) {
		st = clnorm_forward(stand.plan, stand.queue, &stand.args, 0, NULL, NULL);
	}
	double call = (thread_us() - start) / TIMED_CALLS;
	EXPECT_OK(st);
	start = thread_us();
	for (int i = 0; i < TIMED_CALLS; i++) {
		err |= ask_the_same(&stand, kernel, 4);
	}
	double fake = (thread_us() - start) / TIMED_CALLS;
	EXPECT_CL(err);
	printf("forward call: %.2f us of the thread, %.2f of them in the fake OpenCL: %.2f us in clnorm\n", call, fake,
	       call - fake);
	EXPECT_CL(clReleaseKernel(kernel));
	EXPECT_CL(clReleaseProgram(program));
	stand_clear(&stand);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostcost");
	TCase *tcase = tcase_create("hostcost");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, counts, 0, COUNT(calls));
	tcase_add_test(tcase, waves);
	tcase_add_test(tcase, microseconds);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
