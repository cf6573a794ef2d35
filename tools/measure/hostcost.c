/* hostcost.c: what a call costs the thread that makes it, whatever the device does meanwhile.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/hostcost.h"

#include "tools/base/clock.h"
#include "tools/measure/summary.h"

#include <math.h>

/* Calls between two looks at the clock, which itself costs about as much as a tenth of a call; and so many that a
 * driver which hands commands on in batches has handed some on. Fewer where a call lasts long. */
#define BURST_CALLS 16
#define BURST_MS 20.0
#define BURSTS_MIN 5
#define BURSTS_MAX 61
#define ALL_MS 150.0

static bool time_burst(cl_command_queue queue, const struct tool_timing_run *run, size_t calls, double *us)
{
	double start = tool_clock_thread();
	for (size_t i = 0; i < calls; ++i) {
		if (!run->enqueue(run->self, queue)) {
			return false;
		}
	}
	*us = (tool_clock_thread() - start) * 1e3 / (double)calls;
	return tool_report_cl(clFinish(queue), "clFinish");
}

bool tool_hostcost_take(cl_command_queue queue, const struct tool_timing_run *run, double call_ms, double *us)
{
	double costs[BURSTS_MAX], least_ms = fmax(call_ms, 1e-3);
	size_t calls = (size_t)fmin(fmax(BURST_MS / least_ms, 1), BURST_CALLS), count = 0;
	double start = tool_clock_now();
	do {
		if (!time_burst(queue, run, calls, &costs[count])) {
			return false;
		}
		++count;
	} while (count < BURSTS_MIN || (count < BURSTS_MAX && tool_clock_now() - start < ALL_MS));
	*us = tool_summary_of(costs, count).median;
	return true;
}
