/* results.h: how a run of clnorm-bench is printed: as a table, line by line, or as JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_RESULTS_H
#define TOOL_RESULTS_H

#include "tools/bench/lines.h"

/* The device and the columns' names. */
void tool_results_print_head(const struct tool_bench *bench);
void tool_results_print_line(const struct tool_bench *bench, const struct tool_bench_line *line);
/* With all variants, how good the planner's choices are; with a baseline, how many lines are faster and slower. */
void tool_results_print_tail(const struct tool_bench *bench);

void tool_results_print_json(const struct tool_bench *bench);

#endif
