/* field.c: choices for one shape that compete: plans on the same data, timed in turns, the best held against the
 * reference. SPDX-License-Identifier: Apache-2.0 */
#include "tools/tune/field.h"

#include "tools/base/interrupt.h"
#include "tools/calls/workload.h"
#include "tools/tune/proof.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A candidate slower than the best by this factor in its first rounds is not run again. */
#define FIRST_ROUNDS 3
#define HOPELESS 1.2
/* Rounds of a comparison where none are asked for: about so long for all its candidates, within limits. */
#define COMPARE_MS 400.0
#define ROUNDS_MIN 9
#define ROUNDS_MAX 101

/* ---- Candidates ------------------------------------------------------------------------------------------------- */

static void write_choice(const struct tool_point *point, char *text, size_t bytes)
{
	int used = snprintf(text, bytes, "%s", clnorm_variant_get(point->variant)->name);
	for (size_t i = 0; i < clnorm_knob_count(); ++i) {
		if (point->knobs[i] > 0 && used > 0 && (size_t)used < bytes) {
			used += snprintf(text + used, bytes - (size_t)used, " %s=%zu", clnorm_knob_get(i)->name,
			                 point->knobs[i]);
		}
	}
}

/* The most candidates there can be at once. */
static size_t widest_field(void)
{
	size_t widest = clnorm_variant_count();
	for (size_t i = 0; i < clnorm_knob_count(); ++i) {
		const clnorm_knob_info *info = clnorm_knob_get(i);
		widest = info->value_count > widest ? info->value_count : widest;
	}
	return widest + 2; /* the choice there is, and a rule's own value */
}

bool tool_field_create(clnorm_context *ctx, const struct tool_search_question *question, struct tool_field *field)
{
	*field = (struct tool_field){.ctx = ctx, .question = question, .room = widest_field()};
	field->candidates = calloc(field->room, sizeof field->candidates[0]);
	field->runs = calloc(field->room, sizeof field->runs[0]);
	if (clnorm_knob_count() > TOOL_KNOBS_MAX) {
		return tool_report_fail("%zu knobs; a search can turn %d", clnorm_knob_count(), TOOL_KNOBS_MAX);
	}
	if (field->candidates == NULL || field->runs == NULL) {
		return tool_report_fail("no memory for %zu candidates", field->room);
	}
	return tool_workload_create(ctx, &question->desc, question->op, &field->operands);
}

static bool enqueue(void *self, cl_command_queue queue)
{
	struct tool_candidate *candidate = self;
	return tool_job_enqueue(&candidate->job, candidate->op, queue);
}

void tool_field_empty(struct tool_field *field)
{
	for (size_t i = 0; i < field->count; ++i) {
		clnorm_plan_destroy(field->candidates[i].job.plan); /* the buffers are the operands' */
		free(field->runs[i].times);
		field->runs[i].times = NULL;
	}
	field->count = 0;
}

void tool_field_clear(struct tool_field *field)
{
	tool_field_empty(field);
	free(field->candidates);
	free(field->runs);
	tool_job_clear(&field->operands);
	*field = (struct tool_field){.is_stopped = field->is_stopped};
}

/* Whether a plan that cannot be made is no failure of the search: the choice does not work here, another may. */
static bool is_passed_over(clnorm_status status)
{
	return status == CLNORM_UNSUPPORTED || status == CLNORM_BUILD_FAILED || status == CLNORM_OUT_OF_DEVICE_MEMORY;
}

bool tool_field_add(struct tool_field *field, const struct tool_point *point)
{
	struct tool_candidate *made = &field->candidates[field->count];
	clnorm_plan *plan = NULL;
	clnorm_desc desc = field->question->desc;
	if (tool_interrupt_came()) {
		field->is_stopped = true;
		return false;
	}
	if (field->count == field->room) {
		return tool_report_fail("more than %zu candidates", field->room);
	}
	*made = (struct tool_candidate){.op = field->question->op};
	if (point != NULL) {
		made->point = *point;
		write_choice(point, made->choice, sizeof made->choice);
	}
	desc.ops = (unsigned)field->question->op;
	desc.variant = point != NULL ? made->choice : NULL;
	clnorm_status status = clnorm_plan_create(field->ctx, &desc, &plan);
	if (status != CLNORM_OK) {
		return is_passed_over(status) ? true : tool_report_status(status);
	}
	made->job = field->operands;
	made->job.plan = plan;
	field->runs[field->count] = (struct tool_timing_run){.enqueue = enqueue, .self = made};
	++field->count;
	++field->tried;
	return tool_report_status(clnorm_plan_prepare(plan, clnorm_context_queue(field->ctx))) &&
	       tool_job_run(&made->job, made->op, NULL);
}

/* ---- Comparing -------------------------------------------------------------------------------------------------- */

static bool give_times(struct tool_field *field, size_t rounds)
{
	for (size_t i = 0; i < field->count; ++i) {
		struct tool_timing_run *run = &field->runs[i];
		double *times = realloc(run->times, rounds * sizeof times[0]);
		if (times == NULL) {
			return tool_report_fail("no memory for %zu times", rounds);
		}
		run->times = times;
		run->count = 0;
	}
	return true;
}

/* After the first rounds: drops the hopeless; returns how long a round of the others takes, in ms. The first stays: it
 * is what the others are compared with. */
static double drop_hopeless(struct tool_field *field)
{
	double best = INFINITY, round_ms = 0;
	for (size_t i = 0; i < field->count; ++i) {
		best = fmin(best, tool_timing_min(field->runs[i].times, field->runs[i].count));
	}
	for (size_t i = 0; i < field->count; ++i) {
		double least = tool_timing_min(field->runs[i].times, field->runs[i].count);
		field->runs[i].is_dropped = field->candidates[i].is_wrong || (i > 0 && least > HOPELESS * best);
		round_ms += field->runs[i].is_dropped ? 0 : tool_timing_turn_ms(least);
	}
	return round_ms;
}

/* Rounds one by one, so that an interrupt need not wait for all of them. */
static bool run_rounds(struct tool_field *field, size_t rounds)
{
	cl_command_queue queue = clnorm_context_queue(field->ctx);
	if (!give_times(field, rounds)) {
		return false;
	}
	for (size_t i = 0; i < rounds; ++i) {
		if (tool_interrupt_came()) {
			field->is_stopped = true;
			return false;
		}
		if (!tool_timing_rounds(queue, field->count, field->runs, 1)) {
			return false;
		}
	}
	return true;
}

/* Times those of the field that are not wrong. */
static bool time_field(struct tool_field *field, size_t factor)
{
	size_t rounds = field->question->rounds;
	for (size_t i = 0; i < field->count; ++i) {
		field->runs[i].is_dropped = field->candidates[i].is_wrong;
	}
	if (!run_rounds(field, rounds > 0 && rounds < FIRST_ROUNDS ? rounds : FIRST_ROUNDS)) {
		return false;
	}
	double round_ms = drop_hopeless(field);
	if (rounds == 0) {
		rounds = (size_t)fmin(fmax(COMPARE_MS / fmax(round_ms, 1e-3), ROUNDS_MIN), ROUNDS_MAX) * factor;
	}
	if (!run_rounds(field, rounds)) {
		return false;
	}
	for (size_t i = 0; i < field->count; ++i) {
		struct tool_timing_run *run = &field->runs[i];
		field->candidates[i].times = tool_summary_of(run->times, run->is_dropped ? 0 : run->count);
		if (run->is_dropped) {
			field->candidates[i].times.median = INFINITY;
		}
	}
	return true;
}

/* Holds a candidate against the reference, once. A fast one may be one that leaves work out. */
bool tool_field_prove(const struct tool_field *field, struct tool_candidate *candidate)
{
	struct tool_check check = {0};
	if (candidate->is_right || candidate->is_wrong) {
		return true;
	}
	if (!tool_proof_take(&candidate->job, candidate->op, &check)) {
		return tool_report_about("the results cannot be compared");
	}
	candidate->is_right = check.is_passed;
	candidate->is_wrong = !check.is_passed;
	if (candidate->is_wrong) {
		if (field->question->progress != NULL) {
			tool_progress_clear(field->question->progress);
		}
		tool_report_note("%s: wrong: %s: %s; it is left out", field->question->name,
		                 candidate->choice[0] != '\0' ? candidate->choice : "the default", check.fault);
	}
	return true;
}

size_t tool_field_fastest(const struct tool_field *field)
{
	size_t best = 0;
	for (size_t i = 1; i < field->count; ++i) {
		best = field->candidates[i].times.median < field->candidates[best].times.median ? i : best;
	}
	return best;
}

/* Times the field; *best is the place of the fastest median of those that are right. Next to one that was not, right
 * ones may have been taken for hopeless, so that all is timed again without it. */
bool tool_field_compare(struct tool_field *field, size_t factor, size_t *best)
{
	for (size_t left = field->count; left > 0; --left) {
		if (!time_field(field, factor)) {
			return false;
		}
		*best = tool_field_fastest(field);
		if (!tool_field_prove(field, &field->candidates[*best])) {
			return false;
		}
		if (field->candidates[*best].is_right) {
			return true;
		}
	}
	return tool_report_fail("all of %zu choices compute wrongly", field->count);
}
