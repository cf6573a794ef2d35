/* launch.h: the empty kernel: what a launch costs where there is nothing to do.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_LAUNCH_H
#define TOOL_LAUNCH_H

#include "tools/base/report.h"

struct tool_launch {
	cl_kernel kernel;
};

TOOL_CHECKED bool tool_launch_create(clnorm_context *ctx, struct tool_launch *launch);

/* Releases; empty is fine. */
void tool_launch_clear(struct tool_launch *launch);

/* Enqueues it once, of one work-item; `launch` is a struct tool_launch, as tool_timing_run wants it. */
bool tool_launch_enqueue(void *launch, cl_command_queue queue);

#endif
