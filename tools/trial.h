/* trial.h: one plan tried on data that is hard to normalize, against the reference and the promises of the interface.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TRIAL_H
#define TOOL_TRIAL_H

#include "check.h"

enum tool_trial_result { TOOL_TRIAL_PASSED = 0, TOOL_TRIAL_FAILED, TOOL_TRIAL_SKIPPED };

struct tool_trial {
	enum tool_trial_result result;
	char reason[400]; /* why it failed or was skipped; "" where it passed */
	double error;     /* largest of all comparisons, as at struct tool_check; f16 and bf16: past half an ulp; 0 with
	                     activation */
};

/* Tries a description, whose variant may be forced; one that does not apply, or a dtype that the device lacks, is
 * skipped. Every operand begins at an odd element and has NaN around it. Checked are: y, mean and rstd on several kinds
 * of data; that a constant instance gives beta exactly, that a NaN stays in its instance, that the same bits come out
 * twice, and in place, and that nothing outside is written. */
void tool_trial_run(clnorm_context *ctx, const clnorm_desc *desc, unsigned long long seed, struct tool_trial *trial);

#endif
