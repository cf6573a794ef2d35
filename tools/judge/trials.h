/* trials.h: plans tried against the reference and the promises of the interface.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TRIALS_H
#define TOOL_TRIALS_H

#include "tools/judge/trial.h"

/* Tries one op of a description, whose variant may be forced; a variant that does not apply, or a dtype that the device
 * lacks, is skipped. Every operand begins at an odd element and has NaN around it. Checked are the outputs on several
 * kinds of data; that a constant set gives beta exactly, that a NaN stays in its set, that the same bits come
 * out twice, and in place, and that nothing outside is written. */
void tool_trial_run(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op, unsigned long long seed,
                    struct tool_trial *trial);

#endif
