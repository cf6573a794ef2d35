/* test_backward_calls.c: clnorm_backward() on queues, with events, again and again, on empty tensors; and what stays at
 * home. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct trial_back_way all_way = {.inputs = TRIAL_GAMMA | TRIAL_BETA, .outputs = TRIAL_GRADIENTS};

/* Small planes in teams, one block, several chunks. */
static const struct cases_shape base_shapes[] = {
	{3, {4, 3, 45}}, {4, {1, 64, 31, 31}}, {3, {2, 3, 2053}}, {3, {1, 3, 70001}}};

/* For an interpreter, which pays for every work-item of every group. */
static const struct cases_shape small_shape = {3, {1, 3, 45}};

static size_t shape_count(void)
{
	return device_is_small() ? 1 : COUNT(base_shapes);
}

static const struct cases_shape *base_shape(size_t k)
{
	return device_is_small() ? &small_shape : &base_shapes[k];
}

static cl_int event_status(cl_event event)
{
	cl_int status = CL_QUEUED;
	EXPECT_CL(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL));
	return status;
}

/* A call that waits for a user event does not begin before that is set; its event completes after the last kernel. */
static void wait_for_user(struct trial_back *trial, clnorm_plan *plan, cl_command_queue queue)
{
	cl_event gate, done = NULL;
	cl_int err;
	gate = clCreateUserEvent(device_get()->cl, &err);
	EXPECT_CL(err);
	clnorm_backward_args args = trial_back_args(trial);
	EXPECT_OK(clnorm_backward(plan, queue, &args, 1, &gate, &done));
	if (!device_is_small()) {
		EXPECT_CL(clFlush(queue)); /* oclgrind would wait for the gate here */
	}
	ck_assert_int_ne(event_status(done), CL_COMPLETE);
	EXPECT_CL(clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT_CL(clWaitForEvents(1, &done));
	trial_back_fetch(trial);
	compare_backward(trial);
	EXPECT_CL(clReleaseEvent(gate));
	EXPECT_CL(clReleaseEvent(done));
}

START_TEST(queues)
{
	static const cl_command_queue_properties properties[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE};
	for (size_t k = 0; k < shape_count(); k += 3) {
		clnorm_desc desc = cases_desc(base_shape(k));
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		for (size_t i = 0; plan && i < COUNT(properties); i++) {
			cl_command_queue queue = device_queue_create(properties[i]);
			struct trial_back trial;
			EXPECT_OK(clnorm_plan_prepare(plan, queue));
			trial_back_init(&trial, &desc, DATA_OFFSET, 6, all_way);
			wait_for_user(&trial, plan, queue);
			trial_back_rewind(&trial);
			clnorm_backward_args args = trial_back_args(&trial);
			EXPECT_OK(clnorm_backward(plan, queue, &args, 0, NULL, NULL));
			EXPECT_CL(clFinish(queue));
			trial_back_fetch(&trial);
			compare_backward(&trial);
			trial_back_clear(&trial);
			EXPECT_CL(clReleaseCommandQueue(queue));
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

static void same_doubles(const double *a, const double *b, size_t count, const char *what,
                         const struct trial_back *trial)
{
	ck_assert_msg(memcmp(a, b, count * sizeof(*a)) == 0, "%s differs: %s", what, trial_name(&trial->in));
}

/* Runs a trial again, by a workspace that is dirty in another way, and expects the bits of `first`. */
static void again_check(struct trial_back *trial, const struct trial_back *first, clnorm_plan *plan)
{
	trial_back_rewind(trial);
	trial_back_run(trial, plan, device_get()->queue);
	same_doubles(trial->dx, first->dx, trial->in.count, "dx", trial);
	same_doubles(trial->dgamma, first->dgamma, trial->in.params, "dgamma", trial);
	same_doubles(trial->dbeta, first->dbeta, trial->in.params, "dbeta", trial);
}

START_TEST(same_bits_again)
{
	for (size_t k = 0; k < shape_count(); k++) {
		clnorm_desc desc = cases_desc(base_shape(k));
		struct trial_back first, trial;
		desc.flags = CLNORM_CALLER_WORKSPACE;
		clnorm_plan *plan = trial_back_plan(&desc, _i), *second = trial_back_plan(&desc, _i);
		if (plan) {
			trial_back_init(&first, &desc, DATA_OFFSET, 2, all_way);
			trial_back_run(&first, plan, device_get()->queue);
			trial_back_init(&trial, &desc, DATA_OFFSET, 2, all_way);
			for (unsigned i = 0; i < (device_is_small() ? 1 : 20); i++) {
				again_check(&trial, &first, plan);
			}
			again_check(&trial, &first, second);
			trial_back_clear(&first);
			trial_back_clear(&trial);
		}
		clnorm_plan_destroy(plan);
		clnorm_plan_destroy(second);
	}
}
END_TEST

/* Every sample of `many` becomes the one of `one`. */
static void samples_repeat(struct trial_back *many, const struct trial_back *one, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		memcpy(many->in.x + i * one->in.count, one->in.x, one->in.count * sizeof(double));
		memcpy(many->dy + i * one->in.count, one->dy, one->in.count * sizeof(double));
	}
	trial_back_rewind(many);
}

/* The same sample alone and as each of n, with the batch-invariant flag: the same dx, and gradients of its own
 * parameters. */
static void batch_check(const struct cases_shape *shape, size_t n, int variant, clnorm_layout layout)
{
	struct trial_back one, many;
	clnorm_desc alone = cases_desc(shape);
	alone.n = 1;
	alone.flags = CLNORM_BATCH_INVARIANT;
	alone.layout = layout;
	clnorm_desc together = alone;
	together.n = n;
	clnorm_plan *plan_one = trial_back_plan(&alone, variant), *plan_many = trial_back_plan(&together, variant);
	/* Else one of the two may be on the menu. */
	ck_assert_msg(!device_is_long() || !plan_one == !plan_many, "the variant applies to one of the batches");
	if (plan_one && plan_many) {
		ck_assert_str_eq(clnorm_plan_variant(plan_one, CLNORM_OP_BACKWARD),
		                 clnorm_plan_variant(plan_many, CLNORM_OP_BACKWARD));
		trial_back_init(&one, &alone, DATA_NORMAL, 3, all_way);
		trial_back_init(&many, &together, DATA_NORMAL, 3, all_way);
		samples_repeat(&many, &one, n);
		trial_back_run(&one, plan_one, device_get()->queue);
		trial_back_run(&many, plan_many, device_get()->queue);
		for (size_t i = 0; i < n; i++) {
			same_doubles(many.dx + i * one.in.count, one.dx, one.in.count, "dx of a sample", &many);
		}
		compare_backward(&many);
		trial_back_clear(&one);
		trial_back_clear(&many);
	}
	clnorm_plan_destroy(plan_one);
	clnorm_plan_destroy(plan_many);
}

START_TEST(batch_invariant)
{
	const struct cases_shape large = {3, {1, 1, 400000}}; /* 24 of them pass many last-level caches */
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		if (!trial_has_layout(_i, (clnorm_layout)layout)) {
			continue;
		}
		for (size_t k = 0; k < shape_count(); k++) {
			batch_check(base_shape(k), device_is_small() ? 3 : k % 2 ? 7 : 64, _i, (clnorm_layout)layout);
		}
		if (!device_is_small()) {
			batch_check(&large, 24, _i, (clnorm_layout)layout);
		}
	}
}
END_TEST

/* A bad number in x or dy of one instance: its dx is bad, every other one keeps its bits; so do gradients of
 * parameters. */
static void poison_check(struct trial_back *trial, const struct trial_back *clean, clnorm_plan *plan, double *values,
                         size_t instance, double bad)
{
	const clnorm_desc *desc = &trial->in.desc;
	size_t at = cases_index(desc, instance, trial->in.spatial * 2 / 3);
	double kept = values[at];
	values[at] = bad;
	trial_back_rewind(trial);
	trial_back_run(trial, plan, device_get()->queue);
	values[at] = kept;
	for (size_t e = 0; e < trial->in.count; e++) {
		bool bad_here = cases_instance(desc, e) == instance;
		if (bad_here ? isfinite(trial->dx[e]) : memcmp(&trial->dx[e], &clean->dx[e], sizeof(double)) != 0) {
			ck_abort_msg("%g in instance %zu gave dx[%zu] = %g: %s", bad, instance, e, trial->dx[e],
			             trial_name(&trial->in));
		}
	}
	for (size_t p = 0; p < trial->in.params; p++) {
		bool same = trial->dgamma[p] == clean->dgamma[p] && trial->dbeta[p] == clean->dbeta[p];
		ck_assert_msg(p == instance ? !isfinite(trial->dgamma[p]) : same,
		              "%g in instance %zu gave dgamma[%zu] = %g, dbeta %g: %s", bad, instance, p,
		              trial->dgamma[p], trial->dbeta[p], trial_name(&trial->in));
	}
}

START_TEST(nan_stays_home)
{
	for (size_t k = 0; k < shape_count(); k++) {
		clnorm_desc desc = cases_desc(base_shape(k));
		struct trial_back clean, trial;
		desc.affine = CLNORM_AFFINE_INSTANCE;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_back_init(&clean, &desc, DATA_NARROW, 4, all_way);
		trial_back_run(&clean, plan, device_get()->queue);
		trial_back_init(&trial, &desc, DATA_NARROW, 4, all_way);
		poison_check(&trial, &clean, plan, trial.in.x, 0, NAN);
		poison_check(&trial, &clean, plan, trial.dy, trial.in.instances - 1, NAN);
		poison_check(&trial, &clean, plan, trial.dy, trial.in.instances / 2, INFINITY);
		trial_back_clear(&clean);
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Parameter gradients of an empty tensor are sums of nothing: scale*0 + momentum*old. */
static void empty_gradients(clnorm_plan *plan, size_t params, const clnorm_accumulate *accumulate)
{
	double old[6] = {3, -1, 0.5, 8, 2, -6}, momentum = accumulate ? accumulate->momentum : 0;
	const struct device *device = device_get();
	struct place at[2];
	cl_event done = NULL;
	for (size_t i = 0; i < 2; i++) {
		place_init(&at[i], CLNORM_F32, params, i + 1);
		if (momentum != 0) {
			place_store(&at[i], old);
		}
	}
	clnorm_backward_args args = {.dgamma = at[0].view, .dbeta = at[1].view, .accumulate = accumulate};
	EXPECT_OK(clnorm_backward(plan, device->queue, &args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	for (size_t i = 0; i < 2; i++) {
		double *now = place_load(&at[i], "gradients of nothing");
		for (size_t p = 0; p < params; p++) {
			ck_assert_msg(now[p] == momentum * old[p], "%g instead of %g", now[p], momentum * old[p]);
		}
		free(now);
		place_clear(&at[i]);
	}
}

START_TEST(empty)
{
	static const struct cases_shape shapes[] = {
		{3, {0, 3, 10}}, {4, {0, 3, 10, 10}}, {4, {2, 0, 4, 4}}, {4, {2, 3, 0, 4}}, {2, {0, 0}}};
	static const clnorm_accumulate pairs[] = {{1, 0}, {5, 0.5}};
	const struct device *device = device_get();
	for (int k = 0; k < 3 * CLNORM_LAYOUT_COUNT; k++) {
		clnorm_desc desc = cases_desc(&shapes[_i]);
		clnorm_plan *plan = NULL;
		cl_event done = NULL;
		struct place dx;
		desc.ops = CLNORM_OP_BACKWARD;
		desc.affine = (clnorm_affine)(k % 3);
		desc.layout = (clnorm_layout)(k / 3);
		EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &plan));
		EXPECT_OK(clnorm_plan_prepare(plan, device->queue));
		place_init(&dx, CLNORM_F32, 8, 2);
		clnorm_backward_args args = {.x = dx.view, .dy = dx.view, .dx = dx.view};
		EXPECT_OK(clnorm_backward(plan, device->queue, &args, 0, NULL, &done));
		EXPECT_CL(clWaitForEvents(1, &done));
		EXPECT_CL(clReleaseEvent(done));
		ck_assert(place_is_poisoned(&dx));
		place_clear(&dx);
		size_t params = desc.affine == CLNORM_AFFINE_INSTANCE ? desc.n * desc.c : desc.c;
		if (desc.affine != CLNORM_AFFINE_NONE) {
			empty_gradients(plan, params, NULL);
			empty_gradients(plan, params, &pairs[0]);
			empty_gradients(plan, params, &pairs[1]);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backward calls");
	TCase *calls = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(calls, queues, 0, variants + 1);
	tcase_add_loop_test(calls, same_bits_again, 0, variants + 1);
	tcase_add_loop_test(calls, batch_invariant, 0, variants + 1);
	tcase_add_loop_test(calls, nan_stays_home, 0, variants + 1);
	tcase_add_loop_test(calls, empty, 0, 5);
	suite_add_tcase(suite, calls);
	return device_main(suite, NULL);
}
