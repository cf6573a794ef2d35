/* job.c: one forward call on a device: a plan, and a slab for each operand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include "extent.h"
#include "timing.h"

clnorm_status tool_job_plan(clnorm_context *ctx, const clnorm_desc *desc, struct tool_job *job)
{
	*job = (struct tool_job){.ctx = ctx, .desc = *desc};
	clnorm_status status = clnorm_plan_create(ctx, desc, &job->plan);
	if (!tool_report_status(status)) {
		return status;
	}
	return CLNORM_OK;
}

bool tool_job_allocate(struct tool_job *job, unsigned outputs, size_t margin)
{
	struct tool_extent extent = tool_extent_of(&job->desc);
	clnorm_dtype statistics = clnorm_dtype_statistics(job->desc.dtype);
	const struct {
		unsigned output;
		struct tool_slab *slab;
		clnorm_dtype dtype;
		size_t count;
	} rows[] = {
		{0, &job->x, job->desc.dtype, extent.count},
		{TOOL_JOB_Y, &job->y, job->desc.dtype, extent.count},
		{TOOL_JOB_MEAN, &job->mean, statistics, extent.instances},
		{TOOL_JOB_RSTD, &job->rstd, statistics, extent.instances},
		{TOOL_JOB_MOMENTS, &job->moments, statistics, extent.instances * CLNORM_MOMENTS_WIDTH},
	};
	job->margin = margin;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
		if (rows[i].output != 0 && (outputs & rows[i].output) == 0) {
			continue;
		}
		if (!tool_slab_create(job->ctx, rows[i].dtype, rows[i].count, margin, rows[i].slab)) {
			return false;
		}
		bool is_statistic = (rows[i].output & ~(unsigned)TOOL_JOB_Y) != 0;
		if (is_statistic && margin == 0 && !tool_slab_spoil(rows[i].slab, clnorm_context_queue(job->ctx))) {
			return false;
		}
	}
	return true;
}

bool tool_job_put(struct tool_job *job, struct tool_slab *slab, clnorm_dtype dtype, size_t count, const void *host)
{
	if (slab->tensor == NULL && !tool_slab_create(job->ctx, dtype, count, job->margin, slab)) {
		return false;
	}
	return tool_slab_upload(slab, clnorm_context_queue(job->ctx), host);
}

bool tool_job_enqueue(struct tool_job *job, cl_command_queue queue)
{
	clnorm_forward_args args = {
		.x = tool_slab_view(&job->x),
		.gamma = tool_slab_view(&job->gamma),
		.beta = tool_slab_view(&job->beta),
		.residual = tool_slab_view(&job->residual),
		.y = tool_slab_view(&job->y),
		.mean = tool_slab_view(&job->mean),
		.rstd = tool_slab_view(&job->rstd),
		.moments = tool_slab_view(&job->moments),
	};
	return tool_report_status(clnorm_forward(job->plan, queue, &args, 0, NULL, NULL));
}

bool tool_job_run(struct tool_job *job, double *ms)
{
	cl_command_queue queue = clnorm_context_queue(job->ctx);
	double start = tool_timing_now();
	if (!tool_job_enqueue(job, queue) || !tool_report_cl(clFinish(queue), "clFinish")) {
		return false;
	}
	if (ms != NULL) {
		*ms = tool_timing_now() - start;
	}
	return true;
}

bool tool_job_check_margins(const struct tool_job *job)
{
	cl_command_queue queue = clnorm_context_queue(job->ctx);
	return tool_slab_check(&job->x, queue, "x") && tool_slab_check(&job->gamma, queue, "gamma") &&
	       tool_slab_check(&job->beta, queue, "beta") && tool_slab_check(&job->residual, queue, "residual") &&
	       tool_slab_check(&job->y, queue, "y") && tool_slab_check(&job->mean, queue, "mean") &&
	       tool_slab_check(&job->rstd, queue, "rstd") && tool_slab_check(&job->moments, queue, "moments");
}

void tool_job_clear(struct tool_job *job)
{
	tool_slab_clear(&job->x);
	tool_slab_clear(&job->gamma);
	tool_slab_clear(&job->beta);
	tool_slab_clear(&job->residual);
	tool_slab_clear(&job->y);
	tool_slab_clear(&job->mean);
	tool_slab_clear(&job->rstd);
	tool_slab_clear(&job->moments);
	clnorm_plan_destroy(job->plan);
	*job = (struct tool_job){0};
}
