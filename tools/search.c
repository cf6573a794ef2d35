/* search.c: the best choice for one shape on this device: variants against each other, then their knobs one by one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "search.h"

#include "interrupt.h"
#include "summary.h"
#include "timing.h"
#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Candidates of one comparison at most: the values of a knob, or all variants, and the one there is. */
#define FIELD_MAX 16
#define KNOBS_MAX 32
/* Variants whose knobs are worth a search: the best, and the best but one where it is near. */
#define FINALISTS 2
#define NEAR 1.3
/* A candidate slower than the best by this factor in its first rounds is not run again. */
#define TRIAL_ROUNDS 3
#define HOPELESS 1.2
/* Rounds of a comparison where none are asked for: about so long for all its candidates, within limits. */
#define COMPARE_MS 400.0
#define ROUNDS_MIN 9
#define ROUNDS_MAX 101
/* The last comparison, of which times and verdict come, has so many times the rounds. */
#define FINAL_FACTOR 3
/* A candidate takes the default's place only with a median better by this part and intervals that do not meet. */
#define WORTH 0.02
/* Passes over a variant's knobs: a knob may be better off elsewhere after the others have moved. */
#define PASSES 2

/* A choice: a row of the variant table, and a value for each knob that is set; 0 where it is not. */
struct point {
	size_t variant;
	size_t knobs[KNOBS_MAX];
};

/* One choice at work: a plan of its own, slabs borrowed from the operands. */
struct candidate {
	struct point point;
	char choice[TOOL_CHOICE_MAX];
	struct tool_job job;
	clnorm_op op;
	struct tool_summary times;
};

struct search {
	clnorm_context *ctx;
	const struct tool_search_question *question;
	struct tool_job operands;
	struct candidate field[FIELD_MAX];
	struct tool_timing_run runs[FIELD_MAX];
	size_t count;
	size_t tried, steps, steps_expected;
	bool is_stopped;
};

/* ---- Candidates ------------------------------------------------------------------------------------------------- */

static void write_choice(const struct point *point, char *text, size_t bytes)
{
	int used = snprintf(text, bytes, "%s", clnorm_variant_get(point->variant)->name);
	for (size_t i = 0; i < clnorm_knob_count() && i < KNOBS_MAX; ++i) {
		if (point->knobs[i] > 0 && used > 0 && (size_t)used < bytes) {
			used += snprintf(text + used, bytes - (size_t)used, " %s=%zu", clnorm_knob_get(i)->name,
			                 point->knobs[i]);
		}
	}
}

static bool enqueue(void *self, cl_command_queue queue)
{
	struct candidate *candidate = self;
	return tool_job_enqueue(&candidate->job, candidate->op, queue);
}

static void clear_field(struct search *search)
{
	for (size_t i = 0; i < search->count; ++i) {
		clnorm_plan_destroy(search->field[i].job.plan); /* the slabs are the operands' */
		free(search->runs[i].times);
		search->runs[i].times = NULL;
	}
	search->count = 0;
}

/* Whether a plan that cannot be made is no failure of the search: the choice does not work here, another may. */
static bool is_passed_over(clnorm_status status)
{
	return status == CLNORM_UNSUPPORTED || status == CLNORM_BUILD_FAILED || status == CLNORM_OUT_OF_DEVICE_MEMORY;
}

/* Adds a candidate and runs it once; NULL: the planner's own choice. One that does not work here is left out. */
static bool add(struct search *search, const struct point *point)
{
	struct candidate *made = &search->field[search->count];
	clnorm_plan *plan = NULL;
	clnorm_desc desc = search->question->desc;
	if (tool_interrupt_came()) {
		search->is_stopped = true;
		return false;
	}
	if (search->count == FIELD_MAX) {
		return true;
	}
	*made = (struct candidate){.op = search->question->op};
	if (point != NULL) {
		made->point = *point;
		write_choice(point, made->choice, sizeof made->choice);
	}
	desc.ops = (unsigned)search->question->op;
	desc.variant = point != NULL ? made->choice : NULL;
	clnorm_status status = clnorm_plan_create(search->ctx, &desc, &plan);
	if (status != CLNORM_OK) {
		return is_passed_over(status) ? true : tool_report_status(status);
	}
	made->job = search->operands;
	made->job.plan = plan;
	search->runs[search->count] = (struct tool_timing_run){.enqueue = enqueue, .self = made};
	++search->count;
	++search->tried;
	return tool_report_status(clnorm_plan_prepare(plan, clnorm_context_queue(search->ctx))) &&
	       tool_job_run(&made->job, made->op, NULL);
}

/* ---- Comparing -------------------------------------------------------------------------------------------------- */

static void move(struct search *search)
{
	++search->steps;
	if (search->question->progress != NULL) {
		tool_progress_move(search->question->progress,
		                   (double)search->steps / (double)(search->steps_expected + 1));
	}
}

static bool give_times(struct search *search, size_t rounds)
{
	for (size_t i = 0; i < search->count; ++i) {
		struct tool_timing_run *run = &search->runs[i];
		double *times = realloc(run->times, rounds * sizeof times[0]);
		if (times == NULL) {
			return tool_report_fail("no memory for %zu times", rounds);
		}
		run->times = times;
		run->count = 0;
	}
	return true;
}

/* After the trial: drops the hopeless; returns how long a round of the others takes, in ms. The first stays: it is what
 * the others are compared with. */
static double drop_hopeless(struct search *search)
{
	double best = INFINITY, round_ms = 0;
	for (size_t i = 0; i < search->count; ++i) {
		best = fmin(best, tool_timing_min(search->runs[i].times, search->runs[i].count));
	}
	for (size_t i = 0; i < search->count; ++i) {
		double least = tool_timing_min(search->runs[i].times, search->runs[i].count);
		search->runs[i].is_dropped = i > 0 && least > HOPELESS * best;
		round_ms += search->runs[i].is_dropped ? 0 : tool_timing_turn_ms(least);
	}
	return round_ms;
}

/* Rounds one by one, so that an interrupt need not wait for all of them. */
static bool run_rounds(struct search *search, size_t rounds)
{
	cl_command_queue queue = clnorm_context_queue(search->ctx);
	for (size_t i = 0; i < rounds; ++i) {
		if (tool_interrupt_came()) {
			search->is_stopped = true;
			return false;
		}
		if (!tool_timing_rounds(queue, search->count, search->runs, 1)) {
			return false;
		}
	}
	return true;
}

/* Times the field; *best is the place of the fastest median, 0 where the field has one alone. */
static bool compare(struct search *search, size_t factor, size_t *best)
{
	size_t rounds = search->question->rounds;
	*best = 0;
	if (!give_times(search, TRIAL_ROUNDS) || !run_rounds(search, TRIAL_ROUNDS)) {
		return false;
	}
	double round_ms = drop_hopeless(search);
	if (rounds == 0) {
		rounds = (size_t)fmin(fmax(COMPARE_MS / fmax(round_ms, 1e-3), ROUNDS_MIN), ROUNDS_MAX) * factor;
	}
	if (!give_times(search, rounds) || !run_rounds(search, rounds)) {
		return false;
	}
	for (size_t i = 0; i < search->count; ++i) {
		struct tool_timing_run *run = &search->runs[i];
		search->field[i].times = tool_summary_of(run->times, run->is_dropped ? 0 : run->count);
		if (!run->is_dropped && search->field[i].times.median < search->field[*best].times.median) {
			*best = i;
		}
	}
	move(search);
	return true;
}

/* ---- Searching -------------------------------------------------------------------------------------------------- */

/* All variants with their defaults; the best of them in order, *count of them. */
static bool find_finalists(struct search *search, struct point finalists[FINALISTS], size_t *count)
{
	size_t best = 0;
	bool is_done = false;
	*count = 0;
	for (size_t i = 0; i < clnorm_variant_count(); ++i) {
		const struct point point = {.variant = i};
		TOOL_TRY(add(search, &point));
	}
	TOOL_TRY(search->count > 0 || tool_report_fail("no variant applies"));
	TOOL_TRY(compare(search, 1, &best));
	double limit = NEAR * search->field[best].times.median;
	while (*count < FINALISTS && search->field[best].times.median <= limit) {
		finalists[(*count)++] = search->field[best].point;
		search->field[best].times.median = INFINITY;
		for (size_t i = 0; i < search->count; ++i) {
			best = search->field[i].times.median < search->field[best].times.median ? i : best;
		}
	}
	is_done = true;
done:
	clear_field(search);
	return is_done;
}

/* Tries the values of one knob; *point moves to the best of them, where that is better at all. */
static bool turn_knob(struct search *search, size_t knob, struct point *point, bool *has_moved)
{
	const clnorm_knob_info *info = clnorm_knob_get(knob);
	struct point other = *point;
	size_t best = 0;
	bool is_done = false;
	TOOL_TRY(add(search, point));
	for (size_t i = 0; i < info->value_count + (info->usual == 0); ++i) {
		/* The default, a value or a rule, is one of them; it is not to be set. */
		size_t value = i < info->value_count ? info->values[i] : 0;
		other.knobs[knob] = value == info->usual ? 0 : value;
		if (other.knobs[knob] != point->knobs[knob]) {
			TOOL_TRY(add(search, &other));
		}
	}
	TOOL_TRY(compare(search, 1, &best));
	/* Half of what a verdict asks for: small steps may add up, and the last comparison judges them together. */
	if (best > 0 && search->field[best].times.median < (1 - WORTH / 2) * search->field[0].times.median) {
		*point = search->field[best].point;
		*has_moved = true;
	}
	is_done = true;
done:
	clear_field(search);
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

static bool turn_knobs(struct search *search, struct point *point)
{
	bool has_moved = true;
	for (int pass = 0; pass < PASSES && has_moved; ++pass) {
		has_moved = false;
		for (size_t i = 0; i < clnorm_knob_count() && i < KNOBS_MAX; ++i) {
			bool has_knob = clnorm_variant_get(point->variant)->knobs >> i & 1;
			if (has_knob && !turn_knob(search, i, point, &has_moved)) {
				return false;
			}
		}
	}
	return true;
}

/* The default against the finalists; nothing less than a clear win takes its place. */
static bool judge(struct search *search, const struct point *finalists, size_t count, struct tool_search_answer *answer)
{
	size_t best = 0;
	bool is_done = false;
	TOOL_TRY(add(search, NULL));
	TOOL_TRY(search->count > 0 || tool_report_fail("the default's plan cannot be made"));
	for (size_t i = 0; i < count; ++i) {
		TOOL_TRY(add(search, &finalists[i]));
	}
	TOOL_TRY(compare(search, FINAL_FACTOR, &best));
	const struct tool_summary *usual = &search->field[0].times, *won = &search->field[best].times;
	*answer = (struct tool_search_answer){.usual_us = usual->median * 1e3, .tried = search->tried};
	answer->is_better = best > 0 && won->high < usual->low && won->median < (1 - WORTH) * usual->median;
	answer->us = answer->is_better ? won->median * 1e3 : answer->usual_us;
	snprintf(answer->choice, sizeof answer->choice, "%s",
	         answer->is_better ? search->field[best].choice
	                           : clnorm_plan_variant(search->field[0].job.plan, search->question->op));
	is_done = true;
done:
	clear_field(search);
	return is_done;
}

enum tool_search_end tool_search(clnorm_context *ctx, const struct tool_search_question *question,
                                 struct tool_search_answer *answer)
{
	struct search search = {.ctx = ctx, .question = question};
	struct point finalists[FINALISTS];
	size_t count = 0;
	bool is_done = false;
	search.steps_expected = 1000; /* until the finalists are known */
	TOOL_TRY(tool_workload_create(ctx, &question->desc, question->op, &search.operands));
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
	clear_field(&search);
	tool_job_clear(&search.operands);
	if (is_done) {
		return TOOL_SEARCH_FOUND;
	}
	/* A driver whose compiler was interrupted fails; that is no failure of the search. */
	return search.is_stopped || tool_interrupt_came() ? TOOL_SEARCH_STOPPED : TOOL_SEARCH_FAILED;
}
