/* check.h: outputs of the device held against the reference and the numerics contract.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CHECK_H
#define TOOL_CHECK_H

#include "tools/base/report.h"

/* Inputs of a call as the device has them: rounded to their types, then exact in double. Only x, and backward dy, must
 * be given, and mask or lengths where the description says so. */
struct tool_check_inputs {
	const double *x, *gamma, *beta, *residual, *dy;
	const double *mean, *rstd; /* statistics that were given, with forward alone */
	const unsigned char *mask;
	const cl_uint *lengths;
};

/* Outputs of the device in double; each may be NULL. */
struct tool_check_outputs {
	const double *y, *mean, *rstd;
	const double *dx, *dgamma, *dbeta;
};

struct tool_check {
	bool is_passed;
	double bound;    /* what the contract allows of error, before rounding to the dtype */
	double error;    /* the largest, per what tolerance.h says the bound is per */
	double excess;   /* the same past half an ulp of the dtype; less than error where data is stored shorter than
	                    computed */
	char fault[160]; /* the first number past the bound, and the exact one; "" where is_passed */
};

/* The inputs as the reference takes them. */
clnorm_reference_arrays tool_check_arrays(const struct tool_check_inputs *inputs);

/* Whether y of element i depends on statistics; else it is x or 0, by outside. */
bool tool_check_is_normalized(const clnorm_desc *desc, const struct tool_check_inputs *inputs, size_t i);

/* Compares y, mean and rstd with clnorm_reference(). False, and a reason kept, where that cannot be computed;
 * how the comparison ends is in *check. */
TOOL_CHECKED bool tool_check_forward(const clnorm_desc *desc, const struct tool_check_inputs *inputs,
                                     const struct tool_check_outputs *outputs, struct tool_check *check);

/* Compares dx, dgamma and dbeta with clnorm_reference(). Where z is so close to a kink of the activation that
 * its side is a matter of rounding, either side's gradient passes. */
TOOL_CHECKED bool tool_check_backward(const clnorm_desc *desc, const struct tool_check_inputs *inputs,
                                      const struct tool_check_outputs *outputs, struct tool_check *check);

/* Notes one number: takes error into account, and keeps a fault where |got - wanted| is over allowed + rounding. */
void tool_check_number(struct tool_check *check, const char *what, size_t i, double got, double wanted, double allowed,
                       double rounding);
/* The same of one that is another one's copy: a fault unless both are equal, or NaN. */
void tool_check_copy(struct tool_check *check, const char *what, size_t i, double got, double wanted);
/* Keeps a fault. */
void tool_check_fail(struct tool_check *check, const char *what, size_t i, double got, double wanted);

/* count zeros; NULL, and a reason kept, without memory. The caller frees. */
double *tool_check_zeros(size_t count);
/* Elements of another type in double; the same. */
double *tool_check_widen(clnorm_dtype dtype, const void *data, size_t count);

#endif
