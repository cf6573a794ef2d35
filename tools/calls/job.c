/* job.c: calls of one plan on a device, with a buffer for each operand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/calls/job.h"

#include "tools/base/clock.h"
#include "tools/data/extent.h"

clnorm_status tool_job_plan(clnorm_context *ctx, const clnorm_desc *desc, struct tool_job *job)
{
	*job = (struct tool_job){.ctx = ctx, .desc = *desc};
	clnorm_status status = clnorm_plan_create(ctx, desc, &job->plan);
	if (!tool_report_status(status)) {
		return status;
	}
	return CLNORM_OK;
}

bool tool_job_allocate(struct tool_job *job, unsigned buffers, size_t margin)
{
	struct tool_extent extent = tool_extent_of(&job->desc);
	clnorm_dtype data = job->desc.dtype, statistics = clnorm_dtype_statistics(data);
	size_t parameters = tool_extent_affine(&job->desc);
	const struct {
		unsigned bit;
		struct tool_buffer *buffer;
		clnorm_dtype dtype;
		size_t count;
		bool is_data;
	} rows[] = {
		{.bit = TOOL_JOB_X, .buffer = &job->x, .dtype = data, .count = extent.count, .is_data = true},
		{.bit = TOOL_JOB_Y, .buffer = &job->y, .dtype = data, .count = extent.count, .is_data = true},
		{.bit = TOOL_JOB_DY, .buffer = &job->dy, .dtype = data, .count = extent.count, .is_data = true},
		{.bit = TOOL_JOB_DX, .buffer = &job->dx, .dtype = data, .count = extent.count, .is_data = true},
		{.bit = TOOL_JOB_MEAN, .buffer = &job->mean, .dtype = statistics, .count = extent.sets},
		{.bit = TOOL_JOB_RSTD, .buffer = &job->rstd, .dtype = statistics, .count = extent.sets},
		{.bit = TOOL_JOB_MOMENTS,
	         .buffer = &job->moments,
	         .dtype = statistics,
	         .count = extent.sets * CLNORM_MOMENTS_WIDTH},
		{.bit = TOOL_JOB_DGAMMA, .buffer = &job->dgamma, .dtype = statistics, .count = parameters},
		{.bit = TOOL_JOB_DBETA, .buffer = &job->dbeta, .dtype = statistics, .count = parameters},
	};
	job->margin = margin;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
		struct tool_buffer *buffer = rows[i].buffer;
		if ((buffers & rows[i].bit) == 0) {
			continue;
		}
		if (!tool_buffer_create(job->ctx, rows[i].dtype, rows[i].count, margin, buffer)) {
			return false;
		}
		if (!rows[i].is_data && margin == 0 && !tool_buffer_spoil(buffer, clnorm_context_queue(job->ctx))) {
			return false;
		}
	}
	return true;
}

bool tool_job_put(struct tool_job *job, struct tool_buffer *buffer, clnorm_dtype dtype, size_t count, const void *host)
{
	if (buffer->tensor == NULL && !tool_buffer_create(job->ctx, dtype, count, job->margin, buffer)) {
		return false;
	}
	return tool_buffer_upload(buffer, clnorm_context_queue(job->ctx), host);
}

bool tool_job_put_bytes(struct tool_job *job, cl_mem *buffer, size_t bytes, const void *host)
{
	cl_int code = CL_SUCCESS;
	*buffer = clCreateBuffer(clnorm_context_cl(job->ctx), CL_MEM_READ_ONLY, bytes > 0 ? bytes : 1, NULL, &code);
	if (!tool_report_cl(code, "clCreateBuffer") || bytes == 0) {
		return code == CL_SUCCESS;
	}
	return tool_report_cl(
		clEnqueueWriteBuffer(clnorm_context_queue(job->ctx), *buffer, CL_TRUE, 0, bytes, host, 0, NULL, NULL),
		"clEnqueueWriteBuffer");
}

static clnorm_status enqueue_forward(struct tool_job *job, cl_command_queue queue)
{
	clnorm_forward_args args = {
		.x = tool_buffer_view(&job->x),
		.gamma = tool_buffer_view(&job->gamma),
		.beta = tool_buffer_view(&job->beta),
		.residual = tool_buffer_view(&job->residual),
		.y = tool_buffer_view(&job->y),
		.mean = tool_buffer_view(&job->mean),
		.rstd = tool_buffer_view(&job->rstd),
		.moments = tool_buffer_view(&job->moments),
		.mask = {job->mask, 0},
		.lengths = {job->lengths, 0},
	};
	return clnorm_forward(job->plan, queue, &args, 0, NULL, NULL);
}

static clnorm_status enqueue_apply(struct tool_job *job, cl_command_queue queue)
{
	clnorm_apply_args args = {
		.x = tool_buffer_view(&job->x),
		.gamma = tool_buffer_view(&job->gamma),
		.beta = tool_buffer_view(&job->beta),
		.residual = tool_buffer_view(&job->residual),
		.mean = tool_buffer_view(&job->mean),
		.rstd = tool_buffer_view(&job->rstd),
		.y = tool_buffer_view(&job->y),
		.mask = {job->mask, 0},
		.lengths = {job->lengths, 0},
	};
	return clnorm_apply(job->plan, queue, &args, 0, NULL, NULL);
}

static clnorm_status enqueue_backward(struct tool_job *job, cl_command_queue queue)
{
	clnorm_backward_args args = {
		.x = tool_buffer_view(&job->x),
		.dy = tool_buffer_view(&job->dy),
		.gamma = tool_buffer_view(&job->gamma),
		.beta = tool_buffer_view(&job->beta),
		.residual = tool_buffer_view(&job->residual),
		.moments = tool_buffer_view(&job->moments),
		.dx = tool_buffer_view(&job->dx),
		.dgamma = tool_buffer_view(&job->dgamma),
		.dbeta = tool_buffer_view(&job->dbeta),
		.mask = {job->mask, 0},
		.lengths = {job->lengths, 0},
	};
	return clnorm_backward(job->plan, queue, &args, 0, NULL, NULL);
}

bool tool_job_enqueue(struct tool_job *job, clnorm_op op, cl_command_queue queue)
{
	switch (op) {
	case CLNORM_OP_BACKWARD:
		return tool_report_status(enqueue_backward(job, queue));
	case CLNORM_OP_APPLY:
		return tool_report_status(enqueue_apply(job, queue));
	default:
		return tool_report_status(enqueue_forward(job, queue));
	}
}

bool tool_job_run(struct tool_job *job, clnorm_op op, double *ms)
{
	cl_command_queue queue = clnorm_context_queue(job->ctx);
	double start = tool_clock_now();
	if (!tool_job_enqueue(job, op, queue) || !tool_report_cl(clFinish(queue), "clFinish")) {
		return false;
	}
	if (ms != NULL) {
		*ms = tool_clock_now() - start;
	}
	return true;
}

bool tool_job_spoil(const struct tool_job *job, clnorm_op op)
{
	const struct tool_buffer *forward[] = {&job->y, &job->mean, &job->rstd, &job->moments};
	const struct tool_buffer *backward[] = {&job->dx, &job->dgamma, &job->dbeta};
	bool is_forward = op == CLNORM_OP_FORWARD;
	const struct tool_buffer *const *buffers = is_forward ? forward : backward;
	size_t count = is_forward ? sizeof forward / sizeof forward[0] : sizeof backward / sizeof backward[0];
	for (size_t i = 0; i < count; ++i) {
		bool is_input = buffers[i]->tensor == job->x.tensor || buffers[i]->tensor == job->dy.tensor;
		if (buffers[i]->tensor != NULL && !is_input &&
		    !tool_buffer_spoil(buffers[i], clnorm_context_queue(job->ctx))) {
			return false;
		}
	}
	return true;
}

/* Every buffer with its name. */
#define BUFFER_COUNT 12
struct named_buffer {
	const char *name;
	struct tool_buffer *buffer;
};

static void list_buffers(struct tool_job *job, struct named_buffer list[BUFFER_COUNT])
{
	const struct named_buffer all[BUFFER_COUNT] = {
		{"x", &job->x},   {"gamma", &job->gamma}, {"beta", &job->beta},     {"residual", &job->residual},
		{"y", &job->y},   {"mean", &job->mean},   {"rstd", &job->rstd},     {"moments", &job->moments},
		{"dy", &job->dy}, {"dx", &job->dx},       {"dgamma", &job->dgamma}, {"dbeta", &job->dbeta},
	};
	for (size_t i = 0; i < BUFFER_COUNT; ++i) {
		list[i] = all[i];
	}
}

bool tool_job_check_margins(const struct tool_job *job)
{
	struct tool_job copy = *job;
	struct named_buffer list[BUFFER_COUNT];
	list_buffers(&copy, list);
	for (size_t i = 0; i < BUFFER_COUNT; ++i) {
		if (!tool_buffer_check(list[i].buffer, clnorm_context_queue(job->ctx), list[i].name)) {
			return false;
		}
	}
	return true;
}

void tool_job_clear(struct tool_job *job)
{
	struct named_buffer list[BUFFER_COUNT];
	list_buffers(job, list);
	for (size_t i = 0; i < BUFFER_COUNT; ++i) {
		tool_buffer_clear(list[i].buffer);
	}
	const cl_mem plain[] = {job->mask, job->lengths};
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; ++i) {
		if (plain[i] != NULL) {
			clReleaseMemObject(plain[i]);
		}
	}
	clnorm_plan_destroy(job->plan);
	*job = (struct tool_job){0};
}
