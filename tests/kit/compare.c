/* compare.c: outputs against the oracle, within what the numerics contract and the rounding of the dtype allow.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"

#define WORST_KEPT 64

/* Of y; dx in two units; dgamma; dbeta. */
#define FIGURES_KEPT 5

struct figure {
	const char *what; /* NULL: not in use */
	double value;
	char at[256];
};

/* The worst of one variant and dtype. */
struct worst {
	char variant[32];
	clnorm_dtype dtype;
	struct figure figures[FIGURES_KEPT]; /* where outputs are stored in the type of the arithmetic */
	struct figure share;                 /* of the tolerance, any output */
	unsigned long trials;
};

static struct worst worsts[WORST_KEPT];

/* During a sweep a wrong number ends its trial and is told at the end of the sweep; otherwise it ends the test. */
static bool sweeping;
static unsigned wrong_trials, wrong_now;

struct dtype_rounding {
	int digits; /* of the significand, the hidden one with them */
	int least;  /* exponent of the smallest normal number */
};

static struct dtype_rounding rounding_of(clnorm_dtype dtype)
{
	static const struct dtype_rounding roundings[] = {{24, -126}, {11, -14}, {8, -126}, {53, -1022}};
	_Static_assert(sizeof(roundings) / sizeof(roundings[0]) == CLNORM_DTYPE_COUNT, "a row for each dtype");
	return roundings[dtype];
}

double compare_half_ulp(clnorm_dtype dtype, double value)
{
	struct dtype_rounding r = rounding_of(dtype);
	int exponent = value == 0 ? r.least : ilogb(value);
	return ldexp(1, (exponent > r.least ? exponent : r.least) - r.digits);
}

/* The contract's number is 8.4 half ulps of a float at 1; the same share of a double's. */
double compare_bound(clnorm_dtype dtype)
{
	return dtype == CLNORM_F64 ? ldexp(5e-7, -29) : 5e-7;
}

/* How much an activation can stretch an error of its argument. SiLU's and GELU's steepest slopes are 1.0999 and 1.1290.
 */
static double activation_stretch(const clnorm_desc *desc)
{
	switch (desc->activation) {
	case CLNORM_ACT_LEAKY_RELU:
		return fmax(1, fabs(desc->slope));
	case CLNORM_ACT_SILU:
		return 1.1;
	case CLNORM_ACT_GELU:
		return 1.13;
	default:
		return 1;
	}
}

/* What OpenCL's own functions may add, relative to y (full profile, ulp tables of section 7.4 of OpenCL 1.2): exp 3 ulp
 * and a division 2.5, two roundings; erfc 16 ulp, three roundings. */
static double activation_error(const clnorm_desc *desc)
{
	double ulp = desc->dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	switch (desc->activation) {
	case CLNORM_ACT_SILU:
		return 7 * ulp;
	case CLNORM_ACT_GELU:
		return 18 * ulp;
	default:
		return ulp / 2;
	}
}

struct worst *compare_worst(const struct trial *trial)
{
	const char *variant = trial->desc.variant ? trial->desc.variant : "(chosen)";
	for (size_t i = 0; i < WORST_KEPT; i++) {
		if (worsts[i].trials == 0) {
			snprintf(worsts[i].variant, sizeof(worsts[i].variant), "%s", variant);
			worsts[i].dtype = trial->desc.dtype;
		}
		if (strcmp(worsts[i].variant, variant) == 0 && worsts[i].dtype == trial->desc.dtype) {
			worsts[i].trials++;
			return &worsts[i];
		}
	}
	ck_abort_msg("more than %d variants and dtypes", WORST_KEPT);
	return NULL;
}

static void figure_note(struct figure *figure, const char *what, double value, const struct trial *trial)
{
	figure->what = what;
	if (value > figure->value) {
		figure->value = value;
		snprintf(figure->at, sizeof(figure->at), "%.250s", trial_name(trial));
	}
}

void compare_figure(struct worst *worst, const struct trial *trial, const char *what, double value)
{
	for (size_t i = 0; i < FIGURES_KEPT; i++) {
		if (!worst->figures[i].what || strcmp(worst->figures[i].what, what) == 0) {
			figure_note(&worst->figures[i], what, value, trial);
			return;
		}
	}
	ck_abort_msg("more than %d figures; the last is %s", FIGURES_KEPT, what);
}

void compare_number(struct worst *worst, const struct trial *trial, const char *what, size_t i, double got,
                    double wanted, double tolerance)
{
	double error = fabs(got - wanted);
	/* What is wanted is a rounded double, on the other side of a tie perhaps. */
	tolerance += trial->desc.dtype == CLNORM_F64 ? compare_half_ulp(CLNORM_F64, wanted) : 0;
	if (!(error <= tolerance)) {
		char text[768];
		snprintf(text, sizeof(text), "%s[%zu] = %.17g, exact %.17g, error %.3g, allowed %.3g: %s", what, i, got,
		         wanted, error, tolerance, trial_name(trial));
		ck_assert_msg(sweeping, "%s", text);
		if (wrong_now++ == 0) {
			printf("%s\n", text);
		}
	}
	figure_note(&worst->share, "worst share of the tolerance", tolerance > 0 ? error / tolerance : 0, trial);
}

static double parameter(const struct trial *trial, const double *values, size_t instance, double otherwise)
{
	return values ? values[instance % trial->params] : otherwise;
}

static void y_check(const struct trial *t, struct worst *worst, const double *y, double mean, double rstd,
                    size_t instance)
{
	clnorm_dtype dtype = t->desc.dtype;
	double bound = compare_bound(dtype);
	double gamma = parameter(t, t->gamma, instance, 1), beta = parameter(t, t->beta, instance, 0);
	for (size_t s = 0; s < t->spatial; s++) {
		size_t i = cases_index(&t->desc, instance, s);
		double xhat = (t->x[i] - mean) * rstd;
		double scale = fabs(gamma * xhat) + fabs(beta) + (t->residual ? fabs(t->residual[i]) : 0);
		double allowed = bound * fmax(1, scale) * activation_stretch(&t->desc);
		if (t->desc.activation != CLNORM_ACT_NONE) {
			allowed += activation_error(&t->desc) * fabs(y[i]);
		}
		if (dtype != clnorm_dtype_statistics(dtype)) {
			allowed += compare_half_ulp(dtype, fabs(y[i]) + allowed);
		} else if (t->desc.activation == CLNORM_ACT_NONE) {
			compare_figure(worst, t, "|y - exact| / max(1, |gamma*xhat| + |beta|)",
			               fabs(t->y[i] - y[i]) / fmax(1, scale));
		}
		compare_number(worst, t, "y", i, t->y[i], y[i], allowed);
	}
}

/* A record, whose mean has two parts: the second one is held against what the first one lacks. */
static void moments_check(const struct trial *t, struct worst *worst, struct oracle_moments exact, double mean_allowed,
                          size_t i)
{
	clnorm_dtype type = clnorm_dtype_statistics(t->desc.dtype);
	const double *record = t->moments + i * CLNORM_MOMENTS_WIDTH;
	double bound = compare_bound(type), least = type == CLNORM_F64 ? DBL_MIN : FLT_MIN;
	double count = (double)t->set_count;
	compare_number(worst, t, "moments count", i, record[0], count, count * bound);
	compare_number(worst, t, "moments mean, second part", i, record[2],
	               (double)(exact.mean - record[1] + exact.rest), mean_allowed + bound * bound * fabs(exact.mean));
	compare_number(worst, t, "moments m2", i, record[3], exact.m2, 2 * bound * exact.m2 + count * least);
}

/* What is right of a trial's inputs, whatever variant computes it. */
struct answer {
	double *y, *mean, *rstd;
	struct oracle_moments *moments;
};

static struct answer answer_make(const struct trial *t)
{
	struct answer a = {
		.y = malloc(t->count * sizeof(*a.y) + 1),
		.mean = malloc(t->sets * sizeof(*a.mean) + 1),
		.rstd = malloc(t->sets * sizeof(*a.rstd) + 1),
		.moments = malloc(t->sets * sizeof(*a.moments) + 1),
	};
	ck_assert(a.y && a.mean && a.rstd && a.moments);
	oracle_forward(&t->desc, t->x, t->gamma, t->beta, t->residual, a.y, a.mean, a.rstd);
	for (size_t i = 0; t->at_moments.mem && i < t->sets; i++) {
		a.moments[i] = oracle_moments(&t->desc, t->x, i);
	}
	return a;
}

static void answer_clear(struct answer *answer)
{
	free(answer->y);
	free(answer->mean);
	free(answer->rstd);
	free(answer->moments);
}

/* An error e of the mean moves y by gamma*rstd*e, so the bound on y is one on e. m2 enters as 1/sqrt. Numbers below the
 * smallest normal one may be flushed to zero by the device. */
static void statistics_check(const struct trial *t, struct worst *worst, const struct answer *answer, size_t i)
{
	clnorm_dtype type = clnorm_dtype_statistics(t->desc.dtype);
	double bound = compare_bound(type);
	double least = type == CLNORM_F64 ? DBL_MIN : FLT_MIN;
	double mean = answer->mean[i], rstd = answer->rstd[i];
	double mean_allowed = (rstd > 0 ? bound / rstd : 0) + least;
	if (t->mean) {
		compare_number(worst, t, "mean", i, t->mean[i], mean, mean_allowed + compare_half_ulp(type, mean));
	}
	if (t->rstd) {
		compare_number(worst, t, "rstd", i, t->rstd[i], rstd, bound * rstd);
	}
	if (t->moments) {
		moments_check(t, worst, answer->moments[i], mean_allowed, i);
	}
}

static void answer_check(const struct trial *trial, const struct answer *answer)
{
	struct worst *worst = compare_worst(trial);
	for (size_t i = 0; i < trial->sets; i++) {
		statistics_check(trial, worst, answer, i);
	}
	for (size_t i = 0; trial->y && i < trial->instances; i++) {
		size_t set = cases_set(&trial->desc, i);
		y_check(trial, worst, answer->y, answer->mean[set], answer->rstd[set], i);
	}
}

void compare_forward(const struct trial *trial)
{
	struct answer answer = answer_make(trial);
	answer_check(trial, &answer);
	answer_clear(&answer);
}

void compare_sweep_begin(void)
{
	sweeping = true;
	wrong_now = 0;
}

void compare_sweep_end(void)
{
	sweeping = false;
	wrong_trials += wrong_now > 0;
}

/* The plan's forward pass, in a sweep. */
static void plan_run(clnorm_plan *plan, struct trial *trial, const struct answer *answer)
{
	trial_forward(trial, plan, device_get()->queue);
	compare_sweep_begin();
	answer_check(trial, answer);
	compare_sweep_end();
	clnorm_plan_destroy(plan);
}

bool compare_run(clnorm_desc *desc, int variant, enum cases_data data, unsigned seed, unsigned inputs)
{
	struct trial trial;
	clnorm_plan *plan = trial_plan(desc, variant);
	if (!plan) {
		return false;
	}
	trial_init(&trial, desc, data, seed, inputs, TRIAL_ALL, TRIAL_APART);
	struct answer answer = answer_make(&trial);
	plan_run(plan, &trial, &answer);
	answer_clear(&answer);
	trial_clear(&trial);
	return true;
}

void compare_run_all(const clnorm_desc *desc, enum cases_data data, unsigned seed, unsigned inputs)
{
	struct trial trial;
	trial_init(&trial, desc, data, seed, inputs, TRIAL_ALL, TRIAL_APART);
	struct answer answer = answer_make(&trial);
	for (int variant = 0; variant <= (int)clnorm_variant_count(); variant++) {
		clnorm_plan *plan = trial_has_layout(variant, desc->layout) ? trial_plan(&trial.desc, variant) : NULL;
		if (plan) {
			trial_rewind(&trial);
			plan_run(plan, &trial, &answer);
		}
	}
	answer_clear(&answer);
	trial_clear(&trial);
}

void compare_verdict(void)
{
	unsigned wrong = wrong_trials;
	wrong_trials = 0;
	ck_assert_msg(wrong == 0, "%u trials of this sweep are wrong; their first numbers stand above", wrong);
}

void compare_report(void)
{
	for (size_t i = 0; i < WORST_KEPT && worsts[i].trials; i++) {
		const struct worst *w = &worsts[i];
		const char *dtype = clnorm_dtype_name(w->dtype);
		printf("%s %s: %lu trials, worst share of the tolerance %.3f (%s)\n", w->variant, dtype, w->trials,
		       w->share.value, w->share.at);
		for (size_t k = 0; k < FIGURES_KEPT && w->figures[k].what; k++) {
			printf("%s %s: worst %s = %.3g (%s)\n", w->variant, dtype, w->figures[k].what,
			       w->figures[k].value, w->figures[k].at);
		}
	}
}
