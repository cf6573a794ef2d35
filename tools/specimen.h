/* specimen.h: one operand's made-up values on the host: as the device stores them, and the same in double.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SPECIMEN_H
#define TOOL_SPECIMEN_H

#include "array.h"
#include "job.h"

struct tool_specimen {
	struct tool_array stored;
	double *exact;
};

TOOL_CHECKED bool tool_specimen_create(clnorm_dtype dtype, size_t count, struct tool_specimen *specimen);
/* Frees; empty is fine. */
void tool_specimen_clear(struct tool_specimen *specimen);

/* Rounds the doubles, which the caller has filled, to the dtype, and brings both to the same values. */
TOOL_CHECKED bool tool_specimen_round(struct tool_specimen *specimen);

/* Noise of variance 1 around a mean. */
TOOL_CHECKED bool tool_specimen_fill(struct tool_specimen *specimen, unsigned long long seed, double mean);

/* Puts it into a slab of the job. */
TOOL_CHECKED bool tool_specimen_put(const struct tool_specimen *specimen, struct tool_job *job, struct tool_slab *slab);

/* Brings a slab into it. */
TOOL_CHECKED bool tool_specimen_get(struct tool_specimen *specimen, const struct tool_job *job,
                                    const struct tool_slab *slab);

/* Whether both are stored with the same bits. */
bool tool_specimen_is_same(const struct tool_specimen *one, const struct tool_specimen *other);

#endif
