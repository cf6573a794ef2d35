/* proof.h: what a plan computes of a job's operands, held against the reference.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PROOF_H
#define TOOL_PROOF_H

#include "tools/calls/job.h"
#include "tools/judge/check.h"

/* Spoils the op's outputs, runs it, and compares y, or dx and the gradients of the parameters, by the numerics
 * contract; the job has no margins and no residual. False, with a reason, where that cannot be done; a wrong result is
 * no failure: check->is_passed tells. Takes some 8 doubles of host memory for each element of x. */
TOOL_CHECKED bool tool_proof_take(struct tool_job *job, clnorm_op op, struct tool_check *check);

#endif
