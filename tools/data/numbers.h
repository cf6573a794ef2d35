/* numbers.h: a .npy file of numbers of any type, whole ones and booleans too, kept as they are stored.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_NUMBERS_H
#define TOOL_NUMBERS_H

#include "tools/base/input.h"
#include "tools/data/npy_header.h"

struct tool_numbers {
	struct tool_npy_header header; /* of what type, and shape */
	size_t count;
	unsigned char *data; /* in C order, and this machine's byte order */
};

/* Reads an opened .npy file of floats, whole numbers or booleans, as tool_npy_read() does otherwise. */
TOOL_CHECKED bool tool_numbers_read(struct tool_input *input, struct tool_numbers *numbers);

/* Frees; empty is fine. */
void tool_numbers_clear(struct tool_numbers *numbers);

/* Whether number i is not 0; a NaN is not. */
bool tool_numbers_is_set(const struct tool_numbers *numbers, size_t i);

/* Number i of whole numbers or booleans, exact up to 2^53. */
double tool_numbers_whole(const struct tool_numbers *numbers, size_t i);

#endif
