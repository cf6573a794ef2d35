/* check_backward.c: outputs of the backward pass held against the reference and the numerics contract.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "extent.h"
#include "tolerance.h"

#include <math.h>
#include <stdlib.h>

/* A value within so many bounds of a kink may be on its other side on the device. */
#define KINK_BOUNDS 4

/* Sums over an instance or over a parameter's instances. `_slack` is how far rounding at kinks can move them. */
struct sums {
	double *g, *g_xhat; /* of |g| and |g*xhat| */
	double *g_slack, *g_xhat_slack;
	double *peak; /* largest |g| */
};

/* All of one comparison. The exact values are the reference's. */
struct bench {
	const clnorm_desc *desc;
	const struct tool_check_inputs *inputs;
	struct tool_extent extent;
	size_t parameters;
	double *mean, *rstd, *dx, *dgamma, *dbeta;
	struct sums instances, totals; /* totals: one a parameter */
};

/* What one element adds. */
struct term {
	size_t instance;
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

static bool make_exact(struct bench *bench, const struct tool_check_outputs *outputs)
{
	const struct tool_check_inputs *in = bench->inputs;
	size_t instances = bench->extent.instances;
	return (bench->mean = tool_check_zeros(instances)) != NULL &&
	       (bench->rstd = tool_check_zeros(instances)) != NULL &&
	       (outputs->dx == NULL || (bench->dx = tool_check_zeros(bench->extent.count)) != NULL) &&
	       (outputs->dgamma == NULL || (bench->dgamma = tool_check_zeros(bench->parameters)) != NULL) &&
	       (outputs->dbeta == NULL || (bench->dbeta = tool_check_zeros(bench->parameters)) != NULL) &&
	       make_sums(instances, &bench->instances) && make_sums(bench->parameters, &bench->totals) &&
	       tool_report_status(clnorm_reference_forward(bench->desc, in->x, in->gamma, in->beta, in->residual, NULL,
	                                                   bench->mean, bench->rstd)) &&
	       tool_report_status(clnorm_reference_backward(bench->desc, in->x, in->dy, in->gamma, in->beta,
	                                                    in->residual, bench->dx, bench->dgamma, bench->dbeta));
}

static void clear(struct bench *bench)
{
	free(bench->mean);
	free(bench->rstd);
	free(bench->dx);
	free(bench->dgamma);
	free(bench->dbeta);
	clear_sums(&bench->instances);
	clear_sums(&bench->totals);
}

/* The smooth activations' slopes are not computed: their bound, the steepest slope, stands for |g|. */
static struct term term_of(const struct bench *bench, size_t i)
{
	const struct tool_check_inputs *in = bench->inputs;
	struct term term = {.gamma = 1};
	size_t place;
	tool_extent_locate(&bench->extent, i, &term.instance, &place);
	size_t k = tool_extent_parameter(bench->desc, term.instance);
	double beta = in->beta != NULL ? in->beta[k] : 0, residual = in->residual != NULL ? in->residual[i] : 0;
	term.gamma = in->gamma != NULL ? in->gamma[k] : 1;
	term.xhat = (in->x[i] - bench->mean[term.instance]) * bench->rstd[term.instance];
	clnorm_activation activation = bench->desc->activation;
	if (activation != CLNORM_ACT_RELU && activation != CLNORM_ACT_LEAKY_RELU) {
		term.g = fabs(in->dy[i]) * tool_tolerance_stretch(bench->desc);
		return term;
	}
	double slope = activation == CLNORM_ACT_RELU ? 0 : bench->desc->slope;
	double z = term.gamma * term.xhat + beta + residual;
	double scale = fmax(1, fabs(term.gamma * term.xhat) + fabs(beta) + fabs(residual));
	term.g = fabs(in->dy[i]) * (z > 0 ? 1 : fabs(slope));
	if (fabs(z) <= KINK_BOUNDS * tool_tolerance_forward(bench->desc->dtype) * scale) {
		term.jump = fabs(in->dy[i]) * fabs(1 - slope);
	}
	return term;
}

static void add_term(struct sums *sums, size_t i, const struct term *term)
{
	sums->g[i] += term->g;
	sums->g_xhat[i] += fabs(term->g * term->xhat);
	sums->g_slack[i] += term->jump;
	sums->g_xhat_slack[i] += fabs(term->jump * term->xhat);
	sums->peak[i] = fmax(sums->peak[i], term->g + term->jump);
}

static void add_up(struct bench *bench)
{
	for (size_t i = 0; i < bench->extent.count; ++i) {
		struct term term = term_of(bench, i);
		add_term(&bench->instances, term.instance, &term);
		if (bench->parameters > 0) {
			add_term(&bench->totals, tool_extent_parameter(bench->desc, term.instance), &term);
		}
	}
	/* xhat is known to an ulp of 1 at best, also where it is near 0. */
	for (size_t i = 0; i < bench->parameters; ++i) {
		bench->totals.g_xhat[i] += bench->totals.g[i] / 8;
	}
}

static void compare_dx(const struct bench *bench, const double *dx, struct tool_check *check)
{
	const struct sums *sums = &bench->instances;
	double s = (double)bench->extent.s, functions = 2 * tool_tolerance_functions(bench->desc);
	for (size_t i = 0; i < bench->extent.count; ++i) {
		struct term term = term_of(bench, i);
		size_t k = term.instance;
		double factor = fabs(term.gamma) * bench->rstd[k], wanted = bench->dx[i];
		double slack = term.jump + (sums->g_slack[k] + fabs(term.xhat) * sums->g_xhat_slack[k]) / s;
		double scale = fmax(sums->peak[k], fabs(term.xhat) * sums->g_xhat[k] / s);
		double allowed = factor * ((check->bound + functions) * scale);
		if (!tool_tolerance_is_same_kind(bench->desc->dtype, dx[i], wanted)) {
			tool_check_fail(check, "dx", i, dx[i], wanted);
		} else if (isfinite(dx[i]) && isfinite(wanted)) {
			double rounding = tool_tolerance_storing(bench->desc->dtype, fabs(wanted) + allowed) +
			                  factor * slack + tool_tolerance_least(bench->desc->dtype);
			tool_check_number(check, "dx", i, dx[i], wanted, allowed, rounding);
		}
	}
}

static void compare_totals(const struct bench *bench, const char *what, const double *got, const double *wanted,
                           const double *scales, const double *slacks, struct tool_check *check)
{
	clnorm_dtype type = clnorm_dtype_statistics(bench->desc->dtype);
	double functions = 2 * tool_tolerance_functions(bench->desc);
	for (size_t i = 0; i < bench->parameters && got != NULL; ++i) {
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
	struct bench bench = {.desc = desc, .inputs = inputs, .extent = tool_extent_of(desc)};
	struct tool_check made = {.is_passed = true, .bound = tool_tolerance_backward(desc->dtype)};
	bool is_done = false;
	bench.parameters = tool_extent_affine(desc);
	TOOL_TRY(make_exact(&bench, outputs));
	add_up(&bench);
	if (outputs->dx != NULL) {
		compare_dx(&bench, outputs->dx, &made);
	}
	compare_totals(&bench, "dgamma", outputs->dgamma, bench.dgamma, bench.totals.g_xhat, bench.totals.g_xhat_slack,
	               &made);
	compare_totals(&bench, "dbeta", outputs->dbeta, bench.dbeta, bench.totals.g, bench.totals.g_slack, &made);
	*check = made;
	is_done = true;
done:
	clear(&bench);
	return is_done;
}
