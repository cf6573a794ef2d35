/* shapes.c: the shapes a benchmark runs: from --shape texts and from CSV files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shapes.h"

#include "input.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 1024
#define FIELD_MAX 32

/* ---- One shape ------------------------------------------------------------------------------------------------- */

/* Appends the sizes in text, joined by the separator, to dims; each 1 or more. */
static bool parse_sizes(const char *text, char separator, struct tool_shape *shape)
{
	for (const char *at = text;; ++at) {
		size_t size = 0;
		const char *first = at;
		for (; *at >= '0' && *at <= '9' && size <= (SIZE_MAX - 9) / 10; ++at) {
			size = size * 10 + (size_t)(*at - '0');
		}
		if (at == first || size == 0 || (*at != '\0' && *at != separator)) {
			return tool_report_fail("'%s' is not sizes of 1 or more joined by '%c'", text, separator);
		}
		if (shape->rank == TOOL_RANK_MAX) {
			return tool_report_fail("'%s' has too many dimensions: N, C and at most %d more", text,
			                        CLNORM_MAX_SPATIAL);
		}
		shape->dims[shape->rank++] = size;
		if (*at == '\0') {
			return true;
		}
	}
}

static bool append(struct tool_shapes *shapes, const struct tool_shape *shape)
{
	size_t count, bytes;
	if (!tool_array_size(CLNORM_F64, shape->rank, shape->dims, &count, &bytes)) {
		return false;
	}
	struct tool_shape *items = realloc(shapes->items, (shapes->count + 1) * sizeof items[0]);
	if (items == NULL) {
		return tool_report_fail("no memory for %zu shapes", shapes->count + 1);
	}
	items[shapes->count++] = *shape;
	shapes->items = items;
	return true;
}

static struct tool_shape plain_shape(const char *id)
{
	clnorm_desc defaults = clnorm_desc_1d(1, 1, 1);
	struct tool_shape shape = {
		.affine = defaults.affine, .activation = defaults.activation, .slope = defaults.slope};
	snprintf(shape.id, sizeof shape.id, "%s", id);
	return shape;
}

bool tool_shapes_add_text(struct tool_shapes *shapes, const char *text)
{
	struct tool_shape shape = plain_shape(text);
	if (!parse_sizes(text, ',', &shape)) {
		return false;
	}
	if (shape.rank < 2) {
		return tool_report_fail("'%s' has one dimension; N,C or N,C,D1,... are needed", text);
	}
	return append(shapes, &shape);
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

enum column {
	COLUMN_ID = 0,
	COLUMN_N,
	COLUMN_C,
	COLUMN_SPATIAL,
	COLUMN_AFFINE,
	COLUMN_ACTIVATION,
	COLUMN_SET,
	COLUMN_COUNT
};

static const struct {
	const char *name;
	bool is_needed;
} column_facts[COLUMN_COUNT] = {
	[COLUMN_ID] = {"id", true},
	[COLUMN_N] = {"n", true},
	[COLUMN_C] = {"c", true},
	[COLUMN_SPATIAL] = {"spatial", true},
	[COLUMN_AFFINE] = {"affine", false},
	[COLUMN_ACTIVATION] = {"activation", false},
	[COLUMN_SET] = {"set", false},
};

/* Which field of a row holds each column; -1: none. */
struct columns {
	int field[COLUMN_COUNT];
};

/* Cuts the line at its commas, in place; returns how many fields there are, at most FIELD_MAX. */
static int cut_fields(char *line, char *fields[FIELD_MAX])
{
	int count = 0;
	for (char *at = line; at != NULL && count < FIELD_MAX;) {
		char *comma = strchr(at, ',');
		fields[count++] = at;
		if (comma != NULL) {
			*comma++ = '\0';
		}
		at = comma;
	}
	return count;
}

static bool parse_columns(char *line, struct columns *columns)
{
	char *fields[FIELD_MAX];
	int count = cut_fields(line, fields);
	for (size_t i = 0; i < COLUMN_COUNT; ++i) {
		columns->field[i] = -1;
		for (int k = 0; k < count; ++k) {
			if (strcmp(fields[k], column_facts[i].name) == 0) {
				columns->field[i] = k;
			}
		}
		if (columns->field[i] < 0 && column_facts[i].is_needed) {
			return tool_report_fail("the first line names no column '%s'", column_facts[i].name);
		}
	}
	return true;
}

static bool parse_affine(const char *text, clnorm_affine *affine)
{
	static const char *const names[CLNORM_AFFINE_COUNT] = {[CLNORM_AFFINE_NONE] = "none",
	                                                       [CLNORM_AFFINE_CHANNEL] = "channel",
	                                                       [CLNORM_AFFINE_INSTANCE] = "instance"};
	for (int i = 0; i < CLNORM_AFFINE_COUNT; ++i) {
		if (strcmp(text, names[i]) == 0) {
			*affine = (clnorm_affine)i;
			return true;
		}
	}
	return tool_report_fail("affine '%s' is not none, channel or instance", text);
}

static bool parse_row(char *line, const struct columns *columns, struct tool_shape *shape)
{
	char *fields[FIELD_MAX];
	const char *values[COLUMN_COUNT];
	int count = cut_fields(line, fields);
	for (size_t i = 0; i < COLUMN_COUNT; ++i) {
		int k = columns->field[i];
		if (k >= count) {
			return tool_report_fail("has no field for column '%s'", column_facts[i].name);
		}
		values[i] = k < 0 ? "" : fields[k];
	}
	*shape = plain_shape(values[COLUMN_ID]);
	/* ',' cannot be in a field any more, so it joins nothing: one size each. */
	if (!parse_sizes(values[COLUMN_N], ',', shape) || !parse_sizes(values[COLUMN_C], ',', shape) ||
	    (values[COLUMN_SPATIAL][0] != '\0' && !parse_sizes(values[COLUMN_SPATIAL], 'x', shape))) {
		return false;
	}
	if (values[COLUMN_AFFINE][0] != '\0' && !parse_affine(values[COLUMN_AFFINE], &shape->affine)) {
		return false;
	}
	shape->is_large = strcmp(values[COLUMN_SET], "g") == 0;
	const char *activation = values[COLUMN_ACTIVATION];
	return activation[0] == '\0' || clnorm_activation_parse(activation, &shape->activation, &shape->slope) ||
	       tool_report_fail("activation '%s' is unknown", activation);
}

/* One line without its end; false with an empty reason at the end of the file. */
static bool take_line(FILE *file, char line[LINE_BYTES], bool *is_end)
{
	*is_end = fgets(line, LINE_BYTES, file) == NULL;
	if (*is_end) {
		return ferror(file) == 0 || tool_report_fail("cannot be read");
	}
	size_t length = strcspn(line, "\r\n");
	if (line[length] == '\0' && !feof(file)) {
		return tool_report_fail("is longer than %d bytes, or no text", LINE_BYTES - 2);
	}
	line[length] = '\0';
	return true;
}

static bool read_lines(struct tool_shapes *shapes, FILE *file, size_t *number)
{
	char line[LINE_BYTES];
	struct columns columns;
	bool has_columns = false, is_end = false;
	for (*number = 1; take_line(file, line, &is_end); ++*number) {
		struct tool_shape shape;
		if (is_end) {
			return has_columns || tool_report_fail("no line names the columns");
		}
		if (line[0] == '#' || line[0] == '\0') {
			continue;
		}
		if (!has_columns) {
			has_columns = parse_columns(line, &columns);
			if (!has_columns) {
				return false;
			}
		} else if (!parse_row(line, &columns, &shape) || !append(shapes, &shape)) {
			return false;
		}
	}
	return false;
}

bool tool_shapes_add_file(struct tool_shapes *shapes, const char *path)
{
	struct tool_input input = {0};
	size_t number = 0;
	if (!tool_input_open(path, &input)) {
		return false;
	}
	bool is_done = read_lines(shapes, input.file, &number);
	if (!is_done) {
		tool_report_fail("%s:%zu: %s", path, number, tool_report_text());
	}
	tool_input_clear(&input);
	return is_done;
}

void tool_shapes_clear(struct tool_shapes *shapes)
{
	free(shapes->items);
	*shapes = (struct tool_shapes){0};
}

clnorm_desc tool_shapes_desc(const struct tool_shape *shape)
{
	clnorm_desc desc = clnorm_desc_nd(shape->rank, shape->dims);
	desc.affine = shape->affine;
	desc.activation = shape->activation;
	desc.slope = shape->slope;
	return desc;
}
