/* numbers.c: a .npy file of numbers of any type, whole ones and booleans too, kept as they are stored.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/numbers.h"

#include "tools/data/npy_data.h"
#include "tools/data/room.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool tool_numbers_read(struct tool_input *input, struct tool_numbers *numbers)
{
	struct tool_numbers loaded = {0};
	const struct tool_npy_header *header = &loaded.header;
	size_t bytes = 0;
	if (!tool_npy_data_find(input, TOOL_NPY_NUMBERS, &loaded.header) ||
	    !tool_array_size(header->element_bytes, header->rank, header->dims, &loaded.count, &bytes) ||
	    !tool_room_check((double)bytes)) {
		return false;
	}
	loaded.data = malloc(bytes > 0 ? bytes : 1);
	if (loaded.data == NULL) {
		return tool_report_fail("no memory for %zu bytes", bytes);
	}
	if (!tool_npy_data_read(input, header, loaded.count, loaded.data)) {
		tool_numbers_clear(&loaded);
		return false;
	}
	*numbers = loaded;
	return true;
}

void tool_numbers_clear(struct tool_numbers *numbers)
{
	free(numbers->data);
	*numbers = (struct tool_numbers){0};
}

/* The bits of number i. */
static uint64_t bits_of(const struct tool_numbers *numbers, size_t i)
{
	size_t bytes = numbers->header.element_bytes;
	const unsigned char *at = numbers->data + i * bytes;
	uint64_t bits = 0;
	for (size_t k = 0; k < bytes; ++k) {
		bits = bits << 8 | at[tool_array_is_little_endian() ? bytes - 1 - k : k];
	}
	return bits;
}

/* Of floats the uppermost bit is the sign, which 0 has as well. */
bool tool_numbers_is_set(const struct tool_numbers *numbers, size_t i)
{
	uint64_t sign = (uint64_t)1 << (8 * numbers->header.element_bytes - 1);
	return (bits_of(numbers, i) & (numbers->header.kind == TOOL_NPY_FLOAT ? ~sign : ~(uint64_t)0)) != 0;
}

double tool_numbers_whole(const struct tool_numbers *numbers, size_t i)
{
	uint64_t sign = (uint64_t)1 << (8 * numbers->header.element_bytes - 1), bits = bits_of(numbers, i);
	if (numbers->header.kind == TOOL_NPY_SIGNED && (bits & sign) != 0) {
		return -(double)(sign - (bits & (sign - 1)));
	}
	return (double)bits;
}
