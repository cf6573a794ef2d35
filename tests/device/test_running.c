/* test_running.c: running statistics of plans: steps, what is applied with them, refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/cases.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/values.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static clnorm_tensor *tensor_make(clnorm_dtype dtype, size_t count, const double *values)
{
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, dtype, 1, &count, &tensor));
	if (values) {
		EXPECT_OK(clnorm_tensor_upload_from(tensor, device_queue(), CLNORM_F64, values));
	} else {
		EXPECT_OK(clnorm_tensor_fill(tensor, device_queue(), NAN));
	}
	return tensor;
}

/* x and what a step makes of the old statistics. */
struct step {
	clnorm_desc desc;
	double momentum;
	double *x, *mean, *variance; /* rounded; new [C] */
	double *deviations;          /* of each channel, as large as its means may be off by an ulp */
};

static void step_init(struct step *s, const clnorm_desc *desc, enum cases_data data, double momentum, double old_mean,
                      double old_variance)
{
	size_t c = desc->c, length = cases_spatial(desc), count = desc->n * c * length;
	*s = (struct step){.desc = *desc, .momentum = momentum};
	s->x = calloc(count, sizeof(double));
	s->mean = calloc(c, sizeof(double));
	s->variance = calloc(c, sizeof(double));
	s->deviations = calloc(c, sizeof(double));
	cases_fill(desc, data, 77, s->x);
	for (size_t i = 0; i < count; i++) {
		s->x[i] = (double)(float)s->x[i];
	}
	for (size_t instance = 0; instance < desc->n * c; instance++) {
		long double mean = 0, m2 = 0;
		for (size_t k = 0; k < length; k++) {
			mean += s->x[cases_index(desc, instance, k)];
		}
		mean /= (long double)length;
		for (size_t k = 0; k < length; k++) {
			long double d = s->x[cases_index(desc, instance, k)] - mean;
			m2 += d * d;
		}
		s->mean[instance % c] += (double)mean / (double)desc->n;
		s->variance[instance % c] += (double)m2 / (double)(length - 1) / (double)desc->n;
	}
	for (size_t i = 0; i < c; i++) {
		s->deviations[i] = sqrt(s->variance[i]);
		s->mean[i] = momentum * s->mean[i] + (momentum == 1 ? 0 : (1 - momentum) * old_mean);
		s->variance[i] = momentum * s->variance[i] + (momentum == 1 ? 0 : (1 - momentum) * old_variance);
	}
}

static void step_clear(struct step *s)
{
	free(s->x);
	free(s->mean);
	free(s->variance);
	free(s->deviations);
}

/* 5e-7 as of all statistics, and the rounding of the sum of old and new. */
static void step_check(const struct step *s, const char *variant, const clnorm_tensor *mean,
                       const clnorm_tensor *variance)
{
	double *got_mean = values_of(mean), *got_variance = values_of(variance);
	for (size_t i = 0; i < s->desc.c; i++) {
		values_near("running mean", variant, i, got_mean[i], s->mean[i],
		            5e-7 * s->deviations[i] + 3e-7 * fmax(fabs(s->mean[i]), 1));
		values_near("running variance", variant, i, got_variance[i], s->variance[i],
		            1.3e-6 * fmax(fabs(s->variance[i]), 1));
	}
	free(got_mean);
	free(got_variance);
}

/* A plan with the variant forced; NULL where it does not apply. */
static clnorm_plan *plan_forced(const clnorm_desc *desc, const char *variant)
{
	clnorm_desc forced = *desc;
	clnorm_plan *plan = NULL;
	forced.variant = variant;
	clnorm_status st = clnorm_plan_create(device_get()->ctx, &forced, &plan);
	ck_assert_msg(st == CLNORM_OK || st == CLNORM_UNSUPPORTED, "%s: %s", variant ? variant : "any",
	              clnorm_last_error());
	return plan;
}

/* The step with and without moments of the caller's; y is what it is without running statistics. */
static void step_run(const struct step *s, clnorm_plan *plan, clnorm_plan *plain, const char *variant, double old_mean,
                     double old_variance)
{
	size_t count = s->desc.n * s->desc.c * cases_spatial(&s->desc);
	clnorm_tensor *x = tensor_make(CLNORM_F32, count, s->x), *y = tensor_make(CLNORM_F32, count, NULL);
	clnorm_tensor *y_plain = tensor_make(CLNORM_F32, count, NULL);
	clnorm_tensor *moments = tensor_make(CLNORM_F32, s->desc.n * s->desc.c * CLNORM_MOMENTS_WIDTH, NULL);
	clnorm_tensor *mean = tensor_make(CLNORM_F32, s->desc.c, NULL);
	clnorm_tensor *variance = tensor_make(CLNORM_F32, s->desc.c, NULL);
	const clnorm_running running = {clnorm_tensor_view(mean), clnorm_tensor_view(variance), s->momentum};
	clnorm_forward_args args = {.x = clnorm_tensor_view(x), .y = clnorm_tensor_view(y_plain)};
	EXPECT_OK(clnorm_forward(plain, device_queue(), &args, 0, NULL, NULL));
	args.y = clnorm_tensor_view(y);
	args.running = &running;
	for (int given = 0; given < 2; given++) {
		args.moments = given ? clnorm_tensor_view(moments) : (clnorm_view){NULL, 0};
		EXPECT_OK(clnorm_tensor_fill(mean, device_queue(), old_mean));
		EXPECT_OK(clnorm_tensor_fill(variance, device_queue(), old_variance));
		EXPECT_OK(clnorm_forward(plan, device_queue(), &args, 0, NULL, NULL));
		step_check(s, variant, mean, variance);
	}
	double *got = values_of(y), *wanted = values_of(y_plain);
	ck_assert_msg(memcmp(got, wanted, count * sizeof(*got)) == 0, "%s: another y", variant);
	free(got);
	free(wanted);
	clnorm_tensor *all[] = {x, y, y_plain, moments, mean, variance};
	for (size_t i = 0; i < COUNT(all); i++) {
		clnorm_tensor_destroy(all[i]);
	}
}

/* Every variant takes the same step; in waves, in chunks, over far means, with old values that may not be read. */
START_TEST(steps)
{
	static const struct {
		struct cases_shape shape;
		enum cases_data data;
		double momentum, old_mean, old_variance;
	} rows[] = {
		{{4, {3, 5, 4, 6}}, DATA_NORMAL, 0.1, 0, 1},     {{4, {3, 5, 4, 6}}, DATA_OFFSET, 1, NAN, NAN},
		{{3, {40, 9, 70}}, DATA_NARROW, 0.25, -3, 7},    {{3, {1, 4, 20000}}, DATA_OFFSET, 0.5, 100, 2},
		{{3, {2, 3, 2}}, DATA_NORMAL, 0, 0.125, 0.0625},
	};
	const int row = _i / CLNORM_LAYOUT_COUNT;
	clnorm_desc desc = cases_desc(&rows[row].shape);
	double old_mean = rows[row].old_mean;
	double old_variance = rows[row].old_variance;
	struct step s;
	size_t applied = 0;
	desc.layout = (clnorm_layout)(_i % CLNORM_LAYOUT_COUNT);
	step_init(&s, &desc, rows[row].data, rows[row].momentum, old_mean, old_variance);
	for (size_t v = 0; v < clnorm_variant_count(); v++) {
		/* All of them on one shape; else the planner's own. */
		bool forced = row == 0 || device_is_long();
		const char *variant = forced ? clnorm_variant_get(v)->name : NULL;
		clnorm_plan *plain = forced || v == 0 ? plan_forced(&desc, variant) : NULL;
		if (plain) {
			clnorm_desc flagged = desc;
			flagged.flags = CLNORM_RUNNING_STATISTICS;
			clnorm_plan *plan = plan_forced(&flagged, variant);
			ck_assert_ptr_nonnull(plan);
			step_run(&s, plan, plain, clnorm_plan_variant(plan, CLNORM_OP_FORWARD), old_mean, old_variance);
			clnorm_plan_destroy(plan);
			applied++;
		}
		clnorm_plan_destroy(plain);
	}
	ck_assert_uint_ge(applied, row == 0 ? 2 : 1);
	step_clear(&s);
}
END_TEST

/* y = gamma*(x - mean)/sqrt(variance + epsilon) + beta with one mean and variance a channel; without a mean it is 0. */
static void recall_check(const clnorm_desc *desc, const char *variant, clnorm_plan *plan, bool has_mean)
{
	size_t c = desc->c, length = cases_spatial(desc), count = desc->n * c * length;
	double *values = calloc(count, sizeof(*values)), parameters[4][8];
	cases_fill(desc, DATA_NORMAL, 78, values);
	for (size_t i = 0; i < count; i++) {
		values[i] = (double)(float)values[i];
	}
	clnorm_tensor *tensors[4];
	for (size_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < c; i++) {
			parameters[k][i] = 0.5 + 0.25 * (double)k + 0.125 * (double)i;
		}
		tensors[k] = tensor_make(CLNORM_F32, c, parameters[k]);
	}
	clnorm_tensor *x = tensor_make(CLNORM_F32, count, values), *y = tensor_make(CLNORM_F32, count, NULL);
	clnorm_running running = {.variance = clnorm_tensor_view(tensors[3])};
	if (has_mean) {
		running.mean = clnorm_tensor_view(tensors[2]);
	}
	clnorm_apply_args args = {
		.x = clnorm_tensor_view(x),
		.gamma = clnorm_tensor_view(tensors[0]),
		.beta = clnorm_tensor_view(tensors[1]),
		.y = clnorm_tensor_view(y),
		.running = &running,
	};
	EXPECT_OK(clnorm_apply(plan, device_queue(), &args, 0, NULL, NULL));
	double *got = values_of(y);
	for (size_t instance = 0; instance < desc->n * c; instance++) {
		size_t i = instance % c;
		double scale = parameters[0][i] / sqrt(parameters[3][i] + desc->epsilon);
		double mean = has_mean ? parameters[2][i] : 0;
		for (size_t k = 0; k < length; k++) {
			size_t at = cases_index(desc, instance, k);
			double right = scale * (values[at] - mean) + parameters[1][i];
			values_near("y", variant, at, got[at], right, 1e-6 * fmax(1, fabs(scale * values[at])));
		}
	}
	free(got);
	free(values);
	clnorm_tensor_destroy(x);
	clnorm_tensor_destroy(y);
	for (size_t k = 0; k < 4; k++) {
		clnorm_tensor_destroy(tensors[k]);
	}
}

START_TEST(recalls)
{
	clnorm_desc desc = clnorm_desc_2d(3, 5, 4, 6);
	size_t applied = 0;
	desc.layout = (clnorm_layout)_i;
	desc.ops = CLNORM_OP_APPLY;
	desc.flags = CLNORM_RUNNING_STATISTICS;
	for (size_t v = 0; v < clnorm_variant_count(); v++) {
		const char *variant = clnorm_variant_get(v)->name;
		desc.ddof = (unsigned)v % 2; /* which a given variance has had */
		clnorm_plan *plan = plan_forced(&desc, variant);
		if (plan) {
			recall_check(&desc, variant, plan, true);
			recall_check(&desc, variant, plan, false);
			applied++;
		}
		clnorm_plan_destroy(plan);
	}
	ck_assert_uint_ge(applied, 1);
}
END_TEST

/* What a plan refuses to be made for, and what a call of it does. */
START_TEST(plan_refusals)
{
	clnorm_desc desc = clnorm_desc_1d(2, 4, 6);
	clnorm_plan *plan = NULL;
	clnorm_tensor *x = tensor_make(CLNORM_F32, 48, NULL), *y = tensor_make(CLNORM_F32, 48, NULL);
	clnorm_tensor *c = tensor_make(CLNORM_F32, 4, NULL), *d = tensor_make(CLNORM_F32, 4, NULL);
	clnorm_running running = {clnorm_tensor_view(c), clnorm_tensor_view(d), 0.1};
	clnorm_forward_args args = {.x = clnorm_tensor_view(x), .y = clnorm_tensor_view(y), .running = &running};
	clnorm_apply_args apply = {.x = args.x, .y = args.y, .moments = args.x, .running = &running};
	desc.flags = CLNORM_RUNNING_STATISTICS;
	desc.groups = 2;
	EXPECT_SAYS(clnorm_plan_create(device_get()->ctx, &desc, &plan), CLNORM_UNSUPPORTED, "groups is 2", "C is 4");
	desc.groups = 4;
	desc.spatial[0] = 1;
	EXPECT_SAYS(clnorm_plan_create(device_get()->ctx, &desc, &plan), CLNORM_BAD_SHAPE, "(2, 4, 1)", "unbiased");
	desc.ops = CLNORM_OP_APPLY;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	clnorm_plan_destroy(plan);
	desc.spatial[0] = 6;
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	running.momentum = NAN;
	EXPECT_SAYS(clnorm_forward(plan, device_queue(), &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "momentum", "nan");
	running.momentum = 0.1;
	running.variance.mem = NULL;
	EXPECT_SAYS(clnorm_forward(plan, device_queue(), &args, 0, NULL, NULL), CLNORM_BAD_BUFFER, "variance",
	            "missing");
	apply.moments.mem = NULL;
	EXPECT_SAYS(clnorm_apply(plan, device_queue(), &apply, 0, NULL, NULL), CLNORM_BAD_BUFFER, "variance",
	            "missing");
	running.variance = clnorm_tensor_view(d);
	running.mean = running.variance;
	EXPECT_SAYS(clnorm_forward(plan, device_queue(), &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "running mean",
	            "running variance");
	apply.moments = args.x;
	EXPECT_SAYS(clnorm_apply(plan, device_queue(), &apply, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "either",
	            "running");
	clnorm_plan_destroy(plan);
	desc.flags = 0;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	EXPECT_SAYS(clnorm_forward(plan, device_queue(), &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "running statistics", "CLNORM_RUNNING_STATISTICS");
	apply.moments.mem = NULL;
	EXPECT_SAYS(clnorm_apply(plan, device_queue(), &apply, 0, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "running statistics", "CLNORM_RUNNING_STATISTICS");
	clnorm_plan_destroy(plan);
	clnorm_tensor *all[] = {x, y, c, d};
	for (size_t i = 0; i < COUNT(all); i++) {
		double *values = values_of(all[i]);
		ck_assert(isnan(values[0]) && isnan(values[3]));
		free(values);
		clnorm_tensor_destroy(all[i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("running statistics");
	TCase *plans = tcase_create("plans");
	tcase_set_timeout(plans, 0);
	tcase_add_loop_test(plans, steps, 0, 5 * CLNORM_LAYOUT_COUNT);
	tcase_add_loop_test(plans, recalls, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_test(plans, plan_refusals);
	suite_add_tcase(suite, plans);
	return device_main(suite, NULL);
}
