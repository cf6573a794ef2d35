/* trials.c: a plan made, tried on one op, and cleared.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/trials.h"

#include "tools/data/extent.h"

#include <stdio.h>

static bool make_data(struct tool_trial_setup *setup)
{
	const clnorm_desc *desc = &setup->job.desc;
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	size_t parameters = tool_extent_affine(desc), count = tool_extent_of(desc).count;
	return tool_values_create(desc->dtype, count, &setup->x) &&
	       tool_values_create(desc->dtype, count, &setup->residual) &&
	       tool_values_create(statistics, parameters, &setup->gamma) &&
	       tool_values_create(statistics, parameters, &setup->beta) &&
	       tool_values_fill(&setup->residual, setup->seed + 1, 0) &&
	       tool_values_fill(&setup->gamma, setup->seed + 2, 1) &&
	       tool_values_fill(&setup->beta, setup->seed + 3, 0);
}

void tool_trial_run(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op, unsigned long long seed,
                    struct tool_trial *trial)
{
	struct tool_trial_setup setup = {.seed = seed};
	clnorm_desc question = *desc;
	*trial = (struct tool_trial){.result = TOOL_TRIAL_PASSED};
	/* Backward is tried with moments of a forward call too. */
	question.ops = op == CLNORM_OP_BACKWARD ? CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD : CLNORM_OP_FORWARD;
	clnorm_status status = tool_job_plan(ctx, &question, &setup.job);
	if (status == CLNORM_UNSUPPORTED) {
		trial->result = TOOL_TRIAL_SKIPPED;
	} else if (status != CLNORM_OK || !make_data(&setup)) {
		trial->result = TOOL_TRIAL_FAILED;
	} else {
		bool is_passed = op == CLNORM_OP_BACKWARD ? tool_trial_backward(&setup, trial)
		                                          : tool_trial_forward(&setup, trial);
		trial->result = is_passed ? TOOL_TRIAL_PASSED : TOOL_TRIAL_FAILED;
	}
	if (trial->result != TOOL_TRIAL_PASSED) {
		snprintf(trial->reason, sizeof trial->reason, "%.399s", tool_report_text());
	}
	tool_job_clear(&setup.job);
	tool_values_clear(&setup.x);
	tool_values_clear(&setup.residual);
	tool_values_clear(&setup.gamma);
	tool_values_clear(&setup.beta);
}
