/* bench.h: a run of clnorm-bench.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_BENCH_H
#define TOOL_BENCH_H

#include "tools/bench/lines.h"

/* Measures and prints everything, on stdout results alone; returns the code to exit with. */
int tool_bench_run(struct tool_bench_settings *set);

#endif
