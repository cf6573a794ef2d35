/* bench.c: a run of clnorm-bench: plan costs, measurements, comparison, printing, picture, in this order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include "tools/bench/chart.h"
#include "tools/bench/results.h"
#include "tools/data/room.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a run owns besides its results. */
struct run {
	struct tool_bench bench;
	clnorm_context *ctx;
	struct tool_copy copy;
	struct tool_launch launch;
	struct tool_plot plot;
	struct tool_plancost *plans;   /* one a shape, where asked for */
	unsigned long long room_bytes; /* of a tensor, for as many as the operation has */
	struct tool_progress progress;
	bool has_failure; /* a shape could not be measured; the others were */
};

static clnorm_desc make_desc(const struct run *run, const struct tool_shape *shape)
{
	clnorm_desc desc = tool_shapes_desc(shape);
	desc.dtype = run->bench.set->dtype;
	desc.layout = run->bench.set->layout;
	return desc;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static void compare(const struct tool_bench *bench, struct tool_bench_line *line)
{
	struct tool_baseline_line wanted = {.rank = line->shape->rank, .groups = line->shape->groups};
	snprintf(wanted.id, sizeof wanted.id, "%s", line->shape->id);
	memcpy(wanted.dims, line->shape->dims, sizeof wanted.dims);
	snprintf(wanted.op, sizeof wanted.op, "%s", bench->set->op_name);
	snprintf(wanted.dtype, sizeof wanted.dtype, "%s", clnorm_dtype_name(bench->set->dtype));
	snprintf(wanted.layout, sizeof wanted.layout, "%s", clnorm_layout_name(bench->set->layout));
	snprintf(wanted.affine, sizeof wanted.affine, "%s", tool_shapes_affine(line->shape));
	clnorm_activation_print(wanted.activation, line->shape->activation, line->shape->slope);
	snprintf(wanted.variant, sizeof wanted.variant, "%s", line->figures.variant);
	line->before = tool_baseline_find(&bench->set->former, &wanted, bench->set->variant == NULL);
	line->verdict =
		line->before != NULL ? tool_baseline_judge(line->before, &line->figures.times) : TOOL_VERDICT_NEW;
}

static bool keep_line(struct run *run, size_t shape, const struct tool_measure *figures)
{
	struct tool_bench *bench = &run->bench;
	struct tool_bench_line *lines = realloc(bench->lines, (bench->line_count + 1) * sizeof lines[0]);
	if (lines == NULL) {
		return tool_report_fail("no memory for %zu results", bench->line_count + 1);
	}
	struct tool_bench_line *line = &lines[bench->line_count];
	*line = (struct tool_bench_line){.shape = &bench->set->shapes.items[shape], .figures = *figures};
	line->plan = run->plans != NULL ? run->plans[shape] : (struct tool_plancost){NAN, NAN};
	compare(bench, line);
	bench->lines = lines;
	++bench->line_count;
	if (!bench->set->is_json) {
		tool_progress_clear(&run->progress);
		tool_results_print_line(bench, line);
	}
	return true;
}

/* ---- Measuring -------------------------------------------------------------------------------------------------- */

/* Tells what went wrong with one shape; the others go on. */
static void note_failure(struct run *run, const struct tool_shape *shape)
{
	tool_progress_clear(&run->progress);
	tool_report_note("%s: %s", shape->id, tool_report_text());
	run->has_failure = true;
}

/* Whether a shape is left out: larger than the user allows, or one for large devices on another. */
static bool is_passed_over(struct run *run, const struct tool_shape *shape)
{
	const struct tool_bench_settings *set = run->bench.set;
	unsigned long long bytes = tool_bench_bytes(&run->bench, shape);
	bool is_refused = set->max_bytes > 0 && bytes > set->max_bytes;
	bool is_too_large = shape->is_large && bytes > run->room_bytes;
	if (is_refused || is_too_large) {
		tool_progress_clear(&run->progress);
		tool_report_note("%s: passed over: x has %llu bytes; %s %llu", shape->id, bytes,
		                 is_refused ? "--max-bytes allows" : "there is room for tensors of",
		                 is_refused ? set->max_bytes : run->room_bytes);
	}
	return is_refused || is_too_large;
}

static void name_all(struct tool_measure_question *question)
{
	question->is_silent = true;
	question->name_count = 0;
	for (size_t i = 0; i < clnorm_variant_count() && i < TOOL_MEASURE_MAX; ++i) {
		question->names[question->name_count++] = clnorm_variant_get(i)->name;
	}
}

static bool measure_shape(struct run *run, size_t shape)
{
	const struct tool_bench_settings *set = run->bench.set;
	struct tool_measure results[TOOL_MEASURE_MAX];
	struct tool_measure_question question = {
		.desc = make_desc(run, &set->shapes.items[shape]),
		.op = set->op,
		.name_count = 1,
		.names = {set->variant},
		.rounds = set->repeat,
		.launch = &run->launch,
		.progress = &run->progress,
	};
	size_t count = 0;
	if (tool_bench_is_all(set)) {
		name_all(&question);
	}
	if (!tool_measure_op(run->ctx, &run->copy, &question, results, &count)) {
		return false;
	}
	if (count == 0) {
		return tool_report_fail("no variant asked for applies");
	}
	for (size_t i = 0; i < count; ++i) {
		if (!keep_line(run, shape, &results[i])) {
			return false;
		}
	}
	return true;
}

/* A shape that fails, for want of memory say, does not keep the others from being measured. */
static void measure(struct run *run)
{
	const struct tool_shapes *shapes = &run->bench.set->shapes;
	for (size_t i = 0; i < shapes->count; ++i) {
		tool_progress_name(&run->progress, shapes->items[i].id);
		if (!is_passed_over(run, &shapes->items[i]) && !measure_shape(run, i)) {
			note_failure(run, &shapes->items[i]);
		}
		tool_progress_next(&run->progress);
	}
	tool_progress_clear(&run->progress);
}

/* ---- Preparing -------------------------------------------------------------------------------------------------- */

/* Before this process touches OpenCL. */
static bool take_plancosts(struct run *run)
{
	const struct tool_bench_settings *set = run->bench.set;
	size_t count = set->shapes.count;
	run->plans = calloc(count + 1, sizeof run->plans[0]);
	if (run->plans == NULL) {
		return tool_report_fail("no memory for %zu results", count);
	}
	tool_progress_begin(&run->progress, "plans", count);
	for (size_t i = 0; i < count; ++i) {
		const struct tool_shape *shape = &set->shapes.items[i];
		clnorm_desc desc = make_desc(run, shape);
		desc.ops = (unsigned)set->op;
		desc.variant = set->variant;
		run->plans[i] = (struct tool_plancost){NAN, NAN};
		tool_progress_name(&run->progress, shape->id);
		if (!tool_plancost_take(set->device, &desc, &run->plans[i])) {
			note_failure(run, shape);
		}
		tool_progress_next(&run->progress);
	}
	tool_progress_clear(&run->progress);
	return true;
}

static bool open_device(struct run *run)
{
	struct tool_bench_settings *set = run->bench.set;
	unsigned tensors = set->op == CLNORM_OP_BACKWARD ? 3 : 2;
	if (!tool_report_status(clnorm_context_open(set->device, &run->ctx)) ||
	    !tool_report_status(clnorm_context_info(run->ctx, &run->bench.device)) ||
	    !tool_room_find(run->ctx, tensors, &run->room_bytes) || !tool_copy_create(run->ctx, &run->copy) ||
	    !tool_launch_create(run->ctx, &run->launch)) {
		return false;
	}
	unsigned long long limit = set->max_bytes > 0 ? set->max_bytes : run->room_bytes;
	return set->sweep == TOOL_SWEEP_NONE ||
	       tool_sweep_add(set->sweep, set->dtype, limit, set->groups, &set->shapes);
}

static bool prepare(struct run *run)
{
	const struct tool_bench_settings *set = run->bench.set;
	if ((set->plot != NULL && !tool_plot_create(set->plot, &run->plot)) ||
	    (set->wants_plan && !take_plancosts(run)) || !open_device(run)) {
		return false;
	}
	const char *former = set->former.device;
	if (set->baseline != NULL && strcmp(former, run->bench.device.name) != 0) {
		tool_report_note("%s: measured on %s, not on this device", set->baseline,
		                 former[0] != '\0' ? former : "an unknown device");
	}
	return true;
}

/* ---- The run ---------------------------------------------------------------------------------------------------- */

static bool draw(struct run *run)
{
	if (run->plot.script == NULL) {
		return true;
	}
	if (run->bench.line_count == 0) {
		return tool_report_fail("%s: not drawn: nothing was measured", run->bench.set->plot);
	}
	tool_chart_write(&run->bench, &run->plot);
	return tool_plot_publish(&run->plot);
}

static bool run_all(struct run *run)
{
	bool is_json = run->bench.set->is_json;
	if (!prepare(run)) {
		return false;
	}
	if (!is_json) {
		tool_results_print_head(&run->bench);
	}
	tool_progress_begin(&run->progress, "clnorm-bench", run->bench.set->shapes.count);
	measure(run);
	if (is_json) {
		tool_results_print_json(&run->bench);
	} else {
		tool_results_print_tail(&run->bench);
	}
	return draw(run);
}

static void clear(struct run *run)
{
	tool_plot_clear(&run->plot);
	tool_launch_clear(&run->launch);
	tool_copy_clear(&run->copy);
	clnorm_context_destroy(run->ctx);
	free(run->plans);
	free(run->bench.lines);
}

int tool_bench_run(struct tool_bench_settings *set)
{
	struct run run = {.bench = {.set = set}};
	int result = TOOL_DONE;
	if (!run_all(&run)) {
		tool_report_print();
		result = TOOL_FAILED;
	} else if (run.has_failure || (set->is_strict && tool_bench_count(&run.bench, TOOL_VERDICT_SLOWER) > 0)) {
		result = TOOL_FAILED;
	}
	result = tool_report_finish(result);
	clear(&run);
	return result;
}
