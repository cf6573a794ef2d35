/* workload.c: the operands of a measurement: on the device, filled once, shared by all variants.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/calls/workload.h"

#include "tools/data/extent.h"
#include "tools/data/pattern.h"

#include <stdlib.h>

/* Numbers that are made on the host, 4 MB of floats, and then repeated: a buffer of gigabytes needs no second one on
 * the host. A prime, so that no two planes of a tensor begin alike. */
#define BLOCK_COUNT ((size_t)1048573)

static bool upload_repeated(const struct tool_buffer *buffer, cl_command_queue queue, const void *block,
                            size_t block_count)
{
	clnorm_view view = tool_buffer_view(buffer);
	size_t element_bytes = clnorm_dtype_bytes(clnorm_tensor_dtype(buffer->tensor));
	for (size_t first = 0; first < buffer->count; first += block_count) {
		size_t count = buffer->count - first < block_count ? buffer->count - first : block_count;
		cl_int code = clEnqueueWriteBuffer(queue, view.mem, CL_TRUE, (view.offset + first) * element_bytes,
		                                   count * element_bytes, block, 0, NULL, NULL);
		if (!tool_report_cl(code, "clEnqueueWriteBuffer")) {
			return false;
		}
	}
	return true;
}

/* Fills a buffer with numbers around `mean`. Constant data would let a GPU's memory compression flatter us. */
static bool fill(const struct tool_job *job, float mean, const struct tool_buffer *buffer)
{
	clnorm_dtype dtype = clnorm_tensor_dtype(buffer->tensor);
	size_t count = buffer->count < BLOCK_COUNT ? buffer->count : BLOCK_COUNT;
	float *values = malloc((count + 1) * sizeof values[0]);
	void *stored = malloc((count + 1) * clnorm_dtype_bytes(dtype));
	bool is_done = false;
	TOOL_TRY((values != NULL && stored != NULL) ||
	         tool_report_fail("no memory for %zu numbers of test data", count));
	tool_pattern_fill_floats(buffer->count, values, count);
	for (size_t i = 0; i < count && mean != 0.0f; ++i) {
		values[i] += mean;
	}
	TOOL_TRY(tool_report_status(clnorm_convert(CLNORM_F32, values, dtype, stored, count)));
	TOOL_TRY(upload_repeated(buffer, clnorm_context_queue(job->ctx), stored, count));
	is_done = true;
done:
	free(values);
	free(stored);
	return is_done;
}

/* The moments that a training step keeps from its forward pass. */
static bool make_moments(struct tool_job *job)
{
	clnorm_desc desc = job->desc;
	desc.variant = NULL;
	desc.ops = CLNORM_OP_FORWARD;
	return tool_report_status(clnorm_plan_create(job->ctx, &desc, &job->plan)) &&
	       tool_job_run(job, CLNORM_OP_FORWARD, NULL);
}

static bool make_parameters(struct tool_job *job)
{
	clnorm_dtype statistics = clnorm_dtype_statistics(job->desc.dtype);
	size_t count = tool_extent_affine(&job->desc);
	return tool_buffer_create(job->ctx, statistics, count, 0, &job->gamma) && fill(job, 1.0f, &job->gamma) &&
	       tool_buffer_create(job->ctx, statistics, count, 0, &job->beta) && fill(job, 0.0f, &job->beta);
}

bool tool_workload_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op, struct tool_job *job)
{
	bool is_backward = op == CLNORM_OP_BACKWARD, has_parameters = tool_extent_affine(desc) > 0;
	unsigned buffers = TOOL_JOB_X | (is_backward ? TOOL_JOB_DY | TOOL_JOB_DX | TOOL_JOB_MOMENTS : TOOL_JOB_Y);
	*job = (struct tool_job){.ctx = ctx, .desc = *desc};
	if (is_backward && has_parameters) {
		buffers |= TOOL_JOB_DGAMMA | TOOL_JOB_DBETA;
	}
	return tool_job_allocate(job, buffers, 0) && fill(job, 0.0f, &job->x) &&
	       (!has_parameters || make_parameters(job)) &&
	       (!is_backward || (fill(job, 0.0f, &job->dy) && make_moments(job)));
}
