/* job.h: calls of one plan on a device, with a buffer for each operand.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_JOB_H
#define TOOL_JOB_H

#include "tools/calls/buffer.h"

/* Which buffers tool_job_allocate() makes. */
enum tool_job_buffer {
	TOOL_JOB_X = 1,
	TOOL_JOB_Y = 2,
	TOOL_JOB_MEAN = 4,
	TOOL_JOB_RSTD = 8,
	TOOL_JOB_MOMENTS = 16,
	TOOL_JOB_DY = 32,
	TOOL_JOB_DX = 64,
	TOOL_JOB_DGAMMA = 128,
	TOOL_JOB_DBETA = 256
};

/* An operand whose buffer is empty is not given to the call. moments is an output of forward and an input of backward;
 * mean and rstd are outputs of forward and inputs of apply. */
struct tool_job {
	clnorm_context *ctx; /* borrowed; with a queue of its own */
	clnorm_plan *plan;
	clnorm_desc desc;
	size_t margin; /* of every buffer, elements */
	struct tool_buffer x, gamma, beta, residual, y, mean, rstd, moments;
	struct tool_buffer dy, dx, dgamma, dbeta;
	cl_mem mask, lengths; /* whole, of bytes and of cl_uint; NULL: not given */
};

/* Makes the plan. The status is clnorm's, so that a caller can tell a variant that does not apply from a failure; its
 * reason is kept. Clear the job in either case. */
TOOL_CHECKED clnorm_status tool_job_plan(clnorm_context *ctx, const clnorm_desc *desc, struct tool_job *job);

/* Makes the buffers of these tool_job_buffer bits. Those of statistics and parameter gradients begin as NaN. */
TOOL_CHECKED bool tool_job_allocate(struct tool_job *job, unsigned buffers, size_t margin);

/* Fills an operand, one of the job's buffers, from host data of the dtype that the device has it in; makes the buffer
 * first where it is empty. */
TOOL_CHECKED bool tool_job_put(struct tool_job *job, struct tool_buffer *buffer, clnorm_dtype dtype, size_t count,
                               const void *host);

/* The same of the mask or the lengths, which are put once. */
TOOL_CHECKED bool tool_job_put_bytes(struct tool_job *job, cl_mem *buffer, size_t bytes, const void *host);

/* Enqueues one operation on the queue; as clnorm_forward(), clnorm_apply() or clnorm_backward() otherwise. */
TOOL_CHECKED bool tool_job_enqueue(struct tool_job *job, clnorm_op op, cl_command_queue queue);

/* Enqueues, and waits until it is done; *ms, where not NULL, is how long that took. */
TOOL_CHECKED bool tool_job_run(struct tool_job *job, clnorm_op op, double *ms);

/* Sets all outputs of the call that are not also inputs of it to NaN, margins too. */
TOOL_CHECKED bool tool_job_spoil(const struct tool_job *job, clnorm_op op);

/* Whether every margin is as it was. */
TOOL_CHECKED bool tool_job_check_margins(const struct tool_job *job);

void tool_job_clear(struct tool_job *job);

#endif
