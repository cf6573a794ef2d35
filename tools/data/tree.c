/* tree.c: a JSON file read into memory as a tree of values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/tree.h"

#include "tools/base/input.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX ((unsigned long long)64 << 20)
#define DEPTH_MAX 64 /* the parser calls itself for each level */

/* What is left of the text. */
struct cursor {
	const char *at;
	size_t line, depth;
};

/* ---- Trees ------------------------------------------------------------------------------------------------------ */

void tool_tree_destroy(struct tool_tree *tree)
{
	while (tree != NULL) {
		struct tool_tree *next = tree->next;
		tool_tree_destroy(tree->first);
		free(tree->key);
		free(tree->text);
		free(tree);
		tree = next;
	}
}

const struct tool_tree *tool_tree_get(const struct tool_tree *tree, const char *key, enum tool_tree_kind kind)
{
	const struct tool_tree *member = tree != NULL && tree->kind == TOOL_TREE_OBJECT ? tree->first : NULL;
	while (member != NULL && strcmp(member->key, key) != 0) {
		member = member->next;
	}
	return member != NULL && member->kind == kind ? member : NULL;
}

const char *tool_tree_text(const struct tool_tree *tree, const char *key)
{
	const struct tool_tree *member = tool_tree_get(tree, key, TOOL_TREE_TEXT);
	return member != NULL ? member->text : "";
}

double tool_tree_number(const struct tool_tree *tree, const char *key)
{
	const struct tool_tree *member = tool_tree_get(tree, key, TOOL_TREE_NUMBER);
	return member != NULL ? member->number : NAN;
}

/* ---- Words ------------------------------------------------------------------------------------------------------ */

static void skip_blanks(struct cursor *cursor)
{
	for (; *cursor->at != '\0' && strchr(" \t\r\n", *cursor->at) != NULL; ++cursor->at) {
		cursor->line += *cursor->at == '\n';
	}
}

static bool take(struct cursor *cursor, char wanted)
{
	skip_blanks(cursor);
	if (*cursor->at != wanted) {
		return *cursor->at == '\0' ? tool_report_fail("ends where '%c' is due", wanted)
		                           : tool_report_fail("'%c' where '%c' is due", *cursor->at, wanted);
	}
	++cursor->at;
	return true;
}

static bool take_hex(struct cursor *cursor, unsigned *value)
{
	*value = 0;
	for (int i = 0; i < 4; ++i, ++cursor->at) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = *cursor->at != '\0' ? strchr(digits, *cursor->at) : NULL;
		if (digit == NULL) {
			return tool_report_fail("\\u without four hexadecimal digits");
		}
		*value = *value * 16 + (unsigned)((digit - digits) % 16);
	}
	return true;
}

/* \uXXXX in UTF-8, after the u; half of a pair alone becomes '?'. */
static bool take_unicode(struct cursor *cursor, char **to)
{
	unsigned code, low = 0;
	if (!take_hex(cursor, &code)) {
		return false;
	}
	if (code >= 0xd800 && code < 0xdc00 && cursor->at[0] == '\\' && cursor->at[1] == 'u') {
		cursor->at += 2;
		if (!take_hex(cursor, &low)) {
			return false;
		}
	}
	if (low >= 0xdc00 && low < 0xe000) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if ((code >= 0xd800 && code < 0xe000) || code == 0) {
		code = '?';
	}
	int extra = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned heads[] = {0, 0xc0, 0xe0, 0xf0};
	*(*to)++ = (char)(heads[extra] | code >> (6 * extra));
	while (extra-- > 0) {
		*(*to)++ = (char)(0x80 | (code >> (6 * extra) & 0x3f));
	}
	return true;
}

static bool take_escape(struct cursor *cursor, char **to)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	char letter = *cursor->at;
	const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
	cursor->at += letter != '\0';
	if (found != NULL) {
		*(*to)++ = meant[found - letters];
		return true;
	}
	return letter == 'u' ? take_unicode(cursor, to) : tool_report_fail("an escape that JSON does not have");
}

static bool take_text(struct cursor *cursor, char **text)
{
	if (!take(cursor, '"')) {
		return false;
	}
	/* What a text becomes is never longer than what stands for it. */
	const char *end = cursor->at;
	while (*end != '\0' && *end != '"') {
		end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
	}
	char *made = malloc((size_t)(end - cursor->at) + 1), *to = made;
	if (made == NULL) {
		return tool_report_fail("no memory for a text");
	}
	while (*cursor->at != '"') {
		bool is_taken = true;
		if ((unsigned char)*cursor->at < ' ') {
			is_taken =
				tool_report_fail(*cursor->at == '\0' ? "ends within a text" : "a text over two lines");
		} else if (*cursor->at == '\\') {
			++cursor->at;
			is_taken = take_escape(cursor, &to);
		} else {
			*to++ = *cursor->at++;
		}
		if (!is_taken) {
			free(made);
			return false;
		}
	}
	++cursor->at;
	*to = '\0';
	*text = made;
	return true;
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static bool take_value(struct cursor *cursor, struct tool_tree *value);

/* The members up to the closing bracket. */
static bool take_members(struct cursor *cursor, struct tool_tree *value, char closing)
{
	struct tool_tree **end = &value->first;
	++cursor->at;
	if (++cursor->depth > DEPTH_MAX) {
		return tool_report_fail("more than the %d levels that are read", DEPTH_MAX);
	}
	for (skip_blanks(cursor); *cursor->at != closing || value->first != NULL; skip_blanks(cursor)) {
		*end = calloc(1, sizeof **end);
		if (*end == NULL) {
			return tool_report_fail("no memory for a value");
		}
		if (value->kind == TOOL_TREE_OBJECT && (!take_text(cursor, &(*end)->key) || !take(cursor, ':'))) {
			return false;
		}
		if (!take_value(cursor, *end)) {
			return false;
		}
		end = &(*end)->next;
		skip_blanks(cursor);
		if (*cursor->at == closing) {
			break;
		}
		if (!take(cursor, ',')) {
			return false;
		}
	}
	++cursor->at;
	--cursor->depth;
	return true;
}

/* strtod() takes more than JSON allows; the first characters rule out its other words. */
static bool take_number(struct cursor *cursor, struct tool_tree *value)
{
	const char *digits = cursor->at + (*cursor->at == '-');
	char *end;
	value->kind = TOOL_TREE_NUMBER;
	value->number = strtod(cursor->at, &end);
	if (*digits < '0' || *digits > '9' || digits[1] == 'x' || digits[1] == 'X') {
		return tool_report_fail("'%c' where a value is due", *cursor->at);
	}
	cursor->at = end;
	return true;
}

static bool take_word(struct cursor *cursor, struct tool_tree *value)
{
	static const struct {
		const char *word;
		enum tool_tree_kind kind;
		bool flag;
	} words[] = {
		{.word = "null", .kind = TOOL_TREE_NULL},
		{.word = "true", .kind = TOOL_TREE_FLAG, .flag = true},
		{.word = "false", .kind = TOOL_TREE_FLAG, .flag = false},
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i) {
		size_t length = strlen(words[i].word);
		if (strncmp(cursor->at, words[i].word, length) == 0) {
			value->kind = words[i].kind;
			value->flag = words[i].flag;
			cursor->at += length;
			return true;
		}
	}
	return take_number(cursor, value);
}

static bool take_value(struct cursor *cursor, struct tool_tree *value)
{
	skip_blanks(cursor);
	switch (*cursor->at) {
	case '\0':
		return tool_report_fail("ends where a value is due");
	case '{':
		value->kind = TOOL_TREE_OBJECT;
		return take_members(cursor, value, '}');
	case '[':
		value->kind = TOOL_TREE_ARRAY;
		return take_members(cursor, value, ']');
	case '"':
		value->kind = TOOL_TREE_TEXT;
		return take_text(cursor, &value->text);
	default:
		return take_word(cursor, value);
	}
}

bool tool_tree_parse(const char *name, const char *text, struct tool_tree **tree)
{
	struct cursor cursor = {text, 1, 0};
	struct tool_tree *made = calloc(1, sizeof *made);
	if (made == NULL) {
		return tool_report_fail("%s: no memory for a value", name);
	}
	bool is_done = take_value(&cursor, made);
	skip_blanks(&cursor);
	if (is_done && *cursor.at != '\0') {
		is_done = tool_report_fail("more after the end of the JSON value");
	}
	if (!is_done) {
		tool_tree_destroy(made);
		return tool_report_fail("%s:%zu: %s", name, cursor.line, tool_report_text());
	}
	*tree = made;
	return true;
}

bool tool_tree_load(const char *path, struct tool_tree **tree)
{
	struct tool_input input = {0};
	char *text = NULL;
	bool is_done = false;
	TOOL_TRY(tool_input_open(path, &input));
	TOOL_TRY(input.bytes <= FILE_BYTES_MAX ||
	         tool_report_fail("%s: has %llu bytes; a file of results may have %llu", path, input.bytes,
	                          FILE_BYTES_MAX));
	text = malloc((size_t)input.bytes + 1);
	TOOL_TRY(text != NULL || tool_report_fail("%s: no memory for %llu bytes", path, input.bytes));
	size_t count = fread(text, 1, (size_t)input.bytes, input.file);
	TOOL_TRY(ferror(input.file) == 0 || tool_report_fail("%s: cannot be read: %s", path, strerror(errno)));
	TOOL_TRY(memchr(text, '\0', count) == NULL || tool_report_fail("%s: is no text", path));
	text[count] = '\0';
	is_done = tool_tree_parse(path, text, tree);
done:
	free(text);
	tool_input_clear(&input);
	return is_done;
}
