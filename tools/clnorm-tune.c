/* clnorm-tune.c: measures launch geometry on a device and writes a record that plans follow: its command line.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/options.h"
#include "tools/tune/tune.h"

#include <string.h>

#define PROGRAM "clnorm-tune"

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
		unsigned ops;
	} names[] = {{"forward", CLNORM_OP_FORWARD},
	             {"backward", CLNORM_OP_BACKWARD},
	             {"both", CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
		if (strcmp(text, names[i].name) == 0) {
			*(unsigned *)into = names[i].ops;
			return true;
		}
	}
	return tool_report_fail("'%s' is not forward, backward or both", text);
}

static const char more[] =
	"A choice takes the default's place where it is faster by 2 % or more, beyond the noise. The record is "
	"merged\n"
	"with the one that is there. Ctrl-C ends the search and keeps what was found.\n"
	"A CSV file has columns id, n, c, spatial (4x4) and perhaps affine, activation and groups.\n"
	"Exit status: 0 done, 1 failed, in part or all, or interrupted, 2 usage.\n";

static int parse(int argc, char **argv, struct tool_tune_settings *set)
{
	struct tool_dtype_choice dtype = {0};
	const struct tool_option options[] = {
		{"shape", 's', "N,C,D1,...", "a shape to tune for; may be given again", read_shape, &set->shapes},
		{"shapes", 'f', "FILE", "shapes from a CSV file; may be given again", read_shapes, &set->shapes},
		{"op", 'o', "OP", "forward, backward or both (both)", read_op, &set->ops},
		{"dtype", 't', "TYPE", "f32, f16, bf16 or f64 (f32)", tool_options_dtype, &dtype},
		{"layout", 'l', "LAYOUT", "nchw or nhwc (nchw)", tool_options_layout, &set->layout},
		{"groups", 0, "G", "statistics over C/G channels; 1 is layer norm (C)", tool_options_count,
	         &set->groups},
		{"repeat", 'n', "COUNT", "rounds of each comparison (as the shape needs)", tool_options_count,
	         &set->repeat},
		{"output", 'O', "FILE", "the record to write (the user's own, which plans find)", tool_options_file,
	         &set->output},
		{"quiet", 'q', NULL, "prints nothing but failures", tool_options_flag, &set->is_quiet},
		{"device", 'd', "CHOICE", TOOL_DEVICE_WORDS, tool_options_choice, &set->device},
	};
	const struct tool_command command = {
		.program = PROGRAM,
		.about = "Measures which variant and launch geometry is best for each shape on this device, "
			 "and keeps it in a record.",
		.usage = "{--shape N,C,D1,...|--shapes FILE.csv}... [OPTION]...",
		.options = options,
		.count = sizeof options / sizeof options[0],
		.more = more,
		.repeatable = "sf",
	};
	int result = tool_options_parse(&command, argc, argv);
	if (result == TOOL_OPTIONS_GO && set->shapes.count == 0) {
		tool_report_fail("no shape is given: --shape N,C,D1,... or --shapes FILE");
		return tool_options_refuse(&command);
	}
	if (result == TOOL_OPTIONS_GO && !tool_shapes_set_groups(&set->shapes, set->groups)) {
		return tool_options_refuse(&command);
	}
	set->dtype = dtype.is_given ? dtype.dtype : CLNORM_F32;
	return result;
}

int main(int argc, char **argv)
{
	struct tool_tune_settings set = {.ops = CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD, .layout = CLNORM_NCHW};
	bool is_told = false;
	tool_report_begin(PROGRAM);
	int result = parse(argc, argv, &set);
	if (result == TOOL_OPTIONS_GO) {
		result = (int)tool_tune_run(&set, &is_told);
		if (result == TOOL_FAILED && !is_told) {
			tool_report_print();
		}
		result = tool_report_finish(result);
	}
	tool_shapes_clear(&set.shapes);
	return result;
}
