/* test_running_backward.c: gradients of plans by running statistics; refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/trial_back.h"

/* A plan with the variant forced; NULL where it does not apply. */
static clnorm_plan *plan_make(clnorm_desc *desc, int variant)
{
	clnorm_plan *plan = NULL;
	trial_force(desc, variant);
	desc->ops = CLNORM_OP_BACKWARD;
	desc->flags |= CLNORM_CONSTANT_STATISTICS;
	clnorm_status st = clnorm_plan_create(device_get()->ctx, desc, &plan);
	ck_assert_msg(st == CLNORM_OK || (st == CLNORM_UNSUPPORTED && desc->variant), "%s", clnorm_last_error());
	return plan;
}

static void backward_run(struct trial_back *t, clnorm_plan *plan, const clnorm_running *running)
{
	cl_event done = NULL;
	trial_bring_workspace(&t->in, plan);
	clnorm_backward_args args = trial_back_args(t);
	args.running = running;
	if (running) {
		args.moments = (clnorm_view){0};
	}
	EXPECT_OK(clnorm_backward(plan, device_get()->queue, &args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	trial_back_fetch(t);
}

/* A record for each instance that says what the running statistics of its channel do. */
static void records_repeat(struct trial *in, const double *mean, const double *variance)
{
	for (size_t i = 0; i < in->sets; i++) {
		const double record[CLNORM_MOMENTS_WIDTH] = {1, mean[i % in->desc.c], 0, variance[i % in->desc.c]};
		memcpy(in->moments + i * CLNORM_MOMENTS_WIDTH, record, sizeof(record));
	}
}

/* Gradients by running statistics are those by the same constants, to the bit. */
static void running_check(const clnorm_desc *desc, clnorm_plan *plan, unsigned outputs)
{
	const struct trial_back_way way = {.inputs = 7, .outputs = outputs, .told = TRIAL_TOLD_MOMENTS};
	const double means[] = {0.5, -3, 0.25}, variances[] = {0.75, 4, 2};
	struct trial_back one, other;
	struct place mean, variance;
	place_init(&mean, CLNORM_F32, desc->c, 3);
	place_init(&variance, CLNORM_F32, desc->c, 5);
	place_store(&mean, means);
	place_store(&variance, variances);
	const clnorm_running running = {.mean = mean.view, .variance = variance.view};
	struct trial_back *both[] = {&one, &other};
	for (size_t i = 0; i < 2; i++) {
		trial_back_init(both[i], desc, DATA_NARROW, 5, way);
		records_repeat(&both[i]->in, means, variances);
		trial_back_rewind(both[i]);
		backward_run(both[i], plan, i == 0 ? NULL : &running);
	}
	ck_assert(!one.dx || memcmp(one.dx, other.dx, one.in.count * sizeof(*one.dx)) == 0);
	ck_assert(!one.dgamma || memcmp(one.dgamma, other.dgamma, one.in.params * sizeof(*one.dgamma)) == 0);
	ck_assert(!one.dbeta || memcmp(one.dbeta, other.dbeta, one.in.params * sizeof(*one.dbeta)) == 0);
	place_check(&mean, means, "the running mean");
	place_check(&variance, variances, "the running variance");
	place_clear(&mean);
	place_clear(&variance);
	trial_back_clear(&one);
	trial_back_clear(&other);
}

START_TEST(running_ones)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 45);
	desc.activation = CLNORM_ACT_RELU;
	for (int v = 0; v < (int)clnorm_variant_count(); v++) {
		/* The stages are those of a variant in one launch, in several, and of one that adds parameters up. */
		if (v % 7 > 2 && !device_is_long()) {
			continue;
		}
		desc.layout = (clnorm_layout)_i;
		desc.flags = CLNORM_RUNNING_STATISTICS | (v % 2 ? CLNORM_CALLER_WORKSPACE : 0);
		clnorm_plan *plan = trial_has_layout(v, desc.layout) ? plan_make(&desc, v) : NULL;
		if (plan) {
			running_check(&desc, plan, TRIAL_GRADIENTS);
			running_check(&desc, plan, TRIAL_DX);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

START_TEST(refusals)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 45);
	const struct trial_back_way way = {.inputs = 7, .outputs = TRIAL_GRADIENTS, .told = TRIAL_TOLD_MOMENTS};
	cl_command_queue queue = device_get()->queue;
	clnorm_plan *training = NULL, *plain = NULL, *plan = NULL;
	struct trial_back t;
	struct place variance;
	desc.ops = CLNORM_OP_BACKWARD;
	desc.flags = CLNORM_RUNNING_STATISTICS;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &training));
	desc.flags = CLNORM_CONSTANT_STATISTICS;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plain));
	desc.flags |= CLNORM_RUNNING_STATISTICS;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	trial_back_init(&t, &desc, DATA_NORMAL, 1, way);
	place_init(&variance, CLNORM_F32, 3, 0);
	clnorm_running running = {.variance = variance.view};
	clnorm_backward_args args = trial_back_args(&t), bare = args;
	bare.moments = (clnorm_view){0};
	EXPECT_SAYS(clnorm_backward(plan, queue, &bare, 0, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "CLNORM_CONSTANT_STATISTICS", "none");
	args.running = bare.running = &running;
	EXPECT_SAYS(clnorm_backward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "moments", "running");
	EXPECT_SAYS(clnorm_backward(training, queue, &bare, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "running",
	            "without CLNORM_CONSTANT_STATISTICS");
	EXPECT_SAYS(clnorm_backward(plain, queue, &bare, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "running",
	            "without CLNORM_RUNNING_STATISTICS");
	args.moments = (clnorm_view){0};
	args.mean = args.rstd = variance.view;
	EXPECT_SAYS(clnorm_backward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "mean with rstd",
	            "running");
	running = (clnorm_running){.mean = variance.view};
	EXPECT_SAYS(clnorm_backward(plan, queue, &bare, 0, NULL, NULL), CLNORM_BAD_BUFFER, "variance", "missing");
	running = (clnorm_running){.variance = {variance.view.mem, 100000}};
	EXPECT_SAYS(clnorm_backward(plan, queue, &bare, 0, NULL, NULL), CLNORM_BAD_BUFFER, "running variance",
	            "100000");
	running = (clnorm_running){.variance = t.at_dbeta.view};
	EXPECT_SAYS(clnorm_backward(plan, queue, &bare, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "running variance",
	            "dbeta");
	ck_assert(place_is_poisoned(&t.at_dx) && place_is_poisoned(&t.at_dgamma) && place_is_poisoned(&t.at_dbeta));
	place_clear(&variance);
	trial_back_clear(&t);
	clnorm_plan_destroy(training);
	clnorm_plan_destroy(plain);
	clnorm_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gradients by running statistics");
	TCase *gradients = tcase_create("gradients");
	tcase_set_timeout(gradients, 0);
	tcase_add_loop_test(gradients, running_ones, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_test(gradients, refusals);
	suite_add_tcase(suite, gradients);
	return device_main(suite, NULL);
}
