/* reference.c: normalization over sets and its gradients in double, on the host, written like the formulas.
 * SPDX-License-Identifier: Apache-2.0 */
#include "reference/activation.h"

#include "base/desc.h"
#include "base/strides.h"

#include <clnorm/clnorm.h>

#include <math.h>
#include <stdlib.h>

/* One set: where its runs of S elements are in an array of the layout, and what its statistics are. */
struct set {
	struct cln_steps steps;
	size_t first, runs, length; /* element s of run r is at first + r*steps.c + s*steps.s */
	double count;               /* runs*length */
	size_t parameter;           /* the first run's place in gamma and beta; the others' follow */
	double shift, delta;        /* mean = shift + delta, where delta is the rounding error of shift */
	double rstd;
};

/* gamma, beta and residual of a call, and what to do with them. */
struct affine {
	const clnorm_desc *desc;
	const double *gamma, *beta, *residual;
};

/* A sum with the rounding errors of its additions kept beside it (Neumaier 1974; the error by Knuth's two-sum), so
 * that 2^24 terms come out as exact as two. Not to be compiled with -ffast-math. */
struct sum {
	double high, low;
};

static void sum_add(struct sum *sum, double term)
{
	double high = sum->high + term;
	double part = high - sum->high;
	sum->low += (sum->high - (high - part)) + (term - part);
	sum->high = high;
}

/* Past infinity, the errors are NaN and mean nothing. */
static double sum_value(const struct sum *sum)
{
	return isfinite(sum->high) ? sum->high + sum->low : sum->high;
}

static struct set set_of(const clnorm_desc *desc, size_t i)
{
	size_t groups = cln_desc_groups(desc), runs = desc->c / groups;
	size_t n = i / groups, c = i % groups * runs;
	struct cln_steps steps = cln_desc_steps(desc, (clnorm_strides){0, 0});
	struct set set = {
		.steps = steps,
		.first = n * steps.n + c * steps.c,
		.runs = runs,
		.length = cln_desc_spatial(desc),
		.parameter = desc->affine == CLNORM_AFFINE_INSTANCE ? n * desc->c + c : c,
	};
	set.count = (double)runs * (double)set.length;
	return set;
}

static size_t at(const struct set *set, size_t run, size_t s)
{
	return set->first + run * set->steps.c + s * set->steps.s;
}

/* x - mean. The first difference is exact where x is near the mean, and delta is what shift lacks: elements that are
 * all equal give 0. */
static double deviation(const struct set *set, double x)
{
	return (x - set->shift) - set->delta;
}

/* The sum of x, of x - shift, or of (x - mean)^2 over a set. */
enum power { OF_X, OF_REST, OF_SQUARES };

static double set_sum(const struct set *set, const double *x, enum power power)
{
	struct sum sum = {0, 0};
	for (size_t run = 0; run < set->runs; run++) {
		for (size_t s = 0; s < set->length; s++) {
			double value = x[at(set, run, s)], d = deviation(set, value);
			sum_add(&sum, power == OF_X ? value : power == OF_REST ? value - set->shift : d * d);
		}
	}
	return sum_value(&sum);
}

/* The statistics of a set of x: shift, delta, rstd. */
static void set_measure(struct set *set, const double *x, double epsilon)
{
	set->shift = set_sum(set, x, OF_X) / set->count;
	set->delta = set_sum(set, x, OF_REST) / set->count;
	clnorm_moments moments = {.count = set->count, .m2 = set_sum(set, x, OF_SQUARES)};
	set->rstd = clnorm_moments_rstd(&moments, epsilon);
}

static double xhat(const struct set *set, double x)
{
	return deviation(set, x) * set->rstd;
}

static double gamma_of(const struct affine *affine, const struct set *set, size_t run)
{
	return affine->gamma != NULL ? affine->gamma[set->parameter + run] : 1;
}

/* gamma*xhat + beta + residual */
static double z(const struct affine *affine, const struct set *set, const double *x, size_t run, size_t s)
{
	size_t i = at(set, run, s);
	double beta = affine->beta != NULL ? affine->beta[set->parameter + run] : 0;
	double residual = affine->residual != NULL ? affine->residual[i] : 0;
	return gamma_of(affine, set, run) * xhat(set, x[i]) + beta + residual;
}

static double y_of(const struct affine *affine, const struct set *set, const double *x, size_t run, size_t s)
{
	return cln_activation_value(affine->desc->activation, affine->desc->slope, z(affine, set, x, run, s));
}

static double g_of(const struct affine *affine, const struct set *set, const double *x, const double *dy, size_t run,
                   size_t s)
{
	clnorm_activation activation = affine->desc->activation;
	double slope = affine->desc->slope, given = dy[at(set, run, s)];
	if (activation == CLNORM_ACT_NONE) {
		return given;
	}
	return given * cln_activation_derivative(activation, slope, z(affine, set, x, run, s));
}

/* What both directions ask of their arguments. */
static clnorm_status check_arguments(const clnorm_desc *desc, bool has_data, bool has_parameters)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_desc_check(desc));
	if (!has_data && cln_desc_elements(desc) > 0) {
		st = cln_fail(CLNORM_BAD_ARGUMENT, "x or dy is NULL; both have %zu elements", cln_desc_elements(desc));
	} else if (has_parameters && desc->affine == CLNORM_AFFINE_NONE) {
		st = cln_fail(CLNORM_BAD_ARGUMENT, "gamma, beta or a gradient is given with CLNORM_AFFINE_NONE");
	}
done:
	return st;
}

clnorm_status clnorm_reference_forward(const clnorm_desc *desc, const double *x, const double *gamma,
                                       const double *beta, const double *residual, double *y, double *mean,
                                       double *rstd)
{
	clnorm_status st = check_arguments(desc, x != NULL, gamma != NULL || beta != NULL);
	if (st != CLNORM_OK || cln_desc_elements(desc) == 0) {
		return st;
	}
	struct affine affine = {desc, gamma, beta, residual};
	for (size_t i = 0; i < cln_desc_sets(desc); i++) {
		struct set set = set_of(desc, i);
		set_measure(&set, x, desc->epsilon);
		for (size_t k = 0; y != NULL && k < set.runs * set.length; k++) {
			size_t run = k / set.length, s = k % set.length;
			y[at(&set, run, s)] = y_of(&affine, &set, x, run, s);
		}
		if (mean != NULL) {
			mean[i] = set.shift + set.delta;
		}
		if (rstd != NULL) {
			rstd[i] = set.rstd;
		}
	}
	return CLNORM_OK;
}

/* dgamma and dbeta of a parameter, as they come together over sets. */
struct gradient {
	struct sum gamma, beta;
};

/* dx = rstd*(gamma*g - mean(gamma*g) - xhat*mean(gamma*g*xhat)) of one set; what its runs add to their parameters'
 * gradients goes into gradients[parameter]. */
static void set_backward(const struct affine *affine, const struct set *set, const double *x, const double *dy,
                         double *dx, struct gradient *gradients)
{
	struct sum all_g = {0, 0}, all_gx = {0, 0};
	for (size_t run = 0; run < set->runs; run++) {
		struct sum sum_g = {0, 0}, sum_gx = {0, 0};
		for (size_t s = 0; s < set->length; s++) {
			double g = g_of(affine, set, x, dy, run, s);
			sum_add(&sum_g, g);
			sum_add(&sum_gx, g * xhat(set, x[at(set, run, s)]));
		}
		sum_add(&gradients[set->parameter + run].beta, sum_value(&sum_g));
		sum_add(&gradients[set->parameter + run].gamma, sum_value(&sum_gx));
		sum_add(&all_g, gamma_of(affine, set, run) * sum_value(&sum_g));
		sum_add(&all_gx, gamma_of(affine, set, run) * sum_value(&sum_gx));
	}
	double mean_g = sum_value(&all_g) / set->count;
	double mean_gx = sum_value(&all_gx) / set->count;
	for (size_t k = 0; dx != NULL && k < set->runs * set->length; k++) {
		size_t run = k / set->length, s = k % set->length, i = at(set, run, s);
		double g = gamma_of(affine, set, run) * g_of(affine, set, x, dy, run, s);
		dx[i] = set->rstd * (g - mean_g - xhat(set, x[i]) * mean_gx);
	}
}

clnorm_status clnorm_reference_backward(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                                        const double *beta, const double *residual, double *dx, double *dgamma,
                                        double *dbeta)
{
	bool has_parameters = gamma != NULL || beta != NULL || dgamma != NULL || dbeta != NULL;
	clnorm_status st = check_arguments(desc, x != NULL && dy != NULL, has_parameters);
	if (st != CLNORM_OK) {
		return st;
	}
	/* A parameter is shared by the runs of a channel, N of them, or is one run's own. */
	size_t parameters = desc->affine == CLNORM_AFFINE_INSTANCE ? cln_desc_instances(desc) : desc->c;
	struct gradient *gradients = calloc(parameters + 1, sizeof(*gradients));
	if (gradients == NULL) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for the sums of %zu parameters", parameters);
	}
	struct affine affine = {desc, gamma, beta, residual};
	for (size_t i = 0; cln_desc_elements(desc) > 0 && i < cln_desc_sets(desc); i++) {
		struct set set = set_of(desc, i);
		set_measure(&set, x, desc->epsilon);
		set_backward(&affine, &set, x, dy, dx, gradients);
	}
	for (size_t p = 0; p < parameters; p++) {
		if (dgamma != NULL) {
			dgamma[p] = sum_value(&gradients[p].gamma);
		}
		if (dbeta != NULL) {
			dbeta[p] = sum_value(&gradients[p].beta);
		}
	}
	free(gradients);
	return CLNORM_OK;
}
