/* lines.h: what clnorm-bench is asked, and its lines of results.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_LINES_H
#define TOOL_LINES_H

#include "tools/bench/baseline.h"
#include "tools/bench/plancost.h"
#include "tools/bench/sweep.h"
#include "tools/measure/measure.h"

struct tool_bench_settings {
	struct tool_shapes shapes;
	enum tool_sweep_axis sweep;   /* shapes are added when the device is known */
	unsigned long long max_bytes; /* of x; 0: what the device's memory allows */
	clnorm_op op;
	const char *op_name;
	const char *variant; /* NULL: the planner's choice; "all" */
	const char *device;
	clnorm_dtype dtype;
	clnorm_layout layout;
	size_t groups;               /* of shapes without groups of their own; 0: instance norm */
	size_t repeat;               /* 0: until the medians are sure */
	const char *baseline, *plot; /* files; NULL: none */
	struct tool_baseline former; /* what the first of them holds */
	bool wants_plan, is_strict, is_json;
};

/* A measured line. */
struct tool_bench_line {
	const struct tool_shape *shape;
	struct tool_measure figures;
	struct tool_plancost plan;               /* NaN where not asked for, or failed */
	const struct tool_baseline_line *before; /* NULL: none */
	enum tool_verdict verdict;
};

struct tool_bench {
	struct tool_bench_settings *set;
	clnorm_device_info device;
	struct tool_bench_line *lines;
	size_t line_count;
};

bool tool_bench_is_all(const struct tool_bench_settings *set);

/* Lines of this verdict. */
size_t tool_bench_count(const struct tool_bench *bench, enum tool_verdict verdict);

/* x's bytes, and its elements. */
size_t tool_bench_bytes(const struct tool_bench *bench, const struct tool_shape *shape);
size_t tool_bench_elements(const struct tool_shape *shape);

#endif
