/* npy_header.c: the dictionary in front of a .npy file's data, read from any bytes and written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/npy_header.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------------------------------------------- */

struct cursor {
	const char *at, *end;
	enum tool_npy_takes takes;
};

static void skip_spaces(struct cursor *cursor)
{
	while (cursor->at < cursor->end && strchr(" \t\r\n\f\v", *cursor->at) != NULL && *cursor->at != '\0') {
		++cursor->at;
	}
}

/* Takes this character, after spaces, if it is the next. */
static bool take(struct cursor *cursor, char wanted)
{
	skip_spaces(cursor);
	if (cursor->at < cursor->end && *cursor->at == wanted) {
		++cursor->at;
		return true;
	}
	return false;
}

/* Takes this word if it is the next. */
static bool take_word(struct cursor *cursor, const char *word)
{
	size_t length = strlen(word);
	skip_spaces(cursor);
	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0) {
		return false;
	}
	cursor->at += length;
	return true;
}

/* A string in single or double quotes without escapes: no key or element type needs one. Python 2 wrote u before some.
 */
static bool take_string(struct cursor *cursor, char *text, size_t text_bytes)
{
	take(cursor, 'u');
	skip_spaces(cursor);
	char quote = cursor->at < cursor->end ? *cursor->at : '\0';
	if (quote != '\'' && quote != '"') {
		return tool_report_fail("the header is broken: a quoted word is missing");
	}
	const char *first = ++cursor->at;
	while (cursor->at < cursor->end && *cursor->at != quote) {
		++cursor->at;
	}
	size_t length = (size_t)(cursor->at - first);
	if (cursor->at == cursor->end || length >= text_bytes || memchr(first, '\\', length) != NULL ||
	    memchr(first, '\0', length) != NULL) {
		return tool_report_fail("the header is broken: a quoted word has no end, or is no word");
	}
	memcpy(text, first, length);
	text[length] = '\0';
	++cursor->at;
	return true;
}

/* ---- Element types ----------------------------------------------------------------------------------------------- */

/* As NumPy writes them, and as it reads them where somebody else wrote. */
static const struct {
	const char *name;
	clnorm_dtype dtype;
} types[] = {
	{"f4", CLNORM_F32},    {"f", CLNORM_F32},         {"float32", CLNORM_F32}, {"single", CLNORM_F32},
	{"f2", CLNORM_F16},    {"e", CLNORM_F16},         {"float16", CLNORM_F16}, {"half", CLNORM_F16},
	{"f8", CLNORM_F64},    {"d", CLNORM_F64},         {"float64", CLNORM_F64}, {"double", CLNORM_F64},
	{"float", CLNORM_F64}, {"bfloat16", CLNORM_BF16},
};

/* Whole numbers and booleans, where they are taken. */
static const struct {
	const char *name, *long_name, *letter;
	enum tool_npy_kind kind;
	size_t bytes;
} whole_types[] = {
	{"b1", "bool", "?", TOOL_NPY_BOOLEAN, 1},    {"u1", "uint8", "B", TOOL_NPY_UNSIGNED, 1},
	{"u2", "uint16", "H", TOOL_NPY_UNSIGNED, 2}, {"u4", "uint32", "I", TOOL_NPY_UNSIGNED, 4},
	{"u8", "uint64", "Q", TOOL_NPY_UNSIGNED, 8}, {"i1", "int8", "b", TOOL_NPY_SIGNED, 1},
	{"i2", "int16", "h", TOOL_NPY_SIGNED, 2},    {"i4", "int32", "i", TOOL_NPY_SIGNED, 4},
	{"i8", "int64", "q", TOOL_NPY_SIGNED, 8},
};

/* What else there is, by the whole name or by what stands before a size or unit. */
static const struct {
	const char *name, *text;
} others[] = {
	{"b1", "booleans"},
	{"?", "booleans"},
	{"bool", "booleans"},
	{"i", "integers"},
	{"int", "integers"},
	{"b", "integers"},
	{"h", "integers"},
	{"l", "integers"},
	{"q", "integers"},
	{"u", "unsigned integers"},
	{"uint", "unsigned integers"},
	{"B", "unsigned integers"},
	{"H", "unsigned integers"},
	{"I", "unsigned integers"},
	{"L", "unsigned integers"},
	{"Q", "unsigned integers"},
	{"c", "complex numbers"},
	{"complex", "complex numbers"},
	{"F", "complex numbers"},
	{"D", "complex numbers"},
	{"G", "complex numbers"},
	{"f", "floats of another size"},
	{"float", "floats of another size"},
	{"g", "floats of another size"},
	{"longdouble", "floats of another size"},
	{"S", "text"},
	{"a", "text"},
	{"U", "text"},
	{"T", "text"},
	{"str", "text"},
	{"bytes", "text"},
	{"M", "dates"},
	{"datetime", "dates"},
	{"m", "durations"},
	{"timedelta", "durations"},
	{"O", "Python objects"},
	{"object", "Python objects"},
	{"V", "raw records"},
	{"void", "raw records"},
};

static const char *kind_name(const char *type)
{
	size_t length = strcspn(type, "0123456789[_");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
		const char *name = others[i].name;
		if (strcmp(type, name) == 0 || (strlen(name) == length && strncmp(type, name, length) == 0)) {
			return others[i].text;
		}
	}
	return "something else";
}

static const char *taken(const struct cursor *cursor)
{
	return cursor->takes == TOOL_NPY_NUMBERS ? "arrays of numbers or booleans" : "f4, f2 and f8 arrays";
}

/* A list of named fields, or a type with a shape of its own; the text that is told ends somewhere. */
static bool refuse_records(const struct cursor *cursor)
{
	int left = cursor->end - cursor->at < 60 ? (int)(cursor->end - cursor->at) : 60;
	return tool_report_fail("holds %s (%.*s...); %s can be read",
	                        *cursor->at == '[' ? "records of named fields" : "arrays as elements", left, cursor->at,
	                        taken(cursor));
}

static bool find_float(const char *type, struct tool_npy_header *header)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
		if (strcmp(type, types[i].name) == 0) {
			header->kind = TOOL_NPY_FLOAT;
			header->dtype = types[i].dtype;
			header->element_bytes = clnorm_dtype_bytes(types[i].dtype);
			return true;
		}
	}
	return false;
}

static bool find_whole(const char *type, struct tool_npy_header *header)
{
	for (size_t i = 0; i < sizeof whole_types / sizeof whole_types[0]; ++i) {
		if (strcmp(type, whole_types[i].name) == 0 || strcmp(type, whole_types[i].long_name) == 0 ||
		    strcmp(type, whole_types[i].letter) == 0) {
			header->kind = whole_types[i].kind;
			header->element_bytes = whole_types[i].bytes;
			return true;
		}
	}
	return false;
}

static bool parse_descr(struct cursor *cursor, struct tool_npy_header *header)
{
	char descr[32];
	skip_spaces(cursor);
	if (cursor->at < cursor->end && (*cursor->at == '[' || *cursor->at == '(')) {
		return refuse_records(cursor);
	}
	if (!take_string(cursor, descr, sizeof descr)) {
		return false;
	}
	const char *type = descr[0] != '\0' && strchr("<>=|", descr[0]) != NULL ? descr + 1 : descr;
	header->is_swapped = descr[0] == (tool_array_is_little_endian() ? '>' : '<');
	if (find_float(type, header) || (cursor->takes == TOOL_NPY_NUMBERS && find_whole(type, header))) {
		return true;
	}
	if (strcmp(type, "V2") != 0 || cursor->takes == TOOL_NPY_NUMBERS) {
		return tool_report_fail("holds %s ('%s'); %s can be read", kind_name(type), descr, taken(cursor));
	}
	header->dtype = CLNORM_BF16; /* NumPy has no name for bfloat16, and writes its bytes as they are */
	header->element_bytes = clnorm_dtype_bytes(CLNORM_BF16);
	return cursor->takes == TOOL_NPY_FLOATS_RAW ||
	       tool_report_fail("holds raw records of 2 bytes ('%s'); with --dtype bf16 they are read as bf16", descr);
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

static bool parse_order(struct cursor *cursor, struct tool_npy_header *header)
{
	if (take_word(cursor, "True")) {
		header->is_fortran = true;
		return true;
	}
	header->is_fortran = false;
	return take_word(cursor, "False") ||
	       tool_report_fail("the header is broken: fortran_order is not True or False");
}

static bool take_size(struct cursor *cursor, size_t *size)
{
	size_t value = 0;
	skip_spaces(cursor);
	const char *first = cursor->at;
	for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; ++cursor->at) {
		size_t digit = (size_t)(*cursor->at - '0');
		if (value > (SIZE_MAX - digit) / 10) {
			return tool_report_fail("a size in shape is too large for this machine");
		}
		value = value * 10 + digit;
	}
	if (cursor->at == first) {
		return tool_report_fail("the header is broken: shape is not a tuple of whole numbers of 0 or more");
	}
	take(cursor, 'L'); /* Python 2 wrote 3L */
	*size = value;
	return true;
}

static bool parse_shape(struct cursor *cursor, struct tool_npy_header *header)
{
	bool has_comma = true;
	header->rank = 0;
	if (!take(cursor, '(')) {
		return tool_report_fail("the header is broken: shape is not a tuple");
	}
	while (!take(cursor, ')')) {
		if (!has_comma) {
			return tool_report_fail("the header is broken: shape has no end");
		}
		if (header->rank == TOOL_RANK_MAX) {
			return tool_report_fail("has more than the %d dimensions that are read", TOOL_RANK_MAX);
		}
		if (!take_size(cursor, &header->dims[header->rank])) {
			return false;
		}
		++header->rank;
		has_comma = take(cursor, ',');
	}
	return header->rank != 1 || has_comma || tool_report_fail("the header is broken: shape is not a tuple");
}

static const struct {
	const char *name;
	bool (*parse)(struct cursor *cursor, struct tool_npy_header *header);
} keys[] = {{"descr", parse_descr}, {"fortran_order", parse_order}, {"shape", parse_shape}};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

/* One "key: value"; each key once. */
static bool parse_entry(struct cursor *cursor, bool is_seen[KEY_COUNT], struct tool_npy_header *header)
{
	char key[32];
	if (!take_string(cursor, key, sizeof key)) {
		return false;
	}
	for (size_t i = 0; i < KEY_COUNT; ++i) {
		if (strcmp(key, keys[i].name) == 0) {
			if (is_seen[i] || !take(cursor, ':')) {
				return tool_report_fail("the header is broken at key '%s'", key);
			}
			is_seen[i] = true;
			return keys[i].parse(cursor, header);
		}
	}
	return tool_report_fail("the header has an unknown key '%s'", key);
}

bool tool_npy_header_parse(const char *text, size_t length, enum tool_npy_takes takes, struct tool_npy_header *header)
{
	struct cursor cursor = {text, text + length, takes};
	struct tool_npy_header parsed = {0};
	bool is_seen[KEY_COUNT] = {false}, has_comma = true;
	if (!take(&cursor, '{')) {
		return tool_report_fail("the header is broken: no dictionary");
	}
	while (!take(&cursor, '}')) {
		if (!has_comma) {
			return tool_report_fail("the header is broken: a comma is missing");
		}
		if (!parse_entry(&cursor, is_seen, &parsed)) {
			return false;
		}
		has_comma = take(&cursor, ',');
	}
	skip_spaces(&cursor);
	if (cursor.at != cursor.end) {
		return tool_report_fail("the header is broken: something follows the dictionary");
	}
	for (size_t i = 0; i < KEY_COUNT; ++i) {
		if (!is_seen[i]) {
			return tool_report_fail("the header has no key '%s'", keys[i].name);
		}
	}
	*header = parsed;
	return true;
}

const char *tool_npy_type_text(const struct tool_npy_header *header, char text[16])
{
	if (header->kind == TOOL_NPY_FLOAT) {
		snprintf(text, 16, "%s", clnorm_dtype_name(header->dtype));
	} else if (header->kind == TOOL_NPY_BOOLEAN) {
		snprintf(text, 16, "bool");
	} else {
		snprintf(text, 16, "%c%zu", header->kind == TOOL_NPY_SIGNED ? 'i' : 'u',
		         8 * header->element_bytes % 1000);
	}
	return text;
}

/* ---- Writing ------------------------------------------------------------------------------------------------- */

size_t tool_npy_header_print(clnorm_dtype dtype, unsigned rank, const size_t *dims, char prefix[TOOL_NPY_PREFIX_MAX])
{
	enum { FIXED_BYTES = 10, ALIGNMENT = 64 };
	/* TOOL_RANK_MAX sizes of 20 digits and the keys are under 300 bytes, so nothing below is cut. */
	char shape[256];
	tool_array_shape_text(rank, dims, shape, sizeof shape);
	int length = snprintf(prefix + FIXED_BYTES, TOOL_NPY_PREFIX_MAX - FIXED_BYTES,
	                      "{'descr': '<%c%zu', 'fortran_order': False, 'shape': %s, }",
	                      dtype == CLNORM_BF16 ? 'V' : 'f', clnorm_dtype_bytes(dtype), shape);
	size_t used = FIXED_BYTES + (size_t)length;
	size_t total = (used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	memset(prefix + used, ' ', total - used);
	prefix[total - 1] = '\n';
	memcpy(prefix, TOOL_NPY_MAGIC "\x01\x00", 8);
	prefix[8] = (char)((total - FIXED_BYTES) & 0xff);
	prefix[9] = (char)((total - FIXED_BYTES) >> 8);
	return total;
}
