/* clock.h: clocks that only go forward, in ms.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CLOCK_H
#define TOOL_CLOCK_H

/* Time that passes, from an unknown start. */
double tool_clock_now(void);

/* Processor time that the calling thread has used. */
double tool_clock_thread(void);

#endif
