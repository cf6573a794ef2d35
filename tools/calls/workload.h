/* workload.h: the operands of a measurement: on the device, filled once, shared by all variants.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_WORKLOAD_H
#define TOOL_WORKLOAD_H

#include "tools/calls/job.h"

/* Buffers of pseudo-random data for CLNORM_OP_FORWARD (x, y) or CLNORM_OP_BACKWARD (x, dy, dx and the moments of a
 * forward pass), with gamma and beta, and backward their gradients, where the description has parameters. A plan is in
 * the job only where moments had to be made. Clear the job in either case. */
TOOL_CHECKED bool tool_workload_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op,
                                       struct tool_job *job);

#endif
