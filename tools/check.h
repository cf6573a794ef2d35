/* check.h: an output of the device held against the reference and the numerics contract.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CHECK_H
#define TOOL_CHECK_H

#include "report.h"

/* Inputs of a forward call as the device has them: rounded to their types, then exact in double. All but x may be NULL.
 */
struct tool_check_inputs {
	const double *x, *gamma, *beta, *residual;
};

/* Outputs of the device in double; each may be NULL. */
struct tool_check_outputs {
	const double *y, *mean, *rstd;
};

struct tool_check {
	bool is_passed;
	double bound;    /* what the contract allows of error, before rounding to the dtype */
	double error;    /* largest |y - exact| / max(1, |gamma*xhat| + |beta| + |residual|) */
	double excess;   /* the same without half an ulp of the dtype, where y is stored shorter than computed */
	char fault[160]; /* the first element past the bound, with its numbers; "" where is_passed */
};

/* Compares with clnorm_reference_forward(). False, and a reason kept, where it cannot be computed; how the comparison
 * ends is in *check. */
TOOL_CHECKED bool tool_check_forward(const clnorm_desc *desc, const struct tool_check_inputs *inputs,
                                     const struct tool_check_outputs *outputs, struct tool_check *check);

/* The bound for this dtype: 5e-7 for f32, f16 and bf16; the same number of ulps for f64. */
double tool_check_bound(clnorm_dtype dtype);

/* Elements of another type in double; NULL, and a reason kept, without memory. The caller frees. */
double *tool_check_widen(clnorm_dtype dtype, const void *data, size_t count);

#endif
