/* trial_back.h: one clnorm_backward() on made-up data: a trial's inputs, dy, guarded gradients, what came out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TRIAL_BACK_H
#define TESTS_TRIAL_BACK_H

#include "tests/kit/trial.h"

enum trial_back_output { TRIAL_DX = 1, TRIAL_DGAMMA = 2, TRIAL_DBETA = 4, TRIAL_GRADIENTS = 7 };

/* What the call is told of x's statistics: the exact ones, rounded to their type. */
enum trial_back_statistics { TRIAL_TOLD_NOTHING = 0, TRIAL_TOLD_PAIR, TRIAL_TOLD_MOMENTS, TRIAL_TOLD_COUNT };

/* Where dx goes. */
enum trial_back_home { TRIAL_DX_APART = 0, TRIAL_DX_OVER_DY, TRIAL_DX_OVER_X, TRIAL_DX_HOMES };

/* What a call is made of, besides the description and the data. */
struct trial_back_way {
	unsigned inputs;  /* trial_input bits */
	unsigned outputs; /* trial_back_output bits */
	enum trial_back_statistics told;
	enum trial_back_home home;
	clnorm_accumulate accumulate; /* {0, 0}: none is passed, which is {1, 0} */
	unsigned dy;                  /* 0: of four kinds by the seed; else kind dy - 1 */
};

/* Kinds of dy. */
enum { TRIAL_DY_NEAR = 0, TRIAL_DY_FAR, TRIAL_DY_SIGN, TRIAL_DY_SPARSE, TRIAL_DY_CANCELS, TRIAL_DY_LIKE_X, TRIAL_DYS };

struct trial_back {
	struct trial in; /* x, gamma, beta, residual; its outputs are the statistics that are told */
	struct trial_back_way way;

	/* Made by trial_back_init(), rounded to their type. The old gradients are NULL where momentum is 0: NaN then.
	 * */
	double *dy, *old_dgamma, *old_dbeta;
	struct place at_dy, at_dx, at_dgamma, at_dbeta;

	/* Made by trial_back_fetch(); NULL where not asked for. */
	double *dx, *dgamma, *dbeta;
};

/* trial_plan() for the backward pass alone. */
clnorm_plan *trial_back_plan(clnorm_desc *desc, int variant);

/* Makes the data and uploads it. dy is of four kinds in turn with the seed: around 0.25, around 100, of the sign of x
 * - mean, mostly 0; or, where the way asks for it, of large numbers that cancel within a channel, or along x - mean,
 * of another sign in every other sample. Without affine parameters dx is the one output. No x lies so near a kink of
 * the activation that rounding could decide. */
void trial_back_init(struct trial_back *trial, const clnorm_desc *desc, enum cases_data data, unsigned seed,
                     struct trial_back_way way);
void trial_back_clear(struct trial_back *trial);

/* Uploads every input and old gradient again and poisons every output. */
void trial_back_rewind(struct trial_back *trial);
clnorm_backward_args trial_back_args(const struct trial_back *trial);
/* Runs clnorm_backward() to its end and fetches. */
void trial_back_run(struct trial_back *trial, clnorm_plan *plan, cl_command_queue queue);
/* Downloads the outputs, and checks the canaries of all buffers and that inputs are as they were. */
void trial_back_fetch(struct trial_back *trial);
/* The place that dx was written to. */
const struct place *trial_back_dx_place(const struct trial_back *trial);

#endif
