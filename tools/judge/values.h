/* values.h: one operand's made-up values on the host: as the device stores them, and the same in double.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_VALUES_H
#define TOOL_VALUES_H

#include "tools/calls/job.h"
#include "tools/data/array.h"

struct tool_values {
	struct tool_array stored;
	double *exact;
};

TOOL_CHECKED bool tool_values_create(clnorm_dtype dtype, size_t count, struct tool_values *values);
/* Frees; empty is fine. */
void tool_values_clear(struct tool_values *values);

/* Rounds the doubles, which the caller has filled, to the dtype, and brings both to the same values. */
TOOL_CHECKED bool tool_values_round(struct tool_values *values);

/* Noise of variance 1 around a mean. */
TOOL_CHECKED bool tool_values_fill(struct tool_values *values, unsigned long long seed, double mean);

/* Puts it into a buffer of the job. */
TOOL_CHECKED bool tool_values_put(const struct tool_values *values, struct tool_job *job, struct tool_buffer *buffer);

/* Brings a buffer into it. */
TOOL_CHECKED bool tool_values_get(struct tool_values *values, const struct tool_job *job,
                                  const struct tool_buffer *buffer);

/* Whether both are stored with the same bits. */
bool tool_values_is_same(const struct tool_values *one, const struct tool_values *other);

#endif
