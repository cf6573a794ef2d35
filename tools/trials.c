/* trials.c: a plan made, tried on one op, and cleared.
 * SPDX-License-Identifier: Apache-2.0 */
#include "trials.h"

#include "extent.h"

#include <stdio.h>

static bool make_data(struct tool_trial_bench *bench)
{
	const clnorm_desc *desc = &bench->job.desc;
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	size_t parameters = tool_extent_affine(desc), count = tool_extent_of(desc).count;
	return tool_specimen_create(desc->dtype, count, &bench->x) &&
	       tool_specimen_create(desc->dtype, count, &bench->residual) &&
	       tool_specimen_create(statistics, parameters, &bench->gamma) &&
	       tool_specimen_create(statistics, parameters, &bench->beta) &&
	       tool_specimen_fill(&bench->residual, bench->seed + 1, 0) &&
	       tool_specimen_fill(&bench->gamma, bench->seed + 2, 1) &&
	       tool_specimen_fill(&bench->beta, bench->seed + 3, 0);
}

void tool_trial_run(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op, unsigned long long seed,
                    struct tool_trial *trial)
{
	struct tool_trial_bench bench = {.seed = seed};
	clnorm_desc question = *desc;
	*trial = (struct tool_trial){.result = TOOL_TRIAL_PASSED};
	/* Backward is tried with moments of a forward call too. */
	question.ops = op == CLNORM_OP_BACKWARD ? CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD : CLNORM_OP_FORWARD;
	clnorm_status status = tool_job_plan(ctx, &question, &bench.job);
	if (status == CLNORM_UNSUPPORTED) {
		trial->result = TOOL_TRIAL_SKIPPED;
	} else if (status != CLNORM_OK || !make_data(&bench)) {
		trial->result = TOOL_TRIAL_FAILED;
	} else {
		bool is_passed = op == CLNORM_OP_BACKWARD ? tool_trial_backward(&bench, trial)
		                                          : tool_trial_forward(&bench, trial);
		trial->result = is_passed ? TOOL_TRIAL_PASSED : TOOL_TRIAL_FAILED;
	}
	if (trial->result != TOOL_TRIAL_PASSED) {
		snprintf(trial->reason, sizeof trial->reason, "%.399s", tool_report_text());
	}
	tool_job_clear(&bench.job);
	tool_specimen_clear(&bench.x);
	tool_specimen_clear(&bench.residual);
	tool_specimen_clear(&bench.gamma);
	tool_specimen_clear(&bench.beta);
}
