/* trial_forward.c: the forward pass tried: data, constants, NaN, repetition, in place, margins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/trial.h"

#include "tools/data/extent.h"
#include "tools/data/pattern.h"

/* Outputs; `again` is y of a second call. */
struct outputs {
	struct tool_values y, again, mean, rstd;
};

static bool make_outputs(struct tool_trial_setup *setup, struct outputs *out)
{
	struct tool_extent extent = tool_extent_of(&setup->job.desc);
	clnorm_dtype dtype = setup->job.desc.dtype, statistics = clnorm_dtype_statistics(dtype);
	return tool_job_allocate(&setup->job, TOOL_JOB_X | TOOL_JOB_Y | TOOL_JOB_MEAN | TOOL_JOB_RSTD,
	                         TOOL_TRIAL_MARGIN) &&
	       tool_values_create(dtype, extent.count, &out->y) &&
	       tool_values_create(dtype, extent.count, &out->again) &&
	       tool_values_create(statistics, extent.sets, &out->mean) &&
	       tool_values_create(statistics, extent.sets, &out->rstd);
}

/* Runs with every output spoiled before, and brings y. */
static bool run(struct tool_trial_setup *setup, struct tool_values *y)
{
	struct tool_job *job = &setup->job;
	return tool_job_spoil(job, CLNORM_OP_FORWARD) && tool_job_run(job, CLNORM_OP_FORWARD, NULL) &&
	       tool_values_get(y, job, &job->y);
}

/* The outputs against the reference's, with the operands that the job has. */
static bool compare(struct tool_trial_setup *setup, struct outputs *out, struct tool_trial *trial)
{
	struct tool_job *job = &setup->job;
	struct tool_check check = {0};
	struct tool_check_inputs inputs = {
		.x = setup->x.exact,
		.gamma = job->gamma.tensor != NULL ? setup->gamma.exact : NULL,
		.beta = job->beta.tensor != NULL ? setup->beta.exact : NULL,
		.residual = job->residual.tensor != NULL ? setup->residual.exact : NULL,
	};
	struct tool_check_outputs outputs = {.y = out->y.exact, .mean = out->mean.exact, .rstd = out->rstd.exact};
	return tool_values_get(&out->mean, job, &job->mean) && tool_values_get(&out->rstd, job, &job->rstd) &&
	       tool_check_forward(&job->desc, &inputs, &outputs, &check) && tool_trial_note(setup, &check, trial);
}

/* Every kind of data, without gamma and beta, where the formula is nothing but xhat. */
static bool try_patterns(struct tool_trial_setup *setup, struct outputs *out, struct tool_trial *trial)
{
	for (int i = 0; i < TOOL_PATTERN_COUNT; ++i) {
		if (!tool_trial_put_pattern(setup, i) || !run(setup, &out->y) || !compare(setup, out, trial)) {
			return tool_report_about(tool_pattern_name((enum tool_pattern)i));
		}
	}
	return true;
}

/* With constant sets in x, y is beta to the last bit. From here on the job has gamma and beta. */
static bool try_constant(struct tool_trial_setup *setup, struct outputs *out)
{
	struct tool_job *job = &setup->job;
	struct tool_extent extent = tool_extent_of(&job->desc);
	struct tool_values wanted = {0};
	bool is_done = false;
	TOOL_TRY(tool_trial_put_pattern(setup, TOOL_PATTERN_CONSTANT));
	TOOL_TRY(tool_values_put(&setup->gamma, job, &job->gamma));
	TOOL_TRY(tool_values_put(&setup->beta, job, &job->beta));
	TOOL_TRY(run(setup, &out->y));
	TOOL_TRY(tool_values_create(job->desc.dtype, extent.count, &wanted));
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		wanted.exact[i] = setup->beta.exact[tool_extent_parameter(&job->desc, instance)];
	}
	TOOL_TRY(tool_values_round(&wanted));
	for (size_t i = 0; i < extent.count && job->desc.activation == CLNORM_ACT_NONE; ++i) {
		TOOL_TRY(out->y.exact[i] == wanted.exact[i] ||
		         tool_report_fail("constant: y[%zu] is %.9g, beta is %.9g", i, out->y.exact[i],
		                          wanted.exact[i]));
	}
	is_done = true;
done:
	tool_values_clear(&wanted);
	return is_done;
}

/* All operands at once; the result stays in y for what follows. */
static bool try_full(struct tool_trial_setup *setup, struct outputs *out, struct tool_trial *trial)
{
	struct tool_job *job = &setup->job;
	return (tool_trial_put_pattern(setup, TOOL_PATTERN_NOISE) &&
	        tool_values_put(&setup->residual, job, &job->residual) && run(setup, &out->y) &&
	        compare(setup, out, trial)) ||
	       tool_report_about("gamma, beta, residual");
}

static bool try_again(struct tool_trial_setup *setup, struct outputs *out)
{
	return run(setup, &out->again) &&
	       (tool_values_is_same(&out->y, &out->again) || tool_report_fail("a second run gave other bits"));
}

static bool try_nan(struct tool_trial_setup *setup, struct outputs *out)
{
	return tool_trial_put_nan(setup, &setup->x) && tool_values_put(&setup->x, &setup->job, &setup->job.x) &&
	       run(setup, &out->again) && tool_trial_check_nan(setup, "y", &out->y, &out->again);
}

/* y over x gives the same bits as y elsewhere. */
static bool try_in_place(struct tool_trial_setup *setup, struct outputs *out)
{
	struct tool_buffer apart = setup->job.y;
	if (!tool_trial_put_pattern(setup, TOOL_PATTERN_NOISE)) {
		return false;
	}
	setup->job.y = setup->job.x;
	bool is_done = run(setup, &out->again);
	setup->job.y = apart;
	return is_done && (tool_values_is_same(&out->y, &out->again) || tool_report_fail("in place gave other bits"));
}

bool tool_trial_forward(struct tool_trial_setup *setup, struct tool_trial *trial)
{
	struct outputs out = {0};
	bool is_passed = make_outputs(setup, &out) && try_patterns(setup, &out, trial) && try_constant(setup, &out) &&
	                 try_full(setup, &out, trial) && try_again(setup, &out) && try_nan(setup, &out) &&
	                 try_in_place(setup, &out) && tool_job_check_margins(&setup->job);
	tool_values_clear(&out.y);
	tool_values_clear(&out.again);
	tool_values_clear(&out.mean);
	tool_values_clear(&out.rstd);
	return is_passed;
}
