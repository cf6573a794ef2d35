/* activation.h: the activations and their derivatives in double.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_ACTIVATION_H
#define CLN_ACTIVATION_H

#include <clnorm/types.h>

/* act(z); a NaN stays one. */
double cln_activation_value(clnorm_activation activation, double slope, double z);

/* act'(z); at 0 it is 0 for relu and the slope for leaky-relu. */
double cln_activation_derivative(clnorm_activation activation, double slope, double z);

#endif
