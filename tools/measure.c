/* measure.c: how long one shape takes, each variant and each way to copy in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "extent.h"
#include "job.h"
#include "pattern.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Rounds before the ones that count: they warm up the device and tell which ways to copy are worth more rounds. */
#define TRIAL_ROUNDS 3
/* A way to copy that is slower than the fastest by this factor in every trial is not run again. */
#define HOPELESS 1.3
/* Without a number of rounds: about this long, but enough rounds for a median, and not too many of a tiny shape. */
#define ROUNDS_MS 1000.0
#define ROUNDS_MIN 9
#define ROUNDS_MAX 301

#define RUNS_MAX (TOOL_MEASURE_MAX + TOOL_COPY_WAYS_MAX)

/* One variant: a plan, and slabs borrowed from the operands. */
struct contender {
	struct tool_job job;
	clnorm_op op;
};

/* Everything that the measurement of one shape owns. */
struct bench {
	clnorm_context *ctx;
	clnorm_desc desc;
	clnorm_op op;
	struct tool_job operands; /* all slabs; a plan only where moments are to be made */
	struct contender contenders[TOOL_MEASURE_MAX];
	size_t contender_count;
	struct tool_timing_run runs[RUNS_MAX]; /* contenders, then ways to copy */
	size_t run_count;
};

/* ---- Operands ------------------------------------------------------------------------------------------------------
 */

/* Fills a slab with pseudo-random numbers around `mean`. Constant data would let a GPU's memory compression flatter us.
 */
static bool fill(const struct bench *bench, float mean, const struct tool_slab *slab)
{
	void *stored = NULL;
	size_t count = slab->count;
	clnorm_dtype dtype = clnorm_tensor_dtype(slab->tensor);
	float *values = count < SIZE_MAX / sizeof(double) ? malloc(count * sizeof values[0]) : NULL;
	bool is_done = false;
	TOOL_TRY(values != NULL || tool_report_fail("no memory for %zu numbers of test data", count));
	tool_pattern_fill_floats(count, values, count);
	for (size_t i = 0; i < count && mean != 0.0f; ++i) {
		values[i] += mean;
	}
	stored = malloc(count * clnorm_dtype_bytes(dtype));
	TOOL_TRY(stored != NULL || tool_report_fail("no memory for %zu numbers of test data", count));
	TOOL_TRY(tool_report_status(clnorm_convert(CLNORM_F32, values, dtype, stored, count)));
	TOOL_TRY(tool_slab_upload(slab, clnorm_context_queue(bench->ctx), stored));
	is_done = true;
done:
	free(values);
	free(stored);
	return is_done;
}

/* The moments that a training step keeps from its forward pass. */
static bool make_moments(struct bench *bench)
{
	clnorm_desc desc = bench->desc;
	desc.variant = NULL;
	desc.ops = CLNORM_OP_FORWARD;
	return tool_report_status(clnorm_plan_create(bench->ctx, &desc, &bench->operands.plan)) &&
	       tool_job_run(&bench->operands, CLNORM_OP_FORWARD, NULL);
}

static bool make_operands(struct bench *bench)
{
	struct tool_job *all = &bench->operands;
	bool is_backward = bench->op == CLNORM_OP_BACKWARD, has_parameters = tool_extent_affine(&bench->desc) > 0;
	unsigned slabs = TOOL_JOB_X | (is_backward ? TOOL_JOB_DY | TOOL_JOB_DX | TOOL_JOB_MOMENTS : TOOL_JOB_Y);
	*all = (struct tool_job){.ctx = bench->ctx, .desc = bench->desc};
	if (is_backward && has_parameters) {
		slabs |= TOOL_JOB_DGAMMA | TOOL_JOB_DBETA;
	}
	if (!tool_job_allocate(all, slabs, 0) || !fill(bench, 0.0f, &all->x)) {
		return false;
	}
	if (has_parameters) {
		clnorm_dtype statistics = clnorm_dtype_statistics(bench->desc.dtype);
		size_t count = tool_extent_affine(&bench->desc);
		if (!tool_slab_create(bench->ctx, statistics, count, 0, &all->gamma) ||
		    !fill(bench, 1.0f, &all->gamma) ||
		    !tool_slab_create(bench->ctx, statistics, count, 0, &all->beta) || !fill(bench, 0.0f, &all->beta)) {
			return false;
		}
	}
	return !is_backward || (fill(bench, 0.0f, &all->dy) && make_moments(bench));
}

/* ---- Runs ----------------------------------------------------------------------------------------------------------
 */

static bool enqueue_contender(void *self, cl_command_queue queue)
{
	struct contender *contender = self;
	return tool_job_enqueue(&contender->job, contender->op, queue);
}

/* A contender for each name that applies. */
static bool make_contenders(struct bench *bench, const struct tool_measure_question *question)
{
	for (size_t i = 0; i < question->name_count; ++i) {
		struct contender *made = &bench->contenders[bench->contender_count];
		clnorm_plan *plan = NULL;
		clnorm_desc desc = bench->desc;
		desc.ops = (unsigned)bench->op;
		desc.variant = question->names[i];
		clnorm_status status = clnorm_plan_create(bench->ctx, &desc, &plan);
		bool is_made = tool_report_status(status);
		if (status == CLNORM_UNSUPPORTED && question->names[i] != NULL) {
			if (!question->is_silent) {
				tool_report_note("%s", tool_report_text());
			}
			continue;
		}
		if (!is_made) {
			return false;
		}
		*made = (struct contender){.job = bench->operands, .op = bench->op};
		made->job.plan = plan;
		made->job.desc = desc;
		++bench->contender_count;
		if (!tool_report_status(clnorm_plan_prepare(plan, clnorm_context_queue(bench->ctx))) ||
		    !tool_job_run(&made->job, bench->op, NULL)) {
			return false;
		}
	}
	return true;
}

static void list_runs(struct bench *bench, struct tool_copy *copy)
{
	for (size_t i = 0; i < bench->contender_count; ++i) {
		bench->runs[i] = (struct tool_timing_run){.enqueue = enqueue_contender, .self = &bench->contenders[i]};
	}
	for (size_t i = 0; i < copy->count; ++i) {
		bench->runs[bench->contender_count + i] =
			(struct tool_timing_run){.enqueue = tool_copy_enqueue, .self = &copy->ways[i]};
	}
	bench->run_count = bench->contender_count + copy->count;
}

static bool give_times(struct bench *bench, size_t rounds)
{
	for (size_t i = 0; i < bench->run_count; ++i) {
		struct tool_timing_run *run = &bench->runs[i];
		double *times = realloc(run->times, rounds * sizeof times[0]);
		if (times == NULL) {
			return tool_report_fail("no memory for %zu times", rounds);
		}
		run->times = times;
		run->count = 0;
	}
	return true;
}

/* After the trial: drops the hopeless ways to copy; returns how long a round of the others takes, in ms. */
static double choose_runs(struct bench *bench)
{
	double best = INFINITY, round_ms = 0;
	for (size_t i = bench->contender_count; i < bench->run_count; ++i) {
		best = fmin(best, tool_timing_min(bench->runs[i].times, bench->runs[i].count));
	}
	for (size_t i = 0; i < bench->run_count; ++i) {
		struct tool_timing_run *run = &bench->runs[i];
		double least = tool_timing_min(run->times, run->count);
		run->is_dropped = i >= bench->contender_count && least > HOPELESS * best;
		round_ms += run->is_dropped ? 0 : least;
	}
	return round_ms;
}

static bool time_runs(struct bench *bench, size_t rounds)
{
	cl_command_queue queue = clnorm_context_queue(bench->ctx);
	if (!give_times(bench, TRIAL_ROUNDS) ||
	    !tool_timing_rounds(queue, bench->run_count, bench->runs, TRIAL_ROUNDS)) {
		return false;
	}
	double round_ms = choose_runs(bench);
	if (rounds == 0) {
		rounds = (size_t)fmin(fmax(ROUNDS_MS / fmax(round_ms, 1e-3), ROUNDS_MIN), ROUNDS_MAX);
	}
	return give_times(bench, rounds) && tool_timing_rounds(queue, bench->run_count, bench->runs, rounds);
}

/* ---- Results -------------------------------------------------------------------------------------------------------
 */

static void read_copy(struct bench *bench, struct tool_measure *result)
{
	result->copy_ms = INFINITY;
	for (size_t i = bench->contender_count; i < bench->run_count; ++i) {
		struct tool_timing_run *run = &bench->runs[i];
		double median = run->is_dropped ? INFINITY : tool_timing_median(run->times, run->count);
		if (median < result->copy_ms) {
			result->copy_ms = median;
			result->copy_name = ((const struct tool_copy_way *)run->self)->name;
		}
	}
}

static void read_results(struct bench *bench, struct tool_measure *results)
{
	struct tool_measure copy = {0};
	double tensor_bytes =
		(double)tool_extent_of(&bench->desc).count * (double)clnorm_dtype_bytes(bench->desc.dtype);
	double tensors = bench->op == CLNORM_OP_BACKWARD ? 3 : 2; /* read and written; the copy's are 2 */
	read_copy(bench, &copy);
	for (size_t i = 0; i < bench->contender_count; ++i) {
		struct tool_timing_run *run = &bench->runs[i];
		results[i] = copy;
		results[i].variant =
			clnorm_plan_variant(bench->contenders[i].job.plan, bench->op); /* in the library's table */
		results[i].median_ms = tool_timing_median(run->times, run->count);
		results[i].min_ms = tool_timing_min(run->times, run->count);
		results[i].gb_per_s = tensors * tensor_bytes / results[i].median_ms * 1e-6;
		results[i].share = tensors / 2 * copy.copy_ms / results[i].median_ms;
	}
}

static void clear(struct bench *bench)
{
	for (size_t i = 0; i < bench->run_count; ++i) {
		free(bench->runs[i].times);
	}
	for (size_t i = 0; i < bench->contender_count; ++i) {
		clnorm_plan_destroy(bench->contenders[i].job.plan); /* the slabs are the operands' */
	}
	tool_job_clear(&bench->operands);
}

/* Copies x over an output; returns false only where arguments cannot be set. */
static bool aim_copy(const struct bench *bench, struct tool_copy *copy)
{
	const struct tool_slab *to = bench->op == CLNORM_OP_BACKWARD ? &bench->operands.dx : &bench->operands.y;
	return tool_copy_aim(copy, tool_slab_view(&bench->operands.x).mem, tool_slab_view(to).mem,
	                     clnorm_tensor_bytes(bench->operands.x.tensor));
}

bool tool_measure_op(clnorm_context *ctx, struct tool_copy *copy, const struct tool_measure_question *question,
                     struct tool_measure results[TOOL_MEASURE_MAX], size_t *count)
{
	struct bench bench = {.ctx = ctx, .desc = question->desc, .op = question->op};
	bool is_done = false;
	TOOL_TRY(make_operands(&bench));
	TOOL_TRY(make_contenders(&bench, question));
	TOOL_TRY(aim_copy(&bench, copy));
	list_runs(&bench, copy);
	TOOL_TRY(bench.contender_count == 0 || time_runs(&bench, question->rounds));
	read_results(&bench, results);
	*count = bench.contender_count;
	is_done = true;
done:
	clear(&bench);
	return is_done;
}

bool tool_measure_copy(clnorm_context *ctx, struct tool_copy *copy, size_t bytes, struct tool_measure *result)
{
	struct bench bench = {.ctx = ctx, .desc = clnorm_desc_1d(1, 1, bytes / sizeof(float)), .op = CLNORM_OP_FORWARD};
	bool is_done = false;
	bench.desc.affine = CLNORM_AFFINE_NONE;
	TOOL_TRY(make_operands(&bench));
	TOOL_TRY(aim_copy(&bench, copy));
	list_runs(&bench, copy);
	TOOL_TRY(time_runs(&bench, 0));
	read_copy(&bench, result);
	is_done = true;
done:
	clear(&bench);
	return is_done;
}
