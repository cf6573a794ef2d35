/* trial_backward.c: the backward pass tried: data, given moments, NaN, repetition, in place, margins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include "extent.h"
#include "pattern.h"

struct gradients {
	struct tool_specimen dx, dgamma, dbeta;
};

/* dy, and the outputs of two calls. */
struct outputs {
	struct tool_specimen dy;
	struct gradients first, again;
};

static bool make_gradients(const struct tool_trial_bench *bench, struct gradients *gradients)
{
	const clnorm_desc *desc = &bench->job.desc;
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	size_t parameters = tool_extent_affine(desc);
	return tool_specimen_create(desc->dtype, tool_extent_of(desc).count, &gradients->dx) &&
	       tool_specimen_create(statistics, parameters, &gradients->dgamma) &&
	       tool_specimen_create(statistics, parameters, &gradients->dbeta);
}

static void clear_gradients(struct gradients *gradients)
{
	tool_specimen_clear(&gradients->dx);
	tool_specimen_clear(&gradients->dgamma);
	tool_specimen_clear(&gradients->dbeta);
}

static bool make_operands(struct tool_trial_bench *bench, struct outputs *out)
{
	struct tool_job *job = &bench->job;
	const unsigned slabs = TOOL_JOB_X | TOOL_JOB_DY | TOOL_JOB_DX | TOOL_JOB_DGAMMA | TOOL_JOB_DBETA;
	return tool_job_allocate(job, slabs, TOOL_TRIAL_MARGIN) &&
	       tool_specimen_create(job->desc.dtype, tool_extent_of(&job->desc).count, &out->dy) &&
	       tool_specimen_fill(&out->dy, bench->seed + 4, 0) && tool_specimen_put(&out->dy, job, &job->dy) &&
	       tool_specimen_put(&bench->gamma, job, &job->gamma) && tool_specimen_put(&bench->beta, job, &job->beta) &&
	       make_gradients(bench, &out->first) && make_gradients(bench, &out->again);
}

/* Runs with every output spoiled before, and brings them. */
static bool run(struct tool_trial_bench *bench, struct gradients *gradients)
{
	struct tool_job *job = &bench->job;
	return tool_job_spoil(job, CLNORM_OP_BACKWARD) && tool_job_run(job, CLNORM_OP_BACKWARD, NULL) &&
	       tool_specimen_get(&gradients->dx, job, &job->dx) &&
	       tool_specimen_get(&gradients->dgamma, job, &job->dgamma) &&
	       tool_specimen_get(&gradients->dbeta, job, &job->dbeta);
}

static bool run_and_compare(struct tool_trial_bench *bench, struct outputs *out, struct tool_trial *trial)
{
	struct tool_check check = {0};
	struct tool_check_inputs inputs = {
		.x = bench->x.exact,
		.dy = out->dy.exact,
		.gamma = bench->gamma.exact,
		.beta = bench->beta.exact,
		.residual = bench->job.residual.tensor != NULL ? bench->residual.exact : NULL,
	};
	struct tool_check_outputs outputs = {
		.dx = out->first.dx.exact, .dgamma = out->first.dgamma.exact, .dbeta = out->first.dbeta.exact};
	return run(bench, &out->first) && tool_check_backward(&bench->job.desc, &inputs, &outputs, &check) &&
	       tool_trial_note(bench, &check, trial);
}

static bool try_patterns(struct tool_trial_bench *bench, struct outputs *out, struct tool_trial *trial)
{
	for (int i = 0; i < TOOL_PATTERN_COUNT; ++i) {
		if (!tool_trial_put_pattern(bench, i) || !run_and_compare(bench, out, trial)) {
			return tool_report_about(tool_pattern_name((enum tool_pattern)i));
		}
	}
	return true;
}

/* A residual, and the moments of a forward call instead of new ones. The result stays for what follows. */
static bool try_given_moments(struct tool_trial_bench *bench, struct outputs *out, struct tool_trial *trial)
{
	struct tool_job *job = &bench->job;
	return (tool_trial_put_pattern(bench, TOOL_PATTERN_LARGE_MEAN) &&
	        tool_specimen_put(&bench->residual, job, &job->residual) &&
	        tool_job_allocate(job, TOOL_JOB_MOMENTS, TOOL_TRIAL_MARGIN) &&
	        tool_job_run(job, CLNORM_OP_FORWARD, NULL) && run_and_compare(bench, out, trial)) ||
	       tool_report_about("given moments");
}

static bool compare_bits(const struct outputs *out, const char *what)
{
	return (tool_specimen_is_same(&out->first.dx, &out->again.dx) ||
	        tool_report_fail("%s: dx has other bits", what)) &&
	       (tool_specimen_is_same(&out->first.dgamma, &out->again.dgamma) ||
	        tool_report_fail("%s: dgamma has other bits", what)) &&
	       (tool_specimen_is_same(&out->first.dbeta, &out->again.dbeta) ||
	        tool_report_fail("%s: dbeta has other bits", what));
}

/* In x: a NaN in dy may meet a gradient of 0 there. */
static bool try_nan(struct tool_trial_bench *bench, struct outputs *out)
{
	struct tool_job *job = &bench->job;
	return tool_trial_put_nan(bench, &bench->x) && tool_specimen_put(&bench->x, job, &job->x) &&
	       run(bench, &out->again) && tool_trial_check_nan(bench, "dx", &out->first.dx, &out->again.dx) &&
	       tool_trial_put_pattern(bench, TOOL_PATTERN_LARGE_MEAN);
}

/* dx over dy gives the same bits as dx elsewhere. */
static bool try_in_place(struct tool_trial_bench *bench, struct outputs *out)
{
	struct tool_job *job = &bench->job;
	struct tool_slab apart = job->dx;
	job->dx = job->dy;
	bool is_done = run(bench, &out->again);
	job->dx = apart;
	return is_done && compare_bits(out, "in place");
}

bool tool_trial_backward(struct tool_trial_bench *bench, struct tool_trial *trial)
{
	struct outputs out = {0};
	bool is_passed = make_operands(bench, &out) && try_patterns(bench, &out, trial) &&
	                 try_given_moments(bench, &out, trial) && run(bench, &out.again) &&
	                 compare_bits(&out, "a second run") && try_nan(bench, &out) && try_in_place(bench, &out) &&
	                 tool_job_check_margins(&bench->job);
	tool_specimen_clear(&out.dy);
	clear_gradients(&out.first);
	clear_gradients(&out.again);
	return is_passed;
}
