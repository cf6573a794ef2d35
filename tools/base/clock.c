/* clock.c: clocks that only go forward, in ms.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/clock.h"

#include <time.h>

static double read_clock(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

double tool_clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double tool_clock_thread(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
