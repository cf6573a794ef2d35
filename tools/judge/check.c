/* check.c: outputs of the forward pass held against the reference and the numerics contract.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/check.h"

#include "tools/data/extent.h"
#include "tools/judge/tolerance.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- One number -------------------------------------------------------------------------------------------------- */

void tool_check_fail(struct tool_check *check, const char *what, size_t i, double got, double wanted)
{
	if (check->is_passed) {
		snprintf(check->fault, sizeof check->fault, "%s[%zu] is %.9g, exactly %.9g", what, i, got, wanted);
	}
	check->is_passed = false;
}

void tool_check_number(struct tool_check *check, const char *what, size_t i, double got, double wanted, double allowed,
                       double rounding)
{
	double error = fabs(got - wanted), unit = allowed / check->bound;
	if (unit > 0) {
		check->error = fmax(check->error, error / unit);
		check->excess = fmax(check->excess, (error - rounding) / unit);
	}
	if (!(error <= allowed + rounding)) {
		tool_check_fail(check, what, i, got, wanted);
	}
}

double *tool_check_zeros(size_t count)
{
	double *values = count < SIZE_MAX / sizeof(double) ? calloc(count + 1, sizeof(double)) : NULL;
	if (values == NULL) {
		tool_report_fail("no memory for %zu doubles of the reference", count);
	}
	return values;
}

double *tool_check_widen(clnorm_dtype dtype, const void *data, size_t count)
{
	double *values = tool_check_zeros(count);
	if (values != NULL && !tool_report_status(clnorm_convert(dtype, data, CLNORM_F64, values, count))) {
		free(values);
		return NULL;
	}
	return values;
}

clnorm_reference_arrays tool_check_arrays(const struct tool_check_inputs *inputs)
{
	return (clnorm_reference_arrays){
		.x = inputs->x,
		.gamma = inputs->gamma,
		.beta = inputs->beta,
		.residual = inputs->residual,
		.dy = inputs->dy,
		.mask = inputs->mask,
		.lengths = inputs->lengths,
		.given_mean = inputs->mean,
		.given_rstd = inputs->rstd,
	};
}

bool tool_check_is_normalized(const clnorm_desc *desc, const struct tool_check_inputs *inputs, size_t i)
{
	return desc->outside == CLNORM_OUTSIDE_NORMALIZE ||
	       tool_extent_is_valid(desc, inputs->mask, inputs->lengths, i);
}

void tool_check_copy(struct tool_check *check, const char *what, size_t i, double got, double wanted)
{
	if (got != wanted && !(isnan(got) && isnan(wanted))) {
		tool_check_fail(check, what, i, got, wanted);
	}
}

/* ---- Forward ----------------------------------------------------------------------------------------------------- */

/* The reference's outputs. */
struct exact {
	double *y, *mean, *rstd;
};

static double parameter(const double *values, size_t i, double otherwise)
{
	return values != NULL ? values[i] : otherwise;
}

static void compare_y(const clnorm_desc *desc, const struct tool_check_inputs *inputs, const struct exact *exact,
                      const double *y, struct tool_check *check)
{
	struct tool_extent extent = tool_extent_of(desc);
	double stretch = tool_tolerance_stretch(desc), functions = tool_tolerance_functions(desc);
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		size_t k = tool_extent_parameter(desc, instance), set = tool_extent_set(&extent, instance);
		double xhat = (inputs->x[i] - exact->mean[set]) * exact->rstd[set];
		double scale = fabs(parameter(inputs->gamma, k, 1) * xhat) + fabs(parameter(inputs->beta, k, 0)) +
		               fabs(parameter(inputs->residual, i, 0));
		double wanted = exact->y[i];
		if (!tool_check_is_normalized(desc, inputs, i)) {
			tool_check_copy(check, "y", i, y[i], wanted);
			continue;
		}
		if (!isfinite(scale) && !isfinite(y[i]) && !isfinite(wanted)) {
			continue; /* NaN or infinity comes of such a parameter, which of them is not promised */
		}
		if (!tool_tolerance_is_same_kind(desc->dtype, y[i], wanted)) {
			tool_check_fail(check, "y", i, y[i], wanted);
		} else if (isfinite(y[i]) && isfinite(wanted)) {
			double allowed = check->bound * fmax(1, scale) * stretch + functions * fabs(wanted);
			double rounding = tool_tolerance_storing(desc->dtype, fabs(wanted) + allowed);
			tool_check_number(check, "y", i, y[i], wanted, allowed, rounding);
		}
	}
}

/* An error e of the mean moves y by rstd*e, so the bound on y is one on e. */
static void compare_statistics(const clnorm_desc *desc, const struct exact *exact,
                               const struct tool_check_outputs *outputs, struct tool_check *check)
{
	clnorm_dtype type = clnorm_dtype_statistics(desc->dtype);
	size_t sets = tool_extent_of(desc).sets;
	for (size_t i = 0; i < sets; ++i) {
		double mean = exact->mean[i], rstd = exact->rstd[i];
		if (!isfinite(mean) || !isfinite(rstd)) {
			continue;
		}
		double allowed = (rstd > 0 ? check->bound / rstd : 0) + tool_tolerance_half_ulp(type, mean);
		if (outputs->mean != NULL &&
		    !(fabs(outputs->mean[i] - mean) <= allowed + tool_tolerance_least(desc->dtype))) {
			tool_check_fail(check, "mean", i, outputs->mean[i], mean);
		}
		/* Below the smallest normal number a device may flush, or keeps few digits. */
		bool has_digits = 1 / (rstd * rstd) >= tool_tolerance_least(desc->dtype);
		if (outputs->rstd != NULL && has_digits && !(fabs(outputs->rstd[i] - rstd) <= check->bound * rstd)) {
			tool_check_fail(check, "rstd", i, outputs->rstd[i], rstd);
		}
	}
}

bool tool_check_forward(const clnorm_desc *desc, const struct tool_check_inputs *inputs,
                        const struct tool_check_outputs *outputs, struct tool_check *check)
{
	struct tool_extent extent = tool_extent_of(desc);
	struct tool_check made = {.is_passed = true, .bound = tool_tolerance_forward(desc->dtype)};
	struct exact exact = {0};
	bool is_done = false;
	if (outputs->y != NULL) {
		TOOL_TRY((exact.y = tool_check_zeros(extent.count)) != NULL);
	}
	TOOL_TRY((exact.mean = tool_check_zeros(extent.sets)) != NULL);
	TOOL_TRY((exact.rstd = tool_check_zeros(extent.sets)) != NULL);
	clnorm_reference_arrays arrays = tool_check_arrays(inputs);
	arrays.y = exact.y;
	arrays.mean = exact.mean;
	arrays.rstd = exact.rstd;
	TOOL_TRY(tool_report_status(clnorm_reference(desc, &arrays)));
	if (extent.count > 0 && outputs->y != NULL) {
		compare_y(desc, inputs, &exact, outputs->y, &made);
	}
	if (extent.count > 0) {
		compare_statistics(desc, &exact, outputs, &made);
	}
	*check = made;
	is_done = true;
done:
	free(exact.y);
	free(exact.mean);
	free(exact.rstd);
	return is_done;
}
