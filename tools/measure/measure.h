/* measure.h: how long one shape takes, each variant and each way to copy in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_MEASURE_H
#define TOOL_MEASURE_H

#include "tools/cli/progress.h"
#include "tools/measure/copy.h"
#include "tools/measure/launch.h"
#include "tools/measure/summary.h"

/* One variant's figures. */
struct tool_measure {
	const char *variant;
	bool is_chosen; /* the planner takes this variant where none is forced */
	double median_ms, min_ms;
	struct tool_summary times; /* all of it, in ms */
	bool is_stable;            /* its median, and the copy's, are known to 1 % */
	double copy_ms;            /* median of the best way to copy x's bytes, in the same rounds */
	const char *copy_name;     /* which way that was */
	double gb_per_s;           /* bytes that the op must read and write, a second, in 1e9 */
	double share;              /* its speed in bytes over the copy's */
	double launch_us;          /* median of an empty kernel until its end, in the same rounds; NaN: not measured */
	double host_us;            /* processor time of the calling thread in one call; NaN likewise */
	double host_launch_us;     /* the same of enqueueing the empty kernel: the driver's part */
};

#define TOOL_MEASURE_MAX 64 /* variants at once */

/* What to measure: the description's op in each of the named variants; a name NULL is the planner's choice. */
struct tool_measure_question {
	clnorm_desc desc;
	clnorm_op op; /* CLNORM_OP_FORWARD: reads x, writes y; CLNORM_OP_BACKWARD: reads x and dy, writes dx */
	size_t name_count;
	const char *names[TOOL_MEASURE_MAX];
	bool is_silent;                 /* a variant that does not apply is passed over; this leaves it unsaid */
	size_t rounds;                  /* 0: until the medians are known to 1 %, or a few seconds */
	struct tool_launch *launch;     /* borrowed; NULL: no launch_us, host_us */
	struct tool_progress *progress; /* moved from 0 to 1; NULL: none */
};

/* Measures on pseudo-random data: results[0..*count-1], in the order of the names. Backward has gamma, both parameter
 * gradients where the description has parameters, and is given the moments of the forward pass. */
TOOL_CHECKED bool tool_measure_op(clnorm_context *ctx, struct tool_copy *copy,
                                  const struct tool_measure_question *question,
                                  struct tool_measure results[TOOL_MEASURE_MAX], size_t *count);

/* Only the copy of so many bytes: the best way's median in copy_ms and its copy_name. */
TOOL_CHECKED bool tool_measure_copy(clnorm_context *ctx, struct tool_copy *copy, size_t bytes,
                                    struct tool_measure *result);

#endif
