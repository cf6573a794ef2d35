/* check.c: an output of the device held against the reference and the numerics contract.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "extent.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- What is allowed -------------------------------------------------------------------------------------------- */

/* Digits of the significand, the hidden one too, exponent of the smallest normal number, and the largest number. */
static const struct {
	int digits, least;
	double largest;
} roundings[CLNORM_DTYPE_COUNT] = {
	[CLNORM_F32] = {24, -126, FLT_MAX},
	[CLNORM_F16] = {11, -14, 65504},
	[CLNORM_BF16] = {8, -126, 0x1.fep127},
	[CLNORM_F64] = {53, -1022, DBL_MAX},
};

double tool_check_bound(clnorm_dtype dtype)
{
	return dtype == CLNORM_F64 ? ldexp(5e-7, -29) : 5e-7;
}

static double half_ulp(clnorm_dtype dtype, double value)
{
	int least = roundings[dtype].least;
	int exponent = value == 0 || !isfinite(value) ? least : ilogb(value);
	return ldexp(1, (exponent > least ? exponent : least) - roundings[dtype].digits);
}

/* How far an activation can stretch an error of its argument: its steepest slope, rounded up. */
static double stretch(const clnorm_desc *desc)
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

/* What the device's own functions may add, relative to y: OpenCL 1.2, section 7.4, allows exp 3 ulp, a division 2.5,
 * erfc 16. */
static double function_error(const clnorm_desc *desc)
{
	double ulp = desc->dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	return desc->activation == CLNORM_ACT_SILU ? 7 * ulp : desc->activation == CLNORM_ACT_GELU ? 18 * ulp : 0;
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

/* The reference's outputs. */
struct exact {
	double *y, *mean, *rstd;
};

static void keep_fault(struct tool_check *check, const char *what, size_t i, double got, double wanted)
{
	if (check->is_passed) {
		snprintf(check->fault, sizeof check->fault, "%s[%zu] is %.9g, exactly %.9g", what, i, got, wanted);
	}
	check->is_passed = false;
}

/* NaN must be NaN and infinity infinity; a finite number past the dtype's range may have become infinity. */
static bool is_same_kind(clnorm_dtype dtype, double got, double wanted)
{
	if (isnan(wanted) || isnan(got)) {
		return isnan(wanted) && isnan(got);
	}
	if (isinf(wanted)) {
		return got == wanted;
	}
	return isfinite(got) || (fabs(wanted) > roundings[dtype].largest && (got > 0) == (wanted > 0));
}

static double parameter(const double *values, size_t i, double otherwise)
{
	return values != NULL ? values[i] : otherwise;
}

static void compare_y(const clnorm_desc *desc, const struct tool_check_inputs *inputs, const struct exact *exact,
                      const double *y, struct tool_check *check)
{
	struct tool_extent extent = tool_extent_of(desc);
	bool is_stored_shorter = desc->dtype != clnorm_dtype_statistics(desc->dtype);
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		size_t k = desc->affine == CLNORM_AFFINE_INSTANCE ? instance : instance % extent.c;
		double xhat = (inputs->x[i] - exact->mean[instance]) * exact->rstd[instance];
		double scale =
			fmax(1, fabs(parameter(inputs->gamma, k, 1) * xhat) + fabs(parameter(inputs->beta, k, 0)) +
		                        fabs(parameter(inputs->residual, i, 0)));
		double wanted = exact->y[i], got = y[i];
		if (!is_same_kind(desc->dtype, got, wanted)) {
			keep_fault(check, "y", i, got, wanted);
		}
		if (!isfinite(got) || !isfinite(wanted)) {
			continue;
		}
		double allowed = check->bound * scale * stretch(desc) + function_error(desc) * fabs(wanted);
		double rounding = is_stored_shorter ? half_ulp(desc->dtype, fabs(wanted) + allowed) : 0;
		double error = fabs(got - wanted);
		check->error = fmax(check->error, error / scale);
		check->excess = fmax(check->excess, (error - rounding) / scale);
		if (error > allowed + rounding) {
			keep_fault(check, "y", i, got, wanted);
		}
	}
}

/* An error e of the mean moves y by rstd*e, so the bound on y is one on e. */
static void compare_statistics(const clnorm_desc *desc, const struct exact *exact,
                               const struct tool_check_outputs *outputs, struct tool_check *check)
{
	clnorm_dtype type = clnorm_dtype_statistics(desc->dtype);
	double least = type == CLNORM_F64 ? DBL_MIN : FLT_MIN; /* below it, a device may flush to zero */
	size_t instances = tool_extent_of(desc).instances;
	for (size_t i = 0; i < instances; ++i) {
		double mean = exact->mean[i], rstd = exact->rstd[i];
		if (!isfinite(mean) || !isfinite(rstd)) {
			continue;
		}
		double allowed = (rstd > 0 ? check->bound / rstd : 0) + half_ulp(type, mean) + least;
		if (outputs->mean != NULL && !(fabs(outputs->mean[i] - mean) <= allowed)) {
			keep_fault(check, "mean", i, outputs->mean[i], mean);
		}
		if (outputs->rstd != NULL && !(fabs(outputs->rstd[i] - rstd) <= check->bound * rstd)) {
			keep_fault(check, "rstd", i, outputs->rstd[i], rstd);
		}
	}
}

static double *allocate(size_t count)
{
	double *values = count < SIZE_MAX / sizeof(double) ? malloc((count + 1) * sizeof(double)) : NULL;
	if (values == NULL) {
		tool_report_fail("no memory for %zu doubles of the reference", count);
	}
	return values;
}

bool tool_check_forward(const clnorm_desc *desc, const struct tool_check_inputs *inputs,
                        const struct tool_check_outputs *outputs, struct tool_check *check)
{
	struct tool_extent extent = tool_extent_of(desc);
	struct tool_check made = {.is_passed = true, .bound = tool_check_bound(desc->dtype)};
	struct exact exact = {0};
	bool is_done = false;
	if (outputs->y != NULL) {
		TOOL_TRY((exact.y = allocate(extent.count)) != NULL);
	}
	TOOL_TRY((exact.mean = allocate(extent.instances)) != NULL);
	TOOL_TRY((exact.rstd = allocate(extent.instances)) != NULL);
	TOOL_TRY(tool_report_status(clnorm_reference_forward(desc, inputs->x, inputs->gamma, inputs->beta,
	                                                     inputs->residual, exact.y, exact.mean, exact.rstd)));
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

double *tool_check_widen(clnorm_dtype dtype, const void *data, size_t count)
{
	double *values = allocate(count);
	if (values != NULL && !tool_report_status(clnorm_convert(dtype, data, CLNORM_F64, values, count))) {
		free(values);
		return NULL;
	}
	return values;
}
