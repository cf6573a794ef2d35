/* reference.h: the gradients of the formulas in double, on the host.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_REFERENCE_H
#define CLN_REFERENCE_H

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The gradients of sum(dy*y), y as clnorm_reference_forward() gives it, with g = dy*act'(gamma*xhat + beta + residual):
 *
 *     dx = gamma*rstd*(g - mean(g) - xhat*mean(g*xhat))     dgamma = sum g*xhat     dbeta = sum g
 *
 * Arrays are in the description's layout; gamma, beta, dgamma, dbeta as desc.affine says (C: sums over N too).
 * beta and residual count through the activation alone. act'(0) is 0 for relu and the slope for leaky-relu.
 * gamma, beta, residual, dx, dgamma, dbeta may each be NULL. dx may be x or dy. A shape with a zero in it writes zeros
 * to dgamma and dbeta. Statuses as of clnorm_reference_forward(). */
CLN_CHECKED clnorm_status clnorm_reference_backward(const clnorm_desc *desc, const double *x, const double *dy,
                                                    const double *gamma, const double *beta, const double *residual,
                                                    double *dx, double *dgamma, double *dbeta);

#ifdef __cplusplus
}
#endif
#endif
