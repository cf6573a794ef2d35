/* values.c: one operand's made-up values on the host: as the device stores them, and the same in double.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/values.h"

#include "tools/data/pattern.h"
#include "tools/judge/check.h"

#include <stdlib.h>
#include <string.h>

bool tool_values_create(clnorm_dtype dtype, size_t count, struct tool_values *values)
{
	struct tool_values made = {.exact = tool_check_zeros(count)};
	if (made.exact == NULL || !tool_array_create(dtype, 1, &count, &made.stored)) {
		free(made.exact);
		return false;
	}
	*values = made;
	return true;
}

void tool_values_clear(struct tool_values *values)
{
	tool_array_clear(&values->stored);
	free(values->exact);
	*values = (struct tool_values){0};
}

static bool widen(struct tool_values *values)
{
	const struct tool_array *stored = &values->stored;
	return tool_report_status(
		clnorm_convert(stored->dtype, stored->data, CLNORM_F64, values->exact, stored->count));
}

bool tool_values_round(struct tool_values *values)
{
	const struct tool_array *stored = &values->stored;
	return tool_report_status(
		       clnorm_convert(CLNORM_F64, values->exact, stored->dtype, stored->data, stored->count)) &&
	       widen(values);
}

bool tool_values_fill(struct tool_values *values, unsigned long long seed, double mean)
{
	for (size_t i = 0; i < values->stored.count; ++i) {
		values->exact[i] = mean + tool_pattern_noise(seed, i);
	}
	return tool_values_round(values);
}

bool tool_values_put(const struct tool_values *values, struct tool_job *job, struct tool_buffer *buffer)
{
	const struct tool_array *stored = &values->stored;
	return tool_job_put(job, buffer, stored->dtype, stored->count, stored->data);
}

bool tool_values_get(struct tool_values *values, const struct tool_job *job, const struct tool_buffer *buffer)
{
	return tool_buffer_download(buffer, clnorm_context_queue(job->ctx), values->stored.data) && widen(values);
}

bool tool_values_is_same(const struct tool_values *one, const struct tool_values *other)
{
	size_t bytes = one->stored.count * clnorm_dtype_bytes(one->stored.dtype);
	return memcmp(one->stored.data, other->stored.data, bytes) == 0;
}
