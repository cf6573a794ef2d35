/* lines.c: what the lines of clnorm-bench add up to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/lines.h"

#include <string.h>

bool tool_bench_is_all(const struct tool_bench_settings *set)
{
	return set->variant != NULL && strcmp(set->variant, "all") == 0;
}

size_t tool_bench_count(const struct tool_bench *bench, enum tool_verdict verdict)
{
	size_t count = 0;
	for (size_t i = 0; i < bench->line_count; ++i) {
		count += bench->lines[i].verdict == verdict;
	}
	return count;
}

/* Shapes are checked when they are read: their bytes in f64 fit size_t. */
size_t tool_bench_elements(const struct tool_shape *shape)
{
	size_t count = 1;
	for (unsigned i = 0; i < shape->rank; ++i) {
		count *= shape->dims[i];
	}
	return count;
}

size_t tool_bench_bytes(const struct tool_bench *bench, const struct tool_shape *shape)
{
	return tool_bench_elements(shape) * clnorm_dtype_bytes(bench->set->dtype);
}
