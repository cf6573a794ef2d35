/* interrupt.h: Ctrl-C as a question that a long job asks now and then, so that it can keep what it has.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_INTERRUPT_H
#define TOOL_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT, SIGTERM or SIGHUP is remembered instead of ending the program; a second one ends it.
 * One that is ignored (nohup) stays ignored. Call it before OpenCL is used: compilers in drivers put handlers of their
 * own before ours, which remove their files and then pass the signal on. SIGPIPE is ignored. */
void tool_interrupt_watch(void);

/* Whether one came. */
bool tool_interrupt_came(void);

#endif
