/* job.h: one forward call on a device: a plan, and a slab for each operand.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_JOB_H
#define TOOL_JOB_H

#include "slab.h"

enum tool_job_output { TOOL_JOB_Y = 1, TOOL_JOB_MEAN = 2, TOOL_JOB_RSTD = 4, TOOL_JOB_MOMENTS = 8 };

struct tool_job {
	clnorm_context *ctx; /* borrowed; with a queue of its own */
	clnorm_plan *plan;
	clnorm_desc desc;
	size_t margin; /* of every slab, elements */
	struct tool_slab x, gamma, beta, residual, y, mean, rstd, moments;
};

/* Makes the plan. The status is clnorm's, so that a caller can tell a variant that does not apply from a failure; its
 * reason is kept. Clear the job in either case. */
TOOL_CHECKED clnorm_status tool_job_plan(clnorm_context *ctx, const clnorm_desc *desc, struct tool_job *job);

/* Makes x and the outputs asked for (tool_job_output bits). Statistics begin as NaN: what an empty instance has. */
TOOL_CHECKED bool tool_job_allocate(struct tool_job *job, unsigned outputs, size_t margin);

/* Fills an operand, one of the job's slabs, from host data of the dtype that the device has it in; makes the slab first
 * where it is empty. */
TOOL_CHECKED bool tool_job_put(struct tool_job *job, struct tool_slab *slab, clnorm_dtype dtype, size_t count,
                               const void *host);

/* Enqueues the call on the queue; as clnorm_forward() otherwise. */
TOOL_CHECKED bool tool_job_enqueue(struct tool_job *job, cl_command_queue queue);

/* Enqueues, and waits until it is done; *ms, where not NULL, is how long that took. */
TOOL_CHECKED bool tool_job_run(struct tool_job *job, double *ms);

/* Whether every margin is as it was. */
TOOL_CHECKED bool tool_job_check_margins(const struct tool_job *job);

void tool_job_clear(struct tool_job *job);

#endif
