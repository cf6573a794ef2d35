/* clnorm-bench.c: time and share of copy speed, a line for each shape and variant: its command line.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"
#include "tools/bench/plot.h"
#include "tools/cli/options.h"

#include <string.h>

#define PROGRAM "clnorm-bench"

struct choices {
	struct tool_bench_settings set;
	struct tool_dtype_choice dtype;
};

static bool read_shape(const char *text, void *into)
{
	return tool_shapes_add_text(into, text);
}

static bool read_shapes(const char *path, void *into)
{
	const char *file = NULL;
	return tool_options_file(path, &file) && tool_shapes_add_file(into, file);
}

static bool read_op(const char *text, void *into)
{
	static const struct {
		const char *name;
		clnorm_op op;
	} ops[] = {{"forward", CLNORM_OP_FORWARD}, {"backward", CLNORM_OP_BACKWARD}};
	struct tool_bench_settings *set = into;
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; ++i) {
		if (strcmp(text, ops[i].name) == 0) {
			set->op = ops[i].op;
			set->op_name = ops[i].name;
			return true;
		}
	}
	return tool_report_fail("'%s' is not forward or backward", text);
}

/* "all" measures every variant that applies. */
static bool read_variant(const char *text, void *into)
{
	return strcmp(text, "all") == 0 ? tool_options_text(text, into) : tool_options_geometry(text, into);
}

static bool read_plot(const char *path, void *into)
{
	return tool_options_file(path, into) && tool_plot_check_name(path);
}

static bool read_baseline(const char *path, void *into)
{
	struct tool_bench_settings *set = into;
	return tool_options_file(path, &set->baseline) && tool_baseline_load(path, &set->former);
}

/* Options that are good alone and not together. */
static bool check(struct tool_bench_settings *set)
{
	bool is_sweep = set->sweep != TOOL_SWEEP_NONE;
	if (set->shapes.count == 0 && !is_sweep) {
		return tool_report_fail("no shape is given: --shape N,C,D1,..., --shapes FILE or --sweep AXIS");
	}
	if (set->shapes.count > 0 && is_sweep) {
		return tool_report_fail("--sweep makes its own shapes; --shape and --shapes are not taken with it");
	}
	if (set->wants_plan && is_sweep) {
		return tool_report_fail("--plan is for shapes that are given, not for a sweep");
	}
	if (set->wants_plan && tool_bench_is_all(set)) {
		return tool_report_fail("--plan is for one variant, not for all");
	}
	if (set->is_strict && set->baseline == NULL) {
		return tool_report_fail("--strict is for a comparison: --baseline FILE");
	}
	return tool_shapes_set_groups(&set->shapes, set->groups);
}

static const char more[] =
	"+-%: how sure the median is, at 95 %. share: what the best of several copy kernels takes for x,\n"
	"run in turns with it, over the median. launch: an empty kernel until its end. host: processor\n"
	"time of the calling thread in one call.\n"
	"A CSV file has columns id, n, c, spatial (4x4) and perhaps affine, activation, groups and set;\n"
	"shapes of set g are passed over where memory does not do.\n"
	"Exit status: 0 done, 1 failed, in part or all, or slower with --strict, 2 usage.\n";

static int parse(int argc, char **argv, struct choices *to)
{
	struct tool_bench_settings *set = &to->set;
	const struct tool_option options[] = {
		{"shape", 's', "N,C,D1,...", "a shape to measure; may be given again", read_shape, &set->shapes},
		{"shapes", 'f', "FILE", "shapes from a CSV file; may be given again", read_shapes, &set->shapes},
		{"sweep", 'w', "AXIS", "shapes that grow along s, n or c", tool_sweep_read, &set->sweep},
		{"max-bytes", 'm', "BYTES", "no larger x, 64M or 2G say (what memory allows)", tool_options_bytes,
	         &set->max_bytes},
		{"op", 'o', "OP", "forward or backward (forward)", read_op, set},
		{"dtype", 't', "TYPE", "f32, f16, bf16 or f64 (f32)", tool_options_dtype, &to->dtype},
		{"layout", 'l', "LAYOUT", "nchw or nhwc (nchw)", tool_options_layout, &set->layout},
		{"groups", 0, "G", "statistics over C/G channels; 1 is layer norm (C)", tool_options_count,
	         &set->groups},
		{"variant", 'v', "NAME", "a kernel variant, or all that apply (the one clnorm chooses)", read_variant,
	         &set->variant},
		{"repeat", 'n', "COUNT", "rounds (until the median is sure)", tool_options_count, &set->repeat},
		{"plan", 'p', NULL, "also what making the plan costs, cold and warm", tool_options_flag,
	         &set->wants_plan},
		{"baseline", 'b', "FILE", "compares with what --json printed before", read_baseline, set},
		{"strict", 0, NULL, "exits with 1 where a line is slower than the baseline's", tool_options_flag,
	         &set->is_strict},
		{"plot", 'P', "FILE", "draws a picture, .png or .svg, with gnuplot", read_plot, &set->plot},
		{"json", 'j', NULL, "prints JSON in place of a table", tool_options_flag, &set->is_json},
		{"device", 'd', "CHOICE", TOOL_DEVICE_WORDS, tool_options_choice, &set->device},
	};
	const struct tool_command command = {
		.program = PROGRAM,
		.about = "Measures the time of normalization, and its share of the speed of a plain copy.",
		.usage = "{--shape N,C,D1,...|--shapes FILE.csv|--sweep AXIS}... [OPTION]...",
		.options = options,
		.count = sizeof options / sizeof options[0],
		.more = more,
		.repeatable = "sf",
	};
	int result = tool_options_parse(&command, argc, argv);
	if (result == TOOL_OPTIONS_GO && !check(set)) {
		return tool_options_refuse(&command);
	}
	set->dtype = to->dtype.dtype;
	return result;
}

int main(int argc, char **argv)
{
	struct choices to = {
		.set = {.op = CLNORM_OP_FORWARD, .op_name = "forward", .layout = CLNORM_NCHW},
		.dtype = {true, CLNORM_F32},
	};
	tool_report_begin(PROGRAM);
	int result = parse(argc, argv, &to);
	if (result == TOOL_OPTIONS_GO) {
		result = tool_bench_run(&to.set);
	}
	tool_shapes_clear(&to.set.shapes);
	tool_baseline_clear(&to.set.former);
	return result;
}
