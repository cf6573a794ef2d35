/* output.h: output files that are written whole or not at all: a temporary file in the same folder, then a rename.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include "tools/base/report.h"

#include <stdio.h>

#define TOOL_OUTPUT_MAX 16 /* outputs open at once */

/* One output. Create, write to file, finish, publish; clear at any point before publish leaves no trace. */
struct tool_output {
	const char *path; /* as the user gave it; borrowed */
	char *target;     /* where it goes: links followed */
	FILE *file;       /* the temporary file while it is written */
	int slot;         /* 1 + index into the table of temporary names; 0: none */
};

/* Opens a temporary file beside path. Refuses folders, devices, pipes, and a file that may not be written, so
 * that a wrong path is known before the work is done. Signals that end the program and exit() remove temporary files.
 * Reasons name the path. */
TOOL_CHECKED bool tool_output_create(const char *path, struct tool_output *output);

/* Brings everything to the disk and closes. */
TOOL_CHECKED bool tool_output_finish(struct tool_output *output);

/* Puts the finished file in its place. */
TOOL_CHECKED bool tool_output_publish(struct tool_output *output);

/* Removes the temporary file of an output that was not published; an empty or published one is fine. */
void tool_output_clear(struct tool_output *output);

/* True where both outputs would become one file. */
bool tool_output_is_same(const struct tool_output *one, const struct tool_output *other);

#endif
