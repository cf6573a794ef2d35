/* test_valid.c: statistics of valid elements alone: masks and lengths, every variant, forward, backward, given
 * statistics. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "tests/kit/cases.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/place.h"
#include "tests/kit/trial.h"
#include "tests/kit/valid_trial.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A program each: shape and sets, what is said of valid elements, and how y goes on. The first are for all variants. */
struct setting {
	struct cases_shape shape;
	size_t groups;
	clnorm_valid valid;
	clnorm_outside outside;
	unsigned ddof;
	double min_std;
	clnorm_activation activation;
	clnorm_dtype dtype;
};

static const struct setting settings[] = {
	{{3, {3, 6, 45}}, 0, CLNORM_VALID_MASK, CLNORM_OUTSIDE_KEEP, 1, 0, CLNORM_ACT_NONE, CLNORM_F32},
	{{4, {4, 4, 6, 8}}, 0, CLNORM_VALID_LENGTHS, CLNORM_OUTSIDE_ZERO, 0, 0.9, CLNORM_ACT_NONE, CLNORM_F32},
	{{3, {2, 6, 700}}, 3, CLNORM_VALID_MASK, CLNORM_OUTSIDE_NORMALIZE, 0, 0, CLNORM_ACT_RELU, CLNORM_F32},
	{{3, {5, 4, 90}}, 1, CLNORM_VALID_LENGTHS, CLNORM_OUTSIDE_NORMALIZE, 1, 0, CLNORM_ACT_NONE, CLNORM_F16},
	{{3, {2, 35, 37}}, 5, CLNORM_VALID_MASK, CLNORM_OUTSIDE_ZERO, 1, 0.5, CLNORM_ACT_NONE, CLNORM_BF16},
	{{2, {3, 96}}, 1, CLNORM_VALID_MASK, CLNORM_OUTSIDE_NORMALIZE, 0, 0, CLNORM_ACT_NONE, CLNORM_F32},
	{{3, {1, 3, 16411}}, 0, CLNORM_VALID_MASK, CLNORM_OUTSIDE_ZERO, 0, 0, CLNORM_ACT_NONE, CLNORM_F32},
	{{5, {2, 3, 9, 7, 30}}, 0, CLNORM_VALID_LENGTHS, CLNORM_OUTSIDE_KEEP, 0, 0, CLNORM_ACT_NONE, CLNORM_F64},
	{{3, {4, 64, 2053}}, 32, CLNORM_VALID_LENGTHS, CLNORM_OUTSIDE_ZERO, 0, 0, CLNORM_ACT_NONE, CLNORM_F32},
};

/* All in a long run; else each variant has the first two in turn, and of a default run three more in turn. */
static bool is_due(int variant, size_t k)
{
	if (device_is_long()) {
		return true;
	}
	if (k < 2) {
		return !device_is_small() || (size_t)variant % 2 == k;
	}
	return !device_is_small() && ((size_t)variant + k) % 3 == 0;
}

static clnorm_desc desc_of(const struct setting *setting, int variant, clnorm_layout layout)
{
	clnorm_desc desc = cases_desc(&setting->shape);
	desc.groups = setting->groups;
	desc.dtype = setting->dtype == CLNORM_F64 && !device_get()->info.fp64 ? CLNORM_F32 : setting->dtype;
	desc.activation = setting->activation;
	desc.valid = setting->valid;
	desc.outside = setting->outside;
	desc.ddof = setting->ddof;
	desc.min_std = setting->min_std;
	desc.affine = variant % 2 ? CLNORM_AFFINE_INSTANCE : CLNORM_AFFINE_CHANNEL;
	trial_force(&desc, variant);
	desc.layout = layout;
	return desc;
}

/* ---- What came out -------------------------------------------------------------------------------------------------
 */

static void expect_elements(const struct valid_case *c, const struct place *place, const char *what,
                            const double *right, const double *allowed)
{
	double *got = place_load(place, what);
	for (size_t i = 0; i < c->count; i++) {
		bool is_kept = !isfinite(right[i]) && !isfinite(got[i]);
		EXPECT_EACH(!valid_case_counts(c, i) || is_kept || fabs(got[i] - right[i]) <= allowed[i],
		            "%s[%zu] = %.9g, exact %.9g, allowed %.3g: %s", what, i, got[i], right[i], allowed[i],
		            valid_trial_name(c));
	}
	free(got);
}

static void expect_parameters(const struct valid_case *c, const struct place *place, const char *what,
                              const double *right)
{
	double *got = place_load(place, what);
	for (size_t i = 0; i < c->params; i++) {
		EXPECT_EACH(fabs(got[i] - right[i]) <= c->gradient_allowed[i],
		            "%s[%zu] = %.9g, exact %.9g, allowed %.3g: %s", what, i, got[i], right[i],
		            c->gradient_allowed[i], valid_trial_name(c));
	}
	free(got);
}

/* rstd to 1e-6 of it; the mean to the rounding of its type, and 1e-6 deviations. */
static void expect_statistics(const struct valid_case *c, const struct valid_trial *o)
{
	double *mean = place_load(&o->mean, "mean"), *rstd = place_load(&o->rstd, "rstd");
	for (size_t i = 0; i < c->sets; i++) {
		double allowed = fabs(c->mean[i]) * 1.2e-7 + (c->rstd[i] > 0 ? 1e-6 / c->rstd[i] : 0);
		EXPECT_EACH(fabs(mean[i] - c->mean[i]) <= allowed, "mean[%zu] = %.9g, exact %.9g: %s", i, mean[i],
		            c->mean[i], valid_trial_name(c));
		EXPECT_EACH(fabs(rstd[i] - c->rstd[i]) <= 1e-6 * c->rstd[i], "rstd[%zu] = %.9g, exact %.9g: %s", i,
		            rstd[i], c->rstd[i], valid_trial_name(c));
	}
	free(mean);
	free(rstd);
}

static void check_case(const struct valid_case *c, const struct valid_plans *plans)
{
	struct valid_trial trial;
	valid_trial_init(&trial, c);
	if (plans->forward) {
		valid_trial_forward(&trial, plans->forward);
		expect_elements(c, &trial.y, "y", c->y, c->y_allowed);
		expect_statistics(c, &trial);
	}
	if (plans->forward && plans->apply) {
		place_poison(&trial.y);
		valid_trial_apply(&trial, plans->apply);
		expect_elements(c, &trial.y, "y of given moments", c->y, c->y_allowed);
	}
	for (int told = 0; plans->backward && told < (plans->forward ? 2 : 1); told++) {
		place_poison(&trial.dx);
		valid_trial_backward(&trial, plans->backward, told == 1);
		expect_elements(c, &trial.dx, "dx", c->dx, c->dx_allowed);
		expect_parameters(c, &trial.dgamma, "dgamma", c->dgamma);
		expect_parameters(c, &trial.dbeta, "dbeta", c->dbeta);
	}
	valid_trial_clear(&trial);
}

/* All masks, or lengths, that a setting can have, plain and padded with NaN and infinity. A mask's shape is no part of
 * a program, but of a plan. */
static void check_setting(const struct setting *setting, int variant, clnorm_layout layout)
{
	for (int kind = 0; kind < VALID_KINDS; kind++) {
		clnorm_desc desc = desc_of(setting, variant, layout);
		if ((kind == VALID_LENGTHS) != (setting->valid == CLNORM_VALID_LENGTHS)) {
			continue;
		}
		valid_case_describe(&desc, (enum valid_kind)kind);
		struct valid_plans plans = valid_plans_make(&desc);
		for (int padded = 0; padded < 2; padded++) {
			struct valid_case c;
			valid_case_init(&c, &desc, (enum valid_kind)kind, padded == 1,
			                desc.dtype == CLNORM_F32 || desc.dtype == CLNORM_F64 ? 100 : 1);
			check_case(&c, &plans);
			valid_case_clear(&c);
		}
		valid_plans_clear(&plans);
	}
}

START_TEST(answers)
{
	for (size_t k = 0; k < COUNT(settings); k++) {
		for (int layout = 0; is_due(_i, k) && layout < CLNORM_LAYOUT_COUNT; layout++) {
			if (trial_has_layout(_i, (clnorm_layout)layout)) {
				check_setting(&settings[k], _i, (clnorm_layout)layout);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("valid");
	TCase *tcase = tcase_create("valid");
	int variants = (int)clnorm_variant_count();
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, answers, 0, variants + 1);
	suite_add_tcase(suite, tcase);
	return device_main(suite, NULL);
}
