/* plancost.h: what making a plan costs a program that begins: with empty caches, and with those that it left.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PLANCOST_H
#define TOOL_PLANCOST_H

#include "tools/base/report.h"

/* Milliseconds of clnorm_plan_create() and clnorm_plan_prepare() in a new process, the context being open. */
struct tool_plancost {
	double cold_ms; /* no program in any cache, of clnorm or of the driver */
	double warm_ms; /* another process after that: the median of three */
};

/* Takes both, in child processes whose caches are in a temporary folder, which is removed. The caller must not have
 * used OpenCL yet: a driver does not survive a fork. An interrupt removes the folder before it ends the program. */
TOOL_CHECKED bool tool_plancost_take(const char *device, const clnorm_desc *desc, struct tool_plancost *cost);

#endif
