/* shapes.c: the shapes a benchmark runs: from --shape texts and from CSV files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/shapes.h"

#include "tools/base/input.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 1024
#define FIELD_MAX LINE_BYTES /* a line of commas alone has no more */

/* ---- One shape ------------------------------------------------------------------------------------------------- */

/* Takes the digits at *at as a number. */
static bool take_size(const char **at, size_t *size)
{
	size_t length = strspn(*at, "0123456789");
	*size = 0;
	for (size_t i = 0; i < length; ++i) {
		size_t digit = (size_t)((*at)[i] - '0');
		if (*size > (SIZE_MAX - digit) / 10) {
			return tool_report_fail("%.*s is too large: a size is at most %zu", (int)length, *at, SIZE_MAX);
		}
		*size = *size * 10 + digit;
	}
	*at += length;
	return true;
}

static bool refuse_sizes(const char *text, char separator)
{
	return separator == '\0' ? tool_report_fail("'%s' is not a size of 1 or more", text)
	                         : tool_report_fail("'%s' is not sizes of 1 or more joined by '%c'", text, separator);
}

/* Appends the sizes in text, joined by the separator, to dims; each 1 or more. Separator '\0': one size alone. */
static bool parse_sizes(const char *text, char separator, struct tool_shape *shape)
{
	for (const char *at = text;; ++at) {
		size_t size;
		const char *first = at;
		if (!take_size(&at, &size)) {
			return false;
		}
		if (at == first || size == 0 || (*at != '\0' && *at != separator)) {
			return refuse_sizes(text, separator);
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
	if (!tool_array_size(sizeof(double), shape->rank, shape->dims, &count, &bytes)) {
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

static bool check_groups(const char *what, size_t groups, size_t c)
{
	return groups == 0 || c % groups == 0 ||
	       tool_report_fail("%s is %zu; it must divide C, which is %zu", what, groups, c);
}

/* Empty: 0. */
static bool parse_groups(const char *text, struct tool_shape *shape)
{
	const char *at = text;
	return take_size(&at, &shape->groups) &&
	       (*at == '\0' || tool_report_fail("groups '%s' is not a whole number of 0 or more", text)) &&
	       check_groups("groups", shape->groups, shape->dims[1]);
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
	COLUMN_GROUPS,
	COLUMN_SET,
	COLUMN_COUNT
};

static const struct {
	const char *name;
	bool is_needed;
} column_facts[COLUMN_COUNT] = {
	[COLUMN_ID] = {.name = "id", .is_needed = true},
	[COLUMN_N] = {.name = "n", .is_needed = true},
	[COLUMN_C] = {.name = "c", .is_needed = true},
	[COLUMN_SPATIAL] = {.name = "spatial", .is_needed = true},
	[COLUMN_AFFINE] = {.name = "affine"},
	[COLUMN_ACTIVATION] = {.name = "activation"},
	[COLUMN_GROUPS] = {.name = "groups"},
	[COLUMN_SET] = {.name = "set"},
};

/* Which field of a row holds each column; -1: none. */
struct columns {
	int field[COLUMN_COUNT];
};

/* Takes the double quotes off a field, in place, and of two in it one. Returns what follows it; NULL where the quotes
 * do not close at a comma or the line's end. */
static char *unquote(char *field)
{
	char *to = field, *at = field + 1;
	for (; *at != '\0' && (*at != '"' || at[1] == '"'); ++at) {
		at += *at == '"';
		*to++ = *at;
	}
	*to = '\0';
	return *at == '"' && (at[1] == '\0' || at[1] == ',') ? at + 1 : NULL;
}

/* Cuts the line at its commas, in place. */
static bool cut_fields(char *line, char *fields[FIELD_MAX], int *count)
{
	*count = 0;
	for (char *at = line;; ++at) {
		fields[(*count)++] = at;
		at = *at == '"' ? unquote(at) : at + strcspn(at, ",");
		if (at == NULL) {
			return tool_report_fail("the quotes of field %d do not close at a comma or the end of the line",
			                        *count);
		}
		if (*at == '\0') {
			return true;
		}
		*at = '\0';
	}
}

static bool find_column(char *const fields[], int count, enum column column, int *field)
{
	const char *name = column_facts[column].name;
	*field = -1;
	for (int i = 0; i < count; ++i) {
		if (strcmp(fields[i], name) != 0) {
			continue;
		}
		if (*field >= 0) {
			return tool_report_fail("the first line names column '%s' twice", name);
		}
		*field = i;
	}
	return *field >= 0 || !column_facts[column].is_needed ||
	       tool_report_fail("the first line names no column '%s'", name);
}

static bool parse_columns(char *line, struct columns *columns)
{
	char *fields[FIELD_MAX];
	int count;
	if (!cut_fields(line, fields, &count)) {
		return false;
	}
	for (enum column column = COLUMN_ID; column < COLUMN_COUNT; ++column) {
		if (!find_column(fields, count, column, &columns->field[column])) {
			return false;
		}
	}
	return true;
}

/* A terminal acts on control characters: those of ASCII, and those from U+0080 on in UTF-8. */
static bool check_id(const char *id)
{
	unsigned char before = 0;
	size_t room = sizeof((struct tool_shape *)0)->id - 1;
	if (*id == '\0' || strlen(id) > room) {
		return *id == '\0' ? tool_report_fail("the id is empty")
		                   : tool_report_fail("the id has %zu bytes; at most %zu are kept", strlen(id), room);
	}
	for (; *id != '\0'; ++id) {
		unsigned char byte = (unsigned char)*id;
		if (byte < ' ' || byte == 0x7f || (before == 0xc2 && byte < 0xa0)) {
			return tool_report_fail("the id holds a control character, byte 0x%02x", byte);
		}
		before = byte;
	}
	return true;
}

static const char *const affine_names[CLNORM_AFFINE_COUNT] = {
	[CLNORM_AFFINE_NONE] = "none", [CLNORM_AFFINE_CHANNEL] = "channel", [CLNORM_AFFINE_INSTANCE] = "instance"};

static bool parse_affine(const char *text, clnorm_affine *affine)
{
	for (int i = 0; i < CLNORM_AFFINE_COUNT; ++i) {
		if (strcmp(text, affine_names[i]) == 0) {
			*affine = (clnorm_affine)i;
			return true;
		}
	}
	return tool_report_fail("affine '%s' is not none, channel or instance", text);
}

static bool take_values(char *line, const struct columns *columns, const char *values[COLUMN_COUNT])
{
	char *fields[FIELD_MAX];
	int count;
	if (!cut_fields(line, fields, &count)) {
		return false;
	}
	for (size_t i = 0; i < COLUMN_COUNT; ++i) {
		int k = columns->field[i];
		if (k >= count) {
			return tool_report_fail("has no field for column '%s'", column_facts[i].name);
		}
		values[i] = k < 0 ? "" : fields[k];
	}
	return check_id(values[COLUMN_ID]);
}

static bool parse_row(char *line, const struct columns *columns, struct tool_shape *shape)
{
	const char *values[COLUMN_COUNT];
	if (!take_values(line, columns, values)) {
		return false;
	}
	*shape = plain_shape(values[COLUMN_ID]);
	if (!parse_sizes(values[COLUMN_N], '\0', shape) || !parse_sizes(values[COLUMN_C], '\0', shape) ||
	    (values[COLUMN_SPATIAL][0] != '\0' && !parse_sizes(values[COLUMN_SPATIAL], 'x', shape))) {
		return false;
	}
	if (values[COLUMN_AFFINE][0] != '\0' && !parse_affine(values[COLUMN_AFFINE], &shape->affine)) {
		return false;
	}
	shape->is_large = strcmp(values[COLUMN_SET], "g") == 0;
	const char *activation = values[COLUMN_ACTIVATION];
	return parse_groups(values[COLUMN_GROUPS], shape) &&
	       (activation[0] == '\0' || clnorm_activation_parse(activation, &shape->activation, &shape->slope) ||
	        tool_report_fail("activation '%s' is unknown", activation));
}

/* Spreadsheets begin a file in UTF-8 with a byte order mark. */
static void skip_mark(FILE *file)
{
	static const char mark[] = {'\xef', '\xbb', '\xbf'};
	char first[sizeof mark];
	if (fread(first, 1, sizeof first, file) != sizeof first || memcmp(first, mark, sizeof mark) != 0) {
		rewind(file);
	}
}

/* One line without its end, which is LF, CR LF or CR; *is_end: there was none left. */
static bool take_line(FILE *file, char line[LINE_BYTES], bool *is_end)
{
	size_t length = 0;
	int byte = getc(file);
	*is_end = byte == EOF && ferror(file) == 0;
	for (; byte != EOF && byte != '\n' && byte != '\r'; byte = getc(file)) {
		if (byte == '\0') {
			return tool_report_fail("holds a byte of 0, which no text has");
		}
		if (length == LINE_BYTES - 1) {
			return tool_report_fail("is longer than %d bytes", LINE_BYTES - 1);
		}
		line[length++] = (char)byte;
	}
	line[length] = '\0';
	if (byte == '\r' && (byte = getc(file)) != '\n') {
		ungetc(byte, file);
	}
	return ferror(file) == 0 || tool_report_fail("cannot be read: %s", strerror(errno));
}

static bool add_row(struct tool_shapes *shapes, char *line, const struct columns *columns)
{
	struct tool_shape shape;
	return parse_row(line, columns, &shape) && append(shapes, &shape);
}

static bool read_lines(struct tool_shapes *shapes, FILE *file, size_t *number)
{
	char line[LINE_BYTES];
	struct columns columns;
	size_t before = shapes->count;
	bool has_columns = false, is_end = false;
	for (*number = 1; take_line(file, line, &is_end) && !is_end; ++*number) {
		if (line[0] == '#' || line[strspn(line, ",")] == '\0') {
			continue;
		}
		if (!(has_columns ? add_row(shapes, line, &columns) : parse_columns(line, &columns))) {
			return false;
		}
		has_columns = true;
	}
	if (is_end && shapes->count == before) {
		return tool_report_fail(has_columns ? "no shape follows the line that names the columns"
		                                    : "no line names the columns");
	}
	return is_end;
}

bool tool_shapes_add_file(struct tool_shapes *shapes, const char *path)
{
	struct tool_input input = {0};
	size_t number = 0;
	if (!tool_input_open(path, &input)) {
		return false;
	}
	skip_mark(input.file);
	bool is_done = read_lines(shapes, input.file, &number);
	if (!is_done) {
		tool_report_fail("%s:%zu: %s", path, number, tool_report_text());
	}
	tool_input_clear(&input);
	return is_done;
}

bool tool_shapes_set_groups(struct tool_shapes *shapes, size_t groups)
{
	for (size_t i = 0; i < shapes->count; ++i) {
		struct tool_shape *shape = &shapes->items[i];
		if (shape->groups == 0 && !check_groups("--groups", groups, shape->dims[1])) {
			return tool_report_about(shape->id);
		}
		shape->groups = shape->groups > 0 ? shape->groups : groups;
	}
	return true;
}

bool tool_shapes_have_groups(const struct tool_shapes *shapes)
{
	bool have = false;
	for (size_t i = 0; i < shapes->count; ++i) {
		have = have || shapes->items[i].groups > 0;
	}
	return have;
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
	desc.groups = shape->groups;
	return desc;
}

const char *tool_shapes_affine(const struct tool_shape *shape)
{
	return affine_names[shape->affine];
}
