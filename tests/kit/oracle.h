/* oracle.h: what is right: values and gradients in long double, by other formulas than the library's.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arrays are packed, in the description's layout; gamma, beta and their gradients as desc->affine says, mean and rstd
 * [N, groups]. Descriptions must be valid. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <clnorm/types.h>

/* Any of gamma, beta, residual, y, mean and rstd may be NULL. */
void oracle_forward(const clnorm_desc *desc, const double *x, const double *gamma, const double *beta,
                    const double *residual, double *y, double *mean, double *rstd);

/* Mean = mean + rest, and sum of squared deviations. A mean rounded to a double would not do for doubles: where it is
 * 1e4 deviations, deviations from it are off by 1e4 roundings. */
struct oracle_moments {
	double mean, m2;
	long double rest;
};
struct oracle_moments oracle_moments(const clnorm_desc *desc, const double *x, size_t set);

/* Gradients of sum(dy*y), by the chain rule through the variance and then the mean. Any of gamma, beta, residual, dx,
 * dgamma and dbeta may be NULL. */
void oracle_backward(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                     const double *beta, const double *residual, double *dx, double *dgamma, double *dbeta);

/* act(z) of the description's activation. */
long double oracle_activation(const clnorm_desc *desc, long double z);
/* act'(z) of the description's activation, for tolerances. */
double oracle_derivative(const clnorm_desc *desc, double z);

enum oracle_input { ORACLE_X = 0, ORACLE_GAMMA, ORACLE_BETA, ORACLE_RESIDUAL };

/* d sum(dy*y) / d input[index], by finite differences alone: central, of fourth order, exact to about 1e-11 of the
 * terms' size. Moves x by 2^-12 standard deviations and others by 2^-12 of max(1, |value|): no kink of the activation
 * may be that near. */
double oracle_difference(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                         const double *beta, const double *residual, enum oracle_input input, size_t index);

#endif
