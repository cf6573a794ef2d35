/* tune.h: a run of clnorm-tune: a search for each shape and operation, then the record.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TUNE_H
#define TOOL_TUNE_H

#include "tools/data/shapes.h"

struct tool_tune_settings {
	struct tool_shapes shapes;
	unsigned ops; /* CLNORM_OP_FORWARD, CLNORM_OP_BACKWARD, or both */
	clnorm_dtype dtype;
	clnorm_layout layout;
	size_t groups;      /* of shapes without groups of their own; 0: instance norm */
	size_t repeat;      /* rounds of each comparison; 0: as the shape needs */
	const char *output; /* NULL: the user's own record of the device */
	const char *device;
	bool is_quiet;
};

/* Searches, prints a line for each answer, and writes the record, also of what there was when the user interrupted. The
 * code to exit with; a failure that is not a shape's own has its reason kept and is TOOL_FAILED with *is_told false. */
enum tool_exit tool_tune_run(const struct tool_tune_settings *set, bool *is_told);

#endif
