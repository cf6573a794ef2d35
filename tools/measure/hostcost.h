/* hostcost.h: what a call costs the thread that makes it, whatever the device does meanwhile.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_HOSTCOST_H
#define TOOL_HOSTCOST_H

#include "tools/calls/timing.h"

/* Processor time of the calling thread in one enqueueing call, in microseconds: the median of several bursts of calls.
 * call_ms, how long a call takes until its end, keeps the bursts short where that is long. The run's times are not
 * touched. */
TOOL_CHECKED bool tool_hostcost_take(cl_command_queue queue, const struct tool_timing_run *run, double call_ms,
                                     double *us);

#endif
