/* test_skip.c: the sum of a skip connection: added, kept and normalized in one call, by every variant.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/cases.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/place.h"
#include "tests/kit/trial.h"

/* Where the sum goes. */
enum home { SUM_APART = 0, SUM_OVER_X, SUM_OVER_SKIP, SUM_HOMES };

struct operands {
	size_t count, sets;
	double *x, *skip, *sum; /* the sum as the dtype has it */
	struct place at_x, at_skip, at_sum, at_y, at_right, at_mean, at_rstd;
};

static double *numbers(size_t count, unsigned seed, double mean)
{
	double *values = calloc(count, sizeof(*values));
	ck_assert_ptr_nonnull(values);
	cases_normal(seed, mean, 1, count, values);
	return values;
}

static void operands_init(struct operands *o, const clnorm_desc *desc)
{
	clnorm_dtype dtype = desc->dtype, statistics = clnorm_dtype_statistics(dtype);
	o->count = desc->n * desc->c * cases_spatial(desc);
	o->sets = cases_sets(desc);
	o->x = numbers(o->count, 1, 3);
	o->skip = numbers(o->count, 2, -20);
	place_round(dtype, o->x, o->count);
	place_round(dtype, o->skip, o->count);
	o->sum = calloc(o->count, sizeof(*o->sum));
	ck_assert_ptr_nonnull(o->sum);
	for (size_t i = 0; i < o->count; i++) {
		o->sum[i] = o->x[i] + o->skip[i];
	}
	place_round(dtype, o->sum, o->count);
	struct place *tensors[] = {&o->at_x, &o->at_skip, &o->at_sum, &o->at_y, &o->at_right};
	for (size_t i = 0; i < sizeof(tensors) / sizeof(tensors[0]); i++) {
		place_init(tensors[i], dtype, o->count, 1 + 2 * i);
	}
	place_init(&o->at_mean, statistics, o->sets, 3);
	place_init(&o->at_rstd, statistics, o->sets, 1);
}

static void operands_clear(struct operands *o)
{
	struct place *all[] = {&o->at_x, &o->at_skip, &o->at_sum, &o->at_y, &o->at_right, &o->at_mean, &o->at_rstd};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		place_clear(all[i]);
	}
	free(o->x);
	free(o->skip);
	free(o->sum);
}

static const struct place *sum_place(const struct operands *o, enum home home)
{
	return home == SUM_OVER_X ? &o->at_x : home == SUM_OVER_SKIP ? &o->at_skip : &o->at_sum;
}

static void rewind_all(struct operands *o)
{
	place_store(&o->at_x, o->x);
	place_store(&o->at_skip, o->skip);
	place_poison(&o->at_sum);
	place_poison(&o->at_y);
}

/* The sum is what it must be to the last bit; y is near that of a plan that is given the sum as x. */
static void expect_sum(const struct operands *o, const clnorm_desc *desc, enum home home, double allowed,
                       const char *what)
{
	double *sum = place_load(sum_place(o, home), "sum"), *y = place_load(&o->at_y, "y");
	double *right = place_load(&o->at_right, "y of the sum");
	double ulp = desc->dtype == CLNORM_F16 ? 1e-3 : desc->dtype == CLNORM_BF16 ? 8e-3 : 0;
	for (size_t i = 0; i < o->count; i++) {
		EXPECT_EACH(sum[i] == o->sum[i], "%s: sum[%zu] = %.9g, not %.9g", what, i, sum[i], o->sum[i]);
		EXPECT_EACH(fabs(y[i] - right[i]) <= (allowed + ulp) * fmax(1, fabs(right[i])),
		            "%s: y[%zu] = %.9g, not %.9g", what, i, y[i], right[i]);
	}
	free(sum);
	free(y);
	free(right);
}

static clnorm_plan *plan_make(clnorm_desc desc, clnorm_op op, unsigned flags)
{
	clnorm_plan *plan = NULL;
	desc.ops = op;
	desc.flags |= flags;
	clnorm_status st = clnorm_plan_create(device_get()->ctx, &desc, &plan);
	if (st != CLNORM_UNSUPPORTED) {
		EXPECT_OK(st);
	}
	return plan;
}

/* What is right, by a plan that knows no skip; and statistics for what is given them. */
static bool solve(struct operands *o, const clnorm_desc *desc)
{
	clnorm_plan *plan = plan_make(*desc, CLNORM_OP_FORWARD, 0);
	clnorm_forward_args args = {
		.x = o->at_sum.view, .y = o->at_right.view, .mean = o->at_mean.view, .rstd = o->at_rstd.view};
	if (!plan) {
		return false;
	}
	place_store(&o->at_sum, o->sum);
	EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_get()->queue));
	clnorm_plan_destroy(plan);
	return true;
}

static void check_homes(struct operands *o, const clnorm_desc *desc)
{
	clnorm_plan *forward = plan_make(*desc, CLNORM_OP_FORWARD, CLNORM_SKIP_SUM);
	clnorm_plan *apply = plan_make(*desc, CLNORM_OP_APPLY, CLNORM_SKIP_SUM);
	const char *name = desc->variant ? desc->variant : "chosen";
	for (int home = 0; forward && home < SUM_HOMES; home++) {
		clnorm_view sum = sum_place(o, (enum home)home)->view;
		clnorm_forward_args args = {.x = o->at_x.view, .y = o->at_y.view, .skip = o->at_skip.view, .sum = sum};
		rewind_all(o);
		EXPECT_OK(clnorm_forward(forward, device_get()->queue, &args, 0, NULL, NULL));
		EXPECT_CL(clFinish(device_get()->queue));
		expect_sum(o, desc, (enum home)home, 1e-6, name);
	}
	if (apply) {
		clnorm_apply_args args = {.x = o->at_x.view,
		                          .y = o->at_y.view,
		                          .mean = o->at_mean.view,
		                          .rstd = o->at_rstd.view,
		                          .skip = o->at_skip.view,
		                          .sum = o->at_sum.view};
		rewind_all(o);
		EXPECT_OK(clnorm_apply(apply, device_get()->queue, &args, 0, NULL, NULL));
		EXPECT_CL(clFinish(device_get()->queue));
		expect_sum(o, desc, SUM_APART, 3e-6, name); /* the mean is a rounded one */
	}
	clnorm_plan_destroy(forward);
	clnorm_plan_destroy(apply);
}

static void check(const clnorm_desc *desc)
{
	struct operands o;
	operands_init(&o, desc);
	if (solve(&o, desc)) {
		check_homes(&o, desc);
	}
	operands_clear(&o);
}

START_TEST(sums)
{
	static const size_t shapes[][3] = {{3, 6, 45}, {2, 4, 2053}, {2, 35, 37}};
	for (size_t k = 0; k < (device_is_small() ? 1 : 3); k++) {
		for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
			clnorm_desc desc = clnorm_desc_1d(shapes[k][0], shapes[k][1], shapes[k][2]);
			trial_force(&desc, _i);
			desc.layout = (clnorm_layout)layout;
			desc.dtype = k == 1 ? CLNORM_F16 : CLNORM_F32;
			desc.groups = k == 0 && _i % 2 ? 2 : 0;
			if (trial_has_layout(_i, desc.layout) &&
			    (device_is_long() || k == 0 || (size_t)_i % 2 == k - 1)) {
				check(&desc);
			}
		}
	}
}
END_TEST

START_TEST(refusals)
{
	clnorm_desc desc = clnorm_desc_1d(3, 6, 45);
	clnorm_plan *plan = plan_make(desc, CLNORM_OP_FORWARD, CLNORM_SKIP_SUM),
		    *plain = plan_make(desc, CLNORM_OP_FORWARD, 0);
	cl_command_queue queue = device_get()->queue;
	struct operands o;
	operands_init(&o, &desc);
	rewind_all(&o);
	clnorm_forward_args args = {.x = o.at_x.view, .y = o.at_y.view};
	EXPECT_SAYS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER, "skip", "missing");
	args.skip = o.at_skip.view;
	EXPECT_SAYS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER, "sum", "missing");
	args.sum = o.at_y.view;
	EXPECT_STATUS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP);
	EXPECT_SAYS(clnorm_forward(plain, queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "skip", "CLNORM_SKIP_SUM");
	ck_assert(place_is_poisoned(&o.at_y));
	operands_clear(&o);
	clnorm_plan_destroy(plan);
	clnorm_plan_destroy(plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("skip");
	TCase *tcase = tcase_create("skip");
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, sums, 0, (int)clnorm_variant_count() + 1);
	tcase_add_test(tcase, refusals);
	suite_add_tcase(suite, tcase);
	return device_main(suite, NULL);
}
