/* timing.h: wall-clock times of device work, with everything that is compared run in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TIMING_H
#define TOOL_TIMING_H

#include "tools/base/report.h"

/* One thing to time: a call that enqueues, and its times in ms, in the order of the rounds. */
struct tool_timing_run {
	bool (*enqueue)(void *self, cl_command_queue queue);
	void *self;
	double *times;   /* one a round, room for every round */
	size_t count;    /* of times so far */
	bool is_dropped; /* no more rounds for it */
};

/* Gives every run that is not dropped a turn a round, on an idle queue: a call that is not timed, as what another left
 * in the caches, or past them, would cost or save up to half of the time (but of a long call little); then calls for
 * some milliseconds, each from enqueue to clFinish. Their median is the round's time. The order within a round is
 * shuffled anew. */
TOOL_CHECKED bool tool_timing_rounds(cl_command_queue queue, size_t run_count, struct tool_timing_run *runs,
                                     size_t rounds);

/* About how long a turn takes of which a call takes so long. */
double tool_timing_turn_ms(double call_ms);

/* Of times[0..count-1], count > 0; NaN for none. Median sorts them. */
double tool_timing_median(double *times, size_t count);
double tool_timing_min(const double *times, size_t count);

#endif
