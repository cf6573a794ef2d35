/* test_tree.c: JSON read as a tree: values, escapes, what is refused and where.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/data/tree.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct tool_tree *parse(const char *text)
{
	struct tool_tree *tree = NULL;
	ck_assert_msg(tool_tree_parse("text", text, &tree), "%s: %s", text, tool_report_text());
	ck_assert_ptr_nonnull(tree);
	return tree;
}

START_TEST(values)
{
	struct tool_tree *tree =
		parse(" {\"a\": [1, -2.5e3, true, false, null, \"x\"],\n\t\"b\": {}, \"c\": [] } \r\n");
	ck_assert_int_eq(tree->kind, TOOL_TREE_OBJECT);
	const struct tool_tree *item = tool_tree_get(tree, "a", TOOL_TREE_ARRAY)->first;
	ck_assert_double_eq(item->number, 1);
	item = item->next;
	ck_assert_double_eq(item->number, -2500);
	item = item->next;
	ck_assert(item->kind == TOOL_TREE_FLAG && item->flag);
	item = item->next;
	ck_assert(item->kind == TOOL_TREE_FLAG && !item->flag);
	item = item->next;
	ck_assert_int_eq(item->kind, TOOL_TREE_NULL);
	item = item->next;
	ck_assert_str_eq(item->text, "x");
	ck_assert_ptr_null(item->next);
	ck_assert_ptr_null(tool_tree_get(tree, "b", TOOL_TREE_OBJECT)->first);
	ck_assert_ptr_null(tool_tree_get(tree, "c", TOOL_TREE_ARRAY)->first);
	ck_assert_ptr_null(tool_tree_get(tree, "c", TOOL_TREE_OBJECT));
	ck_assert_ptr_null(tool_tree_get(tree, "d", TOOL_TREE_NULL));
	ck_assert_ptr_null(tool_tree_get(item, "a", TOOL_TREE_ARRAY));
	ck_assert_str_eq(tool_tree_text(tree, "a"), "");
	ck_assert(isnan(tool_tree_number(tree, "a")));
	tool_tree_destroy(tree);
	tool_tree_destroy(NULL);
}
END_TEST

static const struct {
	const char *json, *text;
} texts[] = {
	{"\"\"", ""},
	{"\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d"},
	{"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t"},
	{"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
	{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
	{"\"\\ud83d\"", "?"},
	{"\"\\ude00x\"", "?x"},
	{"\"\\u0000\"", "?"},
	{"\"\xc3\xa9\"", "\xc3\xa9"},
};

START_TEST(escapes)
{
	struct tool_tree *tree = parse(texts[_i].json);
	ck_assert_int_eq(tree->kind, TOOL_TREE_TEXT);
	ck_assert_str_eq(tree->text, texts[_i].text);
	tool_tree_destroy(tree);
}
END_TEST

static const struct {
	const char *json, *word;
} refused[] = {
	{"", "text:1: ends where a value is due"},
	{"  \n\n ", "text:3: ends"},
	{"{", "text:1: ends where"},
	{"[1,", "text:1: ends where a value"},
	{"[1,]", "']' where a value"},
	{"[,1]", "',' where a value"},
	{"{\"a\" 1}", "'1' where ':'"},
	{"{\"a\": 1,\n\"b\"\n: }", "text:3: '}' where a value"},
	{"{\"a\": 1,}", "'}' where '\"'"},
	{"{a: 1}", "'a' where '\"'"},
	{"[1 2]", "'2' where ','"},
	{"[1}", "'}' where ','"},
	{"nul", "'n' where a value"},
	{"nan", "'n' where a value"},
	{"-inf", "'-' where a value"},
	{"0x10", "'0' where a value"},
	{"+1", "'+' where a value"},
	{"\"abc", "ends within a text"},
	{"\"a\nb\"", "over two lines"},
	{"\"\\x\"", "an escape"},
	{"\"\\u12g4\"", "\\u without"},
	{"\"\\", "an escape"},
	{"\"\\u12", "\\u without"},
	{"1 2", "more after the end"},
	{"{} x", "more after the end"},
};

START_TEST(refusals)
{
	struct tool_tree *tree = NULL;
	ck_assert_msg(!tool_tree_parse("text", refused[_i].json, &tree), "taken: %s", refused[_i].json);
	ck_assert_ptr_null(tree);
	ck_assert_msg(strstr(tool_report_text(), refused[_i].word) != NULL, "no '%s' in: %s", refused[_i].word,
	              tool_report_text());
}
END_TEST

/* Every beginning of a good text is refused or taken, and never read past. */
START_TEST(cut_anywhere)
{
	const char *whole = "{\"a\": [1.5e3, true, null, {\"b\\n\\u20ac\": \"\\ud83d\\ude00\"}], \"c\": -0.25}";
	for (size_t length = 0; length < strlen(whole); length++) {
		char *text = strndup(whole, length); /* of its own size, so that a sanitizer sees a read past it */
		struct tool_tree *tree = NULL;
		ck_assert_ptr_nonnull(text);
		ck_assert_msg(!tool_tree_parse("text", text, &tree), "taken: %s", text);
		free(text);
	}
}
END_TEST

START_TEST(deep)
{
	char text[4096] = "";
	struct tool_tree *tree = NULL;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	ck_assert(tool_tree_parse("text", text, &tree));
	tool_tree_destroy(tree);
	memset(text, '[', sizeof text - 1);
	ck_assert(!tool_tree_parse("text", text, &tree));
	ck_assert_ptr_nonnull(strstr(tool_report_text(), "64 levels"));
}
END_TEST

START_TEST(files)
{
	char path[] = "/tmp/clnorm-tree-XXXXXX";
	struct tool_tree *tree = NULL;
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "[1]\0[2]", 7), 7);
	close(fd);
	ck_assert(!tool_tree_load(path, &tree));
	ck_assert_ptr_nonnull(strstr(tool_report_text(), "is no text"));
	ck_assert_int_eq(truncate(path, 3), 0);
	ck_assert_msg(tool_tree_load(path, &tree), "%s", tool_report_text());
	ck_assert_double_eq(tree->first->number, 1);
	tool_tree_destroy(tree);
	unlink(path);
	ck_assert(!tool_tree_load(path, &tree));
	ck_assert_ptr_nonnull(strstr(tool_report_text(), path));
	ck_assert(!tool_tree_load("/tmp", &tree));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tree");
	TCase *tcase = tcase_create("tree");
	tcase_add_test(tcase, values);
	tcase_add_loop_test(tcase, escapes, 0, COUNT(texts));
	tcase_add_loop_test(tcase, refusals, 0, COUNT(refused));
	tcase_add_test(tcase, cut_anywhere);
	tcase_add_test(tcase, deep);
	tcase_add_test(tcase, files);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
