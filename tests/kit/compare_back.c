/* compare_back.c: gradients against the oracle, within what the numerics contract and the rounding of the dtype allow.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"

/* The contract's 1e-6 is twice the forward pass's bound. */
double compare_gradient_bound(clnorm_dtype dtype)
{
	return 2 * compare_bound(dtype);
}

/* What one instance's tolerances are made of. */
struct scales {
	double gamma, beta, mean, rstd;
	double max_g, sum_g, sum_gx;
	double sum_error, sum_error_x; /* of g_error(), and of g_error()*|xhat| */
};

/* What dx has of its whole set: of gamma*g for g, and means. */
struct set_scales {
	double max_g, mean_gx, mean_error, mean_error_x;
};

/* The exact gradients, and what tolerances need; whatever variant computes them. */
struct exact {
	struct scales *scales; /* by instance */
	double *dx, *dgamma, *dbeta;
	double *mean, *rstd, *z;
	double *sum_g, *sum_gx;         /* by parameter: sum|g|, sum|g*xhat| */
	double *more_gamma, *more_beta; /* by parameter: allowed beyond the contract */
};

static double *numbers_new(size_t count)
{
	double *numbers = calloc(count + 1, sizeof(*numbers));
	ck_assert_ptr_nonnull(numbers);
	return numbers;
}

static void exact_clear(struct exact *e)
{
	double *all[] = {e->dx, e->dgamma, e->dbeta,  e->mean,       e->rstd,
	                 e->z,  e->sum_g,  e->sum_gx, e->more_gamma, e->more_beta};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		free(all[i]);
	}
	free(e->scales);
}

/* How far g may lie from exact: act' curves by less than 0.5 (SiLU) and 0.8 (GELU), z is good to the forward pass's
 * bound, and OpenCL's own functions may add to act' itself: two exp of 3 ulp, two divisions of 2.5, four roundings;
 * erfc of 16 ulp, exp of 3, five roundings (full profile, ulp tables of section 7.4 of OpenCL 1.2). */
static double g_error(const struct trial_back *t, double z_scale, size_t i)
{
	clnorm_dtype dtype = t->in.desc.dtype;
	double ulp = dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	double z_error = compare_bound(dtype) * fmax(1, z_scale);
	switch (t->in.desc.activation) {
	case CLNORM_ACT_SILU:
		return fabs(t->dy[i]) * (0.5 * z_error + 15 * ulp);
	case CLNORM_ACT_GELU:
		return fabs(t->dy[i]) * (0.8 * z_error + 24 * ulp);
	default:
		return 0;
	}
}

static double z_scale_of(const struct trial *in, const struct scales *scales, double xhat, size_t i)
{
	return fabs(scales->gamma * xhat) + fabs(scales->beta) + (in->residual ? fabs(in->residual[i]) : 0);
}

static struct scales scales_of(const struct trial_back *t, const struct exact *e, size_t instance)
{
	const struct trial *in = &t->in;
	struct scales scales = {
		.gamma = in->gamma ? in->gamma[instance % in->params] : 1,
		.beta = in->beta ? in->beta[instance % in->params] : 0,
		.mean = e->mean[cases_set(&in->desc, instance)],
		.rstd = e->rstd[cases_set(&in->desc, instance)],
	};
	for (size_t s = 0; s < in->spatial; s++) {
		size_t i = cases_index(&in->desc, instance, s);
		double xhat = fabs((in->x[i] - scales.mean) * scales.rstd);
		double g = fabs(t->dy[i] * oracle_derivative(&in->desc, e->z[i]));
		double error = g_error(t, z_scale_of(in, &scales, xhat, i), i);
		scales.max_g = fmax(scales.max_g, g);
		scales.sum_g += g;
		scales.sum_gx += g * xhat;
		scales.sum_error += error;
		scales.sum_error_x += error * xhat;
	}
	return scales;
}

/* Numbers too large for a 16-bit type become infinite, and so may what an allowed error takes that far. */
static bool is_allowed_overflow(clnorm_dtype dtype, double got, double wanted, double allowed)
{
	if (!isinf(got)) {
		return false; /* and no assertion for each element */
	}
	wanted += copysign(allowed, got);
	place_round(dtype, &wanted, 1);
	return got == wanted;
}

static double least_of(clnorm_dtype dtype)
{
	return clnorm_dtype_statistics(dtype) == CLNORM_F64 ? DBL_MIN : FLT_MIN;
}

static struct set_scales set_scales_of(const struct trial *in, const struct scales *runs)
{
	struct set_scales set = {0};
	double count = (double)in->set_count;
	for (size_t run = 0; run < cases_runs(&in->desc); run++) {
		double gamma = fabs(runs[run].gamma);
		set.max_g = fmax(set.max_g, gamma * runs[run].max_g);
		set.mean_gx += gamma * runs[run].sum_gx / count;
		set.mean_error += gamma * runs[run].sum_error / count;
		set.mean_error_x += gamma * runs[run].sum_error_x / count;
	}
	return set;
}

/* Against max|gamma*g|, and against the size of the terms; per rstd. */
struct dx_worst {
	double error, share;
};

static void dx_check_run(const struct trial_back *t, struct worst *worst, const double *dx, const struct scales *run,
                         const struct set_scales *set, size_t instance, struct dx_worst *dx_worst)
{
	const struct trial *in = &t->in;
	clnorm_dtype dtype = in->desc.dtype;
	bool stored_whole = dtype == clnorm_dtype_statistics(dtype);
	for (size_t s = 0; s < in->spatial; s++) {
		size_t i = cases_index(&in->desc, instance, s);
		double xhat = fabs((in->x[i] - run->mean) * run->rstd);
		double error = fabs(run->gamma) * g_error(t, z_scale_of(in, run, xhat, i), i);
		double scale = fmax(set->max_g, xhat * set->mean_gx);
		double allowed = run->rstd * compare_gradient_bound(dtype) * scale + least_of(dtype);
		allowed += run->rstd * (error + set->mean_error + xhat * set->mean_error_x);
		allowed += stored_whole ? 0 : compare_half_ulp(dtype, fabs(dx[i]) + allowed);
		if (!is_allowed_overflow(dtype, t->dx[i], dx[i], allowed)) {
			compare_number(worst, in, "dx", i, t->dx[i], dx[i], allowed);
		}
		dx_worst->error = fmax(dx_worst->error, fabs(t->dx[i] - dx[i]));
		dx_worst->share = fmax(dx_worst->share, fabs(t->dx[i] - dx[i]) / scale);
	}
}

static void dx_check(const struct trial_back *t, struct worst *worst, const struct exact *e, size_t i)
{
	const struct trial *in = &t->in;
	clnorm_dtype dtype = in->desc.dtype;
	size_t first = i * cases_runs(&in->desc);
	struct set_scales set = set_scales_of(in, &e->scales[first]);
	struct dx_worst dx_worst = {0, 0};
	double rstd = e->rstd[i];
	for (size_t run = 0; run < cases_runs(&in->desc); run++) {
		dx_check_run(t, worst, e->dx, &e->scales[first + run], &set, first + run, &dx_worst);
	}
	if (dtype == clnorm_dtype_statistics(dtype) && in->desc.activation == CLNORM_ACT_NONE &&
	    rstd * set.max_g > least_of(dtype)) {
		compare_figure(worst, in, "|dx - exact| / (rstd*max|gamma*g|)", dx_worst.error / (rstd * set.max_g));
		compare_figure(worst, in, "|dx - exact| / (rstd*max(max|gamma*g|, |xhat|*mean|gamma*g*xhat|))",
		               dx_worst.share / rstd);
	}
}

static void sums_add(const struct trial_back *t, struct exact *e, const struct scales *scales, size_t instance)
{
	size_t p = instance % t->in.params;
	e->sum_g[p] += scales->sum_g;
	e->sum_gx[p] += scales->sum_gx;
	/* Numbers below the smallest normal one may be flushed to zero by the device: deviations, and g times them. */
	double lost = (scales->sum_g + (double)t->in.spatial) * scales->rstd * least_of(t->in.desc.dtype);
	/* xhat is known to an ulp of 1, which is more than 1e-6 of an xhat near 0. */
	double near = scales->sum_g * compare_bound(t->in.desc.dtype) / 4;
	e->more_gamma[p] += scales->sum_error_x + lost + near;
	e->more_beta[p] += scales->sum_error;
}

static void exact_init(struct exact *e, const struct trial_back *t)
{
	const struct trial *in = &t->in;
	clnorm_desc plain = in->desc;
	double **by_parameter[] = {&e->dgamma, &e->dbeta, &e->sum_g, &e->sum_gx, &e->more_gamma, &e->more_beta};
	for (size_t i = 0; i < sizeof(by_parameter) / sizeof(by_parameter[0]); i++) {
		*by_parameter[i] = numbers_new(in->params);
	}
	e->dx = numbers_new(in->count);
	e->z = numbers_new(in->count);
	e->mean = numbers_new(in->sets);
	e->rstd = numbers_new(in->sets);
	oracle_backward(&in->desc, in->x, t->dy, in->gamma, in->beta, in->residual, e->dx, e->dgamma, e->dbeta);
	plain.activation = CLNORM_ACT_NONE;
	oracle_forward(&plain, in->x, in->gamma, in->beta, in->residual, e->z, e->mean, e->rstd);
	e->scales = calloc(in->instances + 1, sizeof(*e->scales));
	ck_assert_ptr_nonnull(e->scales);
	for (size_t i = 0; i < in->instances; i++) {
		e->scales[i] = scales_of(t, e, i);
		sums_add(t, e, &e->scales[i], i);
	}
}

/* A parameter's gradient: scale*new + momentum*old, the new one within `allowed`, and the rounding of the two terms. */
struct parameter_gradient {
	const char *name, *figure;
	const double *got, *new, *old, *sum, *more;
};

static void parameters_check(const struct trial_back *t, struct worst *worst, const struct parameter_gradient *gradient)
{
	clnorm_accumulate a = t->way.accumulate;
	clnorm_dtype type = clnorm_dtype_statistics(t->in.desc.dtype);
	double bound = compare_gradient_bound(type);
	a.scale = a.scale == 0 && a.momentum == 0 ? 1 : a.scale;
	for (size_t p = 0; gradient->got && p < t->in.params; p++) {
		double new = a.scale * gradient->new[p], old = gradient->old ? a.momentum * gradient->old[p] : 0;
		double allowed = fabs(a.scale) * (bound * gradient->sum[p] + gradient->more[p]) + least_of(type);
		bool is_plain = a.scale == 1 && !gradient->old && t->in.desc.activation == CLNORM_ACT_NONE;
		if (!is_plain) {
			allowed += 2 * compare_half_ulp(type, new) + 2 * compare_half_ulp(type, old) +
			           compare_half_ulp(type, new + old);
		} else if (bound * gradient->sum[p] > gradient->more[p]) {
			compare_figure(worst, &t->in, gradient->figure,
			               fabs(gradient->got[p] - new) / gradient->sum[p]);
		}
		compare_number(worst, &t->in, gradient->name, p, gradient->got[p], new + old, allowed);
	}
}

static void exact_check(const struct trial_back *trial, const struct exact *e)
{
	struct worst *worst = compare_worst(&trial->in);
	for (size_t i = 0; trial->dx && trial->in.count > 0 && i < trial->in.sets; i++) {
		dx_check(trial, worst, e, i);
	}
	const struct parameter_gradient both[] = {
		{"dgamma", "|dgamma - exact| / sum|g*xhat|", trial->dgamma, e->dgamma, trial->old_dgamma, e->sum_gx,
	         e->more_gamma},
		{"dbeta", "|dbeta - exact| / sum|g|", trial->dbeta, e->dbeta, trial->old_dbeta, e->sum_g, e->more_beta},
	};
	parameters_check(trial, worst, &both[0]);
	parameters_check(trial, worst, &both[1]);
}

void compare_backward(const struct trial_back *trial)
{
	struct exact e;
	exact_init(&e, trial);
	exact_check(trial, &e);
	exact_clear(&e);
}

/* The plan's backward pass, in a sweep. */
static void plan_run(clnorm_plan *plan, struct trial_back *trial, const struct exact *e)
{
	trial_back_run(trial, plan, device_get()->queue);
	compare_sweep_begin();
	exact_check(trial, e);
	compare_sweep_end();
	clnorm_plan_destroy(plan);
}

bool compare_run_backward(clnorm_desc *desc, int variant, enum cases_data data, unsigned seed,
                          struct trial_back_way way)
{
	struct trial_back trial;
	struct exact e;
	clnorm_plan *plan = trial_back_plan(desc, variant);
	if (!plan) {
		return false;
	}
	trial_back_init(&trial, desc, data, seed, way);
	exact_init(&e, &trial);
	plan_run(plan, &trial, &e);
	exact_clear(&e);
	trial_back_clear(&trial);
	return true;
}

void compare_run_all_backward(const clnorm_desc *desc, enum cases_data data, unsigned seed, struct trial_back_way way)
{
	struct trial_back trial;
	struct exact e;
	trial_back_init(&trial, desc, data, seed, way);
	exact_init(&e, &trial);
	for (int variant = 0; variant <= (int)clnorm_variant_count(); variant++) {
		bool knows = trial_has_layout(variant, desc->layout);
		clnorm_plan *plan = knows ? trial_back_plan(&trial.in.desc, variant) : NULL;
		if (plan) {
			trial_back_rewind(&trial);
			plan_run(plan, &trial, &e);
		}
	}
	exact_clear(&e);
	trial_back_clear(&trial);
}
