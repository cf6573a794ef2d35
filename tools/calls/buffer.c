/* buffer.c: a device buffer for one operand, with margins around it that show reads and writes out of bounds.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/calls/buffer.h"

#include <math.h>
#include <stdint.h>
#include <stdint.h>
#include <stdlib.h>

bool tool_buffer_create(clnorm_context *ctx, clnorm_dtype dtype, size_t count, size_t margin,
                        struct tool_buffer *buffer)
{
	struct tool_buffer made = {.count = count, .margin = margin};
	if (count > SIZE_MAX - 2 * margin) {
		return tool_report_fail("%zu elements are more than this machine can count", count);
	}
	size_t all = count + 2 * margin;
	if (!tool_report_status(clnorm_tensor_create(ctx, dtype, 1, &all, &made.tensor))) {
		return false;
	}
	if (margin > 0 && !tool_buffer_spoil(&made, clnorm_context_queue(ctx))) {
		tool_buffer_clear(&made);
		return false;
	}
	*buffer = made;
	return true;
}

void tool_buffer_clear(struct tool_buffer *buffer)
{
	clnorm_tensor_destroy(buffer->tensor);
	*buffer = (struct tool_buffer){0};
}

clnorm_view tool_buffer_view(const struct tool_buffer *buffer)
{
	clnorm_view view = clnorm_tensor_view(buffer->tensor);
	view.offset = buffer->margin;
	return view;
}

bool tool_buffer_upload(const struct tool_buffer *buffer, cl_command_queue queue, const void *host)
{
	size_t element_bytes = clnorm_dtype_bytes(clnorm_tensor_dtype(buffer->tensor));
	if (buffer->count == 0) {
		return true;
	}
	cl_mem mem = clnorm_tensor_view(buffer->tensor).mem;
	return tool_report_cl(clEnqueueWriteBuffer(queue, mem, CL_TRUE, buffer->margin * element_bytes,
	                                           buffer->count * element_bytes, host, 0, NULL, NULL),
	                      "clEnqueueWriteBuffer");
}

bool tool_buffer_download(const struct tool_buffer *buffer, cl_command_queue queue, void *host)
{
	size_t element_bytes = clnorm_dtype_bytes(clnorm_tensor_dtype(buffer->tensor));
	if (buffer->count == 0) {
		return true;
	}
	cl_mem mem = clnorm_tensor_view(buffer->tensor).mem;
	return tool_report_cl(clEnqueueReadBuffer(queue, mem, CL_TRUE, buffer->margin * element_bytes,
	                                          buffer->count * element_bytes, host, 0, NULL, NULL),
	                      "clEnqueueReadBuffer");
}

bool tool_buffer_spoil(const struct tool_buffer *buffer, cl_command_queue queue)
{
	return tool_report_status(clnorm_tensor_fill(buffer->tensor, queue, NAN)) &&
	       tool_report_cl(clFinish(queue), "clFinish");
}

bool tool_buffer_check(const struct tool_buffer *buffer, cl_command_queue queue, const char *name)
{
	size_t all = clnorm_tensor_count(buffer->tensor);
	bool is_intact = false;
	if (buffer->tensor == NULL || buffer->margin == 0) {
		return true;
	}
	double *values = malloc(all * sizeof values[0]);
	TOOL_TRY(values != NULL || tool_report_fail("no memory for %zu doubles", all));
	TOOL_TRY(tool_report_status(clnorm_tensor_download_to(buffer->tensor, queue, CLNORM_F64, values)));
	for (size_t i = 0; i < buffer->margin; ++i) {
		TOOL_TRY(isnan(values[i]) || tool_report_fail("%s: written before its first element", name));
		TOOL_TRY(isnan(values[all - 1 - i]) || tool_report_fail("%s: written past its last element", name));
	}
	is_intact = true;
done:
	free(values);
	return is_intact;
}
