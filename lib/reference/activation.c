/* activation.c: the activations and their derivatives in double.
 * SPDX-License-Identifier: Apache-2.0 */
#include "reference/activation.h"

#include <math.h>

static const double root_half = 0.70710678118654752440;      /* 1/sqrt(2) */
static const double root_half_turn = 0.39894228040143267794; /* 1/sqrt(2*pi) */

static double sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

/* Phi(z) = (1 + erf(z/sqrt(2)))/2, in the form that keeps its digits where z is far below 0. */
static double normal_share(double z)
{
	return erfc(-z * root_half) / 2;
}

static double normal_density(double z)
{
	return exp(-z * z / 2) * root_half_turn;
}

double cln_activation_value(clnorm_activation activation, double slope, double z)
{
	switch (activation) {
	case CLNORM_ACT_RELU:
		return z <= 0 ? 0 : z;
	case CLNORM_ACT_LEAKY_RELU:
		return z > 0 ? z : slope * z;
	case CLNORM_ACT_SILU:
		return z * sigmoid(z);
	case CLNORM_ACT_GELU:
		return z * normal_share(z);
	default:
		return z;
	}
}

double cln_activation_derivative(clnorm_activation activation, double slope, double z)
{
	switch (activation) {
	case CLNORM_ACT_RELU:
		return z <= 0 ? 0 : 1;
	case CLNORM_ACT_LEAKY_RELU:
		return z > 0 ? 1 : slope;
	case CLNORM_ACT_SILU:
		return sigmoid(z) * (1 + z * sigmoid(-z));
	case CLNORM_ACT_GELU:
		return normal_share(z) + z * normal_density(z);
	default:
		return 1;
	}
}
