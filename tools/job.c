/* job.c: calls of one plan on a device, with a slab for each operand.
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

bool tool_job_allocate(struct tool_job *job, unsigned slabs, size_t margin)
{
	struct tool_extent extent = tool_extent_of(&job->desc);
	clnorm_dtype data = job->desc.dtype, statistics = clnorm_dtype_statistics(data);
	size_t parameters = tool_extent_affine(&job->desc);
	const struct {
		unsigned bit;
		struct tool_slab *slab;
		clnorm_dtype dtype;
		size_t count;
		bool is_data;
	} rows[] = {
		{TOOL_JOB_X, &job->x, data, extent.count, true},
		{TOOL_JOB_Y, &job->y, data, extent.count, true},
		{TOOL_JOB_DY, &job->dy, data, extent.count, true},
		{TOOL_JOB_DX, &job->dx, data, extent.count, true},
		{TOOL_JOB_MEAN, &job->mean, statistics, extent.instances, false},
		{TOOL_JOB_RSTD, &job->rstd, statistics, extent.instances, false},
		{TOOL_JOB_MOMENTS, &job->moments, statistics, extent.instances * CLNORM_MOMENTS_WIDTH, false},
		{TOOL_JOB_DGAMMA, &job->dgamma, statistics, parameters, false},
		{TOOL_JOB_DBETA, &job->dbeta, statistics, parameters, false},
	};
	job->margin = margin;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
		struct tool_slab *slab = rows[i].slab;
		if ((slabs & rows[i].bit) == 0) {
			continue;
		}
		if (!tool_slab_create(job->ctx, rows[i].dtype, rows[i].count, margin, slab)) {
			return false;
		}
		if (!rows[i].is_data && margin == 0 && !tool_slab_spoil(slab, clnorm_context_queue(job->ctx))) {
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

static clnorm_status enqueue_forward(struct tool_job *job, cl_command_queue queue)
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
	return clnorm_forward(job->plan, queue, &args, 0, NULL, NULL);
}

static clnorm_status enqueue_backward(struct tool_job *job, cl_command_queue queue)
{
	clnorm_backward_args args = {
		.x = tool_slab_view(&job->x),
		.dy = tool_slab_view(&job->dy),
		.gamma = tool_slab_view(&job->gamma),
		.beta = tool_slab_view(&job->beta),
		.residual = tool_slab_view(&job->residual),
		.moments = tool_slab_view(&job->moments),
		.dx = tool_slab_view(&job->dx),
		.dgamma = tool_slab_view(&job->dgamma),
		.dbeta = tool_slab_view(&job->dbeta),
	};
	return clnorm_backward(job->plan, queue, &args, 0, NULL, NULL);
}

bool tool_job_enqueue(struct tool_job *job, clnorm_op op, cl_command_queue queue)
{
	return tool_report_status(op == CLNORM_OP_BACKWARD ? enqueue_backward(job, queue)
	                                                   : enqueue_forward(job, queue));
}

bool tool_job_run(struct tool_job *job, clnorm_op op, double *ms)
{
	cl_command_queue queue = clnorm_context_queue(job->ctx);
	double start = tool_timing_now();
	if (!tool_job_enqueue(job, op, queue) || !tool_report_cl(clFinish(queue), "clFinish")) {
		return false;
	}
	if (ms != NULL) {
		*ms = tool_timing_now() - start;
	}
	return true;
}

bool tool_job_spoil(const struct tool_job *job, clnorm_op op)
{
	const struct tool_slab *forward[] = {&job->y, &job->mean, &job->rstd, &job->moments};
	const struct tool_slab *backward[] = {&job->dx, &job->dgamma, &job->dbeta};
	bool is_forward = op == CLNORM_OP_FORWARD;
	const struct tool_slab *const *slabs = is_forward ? forward : backward;
	size_t count = is_forward ? sizeof forward / sizeof forward[0] : sizeof backward / sizeof backward[0];
	for (size_t i = 0; i < count; ++i) {
		bool is_input = slabs[i]->tensor == job->x.tensor || slabs[i]->tensor == job->dy.tensor;
		if (slabs[i]->tensor != NULL && !is_input &&
		    !tool_slab_spoil(slabs[i], clnorm_context_queue(job->ctx))) {
			return false;
		}
	}
	return true;
}

/* Every slab with its name. */
#define SLAB_COUNT 12
struct named_slab {
	const char *name;
	struct tool_slab *slab;
};

static void list_slabs(struct tool_job *job, struct named_slab list[SLAB_COUNT])
{
	const struct named_slab all[SLAB_COUNT] = {
		{"x", &job->x},   {"gamma", &job->gamma}, {"beta", &job->beta},     {"residual", &job->residual},
		{"y", &job->y},   {"mean", &job->mean},   {"rstd", &job->rstd},     {"moments", &job->moments},
		{"dy", &job->dy}, {"dx", &job->dx},       {"dgamma", &job->dgamma}, {"dbeta", &job->dbeta},
	};
	for (size_t i = 0; i < SLAB_COUNT; ++i) {
		list[i] = all[i];
	}
}

bool tool_job_check_margins(const struct tool_job *job)
{
	struct tool_job copy = *job;
	struct named_slab list[SLAB_COUNT];
	list_slabs(&copy, list);
	for (size_t i = 0; i < SLAB_COUNT; ++i) {
		if (!tool_slab_check(list[i].slab, clnorm_context_queue(job->ctx), list[i].name)) {
			return false;
		}
	}
	return true;
}

void tool_job_clear(struct tool_job *job)
{
	struct named_slab list[SLAB_COUNT];
	list_slabs(job, list);
	for (size_t i = 0; i < SLAB_COUNT; ++i) {
		tool_slab_clear(list[i].slab);
	}
	clnorm_plan_destroy(job->plan);
	*job = (struct tool_job){0};
}
