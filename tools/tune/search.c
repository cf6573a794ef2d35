/* search.c: the best choice for one shape on this device: variants against each other, then their knobs one by one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/tune/search.h"

#include "tools/base/interrupt.h"
#include "tools/tune/field.h"

#include <math.h>
#include <stdio.h>

/* Variants whose knobs are worth a search: the best, and the best but one where it is near. */
#define FINALISTS 2
#define NEAR 1.3
/* The last comparison, of which times and verdict come, has so many times the rounds. */
#define FINAL_FACTOR 3
/* A candidate takes the default's place only with a median better by this part and intervals that do not meet. */
#define WORTH 0.02
/* Passes over a variant's knobs: a knob may be better off elsewhere after the others have moved. */
#define PASSES 2

struct search {
	struct tool_field field;
	size_t steps, steps_expected;
};

/* Compares the field, and moves the progress on. */
static bool compare(struct search *search, size_t factor, size_t *best)
{
	struct tool_progress *progress = search->field.question->progress;
	if (!tool_field_compare(&search->field, factor, best)) {
		return false;
	}
	++search->steps;
	if (progress != NULL) {
		tool_progress_move(progress, (double)search->steps / (double)(search->steps_expected + 1));
	}
	return true;
}

/* All variants with their defaults; the best of them that are right in order, *count of them. */
static bool find_finalists(struct search *search, struct tool_point finalists[FINALISTS], size_t *count)
{
	struct tool_field *field = &search->field;
	size_t best = 0;
	bool is_done = false;
	*count = 0;
	for (size_t i = 0; i < clnorm_variant_count(); ++i) {
		const struct tool_point point = {.variant = i};
		TOOL_TRY(tool_field_add(field, &point));
	}
	TOOL_TRY(field->count > 0 || tool_report_fail("no variant applies"));
	TOOL_TRY(compare(search, 1, &best));
	double limit = NEAR * field->candidates[best].times.median;
	while (*count < FINALISTS && field->candidates[best].times.median <= limit) {
		TOOL_TRY(tool_field_prove(field, &field->candidates[best]));
		if (field->candidates[best].is_right) {
			finalists[(*count)++] = field->candidates[best].point;
		}
		field->candidates[best].times.median = INFINITY;
		best = tool_field_fastest(field);
	}
	is_done = true;
done:
	tool_field_empty(field);
	return is_done;
}

/* Tries the values of one knob; *point moves to the best of them, where that is better at all. */
static bool turn_knob(struct search *search, size_t knob, struct tool_point *point, bool *has_moved)
{
	struct tool_field *field = &search->field;
	const clnorm_knob_info *info = clnorm_knob_get(knob);
	struct tool_point other = *point;
	size_t best = 0;
	bool is_done = false;
	TOOL_TRY(tool_field_add(field, point));
	field->candidates[0].is_right = true; /* as a finalist, or where it came from */
	for (size_t i = 0; i < info->value_count + (info->usual == 0); ++i) {
		/* The default, a value or a rule, is one of them; it is not to be set. */
		size_t value = i < info->value_count ? info->values[i] : 0;
		other.knobs[knob] = value == info->usual ? 0 : value;
		if (other.knobs[knob] != point->knobs[knob]) {
			TOOL_TRY(tool_field_add(field, &other));
		}
	}
	TOOL_TRY(compare(search, 1, &best));
	/* Half of what a verdict asks for: small steps may add up, and the last comparison judges them together. */
	if (best > 0 && field->candidates[best].times.median < (1 - WORTH / 2) * field->candidates[0].times.median) {
		*point = field->candidates[best].point;
		*has_moved = true;
	}
	is_done = true;
done:
	tool_field_empty(field);
	return is_done;
}

static size_t count_knobs(size_t variant)
{
	size_t count = 0;
	for (size_t i = 0; i < clnorm_knob_count(); ++i) {
		count += clnorm_variant_get(variant)->knobs >> i & 1;
	}
	return count;
}

static bool turn_knobs(struct search *search, struct tool_point *point)
{
	bool has_moved = true;
	for (int pass = 0; pass < PASSES && has_moved; ++pass) {
		has_moved = false;
		for (size_t i = 0; i < clnorm_knob_count(); ++i) {
			bool has_knob = clnorm_variant_get(point->variant)->knobs >> i & 1;
			if (has_knob && !turn_knob(search, i, point, &has_moved)) {
				return false;
			}
		}
	}
	return true;
}

/* The default against the finalists; nothing less than a clear win takes its place. */
static bool judge(struct search *search, const struct tool_point *finalists, size_t count,
                  struct tool_search_answer *answer)
{
	struct tool_field *field = &search->field;
	size_t best = 0;
	bool is_done = false;
	TOOL_TRY(tool_field_add(field, NULL));
	TOOL_TRY(field->count > 0 || tool_report_fail("the default's plan cannot be made"));
	for (size_t i = 0; i < count; ++i) {
		TOOL_TRY(tool_field_add(field, &finalists[i]));
	}
	TOOL_TRY(compare(search, FINAL_FACTOR, &best));
	TOOL_TRY(tool_field_prove(field, &field->candidates[0]));
	const struct tool_summary *usual = &field->candidates[0].times, *won = &field->candidates[best].times;
	bool is_faster = tool_summary_is_faster(won, usual, WORTH);
	bool is_default_wrong = field->candidates[0].is_wrong; /* its time is then of no interest */
	*answer = (struct tool_search_answer){.is_better = best > 0 && (is_faster || is_default_wrong),
	                                      .tried = field->tried};
	answer->us = (answer->is_better ? won : usual)->median * 1e3;
	answer->usual_us = (is_default_wrong ? won : usual)->median * 1e3;
	snprintf(answer->choice, sizeof answer->choice, "%s",
	         answer->is_better ? field->candidates[best].choice
	                           : clnorm_plan_variant(field->candidates[0].job.plan, field->question->op));
	is_done = true;
done:
	tool_field_empty(field);
	return is_done;
}

enum tool_search_end tool_search(clnorm_context *ctx, const struct tool_search_question *question,
                                 struct tool_search_answer *answer)
{
	struct search search = {.steps_expected = 1000}; /* until the finalists are known */
	struct tool_point finalists[FINALISTS];
	size_t count = 0;
	bool is_done = false;
	TOOL_TRY(tool_field_create(ctx, question, &search.field));
	TOOL_TRY(find_finalists(&search, finalists, &count));
	search.steps_expected = 2;
	for (size_t i = 0; i < count; ++i) {
		search.steps_expected += PASSES * count_knobs(finalists[i].variant);
	}
	for (size_t i = 0; i < count; ++i) {
		TOOL_TRY(turn_knobs(&search, &finalists[i]));
	}
	TOOL_TRY(judge(&search, finalists, count, answer));
	is_done = true;
done:
	tool_field_clear(&search.field);
	if (is_done) {
		return TOOL_SEARCH_FOUND;
	}
	/* A driver whose compiler was interrupted fails; that is no failure of the search. */
	return search.field.is_stopped || tool_interrupt_came() ? TOOL_SEARCH_STOPPED : TOOL_SEARCH_FAILED;
}
