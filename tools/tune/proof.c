/* proof.c: what a plan computes of a job's operands, held against the reference.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/tune/proof.h"

#include "tools/data/extent.h"
#include "tools/data/room.h"

#include <stdlib.h>

/* Doubles for an element: x and dy, what came out and what should have, and the conversion from the device's type. */
#define DOUBLES_EACH 8

/* The buffer's elements in double; an empty buffer has none. */
static bool fetch(const struct tool_job *job, const struct tool_buffer *buffer, double **values)
{
	if (buffer->tensor == NULL) {
		return true;
	}
	*values = tool_check_zeros(buffer->count);
	return *values != NULL && tool_report_status(clnorm_tensor_download_to(
					  buffer->tensor, clnorm_context_queue(job->ctx), CLNORM_F64, *values));
}

/* Fetches both sides of the op, and compares. */
static bool compare(const struct tool_job *job, clnorm_op op, struct tool_check *check)
{
	bool is_backward = op == CLNORM_OP_BACKWARD;
	enum { X, GAMMA, BETA, DY, Y, DX, DGAMMA, DBETA, COUNT };
	const struct tool_buffer none = {0};
	const struct tool_buffer *buffers[COUNT] = {
		[X] = &job->x,
		[GAMMA] = &job->gamma,
		[BETA] = &job->beta,
		[DY] = is_backward ? &job->dy : &none,
		[Y] = is_backward ? &none : &job->y,
		[DX] = is_backward ? &job->dx : &none,
		[DGAMMA] = is_backward ? &job->dgamma : &none,
		[DBETA] = is_backward ? &job->dbeta : &none,
	};
	double *values[COUNT] = {0};
	bool is_done = false;
	for (size_t i = 0; i < COUNT; ++i) {
		TOOL_TRY(fetch(job, buffers[i], &values[i]));
	}
	const struct tool_check_inputs inputs = {
		.x = values[X], .gamma = values[GAMMA], .beta = values[BETA], .dy = values[DY]};
	const struct tool_check_outputs outputs = {
		.y = values[Y], .dx = values[DX], .dgamma = values[DGAMMA], .dbeta = values[DBETA]};
	is_done = is_backward ? tool_check_backward(&job->desc, &inputs, &outputs, check)
	                      : tool_check_forward(&job->desc, &inputs, &outputs, check);
done:
	for (size_t i = 0; i < COUNT; ++i) {
		free(values[i]);
	}
	return is_done;
}

bool tool_proof_take(struct tool_job *job, clnorm_op op, struct tool_check *check)
{
	double doubles = DOUBLES_EACH * (double)tool_extent_of(&job->desc).count;
	return tool_room_check(doubles * sizeof(double)) && tool_job_spoil(job, op) && tool_job_run(job, op, NULL) &&
	       compare(job, op, check);
}
