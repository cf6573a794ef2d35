/* clnorm-bench.c: time and share of copy speed, a line for each shape and variant.
 * SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "measure.h"
#include "options.h"
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "clnorm-bench"

static const struct op {
	const char *name;
	clnorm_op op;
} ops[] = {{"forward", CLNORM_OP_FORWARD}, {"backward", CLNORM_OP_BACKWARD}};

struct settings {
	struct tool_shapes shapes;
	const struct op *op;
	const char *variant, *device;
	struct tool_dtype_choice dtype;
	clnorm_layout layout;
	size_t repeat; /* 0: as the shape needs */
	bool is_json;
};

/* A measured line, kept until the end for --json. */
struct line {
	const struct tool_shape *shape;
	struct tool_measure figures;
};

struct run {
	const struct settings *set;
	clnorm_context *ctx;
	clnorm_device_info device;
	struct tool_copy copy;
	struct line *lines;
	size_t line_count;
	bool has_failure; /* a shape could not be measured; the others were */
};

/* ---- Command line ---------------------------------------------------------------------------------------------------
 */

static bool read_shape(const char *text, void *into)
{
	return tool_shapes_add_text(into, text);
}

static bool read_shapes(const char *path, void *into)
{
	return tool_shapes_add_file(into, path);
}

static bool read_op(const char *text, void *into)
{
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; ++i) {
		if (strcmp(text, ops[i].name) == 0) {
			*(const struct op **)into = &ops[i];
			return true;
		}
	}
	return tool_report_fail("'%s' is not forward or backward", text);
}

/* "all" measures every variant that applies. */
static bool read_variant(const char *text, void *into)
{
	return strcmp(text, "all") == 0 ? tool_options_text(text, into) : tool_options_variant(text, into);
}

static int parse(int argc, char **argv, struct settings *set)
{
	const struct tool_option options[] = {
		{"shape", 's', "N,C,D1,...", "a shape to measure; may be given again", read_shape, &set->shapes},
		{"shapes", 'f', "FILE", "shapes from a CSV file; may be given again", read_shapes, &set->shapes},
		{"op", 'o', "OP", "forward or backward (forward)", read_op, &set->op},
		{"dtype", 't', "TYPE", "f32, f16, bf16 or f64 (f32)", tool_options_dtype, &set->dtype},
		{"layout", 'l', "LAYOUT", "nchw or nhwc (nchw)", tool_options_layout, &set->layout},
		{"variant", 'v', "NAME", "a kernel variant, or all that apply (the one clnorm chooses)", read_variant,
	         &set->variant},
		{"repeat", 'n', "COUNT", "rounds (as many as take a second)", tool_options_count, &set->repeat},
		{"json", 'j', NULL, "prints JSON in place of a table", tool_options_flag, &set->is_json},
		{"device", 'd', "CHOICE", "gpu, cpu, P:D or a part of a name", tool_options_choice, &set->device},
	};
	const struct tool_command command = {
		PROGRAM,
		"Measures the time of instance normalization, and its share of the speed of a plain copy.",
		"[--shape N,C,D1,...]... [--shapes FILE.csv]... [OPTION]...",
		options,
		sizeof options / sizeof options[0],
		"share: what the best of several copy kernels takes for x to y, run in turns with it, over the "
		"median.\n"
		"A CSV file has columns id, n, c, spatial (4x4) and perhaps affine and activation.\n"
		"Exit status: 0 done, 1 failed, in part or all, 2 usage.\n",
	};
	int result = tool_options_parse(&command, argc, argv);
	if (result == TOOL_OPTIONS_GO && set->shapes.count == 0) {
		tool_report_fail("no shape is given: --shape N,C,D1,... or --shapes FILE");
		return tool_options_refuse(&command);
	}
	return result;
}

/* ---- Printing
 * -------------------------------------------------------------------------------------------------------- */

static void print_head(const struct run *run)
{
	printf("%s on %s (%s), driver %s\n", PROGRAM, run->device.name, run->device.platform_name, run->device.driver);
	printf("%-24s %-9s %-5s %-6s %-14s %10s %10s %10s %8s %6s\n", "shape", "op", "dtype", "layout", "variant",
	       "median ms", "min ms", "copy ms", "GB/s", "share");
}

static void print_line(const struct run *run, const struct line *line)
{
	const struct tool_measure *figures = &line->figures;
	printf("%-24s %-9s %-5s %-6s %-14s %10.4f %10.4f %10.4f %8.2f %6.3f\n", line->shape->id, run->set->op->name,
	       clnorm_dtype_name(run->set->dtype.dtype), clnorm_layout_name(run->set->layout), figures->variant,
	       figures->median_ms, figures->min_ms, figures->copy_ms, figures->gb_per_s, figures->share);
	fflush(stdout); /* measuring takes long; whoever waits sees each line as it comes */
}

static void print_json_line(const struct run *run, const struct line *line, struct tool_json *json)
{
	tool_json_open(json, NULL, '{');
	tool_json_text(json, "id", line->shape->id);
	tool_json_open(json, "shape", '[');
	for (unsigned i = 0; i < line->shape->rank; ++i) {
		tool_json_whole(json, NULL, line->shape->dims[i]);
	}
	tool_json_close(json, ']');
	tool_json_text(json, "op", run->set->op->name);
	tool_json_text(json, "dtype", clnorm_dtype_name(run->set->dtype.dtype));
	tool_json_text(json, "layout", clnorm_layout_name(run->set->layout));
	tool_json_text(json, "variant", line->figures.variant);
	tool_json_number(json, "median_ms", line->figures.median_ms);
	tool_json_number(json, "min_ms", line->figures.min_ms);
	tool_json_number(json, "copy_ms", line->figures.copy_ms);
	tool_json_number(json, "share", line->figures.share);
	tool_json_close(json, '}');
}

static void print_json(const struct run *run)
{
	struct tool_json json = {.file = stdout};
	tool_json_open(&json, NULL, '{');
	tool_json_text(&json, "device", run->device.name);
	tool_json_text(&json, "platform", run->device.platform_name);
	tool_json_text(&json, "driver", run->device.driver);
	tool_json_open(&json, "results", '[');
	for (size_t i = 0; i < run->line_count; ++i) {
		print_json_line(run, &run->lines[i], &json);
	}
	tool_json_close(&json, ']');
	tool_json_close(&json, '}');
}

/* ---- Measuring
 * ------------------------------------------------------------------------------------------------------- */

static bool keep_line(struct run *run, const struct tool_shape *shape, const struct tool_measure *figures)
{
	struct line *lines = realloc(run->lines, (run->line_count + 1) * sizeof lines[0]);
	if (lines == NULL) {
		return tool_report_fail("no memory for %zu results", run->line_count + 1);
	}
	run->lines = lines;
	lines[run->line_count] = (struct line){shape, *figures};
	if (!run->set->is_json) {
		print_line(run, &lines[run->line_count]);
	}
	++run->line_count;
	return true;
}

static void name_all(struct tool_measure_question *question)
{
	question->is_silent = true;
	question->name_count = 0;
	for (size_t i = 0; i < clnorm_variant_count() && i < TOOL_MEASURE_MAX; ++i) {
		question->names[question->name_count++] = clnorm_variant_get(i)->name;
	}
}

static bool measure_shape(struct run *run, const struct tool_shape *shape)
{
	struct tool_measure results[TOOL_MEASURE_MAX];
	struct tool_measure_question question = {
		.desc = tool_shapes_desc(shape),
		.op = run->set->op->op,
		.name_count = 1,
		.names = {run->set->variant},
		.rounds = run->set->repeat,
	};
	size_t count = 0;
	question.desc.dtype = run->set->dtype.dtype;
	question.desc.layout = run->set->layout;
	if (run->set->variant != NULL && strcmp(run->set->variant, "all") == 0) {
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
static bool measure(struct run *run)
{
	if (!tool_report_status(clnorm_context_open(run->set->device, &run->ctx)) ||
	    !tool_report_status(clnorm_context_info(run->ctx, &run->device)) ||
	    !tool_copy_create(run->ctx, &run->copy)) {
		return false;
	}
	if (!run->set->is_json) {
		print_head(run);
	}
	for (size_t i = 0; i < run->set->shapes.count; ++i) {
		const struct tool_shape *shape = &run->set->shapes.items[i];
		if (!measure_shape(run, shape)) {
			tool_report_note("%s: %s", shape->id, tool_report_text());
			run->has_failure = true;
		}
	}
	if (run->set->is_json) {
		print_json(run);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct settings set = {.op = &ops[0], .dtype = {true, CLNORM_F32}, .layout = CLNORM_NCHW};
	struct run run = {.set = &set};
	tool_report_begin(PROGRAM);
	int result = parse(argc, argv, &set);
	if (result == TOOL_OPTIONS_GO) {
		result = TOOL_DONE;
		if (!measure(&run)) {
			tool_report_print();
			result = TOOL_FAILED;
		} else if (run.has_failure) {
			result = TOOL_FAILED;
		}
		result = tool_report_finish(result);
	}
	tool_copy_clear(&run.copy);
	clnorm_context_destroy(run.ctx);
	free(run.lines);
	tool_shapes_clear(&set.shapes);
	return result;
}
