/* json.c: prints JSON: commas, escapes and line breaks in one place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/json.h"

#include <math.h>

#define LINE_DEPTH 2 /* values down to here begin a line; deeper ones share it */

/* Bytes of the UTF-8 character at text; 0 where there is none. */
static size_t character_bytes(const unsigned char *text)
{
	size_t length = text[0] < 0x80   ? 1
	                : text[0] < 0xc2 ? 0
	                : text[0] < 0xe0 ? 2
	                : text[0] < 0xf0 ? 3
	                : text[0] < 0xf5 ? 4
	                                 : 0;
	for (size_t i = 1; i < length; ++i) {
		if ((text[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	bool is_overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
	bool is_no_scalar = (text[0] == 0xed && text[1] >= 0xa0) || (text[0] == 0xf4 && text[1] >= 0x90);
	return is_overlong || is_no_scalar ? 0 : length;
}

static void print_quoted(FILE *file, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	fputc('"', file);
	while (*at != '\0') {
		size_t length = character_bytes(at);
		if (length == 0) {
			fputc('?', file);
			length = 1;
		} else if (*at == '"' || *at == '\\') {
			fprintf(file, "\\%c", *at);
		} else if (*at < ' ' || *at == 0x7f) {
			fprintf(file, "\\u%04x", (unsigned)*at);
		} else {
			fwrite(at, 1, length, file);
		}
		at += length;
	}
	fputc('"', file);
}

/* What stands before a value: comma, line break, key. */
static void begin_value(struct tool_json *json, const char *key)
{
	if (json->depth > 0) {
		bool *has_value = &json->has_value[json->depth - 1];
		if (*has_value) {
			fputc(',', json->file);
		}
		if (json->depth <= LINE_DEPTH) {
			fprintf(json->file, "\n%*s", (int)json->depth, "");
		} else if (*has_value) {
			fputc(' ', json->file);
		}
		*has_value = true;
	}
	if (key != NULL) {
		print_quoted(json->file, key);
		fputs(": ", json->file);
	}
}

void tool_json_open(struct tool_json *json, const char *key, char bracket)
{
	begin_value(json, key);
	fputc(bracket, json->file);
	json->has_value[json->depth++] = false; /* our own nesting: at most 5 deep */
}

void tool_json_close(struct tool_json *json, char bracket)
{
	bool has_lines = json->has_value[--json->depth] && json->depth < LINE_DEPTH;
	if (has_lines) {
		fprintf(json->file, "\n%*s", (int)json->depth, "");
	}
	fputc(bracket, json->file);
	if (json->depth == 0) {
		fputc('\n', json->file);
	}
}

void tool_json_text(struct tool_json *json, const char *key, const char *text)
{
	begin_value(json, key);
	if (text == NULL) {
		fputs("null", json->file);
	} else {
		print_quoted(json->file, text);
	}
}

void tool_json_whole(struct tool_json *json, const char *key, unsigned long long value)
{
	begin_value(json, key);
	fprintf(json->file, "%llu", value);
}

void tool_json_number(struct tool_json *json, const char *key, double value)
{
	begin_value(json, key);
	if (isfinite(value)) {
		fprintf(json->file, "%.6g", value);
	} else {
		fputs("null", json->file);
	}
}

void tool_json_flag(struct tool_json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->file);
}
