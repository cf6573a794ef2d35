/* record.h: the file that clnorm-tune writes: where it goes, whether it can, and merging with what is there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_RECORD_H
#define TOOL_RECORD_H

#include "tools/base/report.h"

struct tool_record {
	bool is_own; /* the user's own of the device, which plans find by themselves */
	char path[4096];
	int lock; /* -1: not open */
};

/* Finds the record's place, `output` or with NULL the user's own, and that it can be written there, before hours are
 * spent. What is there and is no record of this device stays; but of the user's own, one that no plan takes any more is
 * made anew. The context's entries are forgotten. */
TOOL_CHECKED bool tool_record_find(clnorm_context *ctx, const char *output, struct tool_record *record);

/* Takes what the file holds by now into the context, in the place of all that it has. Until the record is closed no
 * other run of the program merges into a file of that folder. False where what is there meanwhile is no record of this
 * device, and not the user's own one. */
TOOL_CHECKED bool tool_record_open(clnorm_context *ctx, struct tool_record *record);

/* Writes what the context holds. */
TOOL_CHECKED bool tool_record_save(clnorm_context *ctx, const struct tool_record *record);

/* One that was found and is not open is fine. */
void tool_record_close(struct tool_record *record);

#endif
