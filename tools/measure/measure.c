/* measure.c: how long one shape takes, each variant and each way to copy in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/measure.h"

#include "tools/base/clock.h"
#include "tools/calls/workload.h"
#include "tools/data/extent.h"
#include "tools/measure/hostcost.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Rounds before the ones that count, until so many and so long: they bring clocks and caches to their working state,
 * and tell which ways to copy are worth more rounds. */
#define WARM_ROUNDS 3
#define WARM_MS 100.0
/* A way to copy that is slower than the fastest by this factor in every warm-up round is not run again. */
#define HOPELESS 1.3
/* A variant that is slower than the fastest by this factor keeps its warm-up rounds for its result, unless the caller
 * has said how many rounds there are to be: a GPU's kernel on a processor takes a hundred times as long as the rest. */
#define HOPELESS_VARIANT 5.0
/* Rounds that count come in batches of about BATCH_MS, until the medians are known to DOUBT; at least for LEAST_MS, so
 * that a disturbance of some milliseconds is outvoted, and at most for LIMIT_MS and a part of it for each variant. */
#define DOUBT 0.01
#define BATCH_MS 100.0
#define LEAST_MS 500.0
#define LIMIT_MS 2000.0
#define LIMIT_EACH_MS 300.0
#define ROUNDS_MIN 9
#define ROUNDS_MAX 10000
#define BATCH_MAX 1000

#define RUNS_MAX (TOOL_MEASURE_MAX + TOOL_COPY_WAYS_MAX + 1)

/* One variant: a plan, and buffers borrowed from the operands. */
struct candidate {
	struct tool_job job;
	clnorm_op op;
};

/* Everything that the measurement of one shape owns. */
struct contest {
	clnorm_context *ctx;
	const struct tool_measure_question *question;
	struct tool_job operands;
	struct candidate candidates[TOOL_MEASURE_MAX];
	const char *choice;               /* the planner's variant, in the library's table */
	size_t candidate_count, copy_end; /* runs: candidates, then ways to copy, then the empty kernel */
	struct tool_timing_run runs[RUNS_MAX];
	size_t run_count;
};

static void move(const struct contest *contest, double part)
{
	if (contest->question->progress != NULL) {
		tool_progress_move(contest->question->progress, part);
	}
}

static void clear_progress(const struct contest *contest)
{
	if (contest->question->progress != NULL) {
		tool_progress_clear(contest->question->progress);
	}
}

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

static bool enqueue_candidate(void *self, cl_command_queue queue)
{
	struct candidate *candidate = self;
	return tool_job_enqueue(&candidate->job, candidate->op, queue);
}

/* Which variant the planner takes; left NULL where it finds none, which is said where that matters. */
static void ask_choice(struct contest *contest)
{
	clnorm_plan *plan = NULL;
	clnorm_desc desc = contest->question->desc;
	desc.ops = (unsigned)contest->question->op;
	desc.variant = NULL;
	if (clnorm_plan_create(contest->ctx, &desc, &plan) == CLNORM_OK) {
		contest->choice = clnorm_plan_variant(plan, contest->question->op);
	}
	clnorm_plan_destroy(plan);
}

/* A candidate for each name that applies. */
static bool make_candidates(struct contest *contest)
{
	const struct tool_measure_question *question = contest->question;
	for (size_t i = 0; i < question->name_count; ++i) {
		struct candidate *made = &contest->candidates[contest->candidate_count];
		clnorm_plan *plan = NULL;
		clnorm_desc desc = question->desc;
		desc.ops = (unsigned)question->op;
		desc.variant = question->names[i];
		clnorm_status status = clnorm_plan_create(contest->ctx, &desc, &plan);
		bool is_made = tool_report_status(status);
		if (status == CLNORM_UNSUPPORTED && question->names[i] != NULL) {
			if (!question->is_silent) {
				clear_progress(contest);
				tool_report_note("%s", tool_report_text());
			}
			continue;
		}
		if (!is_made) {
			return false;
		}
		*made = (struct candidate){.job = contest->operands, .op = question->op};
		made->job.plan = plan;
		made->job.desc = desc;
		++contest->candidate_count;
		if (!tool_report_status(clnorm_plan_prepare(plan, clnorm_context_queue(contest->ctx))) ||
		    !tool_job_run(&made->job, question->op, NULL)) {
			return false;
		}
		move(contest, 0.1 + 0.2 * (double)(i + 1) / (double)question->name_count);
	}
	return true;
}

static void list_runs(struct contest *contest, struct tool_copy *copy)
{
	struct tool_timing_run *run = contest->runs;
	for (size_t i = 0; i < contest->candidate_count; ++i) {
		*run++ = (struct tool_timing_run){.enqueue = enqueue_candidate, .self = &contest->candidates[i]};
	}
	for (size_t i = 0; i < copy->count; ++i) {
		*run++ = (struct tool_timing_run){.enqueue = tool_copy_enqueue, .self = &copy->ways[i]};
	}
	contest->copy_end = contest->candidate_count + copy->count;
	if (contest->question->launch != NULL) {
		*run++ = (struct tool_timing_run){.enqueue = tool_launch_enqueue, .self = contest->question->launch};
	}
	contest->run_count = (size_t)(run - contest->runs);
}

static bool give_times(struct contest *contest, size_t rounds)
{
	for (size_t i = 0; i < contest->run_count; ++i) {
		struct tool_timing_run *run = &contest->runs[i];
		if (run->is_dropped) {
			continue; /* its times stay */
		}
		double *times =
			rounds < SIZE_MAX / sizeof times[0] ? realloc(run->times, rounds * sizeof times[0]) : NULL;
		if (times == NULL) {
			return tool_report_fail("no memory for %zu times", rounds);
		}
		run->times = times;
		run->count = 0;
	}
	return true;
}

/* The least time of any of these runs. */
static double least_of(const struct contest *contest, size_t first, size_t end)
{
	double least = INFINITY;
	for (size_t i = first; i < end; ++i) {
		least = fmin(least, tool_timing_min(contest->runs[i].times, contest->runs[i].count));
	}
	return least;
}

/* After the warm-up: drops the hopeless runs, whose times stay; returns how long a round of the others takes, in ms. */
static double choose_runs(struct contest *contest)
{
	double variant = least_of(contest, 0, contest->candidate_count);
	double copy = least_of(contest, contest->candidate_count, contest->copy_end), round_ms = 0;
	for (size_t i = 0; i < contest->run_count; ++i) {
		struct tool_timing_run *run = &contest->runs[i];
		double least = tool_timing_min(run->times, run->count);
		if (i < contest->candidate_count) {
			run->is_dropped = contest->question->rounds == 0 && least > HOPELESS_VARIANT * variant;
		} else if (i < contest->copy_end) {
			run->is_dropped = least > HOPELESS * copy;
		}
		round_ms += run->is_dropped ? 0 : tool_timing_turn_ms(least);
	}
	return round_ms;
}

/* ---- Rounds ----------------------------------------------------------------------------------------------------- */

static bool run_rounds(struct contest *contest, size_t rounds)
{
	return tool_timing_rounds(clnorm_context_queue(contest->ctx), contest->run_count, contest->runs, rounds);
}

static bool warm_up(struct contest *contest)
{
	double start = tool_clock_now();
	size_t rounds = 0;
	if (!give_times(contest, ROUNDS_MAX)) {
		return false;
	}
	while (rounds < WARM_ROUNDS || (rounds < ROUNDS_MAX && tool_clock_now() - start < WARM_MS)) {
		if (!run_rounds(contest, 1)) {
			return false;
		}
		++rounds;
	}
	return true;
}

/* The fastest way to copy, by the median; NULL without one. Sorts the times. */
static const struct tool_timing_run *best_copy(const struct contest *contest, struct tool_summary *summary)
{
	const struct tool_timing_run *best = NULL;
	for (size_t i = contest->candidate_count; i < contest->copy_end; ++i) {
		const struct tool_timing_run *run = &contest->runs[i];
		struct tool_summary one = tool_summary_of(run->times, run->is_dropped ? 0 : run->count);
		if (!run->is_dropped && (best == NULL || one.median < summary->median)) {
			best = run;
			*summary = one;
		}
	}
	return best;
}

static bool is_stable(const struct tool_summary *one, const struct tool_summary *copy)
{
	return tool_summary_doubt(one) <= DOUBT && (copy->count == 0 || tool_summary_doubt(copy) <= DOUBT);
}

static bool are_stable(const struct contest *contest)
{
	struct tool_summary copy = {0};
	if (best_copy(contest, &copy) != NULL && tool_summary_doubt(&copy) > DOUBT) {
		return false;
	}
	for (size_t i = 0; i < contest->candidate_count; ++i) {
		struct tool_summary one = tool_summary_of(contest->runs[i].times, contest->runs[i].count);
		if (!contest->runs[i].is_dropped && !is_stable(&one, &copy)) {
			return false;
		}
	}
	return true;
}

/* Times the runs in batches until the medians stand, or the time is over. */
static bool repeat(struct contest *contest, double round_ms)
{
	double start = tool_clock_now(), elapsed = 0;
	double limit = LIMIT_MS + LIMIT_EACH_MS * (double)contest->candidate_count;
	size_t done = 0, batch = (size_t)fmin(fmax(BATCH_MS / fmax(round_ms, 1e-3), 1), BATCH_MAX);
	while (done < ROUNDS_MIN ||
	       (done < ROUNDS_MAX && elapsed < limit && (elapsed < LEAST_MS || !are_stable(contest)))) {
		size_t rounds = batch < ROUNDS_MAX - done ? batch : ROUNDS_MAX - done;
		if (!run_rounds(contest, rounds)) {
			return false;
		}
		done += rounds;
		elapsed = tool_clock_now() - start;
		move(contest, 0.3 + 0.6 * fmax(elapsed / limit, (double)done / ROUNDS_MAX));
	}
	return true;
}

static bool time_runs(struct contest *contest)
{
	size_t rounds = contest->question->rounds;
	if (!warm_up(contest)) {
		return false;
	}
	double round_ms = choose_runs(contest);
	if (!give_times(contest, rounds > 0 ? rounds : ROUNDS_MAX)) {
		return false;
	}
	return rounds == 0 ? repeat(contest, round_ms) : run_rounds(contest, rounds);
}

/* ---- Results ---------------------------------------------------------------------------------------------------- */

static void read_copy(const struct contest *contest, struct tool_summary *copy, struct tool_measure *result)
{
	const struct tool_timing_run *best = best_copy(contest, copy);
	result->copy_ms = best != NULL ? copy->median : INFINITY;
	result->copy_name = best != NULL ? ((const struct tool_copy_way *)best->self)->name : NULL;
}

static void read_results(const struct contest *contest, struct tool_measure *results)
{
	const struct tool_measure_question *question = contest->question;
	struct tool_measure shared = {.launch_us = NAN, .host_us = NAN, .host_launch_us = NAN};
	struct tool_summary copy = {0};
	double tensor_bytes =
		(double)tool_extent_of(&question->desc).count * (double)clnorm_dtype_bytes(question->desc.dtype);
	double tensors = question->op == CLNORM_OP_BACKWARD ? 3 : 2; /* read and written; the copy's are 2 */
	read_copy(contest, &copy, &shared);
	if (question->launch != NULL) {
		const struct tool_timing_run *launch = &contest->runs[contest->copy_end];
		shared.launch_us = tool_summary_of(launch->times, launch->count).median * 1e3;
	}
	for (size_t i = 0; i < contest->candidate_count; ++i) {
		struct tool_measure *result = &results[i];
		*result = shared;
		/* In the library's table, so that it outlives the plan. */
		result->variant = clnorm_plan_variant(contest->candidates[i].job.plan, question->op);
		result->is_chosen = contest->choice != NULL && strcmp(result->variant, contest->choice) == 0;
		result->times = tool_summary_of(contest->runs[i].times, contest->runs[i].count);
		result->is_stable = is_stable(&result->times, &copy);
		result->median_ms = result->times.median;
		result->min_ms = result->times.min;
		result->gb_per_s = tensors * tensor_bytes / result->median_ms * 1e-6;
		result->share = tensors / 2 * result->copy_ms / result->median_ms;
	}
}

/* The empty kernel is enqueued in bursts as long as those of the variant, since a driver has more to do for a call to
 * an idle device: it wakes threads. */
static bool take_hostcosts(const struct contest *contest, struct tool_measure *results)
{
	cl_command_queue queue = clnorm_context_queue(contest->ctx);
	const struct tool_timing_run *launch = &contest->runs[contest->copy_end];
	for (size_t i = 0; i < contest->candidate_count && contest->question->launch != NULL; ++i) {
		struct tool_measure *result = &results[i];
		if (!tool_hostcost_take(queue, &contest->runs[i], result->median_ms, &result->host_us) ||
		    !tool_hostcost_take(queue, launch, result->median_ms, &result->host_launch_us)) {
			return false;
		}
	}
	move(contest, 1);
	return true;
}

static void clear(struct contest *contest)
{
	for (size_t i = 0; i < contest->run_count; ++i) {
		free(contest->runs[i].times);
	}
	for (size_t i = 0; i < contest->candidate_count; ++i) {
		clnorm_plan_destroy(contest->candidates[i].job.plan); /* the buffers are the operands' */
	}
	tool_job_clear(&contest->operands);
}

/* Operands, and the copies over them: x over an output. */
static bool make_operands(struct contest *contest, struct tool_copy *copy)
{
	const struct tool_measure_question *question = contest->question;
	struct tool_job *all = &contest->operands;
	if (!tool_workload_create(contest->ctx, &question->desc, question->op, all)) {
		return false;
	}
	const struct tool_buffer *to = question->op == CLNORM_OP_BACKWARD ? &all->dx : &all->y;
	move(contest, 0.1);
	return tool_copy_aim(copy, tool_buffer_view(&all->x).mem, tool_buffer_view(to).mem,
	                     clnorm_tensor_bytes(all->x.tensor));
}

bool tool_measure_op(clnorm_context *ctx, struct tool_copy *copy, const struct tool_measure_question *question,
                     struct tool_measure results[TOOL_MEASURE_MAX], size_t *count)
{
	struct contest contest = {.ctx = ctx, .question = question};
	bool is_done = false;
	TOOL_TRY(make_operands(&contest, copy));
	TOOL_TRY(make_candidates(&contest));
	ask_choice(&contest);
	list_runs(&contest, copy);
	TOOL_TRY(contest.candidate_count == 0 || time_runs(&contest));
	read_results(&contest, results);
	TOOL_TRY(take_hostcosts(&contest, results));
	*count = contest.candidate_count;
	is_done = true;
done:
	clear(&contest);
	return is_done;
}

bool tool_measure_copy(clnorm_context *ctx, struct tool_copy *copy, size_t bytes, struct tool_measure *result)
{
	struct tool_measure_question question = {.desc = clnorm_desc_1d(1, 1, bytes / sizeof(float)),
	                                         .op = CLNORM_OP_FORWARD};
	struct contest contest = {.ctx = ctx, .question = &question};
	struct tool_summary summary = {0};
	bool is_done = false;
	question.desc.affine = CLNORM_AFFINE_NONE;
	TOOL_TRY(make_operands(&contest, copy));
	list_runs(&contest, copy);
	TOOL_TRY(time_runs(&contest));
	read_copy(&contest, &summary, result);
	is_done = true;
done:
	clear(&contest);
	return is_done;
}
