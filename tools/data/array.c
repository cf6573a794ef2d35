/* array.c: a packed array in host memory: dtype, dimensions, elements in C order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/array.h"

#include "tools/data/room.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tool_array_size(size_t element_bytes, unsigned rank, const size_t *dims, size_t *count, size_t *bytes)
{
	size_t product = 1, limit = SIZE_MAX / element_bytes;
	for (unsigned i = 0; i < rank; ++i) {
		if (dims[i] == 0) {
			*count = *bytes = 0;
			return true;
		}
	}
	for (unsigned i = 0; i < rank; ++i) {
		if (dims[i] > limit / product) {
			char text[256];
			return tool_report_fail("shape %s has more bytes than this machine can count",
			                        tool_array_shape_text(rank, dims, text, sizeof text));
		}
		product *= dims[i];
	}
	*count = product;
	*bytes = product * element_bytes;
	return true;
}

bool tool_array_create(clnorm_dtype dtype, unsigned rank, const size_t *dims, struct tool_array *array)
{
	struct tool_array made = {.dtype = dtype, .rank = rank};
	size_t bytes;
	if (!tool_array_size(clnorm_dtype_bytes(dtype), rank, dims, &made.count, &bytes) ||
	    !tool_room_check((double)bytes)) {
		return false;
	}
	memcpy(made.dims, dims, rank * sizeof dims[0]);
	made.data = malloc(bytes > 0 ? bytes : 1);
	if (made.data == NULL) {
		return tool_report_fail("no memory for %zu bytes", bytes);
	}
	*array = made;
	return true;
}

bool tool_array_convert(const struct tool_array *from, clnorm_dtype dtype, struct tool_array *array)
{
	struct tool_array made = {0};
	if (!tool_array_create(dtype, from->rank, from->dims, &made)) {
		return false;
	}
	if (!tool_report_status(clnorm_convert(from->dtype, from->data, dtype, made.data, from->count))) {
		tool_array_clear(&made);
		return false;
	}
	*array = made;
	return true;
}

void tool_array_clear(struct tool_array *array)
{
	free(array->data);
	*array = (struct tool_array){0};
}

bool tool_array_is_little_endian(void)
{
	const uint16_t one = 1;
	unsigned char first;
	memcpy(&first, &one, 1);
	return first == 1;
}

const char *tool_array_shape_text(unsigned rank, const size_t *dims, char *text, size_t text_bytes)
{
	size_t used = 0;
	for (unsigned i = 0; i < rank && used < text_bytes; ++i) {
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%zu", i == 0 ? "(" : ", ", dims[i]);
	}
	if (used < text_bytes) {
		snprintf(text + used, text_bytes - used, "%s", rank == 0 ? "()" : rank == 1 ? ",)" : ")");
	}
	return text;
}
