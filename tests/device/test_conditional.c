/* test_conditional.c: gamma and beta of styles: formulas, gradients, accumulation, order, and a whole chain.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "tests/kit/cases.h"
#include "tests/kit/conditional_trial.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#ifdef HAVE_CLBLAST

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <clblast_c.h>

/* n, c, k: single numbers, primes, one more and one less than CLBlast's tiles. */
static const clnorm_conditional_desc shapes[] = {
	{1, 1, 1, false}, {1, 3, 5, true},   {5, 1, 7, false},   {2, 7, 1, true},
	{3, 4, 2, false}, {8, 32, 16, true}, {31, 33, 17, true}, {64, 65, 63, false},
};

static void finish(void)
{
	EXPECT_CL(clFinish(device_get()->queue));
}

static void forward_try(const clnorm_conditional_desc *desc, bool has_bias, bool offset)
{
	struct conditional_trial s;
	conditional_trial_init(&s, *desc, has_bias, offset, 1);
	clnorm_conditional_forward_args args = conditional_trial_forward_args(&s);
	EXPECT_OK(clnorm_conditional_forward(s.handle, device_get()->queue, &args, 0, NULL, NULL));
	finish();
	conditional_trial_check(&s, GAMMA, NULL);
	conditional_trial_check(&s, BETA, NULL);
	conditional_trial_clear(&s);
}

static void backward_try(const clnorm_conditional_desc *desc, bool offset, const clnorm_accumulate *weights,
                         const clnorm_accumulate *styles)
{
	struct conditional_trial s;
	conditional_trial_init(&s, *desc, true, offset, 2);
	clnorm_conditional_backward_args args = conditional_trial_backward_args(&s);
	args.accumulate = weights;
	args.accumulate_styles = styles;
	EXPECT_OK(clnorm_conditional_backward(s.handle, device_get()->queue, &args, 0, NULL, NULL));
	finish();
	conditional_trial_check(&s, DWEIGHTS, weights);
	conditional_trial_check(&s, DBIAS, weights);
	conditional_trial_check(&s, DSTYLES, styles);
	conditional_trial_clear(&s);
}

START_TEST(forward)
{
	for (size_t i = 0; i < (device_is_small() ? 5 : COUNT(shapes)); i++) {
		clnorm_conditional_desc desc = shapes[i];
		for (int way = 0; way < 8; way++) {
			desc.gamma_around_one = way & 1;
			forward_try(&desc, way & 2, way & 4);
		}
	}
}
END_TEST

START_TEST(backward)
{
	static const clnorm_accumulate ways[] = {{1, 0}, {1, 1}, {-0.5, 0.25}, {0, 2}, {0, 0}};
	for (size_t i = 0; i < (device_is_small() ? 5 : COUNT(shapes)); i++) {
		backward_try(&shapes[i], i % 2, NULL, NULL);
		for (size_t way = 0; way < COUNT(ways); way++) {
			backward_try(&shapes[i], way % 2, &ways[way], &ways[(way + 2) % COUNT(ways)]);
		}
	}
}
END_TEST

/* CLBlast takes other kernels, and scratch memory, for large matrices; this makes small ones large in its eyes. */
static void indirect_from(size_t size)
{
	const char *names[] = {"XGEMM_MIN_INDIRECT_SIZE"};
	ck_assert_int_eq((int)CLBlastOverrideParameters(device_get()->id, "GemmRoutine", CLBlastPrecisionSingle, 1,
	                                                names, &size),
	                 0);
}

START_TEST(large_kernels)
{
	static const clnorm_accumulate half = {1, 0.5};
	static const clnorm_conditional_desc desc = {9, 33, 17, true};
	indirect_from(1);
	for (int offset = 0; offset < 2; offset++) {
		forward_try(&desc, true, offset);
		backward_try(&desc, offset, NULL, &half);
		backward_try(&desc, offset, &half, NULL);
	}
	indirect_from(512);
}
END_TEST

/* Momentum 0 reads nothing, so no NaN stays; each output alone leaves the others alone. */
START_TEST(outputs_one_by_one)
{
	for (int large = 0; large < 2; large++) {
		indirect_from(large ? 1 : 512);
		for (int only = 0; only < 3; only++) {
			static const clnorm_accumulate zero = {1, 0};
			const enum conditional_operand outputs[] = {DWEIGHTS, DBIAS, DSTYLES};
			struct conditional_trial s;
			conditional_trial_init(&s, (clnorm_conditional_desc){3, 5, 4, false}, true, true, 3);
			for (int i = 0; i < 3; i++) {
				place_poison(&s.at[outputs[i]]);
			}
			clnorm_conditional_backward_args args = conditional_trial_backward_args(&s);
			args.dweights.mem = only == 0 ? args.dweights.mem : NULL;
			args.dbias.mem = only == 1 ? args.dbias.mem : NULL;
			args.dstyles.mem = only == 2 ? args.dstyles.mem : NULL;
			args.styles.mem = only == 0 ? args.styles.mem : NULL;
			args.weights.mem = only == 2 ? args.weights.mem : NULL;
			args.accumulate = args.accumulate_styles = only == 1 ? NULL : &zero;
			EXPECT_OK(clnorm_conditional_backward(s.handle, device_get()->queue, &args, 0, NULL, NULL));
			finish();
			for (int i = 0; i < 3; i++) {
				if (i == only) {
					conditional_trial_check(&s, outputs[i], NULL);
				} else {
					ck_assert_msg(place_is_poisoned(&s.at[outputs[i]]),
					              "output %d was written beside %d", i, only);
				}
			}
			conditional_trial_clear(&s);
		}
	}
	indirect_from(512);
}
END_TEST

/* No sample: nothing forward, sums over nothing backward. */
START_TEST(no_samples)
{
	static const clnorm_accumulate keep = {3, 0.5};
	struct conditional_trial s;
	conditional_trial_init(&s, (clnorm_conditional_desc){0, 5, 4, true}, true, true, 4);
	clnorm_conditional_forward_args forward_args = conditional_trial_forward_args(&s);
	cl_event done = NULL;
	EXPECT_OK(clnorm_conditional_prepare(s.handle, device_get()->queue));
	EXPECT_OK(clnorm_conditional_forward(s.handle, device_get()->queue, &forward_args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	clnorm_conditional_backward_args args = conditional_trial_backward_args(&s);
	args.styles.mem = args.dgamma.mem = args.dbeta.mem = NULL;
	args.accumulate = &keep;
	EXPECT_OK(clnorm_conditional_backward(s.handle, device_get()->queue, &args, 0, NULL, NULL));
	finish();
	conditional_trial_check(&s, DWEIGHTS, &keep);
	conditional_trial_check(&s, DBIAS, &keep);
	place_poison(&s.at[DWEIGHTS]);
	place_poison(&s.at[DBIAS]);
	args.accumulate = NULL;
	EXPECT_OK(clnorm_conditional_backward(s.handle, device_get()->queue, &args, 0, NULL, NULL));
	finish();
	conditional_trial_check(&s, DWEIGHTS, NULL);
	conditional_trial_check(&s, DBIAS, NULL);
	conditional_trial_clear(&s);
}
END_TEST

/* sum(gamma*dgamma + beta*dbeta), by the device's own forward pass. */
static double objective(struct conditional_trial *s)
{
	clnorm_conditional_forward_args args = conditional_trial_forward_args(s);
	EXPECT_OK(clnorm_conditional_forward(s->handle, device_get()->queue, &args, 0, NULL, NULL));
	finish();
	double *gamma = place_load(&s->at[GAMMA], "gamma"), *beta = place_load(&s->at[BETA], "beta"), sum = 0;
	for (size_t i = 0; i < s->counts[GAMMA]; i++) {
		sum += gamma[i] * s->values[DGAMMA][i] + beta[i] * s->values[DBETA][i];
	}
	free(gamma);
	free(beta);
	return sum;
}

/* The objective is linear in each operand alone, so that a central difference with a step of 1 is exact but for
 * rounding. */
START_TEST(finite_differences)
{
	const enum conditional_operand inputs[] = {WEIGHTS, BIAS, STYLES}, outputs[] = {DWEIGHTS, DBIAS, DSTYLES};
	struct conditional_trial s;
	conditional_trial_init(&s, (clnorm_conditional_desc){3, 5, 4, true}, true, false, 5);
	clnorm_conditional_backward_args args = conditional_trial_backward_args(&s);
	EXPECT_OK(clnorm_conditional_backward(s.handle, device_get()->queue, &args, 0, NULL, NULL));
	finish();
	for (size_t which = 0; which < COUNT(inputs); which++) {
		struct place *place = &s.at[inputs[which]];
		double *analytic = place_load(&s.at[outputs[which]], "gradient"), *values = s.values[inputs[which]];
		for (size_t i = 0; i < s.counts[inputs[which]]; i++) {
			const double was = values[i];
			values[i] = was + 1;
			place_store(place, values);
			double up = objective(&s);
			values[i] = was - 1;
			place_store(place, values);
			double difference = (up - objective(&s)) / 2;
			values[i] = was;
			place_store(place, values);
			ck_assert_msg(fabs(difference - analytic[i]) <= 5e-5,
			              "input %zu, element %zu: %.7g by differences, %.7g", which, i, difference,
			              analytic[i]);
		}
		free(analytic);
	}
	conditional_trial_clear(&s);
}
END_TEST

static cl_int event_status(cl_event event)
{
	cl_int status = CL_QUEUED;
	EXPECT_CL(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL));
	return status;
}

/* Wait list and event, on an out-of-order queue too; two runs give the same bits. */
START_TEST(order_and_bits)
{
	const cl_command_queue_properties kinds[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE};
	void *first = NULL;
	struct conditional_trial s;
	conditional_trial_init(&s, (clnorm_conditional_desc){8, 32, 16, true}, true, true, 6);
	for (size_t kind = 0; kind < COUNT(kinds); kind++) {
		cl_command_queue queue = device_queue_create(kinds[kind]);
		cl_event gate, forward_done = NULL, backward_done = NULL;
		cl_int err;
		conditional_trial_rewind(&s);
		gate = clCreateUserEvent(device_get()->cl, &err);
		EXPECT_CL(err);
		clnorm_conditional_forward_args forward_args = conditional_trial_forward_args(&s);
		clnorm_conditional_backward_args args = conditional_trial_backward_args(&s);
		args.dgamma = forward_args.gamma;
		EXPECT_OK(clnorm_conditional_forward(s.handle, queue, &forward_args, 1, &gate, &forward_done));
		EXPECT_OK(clnorm_conditional_backward(s.handle, queue, &args, 1, &forward_done, &backward_done));
		if (!device_is_small()) {
			EXPECT_CL(clFlush(queue)); /* oclgrind would wait for the gate here */
		}
		ck_assert_int_ne(event_status(backward_done), CL_COMPLETE);
		EXPECT_CL(clSetUserEventStatus(gate, CL_COMPLETE));
		EXPECT_CL(clWaitForEvents(1, &backward_done));
		conditional_trial_check(&s, GAMMA, NULL);
		void *bits = place_bytes(&s.at[DWEIGHTS], "dweights");
		if (!first) {
			first = bits;
		} else {
			ck_assert_mem_eq(bits, first, s.counts[DWEIGHTS] * sizeof(float));
			free(bits);
		}
		EXPECT_CL(clReleaseEvent(gate));
		EXPECT_CL(clReleaseEvent(forward_done));
		EXPECT_CL(clReleaseEvent(backward_done));
		EXPECT_CL(clReleaseCommandQueue(queue));
	}
	free(first);
	conditional_trial_clear(&s);
}
END_TEST

struct worker {
	struct conditional_trial styles;
	cl_command_queue queue;
	clnorm_status status;
};

static void *worker_run(void *data)
{
	struct worker *worker = data;
	const clnorm_conditional_forward_args args = conditional_trial_forward_args(&worker->styles);
	worker->status = clnorm_conditional_forward(worker->styles.handle, worker->queue, &args, 0, NULL, NULL);
	return NULL;
}

/* CLBlast's first calls in a process, by threads that share a context. */
START_TEST(first_calls_of_threads)
{
	struct worker workers[4];
	pthread_t threads[COUNT(workers)];
	finish();
	ck_assert_int_eq((int)CLBlastClearCache(), 0);
	for (size_t i = 0; i < COUNT(workers); i++) {
		conditional_trial_init(&workers[i].styles, (clnorm_conditional_desc){3, 5, 4, true}, true, i % 2,
		                       20 + (unsigned)i);
		workers[i].queue = device_queue_create(0);
	}
	for (size_t i = 0; i < COUNT(workers); i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, worker_run, &workers[i]), 0);
	}
	for (size_t i = 0; i < COUNT(workers); i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		EXPECT_STATUS(workers[i].status, CLNORM_OK);
		EXPECT_CL(clFinish(workers[i].queue));
		conditional_trial_check(&workers[i].styles, GAMMA, NULL);
		EXPECT_CL(clReleaseCommandQueue(workers[i].queue));
		conditional_trial_clear(&workers[i].styles);
	}
}
END_TEST

/* The chain of a generator: styles to gamma and beta, a normalization with them, and all the way back. */
START_TEST(through_a_normalization)
{
	enum { N = 2, C = 3, S = 20, K = 4 };
	const struct device *device = device_get();
	clnorm_desc desc = clnorm_desc_1d(N, C, S);
	struct conditional_trial s;
	struct place x, dy;
	double x_values[N * C * S], dy_values[N * C * S];
	clnorm_plan *plan = NULL;
	desc.affine = CLNORM_AFFINE_INSTANCE;
	desc.ops = CLNORM_OP_BACKWARD;
	EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &plan));
	conditional_trial_init(&s, (clnorm_conditional_desc){N, C, K, true}, true, true, 10);
	cases_normal(11, 3, 2, N * C * S, x_values);
	cases_normal(12, 0, 1, N * C * S, dy_values);
	place_round(CLNORM_F32, x_values, N * C * S);
	place_round(CLNORM_F32, dy_values, N * C * S);
	place_init(&x, CLNORM_F32, N * C * S, 2);
	place_init(&dy, CLNORM_F32, N * C * S, 3);
	place_store(&x, x_values);
	place_store(&dy, dy_values);
	clnorm_conditional_forward_args forward_args = conditional_trial_forward_args(&s);
	clnorm_backward_args middle = {.x = x.view,
	                               .dy = dy.view,
	                               .gamma = forward_args.gamma,
	                               .beta = forward_args.beta,
	                               .dgamma = s.at[DGAMMA].view,
	                               .dbeta = s.at[DBETA].view};
	clnorm_conditional_backward_args args = conditional_trial_backward_args(&s);
	EXPECT_OK(clnorm_conditional_forward(s.handle, device->queue, &forward_args, 0, NULL, NULL));
	EXPECT_OK(clnorm_backward(plan, device->queue, &middle, 0, NULL, NULL));
	EXPECT_OK(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL));
	finish();
	EXPECT_OK(clnorm_reference_backward(&desc, x_values, dy_values, NULL, NULL, NULL, NULL, s.values[DGAMMA],
	                                    s.values[DBETA]));
	/* The reference's gradients differ from the device's by a millionth; a sum's bound is widened for that. */
	double *got = place_load(&s.at[DBIAS], "dbias");
	for (size_t i = 0; i < 2 * C; i++) {
		double right = 0;
		for (size_t n = 0; n < N; n++) {
			right += i < C ? s.values[DGAMMA][n * C + i] : s.values[DBETA][n * C + i - C];
		}
		ck_assert_double_eq_tol(got[i], right, 1e-4);
	}
	free(got);
	place_clear(&x);
	place_clear(&dy);
	conditional_trial_clear(&s);
	clnorm_plan_destroy(plan);
}
END_TEST

static Suite *suite_make(void)
{
	Suite *suite = suite_create("conditional");
	TCase *values = tcase_create("values");
	tcase_add_test(values, forward);
	tcase_add_test(values, backward);
	tcase_add_test(values, large_kernels);
	tcase_add_test(values, outputs_one_by_one);
	tcase_add_test(values, no_samples);
	tcase_add_test(values, finite_differences);
	tcase_add_test(values, order_and_bits);
	tcase_add_test(values, through_a_normalization);
	tcase_add_test(values, first_calls_of_threads);
	suite_add_tcase(suite, values);
	return suite;
}

#else

/* tests/device/test_conditional_calls.c looks at what the functions say without CLBlast. */
static Suite *suite_make(void)
{
	return suite_create("conditional");
}

#endif

int main(void)
{
	return conditional_trial_main(suite_make());
}
