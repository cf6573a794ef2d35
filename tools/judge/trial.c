/* trial.c: one plan tried on data that is hard to normalize: what both ops have in common.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/judge/trial.h"

#include "tools/data/extent.h"
#include "tools/data/pattern.h"

#include <math.h>
#include <string.h>

bool tool_trial_note(const struct tool_trial_setup *setup, const struct tool_check *check, struct tool_trial *trial)
{
	if (setup->job.desc.activation == CLNORM_ACT_NONE) {
		trial->error = fmax(trial->error, check->excess);
	}
	return check->is_passed || tool_report_fail("%s", check->fault);
}

bool tool_trial_put_pattern(struct tool_trial_setup *setup, int pattern)
{
	tool_pattern_fill((enum tool_pattern)pattern, setup->seed, &setup->job.desc, setup->x.exact);
	return tool_values_round(&setup->x) && tool_values_put(&setup->x, &setup->job, &setup->job.x);
}

bool tool_trial_put_nan(const struct tool_trial_setup *setup, struct tool_values *values)
{
	struct tool_extent extent = tool_extent_of(&setup->job.desc);
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		if (instance == extent.instances / 2 && place == extent.s - 1) {
			values->exact[i] = NAN;
		}
	}
	return tool_values_round(values);
}

bool tool_trial_check_nan(const struct tool_trial_setup *setup, const char *what, const struct tool_values *before,
                          const struct tool_values *now)
{
	struct tool_extent extent = tool_extent_of(&setup->job.desc);
	size_t spoiled = tool_extent_set(&extent, extent.instances / 2);
	size_t bytes = clnorm_dtype_bytes(now->stored.dtype);
	const char *old_bits = before->stored.data, *new_bits = now->stored.data;
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		bool is_spoiled = tool_extent_set(&extent, instance) == spoiled;
		bool is_same = memcmp(old_bits + i * bytes, new_bits + i * bytes, bytes) == 0;
		if (is_spoiled ? !isnan(now->exact[i]) : !is_same) {
			return tool_report_fail("a NaN in instance %zu: %s[%zu] of instance %zu is %.9g",
			                        extent.instances / 2, what, i, instance, now->exact[i]);
		}
	}
	return true;
}
