/* trial.h: one plan tried on data that is hard to normalize: its operands, what came out, and each op's part.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TRIAL_H
#define TOOL_TRIAL_H

#include "tools/calls/job.h"
#include "tools/judge/check.h"
#include "tools/judge/values.h"

enum tool_trial_result { TOOL_TRIAL_PASSED = 0, TOOL_TRIAL_FAILED, TOOL_TRIAL_SKIPPED };

struct tool_trial {
	enum tool_trial_result result;
	char reason[400]; /* why it failed or was skipped; "" where it passed */
	double error; /* largest of all comparisons, past half an ulp of what is stored short; 0 with an activation */
};

/* Elements around every operand: odd, so that no operand is aligned to a vector. */
#define TOOL_TRIAL_MARGIN 7

/* What both ops need. */
struct tool_trial_setup {
	unsigned long long seed;
	struct tool_job job;
	struct tool_values x, residual, gamma, beta;
};

/* The two ops, each in its file: with the plan made, x made but not filled, and residual, gamma and beta filled. */
TOOL_CHECKED bool tool_trial_forward(struct tool_trial_setup *setup, struct tool_trial *trial);
TOOL_CHECKED bool tool_trial_backward(struct tool_trial_setup *setup, struct tool_trial *trial);

/* Takes a comparison into account. */
TOOL_CHECKED bool tool_trial_note(const struct tool_trial_setup *setup, const struct tool_check *check,
                                  struct tool_trial *trial);

/* Fills x with a pattern and puts it on the device. */
TOOL_CHECKED bool tool_trial_put_pattern(struct tool_trial_setup *setup, int pattern);

/* After a NaN in the last element of the middle instance: `now` is NaN all over the set of that instance, and has the
 * bits of `before` elsewhere. */
TOOL_CHECKED bool tool_trial_check_nan(const struct tool_trial_setup *setup, const char *what,
                                       const struct tool_values *before, const struct tool_values *now);
/* Puts that NaN there. */
TOOL_CHECKED bool tool_trial_put_nan(const struct tool_trial_setup *setup, struct tool_values *values);

#endif
