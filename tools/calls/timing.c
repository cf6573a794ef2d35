/* timing.c: wall-clock times of device work, with everything that is compared run in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/calls/timing.h"

#include "tools/base/clock.h"
#include "tools/data/pattern.h"

#include <math.h>
#include <stdlib.h>

/* A turn of one run: so long, and so many calls at most. */
#define TURN_MS 3.0
#define TURN_CALLS 256
/* A call so long goes through more memory than caches hold, and is timed at once. */
#define LONG_MS 50.0

static bool run_once(cl_command_queue queue, const struct tool_timing_run *run)
{
	return run->enqueue(run->self, queue) && tool_report_cl(clFinish(queue), "clFinish");
}

/* Once untimed, then until the turn is over; the median of these calls is one time. */
static bool take_turn(cl_command_queue queue, struct tool_timing_run *run)
{
	double times[TURN_CALLS];
	size_t count = 0;
	bool is_long = run->count > 0 && run->times[run->count - 1] > LONG_MS;
	bool is_done = is_long || run_once(queue, run);
	double began = tool_clock_now(), now = began;
	while (is_done && count < TURN_CALLS && (count == 0 || now - began < TURN_MS)) {
		double start = now;
		is_done = run_once(queue, run);
		now = tool_clock_now();
		times[count++] = now - start;
	}
	run->times[run->count++] = tool_timing_median(times, count);
	return is_done;
}

double tool_timing_turn_ms(double call_ms)
{
	return call_ms + fmax(call_ms, TURN_MS);
}

/* Fisher and Yates; the seed makes a run of the program repeatable. */
static void shuffle(size_t count, size_t *order, size_t round)
{
	for (size_t i = count; i > 1; --i) {
		size_t j = (size_t)(tool_pattern_bits(round, i) % i), kept = order[i - 1];
		order[i - 1] = order[j];
		order[j] = kept;
	}
}

bool tool_timing_rounds(cl_command_queue queue, size_t run_count, struct tool_timing_run *runs, size_t rounds)
{
	bool is_done = false;
	size_t *order = malloc((run_count + 1) * sizeof order[0]);
	TOOL_TRY(order != NULL || tool_report_fail("no memory for %zu runs", run_count));
	for (size_t i = 0; i < run_count; ++i) {
		order[i] = i;
	}
	TOOL_TRY(tool_report_cl(clFinish(queue), "clFinish"));
	for (size_t round = 0; round < rounds; ++round) {
		shuffle(run_count, order, round);
		for (size_t i = 0; i < run_count; ++i) {
			struct tool_timing_run *run = &runs[order[i]];
			TOOL_TRY(run->is_dropped || take_turn(queue, run));
		}
	}
	is_done = true;
done:
	free(order);
	return is_done;
}

static int compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double tool_timing_median(double *times, size_t count)
{
	if (count == 0) {
		return NAN;
	}
	qsort(times, count, sizeof times[0], compare_times);
	return count % 2 == 1 ? times[count / 2] : (times[count / 2 - 1] + times[count / 2]) / 2;
}

double tool_timing_min(const double *times, size_t count)
{
	double least = NAN;
	for (size_t i = 0; i < count; ++i) {
		least = i == 0 ? times[i] : fmin(least, times[i]);
	}
	return least;
}
