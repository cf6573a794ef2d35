/* conditional_trial.h: conditional parameters on made-up data: operands on host and device, and the formulas in double.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONDITIONAL_TRIAL_H
#define TESTS_CONDITIONAL_TRIAL_H

#include <check.h>

#include "tests/kit/place.h"

/* Operands of both passes, in the order of their first use. */
enum conditional_operand {
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
	CONDITIONAL_OPERANDS
};

struct conditional_trial {
	clnorm_conditional_desc desc;
	clnorm_conditional *handle;
	bool has_bias;
	size_t counts[CONDITIONAL_OPERANDS];
	struct place at[CONDITIONAL_OPERANDS];
	double *values[CONDITIONAL_OPERANDS]; /* as the device has them; of outputs what lies there before the call */
};

/* Makes a handle and data; every operand begins at another offset where `offset`, else at 0. Outputs of the backward
 * pass hold old gradients, gamma and beta NaN. */
void conditional_trial_init(struct conditional_trial *trial, clnorm_conditional_desc desc, bool has_bias, bool offset,
                            unsigned seed);
void conditional_trial_clear(struct conditional_trial *trial);

/* Puts all operands back as they were. */
void conditional_trial_rewind(struct conditional_trial *trial);

clnorm_conditional_forward_args conditional_trial_forward_args(const struct conditional_trial *trial);
/* All three outputs. */
clnorm_conditional_backward_args conditional_trial_backward_args(const struct conditional_trial *trial);

/* Downloads an operand and compares it with the formula, within what float sums of so many terms allow. old*momentum is
 * a term of gradients; NULL: scale 1, momentum 0. */
void conditional_trial_check(const struct conditional_trial *trial, enum conditional_operand operand,
                             const clnorm_accumulate *accumulate);

/* device_main(), but 77 on an interpreter, which is there to look at our kernels and has its findings about CLBlast's;
 * and CLBlast's cache is cleared at the end, since a leak check would find the contexts that it holds. */
int conditional_trial_main(Suite *suite);

#endif
