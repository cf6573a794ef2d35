/* array.h: a packed array in host memory: dtype, dimensions, elements in C order.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_ARRAY_H
#define TOOL_ARRAY_H

#include "tools/base/report.h"

#define TOOL_RANK_MAX (2 + CLNORM_MAX_SPATIAL)

struct tool_array {
	clnorm_dtype dtype;
	unsigned rank;
	size_t dims[TOOL_RANK_MAX];
	size_t count; /* product of dims */
	void *data;   /* never NULL once created, also for count 0 */
};

/* Product of the dimensions and its bytes; false, and a reason kept, past size_t. A zero anywhere gives 0. */
TOOL_CHECKED bool tool_array_size(size_t element_bytes, unsigned rank, const size_t *dims, size_t *count,
                                  size_t *bytes);

/* An uninitialized array; rank 0, of one element, to TOOL_RANK_MAX. *array is written only on success. */
TOOL_CHECKED bool tool_array_create(clnorm_dtype dtype, unsigned rank, const size_t *dims, struct tool_array *array);

/* A copy with another element type. */
TOOL_CHECKED bool tool_array_convert(const struct tool_array *from, clnorm_dtype dtype, struct tool_array *array);

/* Frees; an empty array is fine; the array is empty afterwards. */
void tool_array_clear(struct tool_array *array);

/* True where this machine stores the low byte of a number first. */
bool tool_array_is_little_endian(void);

/* "(5, 3, 4, 4)" in text; returns text. */
const char *tool_array_shape_text(unsigned rank, const size_t *dims, char *text, size_t text_bytes);

#endif
