/* reference.c: normalization over sets and its gradients in double, on the host, written like the formulas.
 * SPDX-License-Identifier: Apache-2.0 */
#include "reference/activation.h"
#include "reference/set.h"
#include "reference/sum.h"

#include "base/desc.h"

#include <stdlib.h>

/* A call: the question and its arrays. */
struct call {
	const clnorm_desc *desc;
	const clnorm_reference_arrays *arrays;
};

/* One element: where it is, and what it is to its set. */
struct element {
	size_t at, parameter;
	bool is_valid;
	bool is_normalized; /* y is act(gamma*xhat + beta + residual), and depends on the statistics */
	double x, xhat, gamma;
};

/* dgamma and dbeta of a parameter, as they come together over sets. */
struct gradient {
	struct cln_sum gamma, beta;
};

/* A of gamma*g over M, and B of gamma*g*xhat over M - ddof: sums over what depends on the statistics. */
struct means {
	double g, gx;
};

static struct element element_of(const struct call *call, const struct cln_set *set, size_t run, size_t s)
{
	struct element e = {.at = cln_set_at(set, run, s), .parameter = set->parameter + run, .gamma = 1};
	e.is_valid = cln_set_is_valid(set, run, s);
	e.is_normalized = e.is_valid || call->desc->outside == CLNORM_OUTSIDE_NORMALIZE;
	e.x = call->arrays->x[e.at];
	e.xhat = cln_set_deviation(set, e.x) * set->rstd;
	if (call->arrays->gamma != NULL) {
		e.gamma = call->arrays->gamma[e.parameter];
	}
	return e;
}

/* gamma*xhat + beta + residual */
static double z_of(const struct call *call, const struct element *e)
{
	const clnorm_reference_arrays *arrays = call->arrays;
	double beta = arrays->beta != NULL ? arrays->beta[e->parameter] : 0;
	double residual = arrays->residual != NULL ? arrays->residual[e->at] : 0;
	return e->gamma * e->xhat + beta + residual;
}

static double y_of(const struct call *call, const struct element *e)
{
	const clnorm_desc *desc = call->desc;
	if (!e->is_normalized) {
		return desc->outside == CLNORM_OUTSIDE_KEEP ? e->x : 0;
	}
	return cln_activation_value(desc->activation, desc->slope, z_of(call, e));
}

static double g_of(const struct call *call, const struct element *e)
{
	clnorm_activation activation = call->desc->activation;
	double given = call->arrays->dy[e->at];
	if (activation == CLNORM_ACT_NONE) {
		return given;
	}
	return given * cln_activation_derivative(activation, call->desc->slope, z_of(call, e));
}

/* dx = rstd*(gamma*g - [valid]*(A/M + xhat*B/(M - ddof))) */
static double dx_of(const struct call *call, const struct cln_set *set, const struct element *e,
                    const struct means *means)
{
	if (!e->is_normalized) {
		return call->desc->outside == CLNORM_OUTSIDE_KEEP ? call->arrays->dy[e->at] : 0;
	}
	double g = e->gamma * g_of(call, e);
	return set->rstd * (e->is_valid ? g - means->g - e->xhat * means->gx : g);
}

/* The sums of a set; what its runs add to their parameters' gradients goes into gradients[parameter]. What is not
 * valid and not finite has no part in them. */
static struct means add_up(const struct call *call, const struct cln_set *set, struct gradient *gradients)
{
	struct cln_sum all_g = {0, 0}, all_gx = {0, 0};
	for (size_t run = 0; run < set->runs; ++run) {
		struct cln_sum sum_g = {0, 0}, sum_gx = {0, 0};
		double gamma = 1;
		for (size_t s = 0; s < set->length; ++s) {
			struct element e = element_of(call, set, run, s);
			gamma = e.gamma;
			if (e.is_valid || (e.is_normalized && isfinite(e.x))) {
				double g = g_of(call, &e);
				cln_sum_add(&sum_g, g);
				cln_sum_add(&sum_gx, g * e.xhat);
			}
		}
		cln_sum_add(&gradients[set->parameter + run].beta, cln_sum_value(&sum_g));
		cln_sum_add(&gradients[set->parameter + run].gamma, cln_sum_value(&sum_gx));
		cln_sum_add(&all_g, gamma * cln_sum_value(&sum_g));
		cln_sum_add(&all_gx, gamma * cln_sum_value(&sum_gx));
	}
	if (call->desc->flags & CLNORM_CONSTANT_STATISTICS) {
		return (struct means){0, 0};
	}
	return (struct means){
		.g = set->count > 0 ? cln_sum_value(&all_g) / set->count : 0,
		.gx = set->freedom > 0 ? cln_sum_value(&all_gx) / set->freedom : 0,
	};
}

/* Whether any gradient is asked for. */
static bool wants_gradient(const clnorm_reference_arrays *arrays)
{
	return arrays->dx != NULL || arrays->dgamma != NULL || arrays->dbeta != NULL;
}

/* All of a set. Of an element everything is read before anything is written, as outputs may lie on inputs. */
static void run_set(const struct call *call, size_t i, struct gradient *gradients)
{
	const clnorm_reference_arrays *arrays = call->arrays;
	struct cln_set set = cln_set_of(call->desc, arrays, i);
	struct means means = {0, 0};
	if (wants_gradient(arrays)) {
		means = add_up(call, &set, gradients);
	}
	bool is_written = arrays->y != NULL || arrays->dx != NULL;
	for (size_t k = 0; is_written && k < set.runs * set.length; ++k) {
		struct element e = element_of(call, &set, k / set.length, k % set.length);
		double y = arrays->y != NULL ? y_of(call, &e) : 0;
		double dx = arrays->dx != NULL ? dx_of(call, &set, &e, &means) : 0;
		if (arrays->y != NULL) {
			arrays->y[e.at] = y;
		}
		if (arrays->dx != NULL) {
			arrays->dx[e.at] = dx;
		}
	}
	if (arrays->mean != NULL) {
		arrays->mean[i] = set.shift + set.delta;
	}
	if (arrays->rstd != NULL) {
		arrays->rstd[i] = set.rstd;
	}
}

/* Inputs that are missing, or that nothing would come of. */
static clnorm_status check_arrays(const clnorm_desc *desc, const clnorm_reference_arrays *arrays)
{
	size_t elements = cln_desc_elements(desc);
	bool has_parameters =
		arrays->gamma != NULL || arrays->beta != NULL || arrays->dgamma != NULL || arrays->dbeta != NULL;
	if ((arrays->x == NULL || (wants_gradient(arrays) && arrays->dy == NULL)) && elements > 0) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "x or dy is NULL; both have %zu elements", elements);
	}
	if (has_parameters && desc->affine == CLNORM_AFFINE_NONE) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "gamma, beta or a gradient is given with CLNORM_AFFINE_NONE");
	}
	if ((arrays->given_mean != NULL) != (arrays->given_rstd != NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "given_%s is NULL; statistics are given both or not at all",
		                arrays->given_mean != NULL ? "rstd" : "mean");
	}
	if ((arrays->mask != NULL) != (desc->valid == CLNORM_VALID_MASK) && (arrays->mask != NULL || elements > 0)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the mask is %s CLNORM_VALID_MASK",
		                arrays->mask != NULL ? "given without" : "NULL with");
	}
	if ((arrays->lengths != NULL) != (desc->valid == CLNORM_VALID_LENGTHS) &&
	    (arrays->lengths != NULL || elements > 0)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "lengths are %s CLNORM_VALID_LENGTHS",
		                arrays->lengths != NULL ? "given without" : "NULL with");
	}
	return CLNORM_OK;
}

/* Each parameter's sums, of N*C or of C, shared by the samples. */
static clnorm_status run(const struct call *call)
{
	const clnorm_reference_arrays *arrays = call->arrays;
	const clnorm_desc *desc = call->desc;
	size_t parameters = desc->affine == CLNORM_AFFINE_INSTANCE ? cln_desc_instances(desc) : desc->c;
	struct gradient *gradients = NULL;
	if (wants_gradient(arrays) && (gradients = calloc(parameters + 1, sizeof(*gradients))) == NULL) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for the sums of %zu parameters", parameters);
	}
	for (size_t i = 0; cln_desc_elements(desc) > 0 && i < cln_desc_sets(desc); ++i) {
		run_set(call, i, gradients);
	}
	for (size_t p = 0; arrays->dgamma != NULL && p < parameters; ++p) {
		arrays->dgamma[p] = cln_sum_value(&gradients[p].gamma);
	}
	for (size_t p = 0; arrays->dbeta != NULL && p < parameters; ++p) {
		arrays->dbeta[p] = cln_sum_value(&gradients[p].beta);
	}
	free(gradients);
	return CLNORM_OK;
}

clnorm_status clnorm_reference(const clnorm_desc *desc, const clnorm_reference_arrays *arrays)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_desc_check(desc));
	if (arrays == NULL) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the arrays are NULL");
	}
	CLN_TRY(check_arrays(desc, arrays));
	st = run(&(struct call){desc, arrays});
done:
	return st;
}

clnorm_status clnorm_reference_forward(const clnorm_desc *desc, const double *x, const double *gamma,
                                       const double *beta, const double *residual, double *y, double *mean,
                                       double *rstd)
{
	clnorm_reference_arrays arrays = {
		.x = x,
		.gamma = gamma,
		.beta = beta,
		.residual = residual,
		.y = y,
		.mean = mean,
		.rstd = rstd,
	};
	return clnorm_reference(desc, &arrays);
}

clnorm_status clnorm_reference_backward(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                                        const double *beta, const double *residual, double *dx, double *dgamma,
                                        double *dbeta)
{
	clnorm_reference_arrays arrays = {
		.x = x,
		.gamma = gamma,
		.beta = beta,
		.residual = residual,
		.dy = dy,
		.dx = dx,
		.dgamma = dgamma,
		.dbeta = dbeta,
	};
	return clnorm_reference(desc, &arrays);
}
