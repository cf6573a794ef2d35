/* npy.c: NumPy's .npy files: read to and written from arrays in host memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/npy.h"

#include "tools/data/npy_header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------------------------------------------- */

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

/* Reads up to the data, and holds what it must be against what is there. */
static bool read_header(struct tool_input *input, bool raw_is_bf16, struct tool_npy_header *header)
{
	char *text = NULL;
	size_t prefix_bytes = 0, length = 0, count = 0, bytes = 0;
	bool is_done = false;
	TOOL_TRY(read_prefix(input, &prefix_bytes, &length));
	text = malloc(length > 0 ? length : 1);
	TOOL_TRY(text != NULL || tool_report_fail("no memory for %zu bytes", length));
	TOOL_TRY(read_bytes(input, text, length));
	TOOL_TRY(tool_npy_header_parse(text, length, raw_is_bf16, header));
	TOOL_TRY(tool_array_size(header->dtype, header->rank, header->dims, &count, &bytes));
	unsigned long long before = prefix_bytes + length;
	unsigned long long there = input->bytes > before ? input->bytes - before : 0;
	if (there != bytes) {
		char shape[256];
		tool_array_shape_text(header->rank, header->dims, shape, sizeof shape);
		tool_report_fail("%s: %llu bytes of data; shape %s of %s has %zu",
		                 there < bytes ? "is cut short" : "is too long", there, shape,
		                 clnorm_dtype_name(header->dtype), bytes);
		goto done;
	}
	is_done = true;
done:
	free(text);
	return is_done;
}

static void swap_bytes(unsigned char *data, size_t count, size_t element_bytes)
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
static void copy_from_fortran(const struct tool_array *array, const unsigned char *from)
{
	size_t bytes = clnorm_dtype_bytes(array->dtype), strides[TOOL_RANK_MAX], index[TOOL_RANK_MAX] = {0}, at = 0;
	unsigned char *to = array->data;
	strides[0] = 1;
	for (unsigned i = 1; i < array->rank; ++i) {
		strides[i] = strides[i - 1] * array->dims[i - 1];
	}
	for (size_t i = 0; i < array->count; ++i) {
		memcpy(to + i * bytes, from + at * bytes, bytes);
		for (unsigned axis = array->rank; axis-- > 0;) {
			at += strides[axis];
			if (++index[axis] < array->dims[axis]) {
				break;
			}
			at -= strides[axis] * array->dims[axis];
			index[axis] = 0;
		}
	}
}

/* The array comes in with the file's order and goes out in C order. */
static bool reorder(struct tool_array *array)
{
	struct tool_array ordered = {0};
	if (!tool_array_create(array->dtype, array->rank, array->dims, &ordered)) {
		return false;
	}
	copy_from_fortran(&ordered, array->data);
	tool_array_clear(array);
	*array = ordered;
	return true;
}

bool tool_npy_read(struct tool_input *input, bool raw_is_bf16, struct tool_array *array)
{
	struct tool_npy_header header = {0};
	struct tool_array loaded = {0};
	bool is_done = false;
	TOOL_TRY(read_header(input, raw_is_bf16, &header));
	size_t element_bytes = clnorm_dtype_bytes(header.dtype);
	TOOL_TRY(tool_array_create(header.dtype, header.rank, header.dims, &loaded));
	TOOL_TRY(read_bytes(input, loaded.data, loaded.count * element_bytes));
	if (header.is_swapped) {
		swap_bytes(loaded.data, loaded.count, element_bytes);
	}
	if (header.is_fortran && header.rank > 1) {
		TOOL_TRY(reorder(&loaded));
	}
	*array = loaded;
	loaded = (struct tool_array){0};
	is_done = true;
done:
	tool_array_clear(&loaded);
	return is_done;
}

bool tool_npy_load(const char *path, bool raw_is_bf16, struct tool_array *array)
{
	struct tool_input input = {0};
	if (!tool_input_open(path, &input)) {
		return false;
	}
	bool is_done = tool_npy_read(&input, raw_is_bf16, array) || tool_report_about(path);
	tool_input_clear(&input);
	return is_done;
}

/* ---- Writing ------------------------------------------------------------------------------------------------- */

static bool write_bytes(FILE *file, const void *bytes, size_t count)
{
	return fwrite(bytes, 1, count, file) == count || tool_report_fail("cannot write: %s", strerror(errno));
}

/* A block at a time, so that the caller's data stays as it is. */
static bool write_swapped(FILE *file, const unsigned char *data, size_t count, size_t element_bytes)
{
	unsigned char block[4096];
	size_t block_count = sizeof block / element_bytes;
	for (size_t done = 0; done < count; done += block_count) {
		size_t now = count - done < block_count ? count - done : block_count;
		memcpy(block, data + done * element_bytes, now * element_bytes);
		swap_bytes(block, now, element_bytes);
		if (!write_bytes(file, block, now * element_bytes)) {
			return false;
		}
	}
	return true;
}

bool tool_npy_write(FILE *file, const struct tool_array *array)
{
	char prefix[TOOL_NPY_PREFIX_MAX];
	size_t element_bytes = clnorm_dtype_bytes(array->dtype);
	if (!write_bytes(file, prefix, tool_npy_header_print(array->dtype, array->rank, array->dims, prefix))) {
		return false;
	}
	if (!tool_array_is_little_endian()) {
		return write_swapped(file, array->data, array->count, element_bytes);
	}
	return write_bytes(file, array->data, array->count * element_bytes);
}
