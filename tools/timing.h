/* timing.h: wall-clock times of device work, with everything that is compared run in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TIMING_H
#define TOOL_TIMING_H

#include "report.h"

/* One thing to time: a call that enqueues, and its times in ms, in the order of the rounds. */
struct tool_timing_run {
	bool (*enqueue)(void *self, cl_command_queue queue);
	void *self;
	double *times;   /* room for every round */
	size_t count;    /* of times so far */
	bool is_dropped; /* no more rounds for it */
};

/* A steady clock, in ms. */
double tool_timing_now(void);

/* Processor time that the calling thread has used, in ms. */
double tool_timing_thread_now(void);

/* Runs every run that is not dropped once a round, enqueue to clFinish, on an idle queue. The order within a round is
 * shuffled anew, so that no run always follows the same other and profits from what that one left in the caches. */
TOOL_CHECKED bool tool_timing_rounds(cl_command_queue queue, size_t run_count, struct tool_timing_run *runs,
                                     size_t rounds);

/* Of times[0..count-1], count > 0; NaN for none. Median sorts them. */
double tool_timing_median(double *times, size_t count);
double tool_timing_min(const double *times, size_t count);

#endif
