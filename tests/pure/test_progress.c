/* test_progress.c: what the line says of how far a job is, on terminals wide and narrow.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/kit/main.h"
#include "tools/cli/progress.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	size_t done, total;
	double part, elapsed_ms;
	size_t columns;
	const char *line;
} lines[] = {
	{0, 4, 0, 0, 60, "job [..............................] 0/4 step"},
	{1, 4, 0, 1000, 60, "job [#######.......................] 1/4 step"}, /* too early to tell the time */
	/* 59 columns, the last one being free */
	{1, 4, 0, 10000, 60, "job [######.....................] 1/4 step, about 30 s left"},
	{2, 4, 0, 10000, 80, "job [###############...............] 2/4 step, about 10 s left"},
	{1, 4, 0.5, 300000, 80, "job [###########...................] 1/4 step, about 8 min left"},
	{1, 10, 0, 1000000, 80, "job [###...........................] 1/10 step, about 2 h 30 min left"},
	{4, 4, 0, 10000, 60, "job [##############################] 4/4 step"},
	{5, 4, 0, 10000, 60, "job [##############################] 5/4 step"}, /* more steps than were announced */
	{0, 0, 0, 10000, 60, "job [..............................] 0/0 step"},
	{0, 1000, 0.5, 10000, 60, "job [..............................] 0/1000 step"}, /* no more than a guess yet */
	{2, 4, 0, 10000, 36, "job 2/4 step, about 10 s left"},                         /* no room for a bar */
	{2, 4, 0, 10000, 12, "job 2/4 ste"},
	{2, 4, 0, 10000, 1, ""},
};

START_TEST(line)
{
	struct tool_progress progress = {.title = "job",
	                                 .total = lines[_i].total,
	                                 .done = lines[_i].done,
	                                 .part = lines[_i].part,
	                                 .step = "step"};
	char text[200];
	memset(text, 'x', sizeof text);
	tool_progress_line(&progress, lines[_i].elapsed_ms, lines[_i].columns, text);
	ck_assert_str_eq(text, lines[_i].line);
	ck_assert_uint_lt(strlen(text), lines[_i].columns);
	ck_assert_int_eq(text[lines[_i].columns], 'x');
}
END_TEST

/* Names longer than there is room for. */
START_TEST(long_names)
{
	char name[300], text[200];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	struct tool_progress progress = {.title = name, .total = 9};
	tool_progress_name(&progress, name);
	ck_assert_uint_lt(strlen(progress.step), sizeof progress.step);
	for (size_t columns = 1; columns <= 160; columns++) {
		tool_progress_line(&progress, 0, columns, text);
		ck_assert_uint_lt(strlen(text), columns);
	}
}
END_TEST

/* Nothing is drawn on what is no terminal; the count goes on all the same. */
START_TEST(no_terminal)
{
	struct tool_progress progress = {0};
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	tool_progress_begin(&progress, "job", 2);
	tool_progress_name(&progress, "one");
	tool_progress_move(&progress, 0.5);
	ck_assert_double_eq(progress.part, 0.5);
	tool_progress_next(&progress);
	tool_progress_clear(&progress);
	ck_assert(!progress.is_shown && !progress.is_drawn);
	ck_assert_uint_eq(progress.done, 1);
	ck_assert_double_eq(progress.part, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tcase = tcase_create("progress");
	tcase_add_loop_test(tcase, line, 0, COUNT(lines));
	tcase_add_test(tcase, long_names);
	tcase_add_test(tcase, no_terminal);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
