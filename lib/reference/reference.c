/* reference.c: instance normalization and its gradients in double, on the host, written like the formulas.
 * SPDX-License-Identifier: Apache-2.0 */
#include "reference/activation.h"

#include "base/desc.h"

#include <clnorm/clnorm.h>

#include <math.h>

/* One instance: where its S elements are in an array of the layout, and what its statistics are. */
struct plane {
	size_t first, step, count; /* element s is at first + s*step */
	size_t parameter;          /* its place in gamma and beta */
	double shift, delta;       /* mean = shift + delta, where delta is the rounding error of shift */
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

static struct plane plane_of(const clnorm_desc *desc, size_t n, size_t c)
{
	size_t s = cln_desc_spatial(desc);
	size_t instance = n * desc->c + c;
	struct plane plane = {.count = s, .parameter = desc->affine == CLNORM_AFFINE_INSTANCE ? instance : c};
	if (desc->layout == CLNORM_NHWC) {
		plane.first = n * s * desc->c + c;
		plane.step = desc->c;
	} else {
		plane.first = instance * s;
		plane.step = 1;
	}
	return plane;
}

static size_t at(const struct plane *plane, size_t s)
{
	return plane->first + s * plane->step;
}

/* x - mean. The first difference is exact where x is near the mean, and delta is what shift lacks: elements that are
 * all equal give 0. */
static double deviation(const struct plane *plane, const double *x, size_t s)
{
	return (x[at(plane, s)] - plane->shift) - plane->delta;
}

/* The statistics of a plane of x: shift, delta, rstd. */
static void plane_measure(struct plane *plane, const double *x, double epsilon)
{
	double count = (double)plane->count;
	struct sum total = {0, 0};
	struct sum rest = {0, 0};
	struct sum squares = {0, 0};
	for (size_t s = 0; s < plane->count; s++) {
		sum_add(&total, x[at(plane, s)]);
	}
	plane->shift = sum_value(&total) / count;
	for (size_t s = 0; s < plane->count; s++) {
		sum_add(&rest, x[at(plane, s)] - plane->shift);
	}
	plane->delta = sum_value(&rest) / count;
	for (size_t s = 0; s < plane->count; s++) {
		double d = deviation(plane, x, s);
		sum_add(&squares, d * d);
	}
	clnorm_moments moments = {.count = count, .m2 = sum_value(&squares)};
	plane->rstd = clnorm_moments_rstd(&moments, epsilon);
}

static double xhat(const struct plane *plane, const double *x, size_t s)
{
	return deviation(plane, x, s) * plane->rstd;
}

static double gamma_of(const struct affine *affine, const struct plane *plane)
{
	return affine->gamma != NULL ? affine->gamma[plane->parameter] : 1;
}

/* gamma*xhat + beta + residual */
static double z(const struct affine *affine, const struct plane *plane, const double *x, size_t s)
{
	double beta = affine->beta != NULL ? affine->beta[plane->parameter] : 0;
	double residual = affine->residual != NULL ? affine->residual[at(plane, s)] : 0;
	return gamma_of(affine, plane) * xhat(plane, x, s) + beta + residual;
}

static double y_of(const struct affine *affine, const struct plane *plane, const double *x, size_t s)
{
	return cln_activation_value(affine->desc->activation, affine->desc->slope, z(affine, plane, x, s));
}

static double g_of(const struct affine *affine, const struct plane *plane, const double *x, const double *dy, size_t s)
{
	clnorm_activation activation = affine->desc->activation;
	if (activation == CLNORM_ACT_NONE) {
		return dy[at(plane, s)];
	}
	return dy[at(plane, s)] * cln_activation_derivative(activation, affine->desc->slope, z(affine, plane, x, s));
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
	for (size_t i = 0; i < cln_desc_instances(desc); i++) {
		struct plane plane = plane_of(desc, i / desc->c, i % desc->c);
		plane_measure(&plane, x, desc->epsilon);
		for (size_t s = 0; y != NULL && s < plane.count; s++) {
			y[at(&plane, s)] = y_of(&affine, &plane, x, s);
		}
		if (mean != NULL) {
			mean[i] = plane.shift + plane.delta;
		}
		if (rstd != NULL) {
			rstd[i] = plane.rstd;
		}
	}
	return CLNORM_OK;
}

/* dx of one instance; what it adds to dgamma and dbeta goes into the two sums. */
static void plane_backward(const struct affine *affine, const struct plane *plane, const double *x, const double *dy,
                           double *dx, struct sum *dgamma, struct sum *dbeta)
{
	struct sum sum_g = {0, 0};
	struct sum sum_gx = {0, 0};
	for (size_t s = 0; s < plane->count; s++) {
		double g = g_of(affine, plane, x, dy, s);
		sum_add(&sum_g, g);
		sum_add(&sum_gx, g * xhat(plane, x, s));
	}
	double mean_g = sum_value(&sum_g) / (double)plane->count;
	double mean_gx = sum_value(&sum_gx) / (double)plane->count;
	for (size_t s = 0; dx != NULL && s < plane->count; s++) {
		double g = g_of(affine, plane, x, dy, s);
		dx[at(plane, s)] = gamma_of(affine, plane) * plane->rstd * (g - mean_g - xhat(plane, x, s) * mean_gx);
	}
	sum_add(dgamma, sum_value(&sum_gx));
	sum_add(dbeta, sum_value(&sum_g));
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
	/* A parameter is shared by the planes of a channel, N of them, or is one plane's own. */
	bool own = desc->affine == CLNORM_AFFINE_INSTANCE;
	size_t parameters = own ? cln_desc_instances(desc) : desc->c;
	struct affine affine = {desc, gamma, beta, residual};
	for (size_t p = 0; p < parameters; p++) {
		struct sum sum_gamma = {0, 0};
		struct sum sum_beta = {0, 0};
		size_t first = own ? p / desc->c : 0;
		size_t end = own ? first + 1 : desc->n;
		for (size_t n = first; n < end; n++) {
			struct plane plane = plane_of(desc, n, p % desc->c);
			plane_measure(&plane, x, desc->epsilon);
			plane_backward(&affine, &plane, x, dy, dx, &sum_gamma, &sum_beta);
		}
		if (dgamma != NULL) {
			dgamma[p] = sum_value(&sum_gamma);
		}
		if (dbeta != NULL) {
			dbeta[p] = sum_value(&sum_beta);
		}
	}
	return CLNORM_OK;
}
