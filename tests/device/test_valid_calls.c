/* test_valid_calls.c: valid elements: lengths and masks that say the same give the same bits; what is refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/kit/cases.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/trial.h"
#include "tests/kit/valid_trial.h"

static clnorm_desc desc_of(int variant, clnorm_layout layout)
{
	clnorm_desc desc = clnorm_desc_2d(4, 4, 6, 8);
	trial_force(&desc, variant);
	desc.layout = layout;
	return desc;
}

/* ---- Bits ----------------------------------------------------------------------------------------------------------
 */

static void expect_same(const struct place *a, const struct place *b, const char *what, const struct valid_case *c)
{
	void *one = place_bytes(a, what), *other = place_bytes(b, what);
	ck_assert_msg(memcmp(one, other, c->count * clnorm_dtype_bytes(c->desc.dtype)) == 0, "%s differs: %s", what,
	              valid_trial_name(c));
	free(one);
	free(other);
}

static void check_same(struct valid_case *c, struct valid_case *other)
{
	struct valid_plans plans = valid_plans_make(&c->desc), others = valid_plans_make(&other->desc);
	struct valid_trial a, b;
	valid_trial_init(&a, c);
	valid_trial_init(&b, other);
	if (plans.forward) {
		valid_trial_forward(&a, plans.forward);
		valid_trial_forward(&b, others.forward);
		expect_same(&a.y, &b.y, "y", c);
	}
	if (plans.backward) {
		valid_trial_backward(&a, plans.backward, false);
		valid_trial_backward(&b, others.backward, false);
		expect_same(&a.dx, &b.dx, "dx", c);
	}
	valid_trial_clear(&a);
	valid_trial_clear(&b);
	valid_plans_clear(&plans);
	valid_plans_clear(&others);
}

/* Lengths, and the mask of the same elements. */
static void check_lengths_as_mask(int variant, clnorm_layout layout)
{
	struct valid_case c, as_mask;
	clnorm_desc desc = desc_of(variant, layout), masked;
	desc.outside = variant % 4 ? CLNORM_OUTSIDE_NORMALIZE : CLNORM_OUTSIDE_ZERO;
	desc.min_std = 0.9;
	masked = desc;
	valid_case_describe(&desc, VALID_LENGTHS);
	valid_case_describe(&masked, VALID_HALF);
	valid_case_init(&c, &desc, VALID_LENGTHS, true, 100);
	valid_case_init(&as_mask, &masked, VALID_HALF, true, 100);
	memcpy(as_mask.x, c.x, c.count * sizeof(double));
	for (size_t i = 0; i < c.count; i++) {
		as_mask.mask[i] = c.valid[i];
	}
	check_same(&c, &as_mask);
	valid_case_clear(&c);
	valid_case_clear(&as_mask);
}

/* A mask of ones, and none. */
static void check_ones_as_none(int variant, clnorm_layout layout)
{
	struct valid_case c, plain;
	clnorm_desc desc = desc_of(variant, layout);
	desc.groups = variant % 2 ? 0 : 2;
	valid_case_describe(&desc, VALID_ONES);
	valid_case_init(&c, &desc, VALID_ONES, false, 100);
	valid_case_init(&plain, &desc, VALID_ONES, false, 100);
	plain.desc.valid = CLNORM_VALID_ALL;
	plain.desc.outside = CLNORM_OUTSIDE_NORMALIZE;
	check_same(&c, &plain);
	valid_case_clear(&c);
	valid_case_clear(&plain);
}

START_TEST(bits)
{
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		if (trial_has_layout(_i, (clnorm_layout)layout) && (!device_is_small() || _i % 3 == 0)) {
			if (device_is_long() || _i % 2 == 0) {
				check_lengths_as_mask(_i, (clnorm_layout)layout);
			}
			if (device_is_long() || _i % 2 != 0) {
				check_ones_as_none(_i, (clnorm_layout)layout);
			}
		}
	}
}
END_TEST

/* ---- Refusals ------------------------------------------------------------------------------------------------------
 */

START_TEST(refusals)
{
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 6);
	clnorm_plan *plan = NULL;
	clnorm_context *ctx = device_get()->ctx;
	desc.valid = CLNORM_VALID_MASK;
	desc.mask_n = 2;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_SHAPE, "2 samples", "3");
	desc.mask_n = 3;
	desc.mask_c = 3;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_SHAPE, "3 channels", "4");
	desc.mask_c = 1;
	desc.ddof = 2;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_ARGUMENT, "ddof", "2");
	desc.ddof = 1;
	desc.min_std = -1;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_ARGUMENT, "min_std", "-1");
	desc.min_std = 0;
	desc.flags = CLNORM_RUNNING_STATISTICS;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_UNSUPPORTED, "running", "valid");
	desc.flags = 0;
	desc.valid = CLNORM_VALID_ALL;
	desc.outside = CLNORM_OUTSIDE_ZERO;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_ARGUMENT, "valid", "outside");
	desc = clnorm_desc_nd(2, (const size_t[]){3, 4});
	desc.valid = CLNORM_VALID_LENGTHS;
	EXPECT_SAYS(clnorm_plan_create(ctx, &desc, &plan), CLNORM_BAD_SHAPE, "lengths", "axis");
	ck_assert_ptr_null(plan);
}
END_TEST

/* A mask that is missing, too small, written to, or not spoken of. */
START_TEST(refused_calls)
{
	clnorm_desc desc = clnorm_desc_1d(3, 4, 45);
	clnorm_plan *plan = NULL, *plain = NULL;
	struct valid_case c;
	struct valid_trial o;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plain));
	valid_case_describe(&desc, VALID_HALF);
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	valid_case_init(&c, &desc, VALID_HALF, false, 1);
	valid_trial_init(&o, &c);
	clnorm_forward_args args = {.x = o.x.view, .y = o.y.view};
	EXPECT_SAYS(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER, "mask",
	            "missing");
	args.mask = (clnorm_view){o.valid, 5};
	EXPECT_SAYS(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER, "mask", "540");
	args.mask = o.y.view;
	EXPECT_STATUS(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP);
	args.mask.mem = NULL;
	args.lengths = (clnorm_view){o.valid, 0};
	EXPECT_SAYS(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "lengths",
	            "given");
	EXPECT_SAYS(clnorm_forward(plain, device_get()->queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "lengths",
	            "given");
	ck_assert(place_is_poisoned(&o.y));
	valid_trial_clear(&o);
	valid_case_clear(&c);
	clnorm_plan_destroy(plan);
	clnorm_plan_destroy(plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("valid calls");
	TCase *tcase = tcase_create("valid calls");
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, bits, 0, (int)clnorm_variant_count() + 1);
	tcase_add_test(tcase, refusals);
	tcase_add_test(tcase, refused_calls);
	suite_add_tcase(suite, tcase);
	return device_main(suite, NULL);
}
