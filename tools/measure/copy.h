/* copy.h: the yardstick: several ways to copy a buffer on a device, for the best of them to be measured against.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_COPY_H
#define TOOL_COPY_H

#include "tools/calls/timing.h"

#define TOOL_COPY_WAYS_MAX 12

struct tool_copy;

/* One way: a kernel with its geometry, or clEnqueueCopyBuffer where kernel is NULL. */
struct tool_copy_way {
	const struct tool_copy *copy; /* whose buffers it copies */
	const char *name;
	cl_kernel kernel;
	size_t global, local;
	unsigned recipe; /* its row in the table of ways */
};

/* Stays where it is once created: the ways point to it. */
struct tool_copy {
	clnorm_device_info device;
	cl_mem from, to; /* borrowed */
	size_t bytes;
	struct tool_copy_way ways[TOOL_COPY_WAYS_MAX];
	size_t count;
};

/* Builds the kernels for the context's device. A way that the device's compiler refuses is left out. */
TOOL_CHECKED bool tool_copy_create(clnorm_context *ctx, struct tool_copy *copy);
void tool_copy_clear(struct tool_copy *copy);

/* From now on every way copies these bytes, from the start of one buffer to the start of the other. */
TOOL_CHECKED bool tool_copy_aim(struct tool_copy *copy, cl_mem from, cl_mem to, size_t bytes);

/* Enqueues one way's copy; `way` is a struct tool_copy_way, as tool_timing_run wants it. */
bool tool_copy_enqueue(void *way, cl_command_queue queue);

#endif
