/* trial.c: one plan tried on data that is hard to normalize: what both ops have in common.
 * SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include "extent.h"
#include "pattern.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool tool_trial_note(const struct tool_trial_bench *bench, const struct tool_check *check, struct tool_trial *trial)
{
	if (bench->job.desc.activation == CLNORM_ACT_NONE) {
		trial->error = fmax(trial->error, check->excess);
	}
	return check->is_passed || tool_report_fail("%s", check->fault);
}

bool tool_trial_put_pattern(struct tool_trial_bench *bench, int pattern)
{
	tool_pattern_fill((enum tool_pattern)pattern, bench->seed, &bench->job.desc, bench->x.exact);
	return tool_specimen_round(&bench->x) && tool_specimen_put(&bench->x, &bench->job, &bench->job.x);
}

bool tool_trial_put_nan(const struct tool_trial_bench *bench, struct tool_specimen *specimen)
{
	struct tool_extent extent = tool_extent_of(&bench->job.desc);
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		if (instance == extent.instances / 2 && place == extent.s - 1) {
			specimen->exact[i] = NAN;
		}
	}
	return tool_specimen_round(specimen);
}

bool tool_trial_check_nan(const struct tool_trial_bench *bench, const char *what, const struct tool_specimen *before,
                          const struct tool_specimen *now)
{
	struct tool_extent extent = tool_extent_of(&bench->job.desc);
	size_t bytes = clnorm_dtype_bytes(now->stored.dtype);
	const char *old_bits = before->stored.data, *new_bits = now->stored.data;
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		bool is_spoiled = instance == extent.instances / 2;
		bool is_same = memcmp(old_bits + i * bytes, new_bits + i * bytes, bytes) == 0;
		if (is_spoiled ? !isnan(now->exact[i]) : !is_same) {
			return tool_report_fail("a NaN in instance %zu: %s[%zu] of instance %zu is %.9g",
			                        extent.instances / 2, what, i, instance, now->exact[i]);
		}
	}
	return true;
}

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
