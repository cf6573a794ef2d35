/* operands.h: what a run of clnorm-apply reads: loaded, held against each other, and turned to the device's types.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_OPERANDS_H
#define TOOL_OPERANDS_H

#include "tools/apply/affine.h"
#include "tools/apply/settings.h"
#include "tools/apply/valid.h"
#include "tools/calls/job.h"
#include "tools/judge/check.h"

struct tool_operands {
	clnorm_desc desc; /* but for ops: what the plan is to be made for */
	struct tool_sample x, style;
	struct tool_affine affine;
	struct tool_valid valid;
	struct tool_array mean, rstd;                           /* of the statistics type; data NULL where not given */
	struct tool_array x_stored, residual_stored, dy_stored; /* in the device's dtype; data NULL where not given */
};

/* Loads all files that the settings name, gamma and beta too; the style's statistics are taken later, by a device. */
TOOL_CHECKED bool tool_operands_load(const struct tool_apply_settings *set, struct tool_operands *operands);

/* Makes gamma and beta of the style, where there is one. desc is complete afterwards. */
TOOL_CHECKED bool tool_operands_measure_style(const struct tool_apply_settings *set, clnorm_context *ctx,
                                              struct tool_operands *operands);

/* Puts them into the job's buffers. */
TOOL_CHECKED bool tool_operands_upload(const struct tool_operands *operands, struct tool_job *job);

/* The same values in double; mask and lengths are borrowed. Clear the inputs in either case. */
TOOL_CHECKED bool tool_operands_widen(const struct tool_operands *operands, struct tool_check_inputs *inputs);
void tool_operands_clear_widened(struct tool_check_inputs *inputs);

/* Frees; empty is fine. */
void tool_operands_clear(struct tool_operands *operands);

#endif
