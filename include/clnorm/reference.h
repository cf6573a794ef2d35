/* clnorm/reference.h: what is right, in double on the host; clnorm.h includes it, and users include that alone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLNORM_REFERENCE_H
#define CLNORM_REFERENCE_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The arrays of a call of both directions at once: inputs, then outputs, each of which may be NULL; dy is needed for
 * the last three alone; mask and lengths as desc.valid says; given statistics both or neither. */
typedef struct clnorm_reference_arrays {
	const double *x, *gamma, *beta, *residual, *dy;
	const unsigned char *mask;
	const cl_uint *lengths;
	const double *given_mean, *given_rstd; /* in the place of those of x */
	double *y, *mean, *rstd;
	double *dx, *dgamma, *dbeta;
} clnorm_reference_arrays;

/* The formulas of clnorm.h in double, one element after another; slow and plain. V are the valid elements of a set, M
 * of them, by the mask, by the lengths, or all:
 *
 *     mean = sum_V(x)/M      var = sum_V((x-mean)^2)/(M - ddof)      rstd = 1/max(sqrt(var + epsilon), min_std)
 *     xhat = (x - mean)*rstd                                          y = act(gamma*xhat + beta + residual)
 *
 * var is 0 where M <= ddof, rstd where it would divide by zero, mean and rstd where M = 0. Outside V y is that too
 * (CLNORM_OUTSIDE_NORMALIZE), x (KEEP) or 0 (ZERO): no residual, no activation. With g = dy*act', and sums over D, the
 * elements whose y depends on the statistics (NORMALIZE: all of the set; else V),
 *
 *     A = sum_D(gamma*g)     B = sum_D(gamma*g*xhat)     dgamma = sum_D(g*xhat)     dbeta = sum_D(g)
 *     dx = rstd*(gamma*g - A/M - xhat*B/(M - ddof)) in V; outside rstd*gamma*g (NORMALIZE), dy (KEEP), 0 (ZERO)
 *
 * where B counts as 0 with M <= ddof, and with sqrt(var + epsilon) < min_std, when rstd is a constant; A and B both
 * with given statistics, as clnorm_apply() takes them in the place of x's, and with CLNORM_CONSTANT_STATISTICS, which
 * are x's own unless given. An element outside V whose x is not finite has no part in the sums. Arrays are packed, in
 * the description's layout; gamma, beta, dgamma and dbeta as desc.affine says, mean and rstd, given ones too, [N,G],
 * mask [mask_n, mask_c, spatial...], lengths [N]. y and dx may be x, residual or dy. Of an empty tensor parameter
 * gradients are 0, and nothing else is written. dtype, strides, ops, other flags and variant are not looked at, but
 * must be valid. CLNORM_BAD_ARGUMENT and CLNORM_BAD_SHAPE as at clnorm_plan_create(); CLNORM_BAD_ARGUMENT also: arrays
 * or x NULL, a gradient without dy, one of the given statistics without the other, gamma, beta or their gradients with
 * CLNORM_AFFINE_NONE, mask or lengths missing or not what desc.valid says; CLNORM_OUT_OF_MEMORY. */
CLNORM_CHECKED clnorm_status clnorm_reference(const clnorm_desc *desc, const clnorm_reference_arrays *arrays);

/* clnorm_reference() of the arrays named, for descriptions in which all elements are valid. */
CLNORM_CHECKED clnorm_status clnorm_reference_forward(const clnorm_desc *desc, const double *x, const double *gamma,
                                                      const double *beta, const double *residual, double *y,
                                                      double *mean, double *rstd);
CLNORM_CHECKED clnorm_status clnorm_reference_backward(const clnorm_desc *desc, const double *x, const double *dy,
                                                       const double *gamma, const double *beta, const double *residual,
                                                       double *dx, double *dgamma, double *dbeta);

#ifdef __cplusplus
}
#endif
#endif
