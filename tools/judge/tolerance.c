/* tolerance.c: how far a result of the device may lie from exact: the numerics contract and the rounding of the dtypes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/tolerance.h"

#include <float.h>
#include <math.h>

/* Digits of the significand, the hidden one too, exponent of the smallest normal number, and the largest number. */
static const struct {
	int digits, least;
	double largest;
} roundings[CLNORM_DTYPE_COUNT] = {
	[CLNORM_F32] = {.digits = 24, .least = -126, .largest = FLT_MAX},
	[CLNORM_F16] = {.digits = 11, .least = -14, .largest = 65504},
	[CLNORM_BF16] = {.digits = 8, .least = -126, .largest = 0x1.fep127},
	[CLNORM_F64] = {.digits = 53, .least = -1022, .largest = DBL_MAX},
};

/* The contract's numbers are multiples of a float's rounding; f64 gets the same multiples of a double's, and the
 * reference, in double itself, as many again. */
static double of_statistics(clnorm_dtype dtype, double bound)
{
	return dtype == CLNORM_F64 ? ldexp(bound, -28) : bound;
}

double tool_tolerance_forward(clnorm_dtype dtype)
{
	return of_statistics(dtype, 5e-7);
}

double tool_tolerance_backward(clnorm_dtype dtype)
{
	return of_statistics(dtype, 1e-6);
}

double tool_tolerance_half_ulp(clnorm_dtype dtype, double value)
{
	int least = roundings[dtype].least;
	int exponent = value == 0 || !isfinite(value) ? least : ilogb(value);
	return ldexp(1, (exponent > least ? exponent : least) - roundings[dtype].digits);
}

double tool_tolerance_storing(clnorm_dtype dtype, double value)
{
	return dtype == clnorm_dtype_statistics(dtype) ? 0 : tool_tolerance_half_ulp(dtype, value);
}

double tool_tolerance_least(clnorm_dtype dtype)
{
	return dtype == CLNORM_F64 ? DBL_MIN : FLT_MIN;
}

/* SiLU's steepest slope is 1.0999, GELU's 1.1290. */
double tool_tolerance_stretch(const clnorm_desc *desc)
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

/* OpenCL 1.2, section 7.4, allows exp 3 ulp, a division 2.5, erfc 16; a few roundings come with them. */
double tool_tolerance_functions(const clnorm_desc *desc)
{
	double ulp = desc->dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	return desc->activation == CLNORM_ACT_SILU ? 7 * ulp : desc->activation == CLNORM_ACT_GELU ? 18 * ulp : 0;
}

bool tool_tolerance_is_same_kind(clnorm_dtype dtype, double got, double wanted)
{
	if (isnan(wanted) || isnan(got)) {
		return isnan(wanted) && isnan(got);
	}
	if (isinf(wanted)) {
		return got == wanted;
	}
	return isfinite(got) || (fabs(wanted) > roundings[dtype].largest && (got > 0) == (wanted > 0));
}
