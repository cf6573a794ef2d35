/* npy.c: NumPy's .npy files: read to and written from arrays in host memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/npy.h"

#include "tools/data/npy_data.h"

#include <errno.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------------------------------------------- */

bool tool_npy_read(struct tool_input *input, bool raw_is_bf16, struct tool_array *array)
{
	struct tool_npy_header header = {0};
	struct tool_array loaded = {0};
	if (!tool_npy_data_find(input, raw_is_bf16 ? TOOL_NPY_FLOATS_RAW : TOOL_NPY_FLOATS, &header) ||
	    !tool_array_create(header.dtype, header.rank, header.dims, &loaded)) {
		return false;
	}
	if (!tool_npy_data_read(input, &header, loaded.count, loaded.data)) {
		tool_array_clear(&loaded);
		return false;
	}
	*array = loaded;
	return true;
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
		tool_npy_data_swap(block, now, element_bytes);
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
