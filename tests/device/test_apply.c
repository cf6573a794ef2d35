/* test_apply.c: clnorm_apply() with given statistics, with moments of parts, and with what clnorm_forward() put out.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct cases_shape apply_shapes[] = {
	{3, {2, 3, 1}}, {4, {2, 5, 7, 9}}, {3, {2, 3, 2053}}, {3, {1, 2, 70001}}};

static size_t shape_count(void)
{
	return device_is_small() ? 2 : COUNT(apply_shapes);
}

/* A plan for both ops; NULL for variants that cannot apply. */
static clnorm_plan *plan_make(clnorm_desc *desc, int variant)
{
	desc->ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY;
	return trial_plan(desc, variant);
}

static clnorm_apply_args apply_args(const struct trial *trial)
{
	clnorm_apply_args args = {0};
	args.x = trial->at_x.view;
	args.gamma = trial->at_gamma.view;
	args.beta = trial->at_beta.view;
	args.residual = trial->at_residual.view;
	args.y = trial_y_place(trial)->view;
	return args;
}

static void apply_run(struct trial *trial, clnorm_plan *plan, const clnorm_apply_args *args)
{
	cl_event done = NULL;
	EXPECT_OK(clnorm_apply(plan, device_get()->queue, args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	trial_fetch(trial);
}

/* y of the trial against the formula with these statistics. */
static void given_check(const struct trial *t, const double *mean, const double *rstd)
{
	for (size_t i = 0; i < t->instances; i++) {
		double gamma = t->gamma ? t->gamma[i % t->params] : 1, beta = t->beta ? t->beta[i % t->params] : 0;
		for (size_t s = 0; s < t->spatial; s++) {
			size_t e = cases_index(&t->desc, i, s);
			double residual = t->residual ? t->residual[e] : 0;
			double product = (t->x[e] - mean[i]) * rstd[i] * gamma, z = product + beta + residual;
			double y = t->desc.activation == CLNORM_ACT_RELU && z < 0 ? 0 : z;
			double allowed =
				compare_bound(t->desc.dtype) * fmax(1, fabs(product) + fabs(beta) + fabs(residual));
			allowed += t->desc.dtype == CLNORM_F32 ? 0 : compare_half_ulp(t->desc.dtype, fabs(y) + allowed);
			ck_assert_msg(fabs(t->y[e] - y) <= allowed, "y[%zu] = %.9g, exact %.9g, allowed %.3g: %s", e,
			              t->y[e], y, allowed, trial_name(t));
		}
	}
}

/* Statistics of some other tensor, as AdaIN and evaluation use them: nothing of x's own may enter. */
START_TEST(given_statistics)
{
	for (size_t k = 0; k < 2 * shape_count(); k++) {
		clnorm_desc desc = cases_desc(&apply_shapes[k / 2]);
		struct trial trial;
		struct place mean, rstd;
		desc.dtype = k % 2 ? CLNORM_F16 : CLNORM_F32;
		desc.activation = k % 2 ? CLNORM_ACT_RELU : CLNORM_ACT_NONE;
		clnorm_plan *plan = plan_make(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_init(&trial, &desc, DATA_OFFSET, (unsigned)k, (unsigned)(7 - k % 8), TRIAL_Y,
		           (enum trial_home)(k % 3 == 1));
		double *values = malloc(2 * trial.instances * sizeof(*values));
		ck_assert_ptr_nonnull(values);
		cases_normal(77, 1e4, 3, trial.instances, values);
		cases_normal(78, 2, 0.3, trial.instances, values + trial.instances);
		place_round(CLNORM_F32, values, 2 * trial.instances);
		place_init(&mean, CLNORM_F32, trial.instances, 3);
		place_init(&rstd, CLNORM_F32, trial.instances, 1);
		place_store(&mean, values);
		place_store(&rstd, values + trial.instances);
		clnorm_apply_args args = apply_args(&trial);
		args.mean = mean.view;
		args.rstd = rstd.view;
		apply_run(&trial, plan, &args);
		given_check(&trial, values, values + trial.instances);
		free(values);
		place_clear(&mean);
		place_clear(&rstd);
		trial_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* The moments that forward puts out, applied, are forward's own y within the same bound. */
START_TEST(forward_moments)
{
	for (size_t k = 0; k < shape_count(); k++) {
		clnorm_desc desc = cases_desc(&apply_shapes[k]);
		struct trial trial;
		clnorm_plan *plan = plan_make(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_init(&trial, &desc, DATA_BORDER, 4, 3, TRIAL_ALL, TRIAL_APART);
		trial_forward(&trial, plan, device_get()->queue);
		place_poison(&trial.at_y);
		clnorm_apply_args args = apply_args(&trial);
		args.moments = trial.at_moments.view;
		apply_run(&trial, plan, &args);
		compare_forward(&trial);
		trial_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Record of elements from .. to-1 of an instance. Of none the count alone is to be read. */
static void record_make(const struct trial *t, size_t instance, size_t from, size_t to, double *record)
{
	if (from == to) {
		record[1] = record[2] = record[3] = NAN;
		return;
	}
	double first = t->x[cases_index(&t->desc, instance, from)], mean = 0, m2 = 0;
	for (size_t s = from; s < to; s++) {
		mean += t->x[cases_index(&t->desc, instance, s)] - first;
	}
	mean = first + mean / (double)(to - from);
	for (size_t s = from; s < to; s++) {
		double d = t->x[cases_index(&t->desc, instance, s)] - mean;
		m2 += d * d;
	}
	record[0] = (double)(to - from);
	record[1] = (double)(float)mean;
	record[2] = mean - record[1];
	record[3] = m2;
}

enum cut {
	CUT_ALIKE = 0, /* parts of different lengths, the same for every instance */
	CUT_HOLES,     /* the first and the third part are empty */
	CUT_OWN        /* each instance is cut elsewhere, and has empty parts of its own */
};

/* Records [N,C,parts,4]. */
static double *records_make(const struct trial *t, size_t parts, enum cut cut)
{
	double *records = calloc(t->instances * parts * CLNORM_MOMENTS_WIDTH, sizeof(*records));
	ck_assert_ptr_nonnull(records);
	for (size_t i = 0; i < t->instances; i++) {
		size_t from = 0;
		for (size_t p = 0; p < parts; p++) {
			bool empty = (cut == CUT_HOLES && (p == 0 || p == 2)) || (cut == CUT_OWN && (p + i) % 4 == 0);
			size_t to = p + 1 == parts ? t->spatial
			            : empty        ? from
			                           : t->spatial * (p + 1) * (p + 1) / parts / parts;
			record_make(t, i, from, to, records + (i * parts + p) * CLNORM_MOMENTS_WIDTH);
			from = to;
		}
	}
	return records;
}

static void parts_try(const clnorm_desc *desc, clnorm_plan *plan, enum cases_data data, size_t parts, enum cut cut)
{
	struct trial trial;
	struct place records;
	trial_init(&trial, desc, data, (unsigned)parts, 3, TRIAL_Y, TRIAL_APART);
	double *values = records_make(&trial, parts, cut);
	place_init(&records, CLNORM_F32, trial.instances * parts * CLNORM_MOMENTS_WIDTH, 5);
	place_store(&records, values);
	clnorm_apply_args args = apply_args(&trial);
	args.moments = records.view;
	args.parts = parts;
	apply_run(&trial, plan, &args);
	compare_forward(&trial);
	free(values);
	place_clear(&records);
	trial_clear(&trial);
}

START_TEST(parts_of_an_instance)
{
	static const size_t part_counts[] = {1, 2, 3, 7, 64};
	static const enum cases_data kinds[] = {DATA_NORMAL, DATA_OFFSET, DATA_BORDER, DATA_RAMP, DATA_CONSTANT};
	for (size_t k = 0; k < shape_count(); k++) {
		clnorm_desc desc = cases_desc(&apply_shapes[k]);
		clnorm_plan *plan = plan_make(&desc, _i);
		for (size_t p = 0; plan && p < COUNT(part_counts); p++) {
			parts_try(&desc, plan, kinds[p], part_counts[p], CUT_ALIKE);
			parts_try(&desc, plan, kinds[p], part_counts[p], CUT_OWN);
			if (part_counts[p] > 3) {
				parts_try(&desc, plan, kinds[p], part_counts[p], CUT_HOLES);
			}
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Statistics of parts by the device: each part is a tensor of its own, its forward asked for moments alone. */
START_TEST(parts_by_device)
{
	const size_t parts = 3, length = 700;
	clnorm_desc whole_desc = clnorm_desc_1d(1, 2, parts * length), part_desc = clnorm_desc_1d(1, 2, length);
	struct trial whole, part;
	struct place records;
	clnorm_plan *plan = plan_make(&whole_desc, _i), *part_plan = plan_make(&part_desc, _i);
	if (!plan || !part_plan || whole_desc.layout != CLNORM_NCHW) {
		clnorm_plan_destroy(plan);
		clnorm_plan_destroy(part_plan);
		return;
	}
	trial_init(&whole, &whole_desc, DATA_BORDER, 11, 3, TRIAL_Y, TRIAL_APART);
	double values[2 * 3 * CLNORM_MOMENTS_WIDTH];
	for (size_t p = 0; p < parts; p++) {
		trial_init(&part, &part_desc, DATA_NORMAL, 12, 0, TRIAL_MOMENTS, TRIAL_APART);
		for (size_t i = 0; i < 2; i++) {
			memcpy(part.x + i * length, whole.x + (i * parts + p) * length, length * sizeof(double));
		}
		trial_rewind(&part);
		trial_forward(&part, part_plan, device_get()->queue);
		compare_forward(&part);
		for (size_t i = 0; i < 2; i++) {
			memcpy(values + (i * parts + p) * CLNORM_MOMENTS_WIDTH, part.moments + i * CLNORM_MOMENTS_WIDTH,
			       CLNORM_MOMENTS_WIDTH * sizeof(double));
		}
		trial_clear(&part);
	}
	place_init(&records, CLNORM_F32, 2 * parts * CLNORM_MOMENTS_WIDTH, 0);
	place_store(&records, values);
	clnorm_apply_args args = apply_args(&whole);
	args.moments = records.view;
	args.parts = parts;
	apply_run(&whole, plan, &args);
	compare_forward(&whole);
	place_clear(&records);
	trial_clear(&whole);
	clnorm_plan_destroy(plan);
	clnorm_plan_destroy(part_plan);
}
END_TEST

/* NaN in a record, and epsilon 0 with no variance, follow the rules of forward. */
START_TEST(odd_records)
{
	const double odd[2 * CLNORM_MOMENTS_WIDTH] = {45, NAN, 0, NAN, 45, 2, 0, 0};
	clnorm_desc desc = clnorm_desc_1d(1, 2, 45);
	struct trial trial;
	struct place records;
	desc.epsilon = 0;
	clnorm_plan *plan = plan_make(&desc, _i);
	if (!plan) {
		return;
	}
	trial_init(&trial, &desc, DATA_NORMAL, 1, TRIAL_BETA, TRIAL_Y, TRIAL_APART);
	place_init(&records, CLNORM_F32, 2 * CLNORM_MOMENTS_WIDTH, 0);
	place_store(&records, odd);
	clnorm_apply_args args = apply_args(&trial);
	args.moments = records.view;
	apply_run(&trial, plan, &args);
	for (size_t s = 0; s < 45; s++) {
		ck_assert(isnan(trial.y[cases_index(&desc, 0, s)]));
		ck_assert(trial.y[cases_index(&desc, 1, s)] == trial.beta[1]);
	}
	place_clear(&records);
	trial_clear(&trial);
	clnorm_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply");
	TCase *apply = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(apply, given_statistics, 0, variants + 1);
	tcase_add_loop_test(apply, forward_moments, 0, variants + 1);
	tcase_add_loop_test(apply, parts_of_an_instance, 0, variants + 1);
	tcase_add_loop_test(apply, parts_by_device, 0, variants + 1);
	tcase_add_loop_test(apply, odd_records, 0, variants + 1);
	suite_add_tcase(suite, apply);
	return device_main(suite, compare_report);
}
