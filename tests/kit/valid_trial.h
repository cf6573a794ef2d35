/* valid_trial.h: a problem with valid elements on the device: its operands, plans, calls.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VALID_TRIAL_H
#define TESTS_VALID_TRIAL_H

#include "tests/kit/place.h"
#include "tests/kit/valid_case.h"

struct valid_trial {
	const struct valid_case *c;
	struct place x, dy, residual, gamma, beta, y, mean, rstd, moments, dx, dgamma, dbeta;
	cl_mem valid; /* mask or lengths, after four bytes of something else */
};

/* Plans of forward, given statistics and backward; NULL where the variant does not apply. */
struct valid_plans {
	clnorm_plan *forward, *apply, *backward;
};

/* Uploads inputs and poisons outputs; the case stays the caller's. */
void valid_trial_init(struct valid_trial *trial, const struct valid_case *c);
void valid_trial_clear(struct valid_trial *trial);

struct valid_plans valid_plans_make(const clnorm_desc *desc);
void valid_plans_clear(struct valid_plans *plans);

/* To their end. apply with the moments that forward put out; backward with them, where it is told, or none. */
void valid_trial_forward(struct valid_trial *trial, clnorm_plan *plan);
void valid_trial_apply(struct valid_trial *trial, clnorm_plan *plan);
void valid_trial_backward(struct valid_trial *trial, clnorm_plan *plan, bool told);

/* What it is, in a buffer that the next call writes. */
const char *valid_trial_name(const struct valid_case *c);

#endif
