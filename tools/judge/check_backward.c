/* check_backward.c: outputs of the backward pass held against the reference and the numerics contract.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/check.h"

#include "tools/data/extent.h"
#include "tools/judge/tolerance.h"

#include <math.h>
#include <stdlib.h>

/* A value within so many bounds of a kink may be on its other side on the device. */
#define KINK_BOUNDS 4

/* Sums over a set, then of gamma*g for g, or over a parameter's instances. `_slack` is how far rounding at kinks can
 * move them. */
struct sums {
	double *g, *g_xhat; /* of |g| and |g*xhat| */
	double *g_slack, *g_xhat_slack;
	double *peak; /* largest |g| */
};

/* All of one comparison. The exact values are the reference's. */
struct work {
	const clnorm_desc *desc;
	const struct tool_check_inputs *inputs;
	struct tool_extent extent;
	size_t parameters;
	double *mean, *rstd, *dx, *dgamma, *dbeta;
	double *valid;            /* elements of each set that its statistics are of */
	struct sums sets, totals; /* totals: one a parameter */
};

/* What one element adds. */
struct term {
	size_t instance, set;
	double gamma, xhat, g;
	double jump; /* how far g could be off by the side of a kink; 0 away from it */
};

static bool make_sums(size_t count, struct sums *sums)
{
	return (sums->g = tool_check_zeros(count)) != NULL && (sums->g_xhat = tool_check_zeros(count)) != NULL &&
	       (sums->g_slack = tool_check_zeros(count)) != NULL &&
	       (sums->g_xhat_slack = tool_check_zeros(count)) != NULL && (sums->peak = tool_check_zeros(count)) != NULL;
}

static void clear_sums(struct sums *sums)
{
	free(sums->g);
	free(sums->g_xhat);
	free(sums->g_slack);
	free(sums->g_xhat_slack);
	free(sums->peak);
}

static bool make_exact(struct work *work, const struct tool_check_outputs *outputs)
{
	clnorm_reference_arrays arrays = tool_check_arrays(work->inputs);
	size_t sets = work->extent.sets;
	if ((work->mean = tool_check_zeros(sets)) == NULL || (work->rstd = tool_check_zeros(sets)) == NULL ||
	    (work->valid = tool_check_zeros(sets)) == NULL ||
	    (outputs->dx != NULL && (work->dx = tool_check_zeros(work->extent.count)) == NULL) ||
	    (outputs->dgamma != NULL && (work->dgamma = tool_check_zeros(work->parameters)) == NULL) ||
	    (outputs->dbeta != NULL && (work->dbeta = tool_check_zeros(work->parameters)) == NULL) ||
	    !make_sums(sets, &work->sets) || !make_sums(work->parameters, &work->totals)) {
		return false;
	}
	arrays.mean = work->mean;
	arrays.rstd = work->rstd;
	arrays.dx = work->dx;
	arrays.dgamma = work->dgamma;
	arrays.dbeta = work->dbeta;
	return tool_report_status(clnorm_reference(work->desc, &arrays));
}

static void clear(struct work *work)
{
	free(work->mean);
	free(work->rstd);
	free(work->valid);
	free(work->dx);
	free(work->dgamma);
	free(work->dbeta);
	clear_sums(&work->sets);
	clear_sums(&work->totals);
}

/* The smooth activations' slopes are not computed: their bound, the steepest slope, stands for |g|. */
static struct term term_of(const struct work *work, size_t i)
{
	const struct tool_check_inputs *in = work->inputs;
	struct term term = {.gamma = 1};
	size_t place;
	tool_extent_locate(&work->extent, i, &term.instance, &place);
	term.set = tool_extent_set(&work->extent, term.instance);
	size_t k = tool_extent_parameter(work->desc, term.instance);
	double beta = in->beta != NULL ? in->beta[k] : 0, residual = in->residual != NULL ? in->residual[i] : 0;
	term.gamma = in->gamma != NULL ? in->gamma[k] : 1;
	term.xhat = (in->x[i] - work->mean[term.set]) * work->rstd[term.set];
	clnorm_activation activation = work->desc->activation;
	if (activation != CLNORM_ACT_RELU && activation != CLNORM_ACT_LEAKY_RELU) {
		term.g = fabs(in->dy[i]) * tool_tolerance_stretch(work->desc);
		return term;
	}
	double slope = activation == CLNORM_ACT_RELU ? 0 : work->desc->slope;
	double z = term.gamma * term.xhat + beta + residual;
	double scale = fmax(1, fabs(term.gamma * term.xhat) + fabs(beta) + fabs(residual));
	term.g = fabs(in->dy[i]) * (z > 0 ? 1 : fabs(slope));
	if (fabs(z) <= KINK_BOUNDS * tool_tolerance_forward(work->desc->dtype) * scale) {
		term.jump = fabs(in->dy[i]) * fabs(1 - slope);
	}
	return term;
}

static void add_term(struct sums *sums, size_t i, const struct term *term, double factor)
{
	double g = factor * term->g, jump = factor * term->jump;
	sums->g[i] += g;
	sums->g_xhat[i] += fabs(g * term->xhat);
	sums->g_slack[i] += jump;
	sums->g_xhat_slack[i] += fabs(jump * term->xhat);
	sums->peak[i] = fmax(sums->peak[i], g + jump);
}

/* Whether element i has a part in the sums: of padding that is no number nothing gets into them. */
static bool is_summed(const struct work *work, size_t i, bool is_valid)
{
	return is_valid || (work->desc->outside == CLNORM_OUTSIDE_NORMALIZE && isfinite(work->inputs->x[i]));
}

static bool is_valid(const struct work *work, size_t i)
{
	return tool_extent_is_valid(work->desc, work->inputs->mask, work->inputs->lengths, i);
}

static void add_up(struct work *work)
{
	for (size_t i = 0; i < work->extent.count; ++i) {
		struct term term = term_of(work, i);
		bool valid = is_valid(work, i);
		work->valid[term.set] += valid;
		if (!is_summed(work, i, valid)) {
			continue;
		}
		add_term(&work->sets, term.set, &term, fabs(term.gamma));
		if (work->parameters > 0) {
			add_term(&work->totals, tool_extent_parameter(work->desc, term.instance), &term, 1);
		}
	}
	/* xhat is known to an ulp of 1 at best, also where it is near 0. */
	for (size_t i = 0; i < work->parameters; ++i) {
		work->totals.g_xhat[i] += work->totals.g[i] / 8;
	}
}

/* How far dx of an element may be off, before rounding to the dtype, and by the side of kinks. Sums are over all that
 * depends on the statistics, means over the valid elements. */
static double dx_allowed(const struct work *work, const struct term *term, double bound, double *slack)
{
	const struct sums *sums = &work->sets;
	size_t k = term->set;
	double m = fmax(1, work->valid[k]), freedom = fmax(1, m - work->desc->ddof), xhat = fabs(term->xhat);
	double scale = fmax(fmax(sums->peak[k], sums->g[k] / m), xhat * sums->g_xhat[k] / freedom);
	*slack = work->rstd[k] *
	         (fabs(term->gamma) * term->jump + sums->g_slack[k] / m + xhat * sums->g_xhat_slack[k] / freedom);
	return work->rstd[k] * ((bound + 2 * tool_tolerance_functions(work->desc)) * scale);
}

static void compare_dx(const struct work *work, const double *dx, struct tool_check *check)
{
	clnorm_dtype dtype = work->desc->dtype;
	for (size_t i = 0; i < work->extent.count; ++i) {
		struct term term = term_of(work, i);
		double wanted = work->dx[i], slack;
		if (!tool_check_is_normalized(work->desc, work->inputs, i)) {
			tool_check_copy(check, "dx", i, dx[i], wanted);
			continue;
		}
		if (!isfinite(work->inputs->x[i]) && !is_valid(work, i)) {
			continue; /* padding that is no number has no gradient to speak of */
		}
		double allowed = dx_allowed(work, &term, check->bound, &slack);
		if (!tool_tolerance_is_same_kind(dtype, dx[i], wanted)) {
			tool_check_fail(check, "dx", i, dx[i], wanted);
		} else if (isfinite(dx[i]) && isfinite(wanted)) {
			double rounding = tool_tolerance_storing(dtype, fabs(wanted) + allowed) + slack +
			                  tool_tolerance_least(dtype);
			tool_check_number(check, "dx", i, dx[i], wanted, allowed, rounding);
		}
	}
}

static void compare_totals(const struct work *work, const char *what, const double *got, const double *wanted,
                           const double *scales, const double *slacks, struct tool_check *check)
{
	clnorm_dtype type = clnorm_dtype_statistics(work->desc->dtype);
	double functions = 2 * tool_tolerance_functions(work->desc);
	for (size_t i = 0; i < work->parameters && got != NULL; ++i) {
		if (!tool_tolerance_is_same_kind(type, got[i], wanted[i])) {
			tool_check_fail(check, what, i, got[i], wanted[i]);
		} else if (isfinite(wanted[i])) {
			tool_check_number(check, what, i, got[i], wanted[i], (check->bound + functions) * scales[i],
			                  slacks[i] + tool_tolerance_least(type));
		}
	}
}

bool tool_check_backward(const clnorm_desc *desc, const struct tool_check_inputs *inputs,
                         const struct tool_check_outputs *outputs, struct tool_check *check)
{
	struct work work = {.desc = desc, .inputs = inputs, .extent = tool_extent_of(desc)};
	struct tool_check made = {.is_passed = true, .bound = tool_tolerance_backward(desc->dtype)};
	bool is_done = false;
	work.parameters = tool_extent_affine(desc);
	TOOL_TRY(make_exact(&work, outputs));
	add_up(&work);
	if (outputs->dx != NULL) {
		compare_dx(&work, outputs->dx, &made);
	}
	compare_totals(&work, "dgamma", outputs->dgamma, work.dgamma, work.totals.g_xhat, work.totals.g_xhat_slack,
	               &made);
	compare_totals(&work, "dbeta", outputs->dbeta, work.dbeta, work.totals.g, work.totals.g_slack, &made);
	*check = made;
	is_done = true;
done:
	clear(&work);
	return is_done;
}
