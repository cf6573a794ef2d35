/* trial_backward.c: the backward pass tried: data, given moments, NaN, repetition, in place, margins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/trial.h"

#include "tools/data/extent.h"
#include "tools/data/pattern.h"

struct gradients {
	struct tool_values dx, dgamma, dbeta;
};

/* dy, and the outputs of two calls. */
struct outputs {
	struct tool_values dy;
	struct gradients first, again;
};

static bool make_gradients(const struct tool_trial_setup *setup, struct gradients *gradients)
{
	const clnorm_desc *desc = &setup->job.desc;
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	size_t parameters = tool_extent_affine(desc);
	return tool_values_create(desc->dtype, tool_extent_of(desc).count, &gradients->dx) &&
	       tool_values_create(statistics, parameters, &gradients->dgamma) &&
	       tool_values_create(statistics, parameters, &gradients->dbeta);
}

static void clear_gradients(struct gradients *gradients)
{
	tool_values_clear(&gradients->dx);
	tool_values_clear(&gradients->dgamma);
	tool_values_clear(&gradients->dbeta);
}

static bool make_operands(struct tool_trial_setup *setup, struct outputs *out)
{
	struct tool_job *job = &setup->job;
	const unsigned buffers = TOOL_JOB_X | TOOL_JOB_DY | TOOL_JOB_DX | TOOL_JOB_DGAMMA | TOOL_JOB_DBETA;
	return tool_job_allocate(job, buffers, TOOL_TRIAL_MARGIN) &&
	       tool_values_create(job->desc.dtype, tool_extent_of(&job->desc).count, &out->dy) &&
	       tool_values_fill(&out->dy, setup->seed + 4, 0) && tool_values_put(&out->dy, job, &job->dy) &&
	       tool_values_put(&setup->gamma, job, &job->gamma) && tool_values_put(&setup->beta, job, &job->beta) &&
	       make_gradients(setup, &out->first) && make_gradients(setup, &out->again);
}

/* Runs with every output spoiled before, and brings them. */
static bool run(struct tool_trial_setup *setup, struct gradients *gradients)
{
	struct tool_job *job = &setup->job;
	return tool_job_spoil(job, CLNORM_OP_BACKWARD) && tool_job_run(job, CLNORM_OP_BACKWARD, NULL) &&
	       tool_values_get(&gradients->dx, job, &job->dx) &&
	       tool_values_get(&gradients->dgamma, job, &job->dgamma) &&
	       tool_values_get(&gradients->dbeta, job, &job->dbeta);
}

static bool run_and_compare(struct tool_trial_setup *setup, struct outputs *out, struct tool_trial *trial)
{
	struct tool_check check = {0};
	struct tool_check_inputs inputs = {
		.x = setup->x.exact,
		.dy = out->dy.exact,
		.gamma = setup->gamma.exact,
		.beta = setup->beta.exact,
		.residual = setup->job.residual.tensor != NULL ? setup->residual.exact : NULL,
	};
	struct tool_check_outputs outputs = {
		.dx = out->first.dx.exact, .dgamma = out->first.dgamma.exact, .dbeta = out->first.dbeta.exact};
	return run(setup, &out->first) && tool_check_backward(&setup->job.desc, &inputs, &outputs, &check) &&
	       tool_trial_note(setup, &check, trial);
}

static bool try_patterns(struct tool_trial_setup *setup, struct outputs *out, struct tool_trial *trial)
{
	for (int i = 0; i < TOOL_PATTERN_COUNT; ++i) {
		if (!tool_trial_put_pattern(setup, i) || !run_and_compare(setup, out, trial)) {
			return tool_report_about(tool_pattern_name((enum tool_pattern)i));
		}
	}
	return true;
}

/* A residual, and the moments of a forward call instead of new ones. The result stays for what follows. */
static bool try_given_moments(struct tool_trial_setup *setup, struct outputs *out, struct tool_trial *trial)
{
	struct tool_job *job = &setup->job;
	return (tool_trial_put_pattern(setup, TOOL_PATTERN_LARGE_MEAN) &&
	        tool_values_put(&setup->residual, job, &job->residual) &&
	        tool_job_allocate(job, TOOL_JOB_MOMENTS, TOOL_TRIAL_MARGIN) &&
	        tool_job_run(job, CLNORM_OP_FORWARD, NULL) && run_and_compare(setup, out, trial)) ||
	       tool_report_about("given moments");
}

static bool compare_bits(const struct outputs *out, const char *what)
{
	return (tool_values_is_same(&out->first.dx, &out->again.dx) ||
	        tool_report_fail("%s: dx has other bits", what)) &&
	       (tool_values_is_same(&out->first.dgamma, &out->again.dgamma) ||
	        tool_report_fail("%s: dgamma has other bits", what)) &&
	       (tool_values_is_same(&out->first.dbeta, &out->again.dbeta) ||
	        tool_report_fail("%s: dbeta has other bits", what));
}

/* In x: a NaN in dy may meet a gradient of 0 there. */
static bool try_nan(struct tool_trial_setup *setup, struct outputs *out)
{
	struct tool_job *job = &setup->job;
	return tool_trial_put_nan(setup, &setup->x) && tool_values_put(&setup->x, job, &job->x) &&
	       run(setup, &out->again) && tool_trial_check_nan(setup, "dx", &out->first.dx, &out->again.dx) &&
	       tool_trial_put_pattern(setup, TOOL_PATTERN_LARGE_MEAN);
}

/* dx over dy gives the same bits as dx elsewhere. */
static bool try_in_place(struct tool_trial_setup *setup, struct outputs *out)
{
	struct tool_job *job = &setup->job;
	struct tool_buffer apart = job->dx;
	job->dx = job->dy;
	bool is_done = run(setup, &out->again);
	job->dx = apart;
	return is_done && compare_bits(out, "in place");
}

bool tool_trial_backward(struct tool_trial_setup *setup, struct tool_trial *trial)
{
	struct outputs out = {0};
	bool is_passed = make_operands(setup, &out) && try_patterns(setup, &out, trial) &&
	                 try_given_moments(setup, &out, trial) && run(setup, &out.again) &&
	                 compare_bits(&out, "a second run") && try_nan(setup, &out) && try_in_place(setup, &out) &&
	                 tool_job_check_margins(&setup->job);
	tool_values_clear(&out.dy);
	clear_gradients(&out.first);
	clear_gradients(&out.again);
	return is_passed;
}
