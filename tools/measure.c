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

/* Everything that the measurement of one shape owns. Jobs borrow the slabs of operands. */
struct bench {
	clnorm_context *ctx;
	clnorm_desc desc;
	struct tool_slab x, y, gamma, beta;
	struct tool_job jobs[TOOL_MEASURE_MAX];
	size_t job_count;
	struct tool_timing_run runs[RUNS_MAX]; /* jobs, then ways to copy */
	size_t run_count;
};

/* ---- Operands ------------------------------------------------------------------------------------------------------
 */

/* A slab of count pseudo-random numbers around `mean`. Constant data would let a GPU's memory compression flatter us.
 */
static bool make_operand(const struct bench *bench, clnorm_dtype dtype, size_t count, float mean,
                         struct tool_slab *slab)
{
	void *stored = NULL;
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
	TOOL_TRY(tool_slab_create(bench->ctx, dtype, count, 0, slab));
	TOOL_TRY(tool_slab_upload(slab, clnorm_context_queue(bench->ctx), stored));
	is_done = true;
done:
	free(values);
	free(stored);
	return is_done;
}

static bool make_operands(struct bench *bench)
{
	size_t count = tool_extent_of(&bench->desc).count, parameters = tool_extent_affine(&bench->desc);
	clnorm_dtype statistics = clnorm_dtype_statistics(bench->desc.dtype);
	if (!make_operand(bench, bench->desc.dtype, count, 0.0f, &bench->x) ||
	    !tool_slab_create(bench->ctx, bench->desc.dtype, count, 0, &bench->y)) {
		return false;
	}
	return parameters == 0 || (make_operand(bench, statistics, parameters, 1.0f, &bench->gamma) &&
	                           make_operand(bench, statistics, parameters, 0.0f, &bench->beta));
}

/* ---- Runs ----------------------------------------------------------------------------------------------------------
 */

static bool enqueue_job(void *self, cl_command_queue queue)
{
	return tool_job_enqueue(self, queue);
}

/* A job for each name that applies. */
static bool make_jobs(struct bench *bench, size_t name_count, const char *const *names, bool is_silent)
{
	for (size_t i = 0; i < name_count && bench->job_count < TOOL_MEASURE_MAX; ++i) {
		struct tool_job *job = &bench->jobs[bench->job_count];
		clnorm_desc desc = bench->desc;
		desc.variant = names[i];
		clnorm_status status = tool_job_plan(bench->ctx, &desc, job);
		if (status == CLNORM_UNSUPPORTED && names[i] != NULL) {
			if (!is_silent) {
				tool_report_note("%s", tool_report_text());
			}
			continue;
		}
		if (status != CLNORM_OK) {
			return false;
		}
		++bench->job_count;
		job->x = bench->x;
		job->y = bench->y;
		job->gamma = bench->gamma;
		job->beta = bench->beta;
		cl_command_queue queue = clnorm_context_queue(bench->ctx);
		if (!tool_report_status(clnorm_plan_prepare(job->plan, queue)) || !tool_job_run(job, NULL)) {
			return false;
		}
	}
	return true;
}

static void list_runs(struct bench *bench, struct tool_copy *copy)
{
	for (size_t i = 0; i < bench->job_count; ++i) {
		bench->runs[i] = (struct tool_timing_run){.enqueue = enqueue_job, .self = &bench->jobs[i]};
	}
	for (size_t i = 0; i < copy->count; ++i) {
		bench->runs[bench->job_count + i] =
			(struct tool_timing_run){.enqueue = tool_copy_enqueue, .self = &copy->ways[i]};
	}
	bench->run_count = bench->job_count + copy->count;
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
	for (size_t i = bench->job_count; i < bench->run_count; ++i) {
		best = fmin(best, tool_timing_min(bench->runs[i].times, bench->runs[i].count));
	}
	for (size_t i = 0; i < bench->run_count; ++i) {
		struct tool_timing_run *run = &bench->runs[i];
		double least = tool_timing_min(run->times, run->count);
		run->is_dropped = i >= bench->job_count && least > HOPELESS * best;
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
	for (size_t i = bench->job_count; i < bench->run_count; ++i) {
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
	read_copy(bench, &copy);
	for (size_t i = 0; i < bench->job_count; ++i) {
		struct tool_timing_run *run = &bench->runs[i];
		results[i] = copy;
		results[i].variant =
			clnorm_plan_variant(bench->jobs[i].plan, CLNORM_OP_FORWARD); /* in the library's table */
		results[i].median_ms = tool_timing_median(run->times, run->count);
		results[i].min_ms = tool_timing_min(run->times, run->count);
		results[i].share = copy.copy_ms / results[i].median_ms;
	}
}

static void clear(struct bench *bench)
{
	for (size_t i = 0; i < bench->run_count; ++i) {
		free(bench->runs[i].times);
	}
	for (size_t i = 0; i < TOOL_MEASURE_MAX; ++i) {
		struct tool_job *job = &bench->jobs[i];
		job->x = job->y = job->gamma = job->beta = (struct tool_slab){0}; /* borrowed */
		tool_job_clear(job);
	}
	tool_slab_clear(&bench->x);
	tool_slab_clear(&bench->y);
	tool_slab_clear(&bench->gamma);
	tool_slab_clear(&bench->beta);
}

bool tool_measure_forward(clnorm_context *ctx, struct tool_copy *copy, const clnorm_desc *desc, size_t name_count,
                          const char *const *names, bool is_silent, size_t rounds, struct tool_measure *results,
                          size_t *count)
{
	struct bench bench = {.ctx = ctx, .desc = *desc};
	size_t bytes = tool_extent_of(desc).count * clnorm_dtype_bytes(desc->dtype);
	bool is_done = false;
	TOOL_TRY(make_operands(&bench));
	TOOL_TRY(make_jobs(&bench, name_count, names, is_silent));
	TOOL_TRY(tool_copy_aim(copy, clnorm_tensor_view(bench.x.tensor).mem, clnorm_tensor_view(bench.y.tensor).mem,
	                       bytes));
	list_runs(&bench, copy);
	TOOL_TRY(bench.job_count == 0 || time_runs(&bench, rounds));
	read_results(&bench, results);
	*count = bench.job_count;
	is_done = true;
done:
	clear(&bench);
	return is_done;
}

bool tool_measure_copy(clnorm_context *ctx, struct tool_copy *copy, size_t bytes, struct tool_measure *result)
{
	struct bench bench = {.ctx = ctx, .desc = clnorm_desc_1d(1, 1, bytes / sizeof(float))};
	bool is_done = false;
	bench.desc.affine = CLNORM_AFFINE_NONE;
	TOOL_TRY(make_operands(&bench));
	TOOL_TRY(tool_copy_aim(copy, clnorm_tensor_view(bench.x.tensor).mem, clnorm_tensor_view(bench.y.tensor).mem,
	                       bytes));
	list_runs(&bench, copy);
	TOOL_TRY(time_runs(&bench, 0));
	read_copy(&bench, result);
	is_done = true;
done:
	clear(&bench);
	return is_done;
}
