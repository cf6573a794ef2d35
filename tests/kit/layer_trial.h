/* layer_trial.h: one step of a layer on made-up data: inputs on the device, what is right beside them, and comparisons.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LAYER_TRIAL_H
#define TESTS_LAYER_TRIAL_H

#include "tests/kit/cases.h"
#include "tests/kit/device.h"

struct layer_trial {
	clnorm_desc desc; /* of x; affine is CLNORM_AFFINE_CHANNEL */
	enum cases_data data;
	unsigned seed;
	size_t instances, spatial, count;
	double *x, *dy, *gamma, *beta; /* on the host, rounded to their types */
	clnorm_tensor *at_x, *at_dy;   /* on the device */

	/* Made by layer_trial_oracle(). */
	double *y, *mean, *rstd, *dx, *dgamma, *dbeta;
};

/* Makes the data, uploads it, and asks the oracle. */
void layer_trial_init(struct layer_trial *trial, const clnorm_desc *desc, enum cases_data data, unsigned seed);
void layer_trial_clear(struct layer_trial *trial);
/* What is right for x, dy, gamma and beta as they are now. */
void layer_trial_oracle(struct layer_trial *trial);

/* A layer for such x, with the trial's gamma and beta in it. */
clnorm_layer *layer_trial_layer(const struct layer_trial *trial, bool affine, const char *name);
/* After a command that wrote a part of a buffer of parameters: oclgrind 21 takes the rest of such a buffer for
 * uninitialized, until it is written whole, which this does with its contents. Nothing elsewhere. */
void layer_trial_heal(const clnorm_layer *layer);
/* clnorm_tensor_fill(), healed likewise: a fill is a write in parts. */
void layer_trial_fill(clnorm_tensor *tensor, double value);
/* clnorm_layer_write() of doubles, healed. */
void layer_trial_write(clnorm_layer *layer, clnorm_layer_part part, const double *values);
/* A tensor of x's shape and dtype, uninitialized. */
clnorm_tensor *layer_trial_tensor(const struct layer_trial *trial);
/* The values of a part; the caller frees. */
double *layer_trial_part(const clnorm_layer *layer, clnorm_layer_part part);

/* Fail where a value is further from right than the contract and the rounding of the dtype allow. */
void layer_trial_check_y(const struct layer_trial *trial, const clnorm_tensor *y);
void layer_trial_check_dx(const struct layer_trial *trial, const clnorm_tensor *dx);
/* The layer's gradients are scale*right + momentum*old; old [2C], dgamma and dbeta, may be NULL with momentum 0. */
void layer_trial_check_gradients(const struct layer_trial *trial, const clnorm_layer *layer, double scale,
                                 double momentum, const double *old);
/* The layer's gradients are exactly these, [2C]; NULL: all 0. */
void layer_trial_check_gradients_are(const clnorm_layer *layer, const double *values);

#endif
