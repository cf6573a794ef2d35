/* input.h: opens a file for reading, with its size and what its first bytes say it is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_INPUT_H
#define TOOL_INPUT_H

#include "tools/base/report.h"

#include <stdio.h>

enum tool_input_kind {
	TOOL_INPUT_OTHER = 0,
	TOOL_INPUT_NPY,
	TOOL_INPUT_PNG,
	TOOL_INPUT_ZIP /* .npz too */
};

struct tool_input {
	FILE *file; /* at its start */
	unsigned long long bytes;
	enum tool_input_kind kind;
};

/* Opens a regular file; folders, pipes and devices are refused, as their size is not known. Reasons name the path. */
TOOL_CHECKED bool tool_input_open(const char *path, struct tool_input *input);

/* Closes; an empty input is fine. */
void tool_input_clear(struct tool_input *input);

#endif
