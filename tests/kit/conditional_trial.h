/* conditional_trial.h: conditional parameters on made-up data: operands on host and device, and the formulas in double.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STYLES_H
#define TESTS_STYLES_H

#include <check.h>

#include "tests/kit/place.h"

/* Operands of both passes, in the order of their first use. */
enum styles_operand {
	STYLES = 0,
	WEIGHTS,
	BIAS,
	GAMMA,
	BETA,
	DGAMMA,
	DBETA,
	DWEIGHTS,
	DBIAS,
	DSTYLES,
	STYLES_OPERANDS
};

struct styles {
	clnorm_conditional_desc desc;
	clnorm_conditional *handle;
	bool has_bias;
	size_t counts[STYLES_OPERANDS];
	struct place at[STYLES_OPERANDS];
	double *values[STYLES_OPERANDS]; /* as the device has them; of outputs what lies there before the call */
};

/* Makes a handle and data; every operand begins at another offset where `offset`, else at 0. Outputs of the backward
 * pass hold old gradients, gamma and beta NaN. */
void styles_init(struct styles *styles, clnorm_conditional_desc desc, bool has_bias, bool offset, unsigned seed);
void styles_clear(struct styles *styles);

/* Puts all operands back as they were. */
void styles_rewind(struct styles *styles);

clnorm_conditional_forward_args styles_forward_args(const struct styles *styles);
/* All three outputs. */
clnorm_conditional_backward_args styles_backward_args(const struct styles *styles);

/* Downloads an operand and compares it with the formula, within what float sums of so many terms allow. old*momentum is
 * a term of gradients; NULL: scale 1, momentum 0. */
void styles_check(const struct styles *styles, enum styles_operand operand, const clnorm_accumulate *accumulate);

/* device_main(), but 77 on an interpreter, which is there to look at our kernels and has its findings about CLBlast's;
 * and CLBlast's cache is cleared at the end, since a leak check would find the contexts that it holds. */
int styles_main(Suite *suite);

#endif
