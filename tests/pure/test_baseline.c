/* test_baseline.c: former results read, found again, and held against new ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/bench/baseline.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char path[64];

static void make_path(void)
{
	strcpy(path, "/tmp/clnorm-baseline-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_path(void)
{
	unlink(path);
}

static void write_text(const char *text)
{
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* A result of one shape and variant, with more keys than are needed. */
#define RESULT(id, variant, times)                                                                                     \
	"{\"id\": \"" id                                                                                               \
	"\", \"shape\": [5, 3, 4, 4], \"op\": \"forward\", \"dtype\": \"f32\", \"layout\": \"nchw\", "                 \
	"\"variant\": \"" variant "\", \"share\": 0.5, " times "}"
#define FILE_OF(results) "{\"device\": \"D\", \"driver\": \"1\", \"more\": {}, \"results\": [" results "]}"

static void load(const char *text, struct tool_baseline *baseline)
{
	write_text(text);
	ck_assert_msg(tool_baseline_load(path, baseline), "%s", tool_report_text());
}

static const char three[] =
	FILE_OF(RESULT("a", "rows", "\"median_ms\": 2, \"min_ms\": 1.5, \"q1_ms\": 1.75, \"q3_ms\": 2.5") "," RESULT(
		"b", "rows-split", "\"median_ms\": 4, \"min_ms\": 3") "," RESULT("c", "pack",
                                                                                 "\"median_ms\": 8, \"min_ms\": null"));

START_TEST(reads)
{
	struct tool_baseline baseline = {0};
	load(three, &baseline);
	ck_assert_str_eq(baseline.device, "D");
	ck_assert_str_eq(baseline.driver, "1");
	ck_assert_uint_eq(baseline.count, 3);
	const struct tool_baseline_line *lines = baseline.lines;
	ck_assert_str_eq(lines[0].id, "a");
	ck_assert_uint_eq(lines[0].rank, 4);
	ck_assert_uint_eq(lines[0].dims[1], 3);
	ck_assert_str_eq(lines[0].op, "forward");
	ck_assert_str_eq(lines[0].dtype, "f32");
	ck_assert_str_eq(lines[0].layout, "nchw");
	ck_assert_str_eq(lines[0].affine, "channel"); /* as all lines were, before results said it */
	ck_assert_str_eq(lines[0].activation, "none");
	ck_assert_uint_eq(lines[0].groups, 0);
	ck_assert_double_eq(lines[0].q1, 1.75);
	ck_assert_double_eq(lines[0].median, 2);
	ck_assert_double_eq(lines[0].q3, 2.5);
	ck_assert_str_eq(lines[1].variant, "rows-split");
	ck_assert_double_eq(lines[1].q1, 3);
	ck_assert_double_eq(lines[1].q3, 5);
	ck_assert_double_eq(lines[2].q1, 8);
	ck_assert_double_eq(lines[2].q3, 8);
	tool_baseline_clear(&baseline);
	ck_assert_uint_eq(baseline.count, 0);
	load(FILE_OF(RESULT("a", "rows",
	                    "\"affine\": \"none\", \"activation\": \"gelu\", \"groups\": 1, \"median_ms\": 2")),
	     &baseline);
	ck_assert_str_eq(baseline.lines[0].affine, "none");
	ck_assert_str_eq(baseline.lines[0].activation, "gelu");
	ck_assert_uint_eq(baseline.lines[0].groups, 1);
	tool_baseline_clear(&baseline);
	load(FILE_OF(""), &baseline);
	ck_assert_uint_eq(baseline.count, 0);
	tool_baseline_clear(&baseline);
}
END_TEST

static const struct {
	const char *text, *word;
} bad_files[] = {
	{"", ":1: ends"},
	{"id,n,c\n", ":1: 'i'"},
	{"[]", "has no \"results\""},
	{"{\"results\": {}}", "has no \"results\""},
	{FILE_OF("1"), "result 1 has no id"},
	{FILE_OF("{\"id\": 7}"), "result 1 has no id"},
	{FILE_OF("{\"id\": \"a\"}"), "result 1 has no shape"},
	{FILE_OF("{\"id\": \"a\", \"shape\": [5]}"), "has no shape"},
	{FILE_OF("{\"id\": \"a\", \"shape\": [5, 0]}"), "its shape is none"},
	{FILE_OF("{\"id\": \"a\", \"shape\": [5, 1.5]}"), "its shape is none"},
	{FILE_OF("{\"id\": \"a\", \"shape\": [5, \"3\"]}"), "its shape is none"},
	{FILE_OF("{\"id\": \"a\", \"shape\": [1,1,1,1,1,1,1,1,1]}"), "its shape is none"},
	{FILE_OF("{\"id\": \"a\", \"shape\": [5, 3]}"), "has no op"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 1") "," RESULT("a", "", "\"median_ms\": 1")),
         "result 2 has no variant"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 0")), "median_ms above 0"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": \"1\"")), "median_ms above 0"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 1e999")), "median_ms above 0"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 1, \"groups\": 2")), "result 1 has 2 groups, which do not divide"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 1, \"groups\": 6")), "has 6 groups, which do not divide"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 1, \"groups\": -3")), "has -3 groups"},
	{FILE_OF(RESULT("a", "rows", "\"median_ms\": 1, \"groups\": 1.5")), "has 1.5 groups"},
};

START_TEST(refuses)
{
	struct tool_baseline baseline = {0};
	write_text(bad_files[_i].text);
	ck_assert_msg(!tool_baseline_load(path, &baseline), "taken: %s", bad_files[_i].text);
	ck_assert_msg(strstr(tool_report_text(), bad_files[_i].word) != NULL, "no '%s' in: %s", bad_files[_i].word,
	              tool_report_text());
	ck_assert_ptr_nonnull(strstr(tool_report_text(), path));
	ck_assert_ptr_null(baseline.lines);
}
END_TEST

static const char choices[] = FILE_OF(RESULT("a", "rows", "\"median_ms\": 1") "," RESULT(
	"a", "split", "\"median_ms\": 2") "," RESULT("b", "rows", "\"median_ms\": 3"));

START_TEST(finds)
{
	struct tool_baseline baseline = {0};
	load(choices, &baseline);
	struct tool_baseline_line wanted = baseline.lines[1];
	ck_assert_ptr_eq(tool_baseline_find(&baseline, &wanted, false), &baseline.lines[1]);
	strcpy(wanted.variant, "pack"); /* two lines are as near as each other */
	ck_assert_ptr_null(tool_baseline_find(&baseline, &wanted, true));
	strcpy(wanted.id, "b");
	ck_assert_ptr_null(tool_baseline_find(&baseline, &wanted, false));
	ck_assert_ptr_eq(tool_baseline_find(&baseline, &wanted, true), &baseline.lines[2]);
	wanted.groups = 3; /* C groups: instance norm by another name */
	ck_assert_ptr_eq(tool_baseline_find(&baseline, &wanted, true), &baseline.lines[2]);
	for (int i = 0; i < 9; i++) {
		wanted = baseline.lines[2];
		i == 0 ? (void)strcpy(wanted.id, "z") : (void)0;
		i == 1 ? (void)strcpy(wanted.op, "backward") : (void)0;
		i == 2 ? (void)strcpy(wanted.dtype, "f16") : (void)0;
		i == 3 ? (void)strcpy(wanted.layout, "nhwc") : (void)0;
		wanted.dims[3] += i == 4;
		wanted.rank -= i == 5;
		i == 6 ? (void)strcpy(wanted.affine, "instance") : (void)0;
		i == 7 ? (void)strcpy(wanted.activation, "relu") : (void)0;
		wanted.groups += i == 8;
		ck_assert_msg(tool_baseline_find(&baseline, &wanted, true) == NULL, "found with change %d", i);
	}
	tool_baseline_clear(&baseline);
}
END_TEST

/* Quartiles and medians before and now. */
static const struct {
	double before[3], now[3];
	enum tool_verdict verdict;
} pairs[] = {
	{{1, 1, 1}, {1, 1, 1}, TOOL_VERDICT_SAME},
	{{0.99, 1, 1.01}, {1.09, 1.1, 1.11}, TOOL_VERDICT_SLOWER},
	{{1.09, 1.1, 1.11}, {0.99, 1, 1.01}, TOOL_VERDICT_FASTER},
	{{0.9, 1, 1.2}, {1.1, 1.3, 1.4}, TOOL_VERDICT_SAME}, /* 1.1 to 1.2 is of both */
	{{0.9, 1, 1.1}, {0.5, 0.7, 0.9}, TOOL_VERDICT_SAME}, /* they touch at 0.9 */
	{{0.9, 1, 1.1}, {0.5, 0.7, 0.8999}, TOOL_VERDICT_FASTER},
	{{1, 1, 1}, {1.019, 1.019, 1.019}, TOOL_VERDICT_SAME}, /* below 2 % */
	{{1, 1, 1}, {1.021, 1.021, 1.021}, TOOL_VERDICT_SLOWER},
	{{1.019, 1.019, 1.019}, {1, 1, 1}, TOOL_VERDICT_SAME},
	{{1.021, 1.021, 1.021}, {1, 1, 1}, TOOL_VERDICT_FASTER},
};

START_TEST(judges)
{
	struct tool_baseline_line before = {
		.q1 = pairs[_i].before[0], .median = pairs[_i].before[1], .q3 = pairs[_i].before[2]};
	struct tool_summary now = {.q1 = pairs[_i].now[0], .median = pairs[_i].now[1], .q3 = pairs[_i].now[2]};
	ck_assert_str_eq(tool_verdict_name(tool_baseline_judge(&before, &now)), tool_verdict_name(pairs[_i].verdict));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("baseline");
	TCase *files = tcase_create("files"), *verdicts = tcase_create("verdicts");
	tcase_add_checked_fixture(files, make_path, remove_path);
	tcase_add_test(files, reads);
	tcase_add_loop_test(files, refuses, 0, COUNT(bad_files));
	tcase_add_test(files, finds);
	tcase_add_loop_test(verdicts, judges, 0, COUNT(pairs));
	suite_add_tcase(suite, files);
	suite_add_tcase(suite, verdicts);
	return main_run(suite);
}
