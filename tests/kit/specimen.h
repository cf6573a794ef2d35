/* specimen.h: one description with made-up data on the host: inputs, outputs of the reference, outputs of the oracle.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SPECIMEN_H
#define TESTS_SPECIMEN_H

#include "tests/kit/cases.h"

/* A call's outputs, NaN until they are written. Parameter gradients are NULL with CLNORM_AFFINE_NONE. */
struct specimen_outputs {
	double *y, *mean, *rstd;
	double *dx, *dgamma, *dbeta;
};

/* Every combination of layout, affine mode and activation, each twice: odd ways are meant to have a residual. */
#define SPECIMEN_WAYS (CLNORM_LAYOUT_COUNT * CLNORM_AFFINE_COUNT * CLNORM_ACTIVATION_COUNT * 2)

clnorm_desc specimen_way(const struct cases_shape *shape, int way);

struct specimen {
	clnorm_desc desc;
	size_t instances, spatial, count, params;
	double *x, *dy, *residual, *gamma, *beta; /* gamma and beta are NULL with CLNORM_AFFINE_NONE */
	struct specimen_outputs got, right;
};

/* Makes the data, with a residual or without. */
void specimen_init(struct specimen *specimen, const clnorm_desc *desc, enum cases_data data, unsigned seed,
                   bool has_residual);
void specimen_clear(struct specimen *specimen);

/* Fills `got` by the reference, which must succeed. */
void specimen_forward(struct specimen *specimen);
void specimen_backward(struct specimen *specimen);

/* Fills `right` by the oracle. */
void specimen_oracle(struct specimen *specimen);

/* The parameter of an instance: its index in gamma and beta. */
size_t specimen_parameter(const struct specimen *specimen, size_t instance);

#endif
