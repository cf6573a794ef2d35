/* field.h: choices for one shape that compete: plans on the same data, timed in turns, the best held against the
 * reference. SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_FIELD_H
#define TOOL_FIELD_H

#include "tools/calls/job.h"
#include "tools/calls/timing.h"
#include "tools/measure/summary.h"
#include "tools/tune/search.h"

#define TOOL_KNOBS_MAX 32 /* as a variant's set of them has bits */

/* A choice: a row of the variant table, and a value for each knob that is set; 0 where it is not. */
struct tool_point {
	size_t variant;
	size_t knobs[TOOL_KNOBS_MAX];
};

/* One choice at work: a plan of its own, buffers borrowed from the operands. */
struct tool_candidate {
	struct tool_point point;
	char choice[TOOL_CHOICE_MAX]; /* "": the planner's own */
	struct tool_job job;
	clnorm_op op;
	struct tool_summary times; /* median infinite where it took no part to the end */
	bool is_right, is_wrong;   /* neither: not held against the reference yet */
};

struct tool_field {
	clnorm_context *ctx;
	const struct tool_search_question *question;
	struct tool_job operands;
	struct tool_candidate *candidates;
	struct tool_timing_run *runs; /* one a candidate */
	size_t room, count;
	size_t tried; /* candidates there have been */
	bool is_stopped;
};

/* Makes the operands, and room for all variants or all values of a knob. */
TOOL_CHECKED bool tool_field_create(clnorm_context *ctx, const struct tool_search_question *question,
                                    struct tool_field *field);

/* Adds a candidate and runs it once; NULL: the planner's own choice. One that does not work here is left out. False
 * after an interrupt too, with is_stopped. */
TOOL_CHECKED bool tool_field_add(struct tool_field *field, const struct tool_point *point);

/* Times the candidates; *best is the place of the fastest median of those that are right. Rounds that are not asked for
 * are a few, times the factor. */
TOOL_CHECKED bool tool_field_compare(struct tool_field *field, size_t factor, size_t *best);

/* The place of the fastest median of the last comparison. */
size_t tool_field_fastest(const struct tool_field *field);

/* Holds a candidate against the reference, once, and says on stderr where it is wrong. */
TOOL_CHECKED bool tool_field_prove(const struct tool_field *field, struct tool_candidate *candidate);

/* Takes all candidates out. */
void tool_field_empty(struct tool_field *field);

/* Frees all; {0} is fine. */
void tool_field_clear(struct tool_field *field);

#endif
