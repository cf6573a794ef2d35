/* buffer.h: a device buffer for one operand, with margins around it that show reads and writes out of bounds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_BUFFER_H
#define TOOL_BUFFER_H

#include "tools/base/report.h"

/* Empty, {0}, stands for an operand that is not given. */
struct tool_buffer {
	clnorm_tensor *tensor; /* margin, count, margin elements */
	size_t count, margin;
};

/* All elements are NaN afterwards: an element that a kernel forgets to write, or reads outside, spoils the result. A
 * margin of 0 is for work, and then the elements are not set. */
TOOL_CHECKED bool tool_buffer_create(clnorm_context *ctx, clnorm_dtype dtype, size_t count, size_t margin,
                                     struct tool_buffer *buffer);
void tool_buffer_clear(struct tool_buffer *buffer);

/* The operand's elements, from and to host memory of the same dtype. Both wait. */
TOOL_CHECKED bool tool_buffer_upload(const struct tool_buffer *buffer, cl_command_queue queue, const void *host);
TOOL_CHECKED bool tool_buffer_download(const struct tool_buffer *buffer, cl_command_queue queue, void *host);

/* Sets all elements to NaN, the margins too. Waits. */
TOOL_CHECKED bool tool_buffer_spoil(const struct tool_buffer *buffer, cl_command_queue queue);

/* Whether the margins are NaN still; an empty buffer is intact. False, and a reason kept, where they are not. */
TOOL_CHECKED bool tool_buffer_check(const struct tool_buffer *buffer, cl_command_queue queue, const char *name);

/* Where the operand is, as clnorm takes it. */
clnorm_view tool_buffer_view(const struct tool_buffer *buffer);

#endif
