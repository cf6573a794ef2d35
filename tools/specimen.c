/* specimen.c: one operand's made-up values on the host: as the device stores them, and the same in double.
 * SPDX-License-Identifier: Apache-2.0 */
#include "specimen.h"

#include "check.h"
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

bool tool_specimen_create(clnorm_dtype dtype, size_t count, struct tool_specimen *specimen)
{
	struct tool_specimen made = {.exact = tool_check_zeros(count)};
	if (made.exact == NULL || !tool_array_create(dtype, 1, &count, &made.stored)) {
		free(made.exact);
		return false;
	}
	*specimen = made;
	return true;
}

void tool_specimen_clear(struct tool_specimen *specimen)
{
	tool_array_clear(&specimen->stored);
	free(specimen->exact);
	*specimen = (struct tool_specimen){0};
}

static bool widen(struct tool_specimen *specimen)
{
	const struct tool_array *stored = &specimen->stored;
	return tool_report_status(
		clnorm_convert(stored->dtype, stored->data, CLNORM_F64, specimen->exact, stored->count));
}

bool tool_specimen_round(struct tool_specimen *specimen)
{
	const struct tool_array *stored = &specimen->stored;
	return tool_report_status(
		       clnorm_convert(CLNORM_F64, specimen->exact, stored->dtype, stored->data, stored->count)) &&
	       widen(specimen);
}

bool tool_specimen_fill(struct tool_specimen *specimen, unsigned long long seed, double mean)
{
	for (size_t i = 0; i < specimen->stored.count; ++i) {
		specimen->exact[i] = mean + tool_pattern_noise(seed, i);
	}
	return tool_specimen_round(specimen);
}

bool tool_specimen_put(const struct tool_specimen *specimen, struct tool_job *job, struct tool_slab *slab)
{
	const struct tool_array *stored = &specimen->stored;
	return tool_job_put(job, slab, stored->dtype, stored->count, stored->data);
}

bool tool_specimen_get(struct tool_specimen *specimen, const struct tool_job *job, const struct tool_slab *slab)
{
	return tool_slab_download(slab, clnorm_context_queue(job->ctx), specimen->stored.data) && widen(specimen);
}

bool tool_specimen_is_same(const struct tool_specimen *one, const struct tool_specimen *other)
{
	size_t bytes = one->stored.count * clnorm_dtype_bytes(one->stored.dtype);
	return memcmp(one->stored.data, other->stored.data, bytes) == 0;
}
