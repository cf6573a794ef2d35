/* baseline.h: former results of clnorm-bench, and how new ones compare with them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_BASELINE_H
#define TOOL_BASELINE_H

#include "tools/data/shapes.h"
#include "tools/measure/summary.h"

/* One line of the former results. */
struct tool_baseline_line {
	char id[64];
	unsigned rank;
	size_t dims[TOOL_RANK_MAX];
	size_t groups; /* 0: instance norm */
	char op[16], dtype[8], layout[8], affine[16], activation[CLNORM_ACTIVATION_BYTES], variant[32];
	double q1, median, q3; /* ms */
};

struct tool_baseline {
	char device[128], driver[128];
	struct tool_baseline_line *lines;
	size_t count;
};

enum tool_verdict {
	TOOL_VERDICT_NEW = 0, /* not in the baseline */
	TOOL_VERDICT_SAME,
	TOOL_VERDICT_FASTER,
	TOOL_VERDICT_SLOWER
};

/* Reads what --json printed. Lines of programs that gave no quartiles have them as far from the median as the least
 * time is; those that gave no affine mode, activation and groups have what shapes have by themselves. Reasons name the
 * file, and the line or the number of the result. */
TOOL_CHECKED bool tool_baseline_load(const char *path, struct tool_baseline *baseline);
void tool_baseline_clear(struct tool_baseline *baseline);

/* The line of the same id, shape, groups, op, dtype, layout, affine mode and activation, and of the same variant. Where
 * there is none of the variant, and is_choice says that the planner chose it, the only line of all else: the planner
 * may have chosen another one then. NULL where there is none. */
const struct tool_baseline_line *tool_baseline_find(const struct tool_baseline *baseline,
                                                    const struct tool_baseline_line *wanted, bool is_choice);

/* Faster or slower only where the two medians differ by 2 % or more and the middle halves of the two rows of times,
 * from first to third quartile, have no time in common: what lies closer is taken for noise. */
enum tool_verdict tool_baseline_judge(const struct tool_baseline_line *before, const struct tool_summary *now);

/* "new", "same", "faster", "slower". */
const char *tool_verdict_name(enum tool_verdict verdict);

#endif
