/* test_tuned.c: plans that follow tuning entries, odd ones: against the oracle, as any other plan is.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/knob_extremes.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct cases_shape shapes[] = {{3, {2, 3, 1}},    {4, {5, 3, 4, 4}},  {3, {2, 35, 37}},  {3, {1, 3, 1023}},
                                            {3, {2, 3, 2053}}, {3, {1, 3, 16411}}, {3, {1, 2, 70001}}};

/* The row of the variant table that a choice names. */
static const clnorm_variant_info *variant_of(const char *choice)
{
	size_t length = strcspn(choice, " "), i = 0;
	while (strncmp(clnorm_variant_get(i)->name, choice, length) != 0 ||
	       clnorm_variant_get(i)->name[length] != '\0') {
		i++;
	}
	return clnorm_variant_get(i);
}

static bool applies(const clnorm_desc *desc, const char *variant)
{
	clnorm_desc forced = *desc;
	clnorm_plan *plan = NULL;
	forced.variant = variant;
	bool made = clnorm_plan_create(device_get()->ctx, &forced, &plan) == CLNORM_OK;
	clnorm_plan_destroy(plan);
	return made;
}

/* Enters the choice; the plan then is made of it where its variant applies. */
static void enter(const clnorm_desc *desc, clnorm_op op, const char *choice)
{
	const char *name = variant_of(choice)->name;
	clnorm_plan *plan = NULL;
	EXPECT_OK(clnorm_tuning_put(device_get()->ctx, desc, op, choice, 2, 1));
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, desc, &plan));
	if (applies(desc, name)) {
		ck_assert_str_eq(clnorm_plan_variant(plan, op), name);
		ck_assert_ptr_nonnull(strstr(clnorm_plan_explain(plan, op), ", tuned"));
	} else {
		ck_assert_str_ne(clnorm_plan_variant(plan, op), name);
	}
	clnorm_plan_destroy(plan);
}

static clnorm_desc desc_of(size_t k, const char *choice, clnorm_op op)
{
	clnorm_desc desc = cases_desc(&shapes[k]);
	desc.layout = variant_of(choice)->layouts & (1u << CLNORM_NCHW) ? CLNORM_NCHW : CLNORM_NHWC;
	desc.ops = op;
	return desc;
}

/* A long run takes all shapes, others two, in which a choice mostly has one program; a small one the first or the
 * second in turn, as an interpreter takes a minute for 70 instances in groups of thousands. */
static bool is_due(size_t choice, size_t k, clnorm_op op)
{
	if (device_is_long()) {
		return true;
	}
	return knob_extreme_is_due(choice, op) && (device_is_small() ? k == choice % 2 : k == 4 || k == 6);
}

START_TEST(forward)
{
	static const enum cases_data kinds[] = {DATA_OFFSET, DATA_BORDER, DATA_NORMAL, DATA_RAMP};
	const int planned = (int)clnorm_variant_count();
	for (size_t k = 0; k < COUNT(shapes); k++) {
		if (!is_due((size_t)_i, k, CLNORM_OP_FORWARD)) {
			continue;
		}
		clnorm_desc desc = desc_of(k, knob_extremes[_i], CLNORM_OP_FORWARD);
		enter(&desc, CLNORM_OP_FORWARD, knob_extremes[_i]);
		for (size_t d = 0; d < COUNT(kinds); d += device_is_small() ? 2 : 1) {
			compare_run(&desc, planned, kinds[d], (unsigned)(k + d), TRIAL_GAMMA | TRIAL_BETA);
		}
		if (!device_is_long() && !device_is_small()) {
			continue;
		}
		desc.dtype = CLNORM_F16;
		desc.activation = k % 2 ? CLNORM_ACT_SILU : CLNORM_ACT_NONE;
		enter(&desc, CLNORM_OP_FORWARD, knob_extremes[_i]);
		compare_run(&desc, planned, DATA_NARROW, (unsigned)k, TRIAL_GAMMA);
	}
	compare_verdict();
}
END_TEST

START_TEST(backward)
{
	const int planned = (int)clnorm_variant_count();
	for (size_t k = 0; k < COUNT(shapes); k++) {
		if (!is_due((size_t)_i, k, CLNORM_OP_BACKWARD)) {
			continue;
		}
		struct trial_back_way way = {.inputs = TRIAL_GAMMA | TRIAL_BETA,
		                             .outputs = TRIAL_GRADIENTS,
		                             .told = (enum trial_back_statistics)(k % TRIAL_TOLD_COUNT)};
		clnorm_desc desc = desc_of(k, knob_extremes[_i], CLNORM_OP_BACKWARD);
		enter(&desc, CLNORM_OP_BACKWARD, knob_extremes[_i]);
		compare_run_backward(&desc, planned, k % 2 ? DATA_OFFSET : DATA_BORDER, (unsigned)k, way);
	}
	compare_verdict();
}
END_TEST

/* Sets of several channels have entries of their own, which are not those of their shape. */
START_TEST(sets)
{
	const int planned = (int)clnorm_variant_count();
	const struct cases_shape shape = {3, {2, 6, device_is_small() ? 67 : 2053}};
	const clnorm_op ops[] = {CLNORM_OP_FORWARD, CLNORM_OP_BACKWARD};
	const struct trial_back_way way = {.inputs = TRIAL_GAMMA | TRIAL_BETA, .outputs = TRIAL_GRADIENTS};
	for (size_t k = 0; k < COUNT(ops); k++) {
		clnorm_desc desc = cases_desc(&shape);
		desc.layout = variant_of(knob_extremes[_i])->layouts & (1u << CLNORM_NCHW) ? CLNORM_NCHW : CLNORM_NHWC;
		desc.ops = ops[k];
		desc.groups = 2;
		if (!device_is_long() && !knob_extreme_is_due((size_t)_i, ops[k])) {
			continue;
		}
		enter(&desc, ops[k], knob_extremes[_i]);
		if (ops[k] == CLNORM_OP_FORWARD) {
			compare_run(&desc, planned, DATA_OFFSET, (unsigned)_i, TRIAL_GAMMA | TRIAL_BETA);
		} else {
			compare_run_backward(&desc, planned, DATA_OFFSET, (unsigned)_i, way);
		}
		clnorm_plan *plan = NULL;
		desc.groups = 3;
		EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
		ck_assert_ptr_null(strstr(clnorm_plan_explain(plan, ops[k]), ", tuned"));
		clnorm_plan_destroy(plan);
	}
	compare_verdict();
}
END_TEST

/* The same choices by name, without a record; and names and settings that are refused. */
START_TEST(forced)
{
	const struct cases_shape shape = {3, {2, 3, 70}};
	clnorm_context *ctx = device_get()->ctx;
	clnorm_desc desc = cases_desc(&shape);
	clnorm_plan *plan = NULL;
	desc.variant = "rows-split units=3 chunk=1024 block=512";
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	ck_assert_str_eq(clnorm_plan_variant(plan, CLNORM_OP_FORWARD), "rows-split");
	clnorm_plan_destroy(plan);
	desc.variant = "rows-split units=3000";
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_ARGUMENT, "rows-split units=3000", "limits");
	desc.variant = "rows chunk=4096";
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_ARGUMENT, "rows chunk=4096", "no such knob");
	desc.variant = "columns";
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_UNSUPPORTED, "columns", "no variant");
}
END_TEST

START_TEST(refused_entries)
{
	const struct cases_shape shape = {3, {2, 3, 71}};
	clnorm_context *ctx = device_get()->ctx;
	clnorm_desc desc = cases_desc(&shape);
	clnorm_tuning_info before, after;
	EXPECT_OK(clnorm_tuning_describe(ctx, &before));
	EXPECT_STATUS(clnorm_tuning_put(NULL, &desc, CLNORM_OP_FORWARD, "rows", 2, 1), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tuning_put(ctx, NULL, CLNORM_OP_FORWARD, "rows", 2, 1), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, NULL, 2, 1), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_tuning_put(ctx, &desc, (clnorm_op)3, "rows", 2, 1), CLNORM_BAD_ARGUMENT, "op 3", "");
	EXPECT_SAYS(clnorm_tuning_put(ctx, &desc, CLNORM_OP_APPLY, "rows", 2, 1), CLNORM_BAD_ARGUMENT, "rows",
	            "cannot");
	EXPECT_SAYS(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, "scan", 2, 1), CLNORM_BAD_ARGUMENT, "scan",
	            "nchw");
	EXPECT_SAYS(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, "rows block=1", 2, 1), CLNORM_BAD_ARGUMENT,
	            "block=1", "limits");
	EXPECT_SAYS(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, "rows", -2, 1), CLNORM_BAD_ARGUMENT, "-2",
	            "micro");
	desc.n = 0;
	EXPECT_SAYS(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, "rows", 2, 1), CLNORM_BAD_SHAPE, "empty", "");
	EXPECT_STATUS(clnorm_tuning_load(ctx, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tuning_save(NULL, "x"), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tuning_describe(ctx, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_OK(clnorm_tuning_describe(ctx, &after));
	ck_assert_uint_eq(before.entries, after.entries);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuned");
	TCase *plans = tcase_create("plans");
	tcase_set_timeout(plans, 0);
	tcase_add_loop_test(plans, forward, 0, (int)knob_extreme_count);
	tcase_add_loop_test(plans, backward, 0, (int)knob_extreme_count);
	tcase_add_loop_test(plans, sets, 0, (int)knob_extreme_count);
	tcase_add_test(plans, forced);
	tcase_add_test(plans, refused_entries);
	suite_add_tcase(suite, plans);
	return device_main(suite, compare_report);
}
