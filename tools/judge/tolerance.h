/* tolerance.h: how far a result of the device may lie from exact: the numerics contract and the rounding of the dtypes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TOLERANCE_H
#define TOOL_TOLERANCE_H

#include <clnorm/clnorm.h>

/* What the contract allows y, per max(1, |gamma*xhat| + |beta| + |residual|): 5e-7 for f32, f16 and bf16, twice as
 * many ulps for f64, since the reference is in double too. */
double tool_tolerance_forward(clnorm_dtype dtype);
/* What it allows gradients: dx per rstd*max(max|gamma*g|, |xhat|*mean|gamma*g*xhat|) of its set, dgamma per
 * sum|g*xhat| (and an eighth of sum|g|, for xhat near 0), dbeta per sum|g|. */
double tool_tolerance_backward(clnorm_dtype dtype);

/* Half the distance of the dtype's numbers next to value. */
double tool_tolerance_half_ulp(clnorm_dtype dtype, double value);
/* The same for data of this dtype; 0 where it is stored as it is computed, because the contract holds the rounding
 * then. */
double tool_tolerance_storing(clnorm_dtype dtype, double value);
/* The smallest normal number of the statistics; a device may flush to zero below it. */
double tool_tolerance_least(clnorm_dtype dtype);

/* How far the activation can stretch an error of its argument: its steepest slope, rounded up. */
double tool_tolerance_stretch(const clnorm_desc *desc);
/* What the device's exp and erfc may add, relative to the activation's value. */
double tool_tolerance_functions(const clnorm_desc *desc);

/* NaN must be NaN and infinity infinity; a finite number past the dtype's range may have become infinity. */
bool tool_tolerance_is_same_kind(clnorm_dtype dtype, double got, double wanted);

#endif
