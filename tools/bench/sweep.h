/* sweep.h: shapes that grow along one axis, from a tensor of 1 KB on, each twice the one before.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SWEEP_H
#define TOOL_SWEEP_H

#include "tools/data/shapes.h"

enum tool_sweep_axis { TOOL_SWEEP_NONE = 0, TOOL_SWEEP_S, TOOL_SWEEP_N, TOOL_SWEEP_C };

/* Reads "s", "n" or "c" into an enum tool_sweep_axis, as tool_option wants it. */
bool tool_sweep_read(const char *text, void *into);

/* "S", "N", "C", and what the other axes are: "1,4,S". */
const char *tool_sweep_name(enum tool_sweep_axis axis);
const char *tool_sweep_pattern(enum tool_sweep_axis axis);

/* Adds the shapes whose x has 1024 bytes or more, up to limit_bytes, and whose C the groups divide; 0: instance norm.
 * Refuses a limit below 1024, and groups that divide the C of none. */
TOOL_CHECKED bool tool_sweep_add(enum tool_sweep_axis axis, clnorm_dtype dtype, unsigned long long limit_bytes,
                                 size_t groups, struct tool_shapes *shapes);

#endif
