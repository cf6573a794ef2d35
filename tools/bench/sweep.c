/* sweep.c: shapes that grow along one axis, from a tensor of 1 KB on, each twice the one before.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/sweep.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BYTES 1024

/* S: few planes that grow past every cache. N, C: ever more planes, each in the nearest cache. 256 floats at first. */
static const struct {
	const char *word, *name, *pattern;
	const char *format; /* of the growing size */
	size_t rest;        /* product of the other sizes */
} axes[] = {
	[TOOL_SWEEP_NONE] = {.word = "", .name = "", .pattern = "", .format = "", .rest = 1},
	[TOOL_SWEEP_S] = {.word = "s", .name = "S", .pattern = "1,4,S", .format = "1,4,%zu", .rest = 4},
	[TOOL_SWEEP_N] = {.word = "n", .name = "N", .pattern = "N,4,8,8", .format = "%zu,4,8,8", .rest = 256},
	[TOOL_SWEEP_C] = {.word = "c", .name = "C", .pattern = "1,C,16,16", .format = "1,%zu,16,16", .rest = 256},
};

bool tool_sweep_read(const char *text, void *into)
{
	for (enum tool_sweep_axis axis = TOOL_SWEEP_S; axis <= TOOL_SWEEP_C; ++axis) {
		if (strcmp(text, axes[axis].word) == 0) {
			*(enum tool_sweep_axis *)into = axis;
			return true;
		}
	}
	return tool_report_fail("'%s' is not s, n or c", text);
}

const char *tool_sweep_name(enum tool_sweep_axis axis)
{
	return axes[axis].name;
}

const char *tool_sweep_pattern(enum tool_sweep_axis axis)
{
	return axes[axis].pattern;
}

bool tool_sweep_add(enum tool_sweep_axis axis, clnorm_dtype dtype, unsigned long long limit_bytes, size_t groups,
                    struct tool_shapes *shapes)
{
	size_t rest_bytes = axes[axis].rest * clnorm_dtype_bytes(dtype);
	if (limit_bytes < FIRST_BYTES) {
		return tool_report_fail("a sweep begins at %d bytes; %llu are allowed", FIRST_BYTES, limit_bytes);
	}
	for (size_t size = 1; size <= SIZE_MAX / 2 && size <= limit_bytes / rest_bytes; size *= 2) {
		char text[64];
		size_t c = axis == TOOL_SWEEP_C ? size : 4;
		if (size * rest_bytes < FIRST_BYTES || (groups > 0 && c % groups != 0)) {
			continue;
		}
		snprintf(text, sizeof text, axes[axis].format, size);
		if (!tool_shapes_add_text(shapes, text)) {
			return false;
		}
	}
	if (shapes->count == 0) {
		return tool_report_fail("--groups is %zu; it must divide C, as it does in no shape %s of the sweep",
		                        groups, axes[axis].pattern);
	}
	return tool_shapes_set_groups(shapes, groups);
}
