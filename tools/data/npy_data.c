/* npy_data.c: the bytes of a .npy file: found behind the header, read in this machine's order and C order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/npy_data.h"

#include "tools/data/room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool read_bytes(struct tool_input *input, void *bytes, size_t count)
{
	errno = 0;
	if (fread(bytes, 1, count, input->file) == count) {
		return true;
	}
	return ferror(input->file) ? tool_report_fail("cannot read: %s", strerror(errno))
	                           : tool_report_fail("is cut short: it ends after %llu bytes", input->bytes);
}

/* The dictionary's length from the fixed first bytes; *prefix_bytes is where the dictionary starts. */
static bool read_prefix(struct tool_input *input, size_t *prefix_bytes, size_t *length)
{
	unsigned char fixed[12] = {0};
	if (!read_bytes(input, fixed, 10)) {
		return false;
	}
	if (memcmp(fixed, TOOL_NPY_MAGIC, TOOL_NPY_MAGIC_BYTES) != 0) {
		return tool_report_fail("is not a .npy file");
	}
	unsigned major = fixed[6], minor = fixed[7];
	if (major < 1 || major > 3 || minor != 0) {
		return tool_report_fail("is .npy version %u.%u; 1.0, 2.0 and 3.0 can be read", major, minor);
	}
	if (major > 1 && !read_bytes(input, fixed + 10, 2)) {
		return false;
	}
	*prefix_bytes = major > 1 ? 12 : 10;
	*length = (size_t)fixed[8] | (size_t)fixed[9] << 8 | (size_t)fixed[10] << 16 | (size_t)fixed[11] << 24;
	if (*length > TOOL_NPY_HEADER_MAX) {
		return tool_report_fail("promises a header of %zu bytes; at most %d are taken", *length,
		                        TOOL_NPY_HEADER_MAX);
	}
	return true;
}

bool tool_npy_data_find(struct tool_input *input, enum tool_npy_takes takes, struct tool_npy_header *header)
{
	char *text = NULL;
	size_t prefix_bytes = 0, length = 0, count = 0, bytes = 0;
	bool is_done = false;
	TOOL_TRY(read_prefix(input, &prefix_bytes, &length));
	text = malloc(length > 0 ? length : 1);
	TOOL_TRY(text != NULL || tool_report_fail("no memory for %zu bytes", length));
	TOOL_TRY(read_bytes(input, text, length));
	TOOL_TRY(tool_npy_header_parse(text, length, takes, header));
	TOOL_TRY(tool_array_size(header->element_bytes, header->rank, header->dims, &count, &bytes));
	unsigned long long before = prefix_bytes + length;
	unsigned long long there = input->bytes > before ? input->bytes - before : 0;
	if (there != bytes) {
		char shape[256], type[16];
		tool_array_shape_text(header->rank, header->dims, shape, sizeof shape);
		tool_report_fail("%s: %llu bytes of data; shape %s of %s has %zu",
		                 there < bytes ? "is cut short" : "is too long", there, shape,
		                 tool_npy_type_text(header, type), bytes);
		goto done;
	}
	is_done = true;
done:
	free(text);
	return is_done;
}

void tool_npy_data_swap(unsigned char *data, size_t count, size_t element_bytes)
{
	for (size_t i = 0; i < count; ++i, data += element_bytes) {
		for (size_t low = 0, high = element_bytes - 1; low < high; ++low, --high) {
			unsigned char byte = data[low];
			data[low] = data[high];
			data[high] = byte;
		}
	}
}

/* Walks the array in C order; `at` is the same element's place where the first dimension runs fastest. */
static void copy_from_fortran(const struct tool_npy_header *header, size_t count, const unsigned char *from,
                              unsigned char *to)
{
	size_t bytes = header->element_bytes, strides[TOOL_RANK_MAX], index[TOOL_RANK_MAX] = {0}, at = 0;
	strides[0] = 1;
	for (unsigned i = 1; i < header->rank; ++i) {
		strides[i] = strides[i - 1] * header->dims[i - 1];
	}
	for (size_t i = 0; i < count; ++i) {
		memcpy(to + i * bytes, from + at * bytes, bytes);
		for (unsigned axis = header->rank; axis-- > 0;) {
			at += strides[axis];
			if (++index[axis] < header->dims[axis]) {
				break;
			}
			at -= strides[axis] * header->dims[axis];
			index[axis] = 0;
		}
	}
}

/* The data comes in with the file's order and goes out in C order. */
static bool reorder(const struct tool_npy_header *header, size_t count, void *data)
{
	size_t bytes = count * header->element_bytes;
	if (!tool_room_check((double)bytes)) {
		return false;
	}
	unsigned char *ordered = malloc(bytes > 0 ? bytes : 1);
	if (ordered == NULL) {
		return tool_report_fail("no memory for %zu bytes", bytes);
	}
	copy_from_fortran(header, count, data, ordered);
	memcpy(data, ordered, bytes);
	free(ordered);
	return true;
}

bool tool_npy_data_read(struct tool_input *input, const struct tool_npy_header *header, size_t count, void *data)
{
	if (!read_bytes(input, data, count * header->element_bytes)) {
		return false;
	}
	if (header->is_swapped) {
		tool_npy_data_swap(data, count, header->element_bytes);
	}
	return !header->is_fortran || header->rank <= 1 || reorder(header, count, data);
}
