/* test_summary.c: medians, quartiles and intervals of times, against textbook values.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/kit/main.h"
#include "tools/measure/summary.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The times 1 to count, in an order that is not theirs. */
static struct tool_summary of_whole_numbers(size_t count)
{
	static double times[4000];
	for (size_t i = 0; i < count; i++) {
		times[i] = (double)((i * 1009 + 500) % count + 1); /* 1009 is a prime, so each is met once */
	}
	return tool_summary_of(times, count);
}

/* Which two of so many sorted observations bound the median with 95 % confidence: Conover, Practical Nonparametric
 * Statistics (1999), table A3 of the binomial distribution; the last two by the normal distribution. */
static const struct {
	size_t count, low, high;
} ranks[] = {
	{6, 1, 6},   {8, 1, 8},    {9, 2, 8},    {10, 2, 9},    {12, 3, 10},      {15, 4, 12}, {20, 6, 15},
	{25, 8, 18}, {30, 10, 21}, {50, 18, 33}, {100, 40, 61}, {1000, 469, 532}, {1, 1, 1},   {5, 1, 5},
};

START_TEST(interval)
{
	struct tool_summary summary = of_whole_numbers(ranks[_i].count);
	ck_assert_uint_eq(summary.count, ranks[_i].count);
	ck_assert_double_eq(summary.low, (double)ranks[_i].low);
	ck_assert_double_eq(summary.high, (double)ranks[_i].high);
}
END_TEST

/* The interval is symmetric in ranks and narrows as 1/sqrt(count): where the exact way of counting ends, too. */
START_TEST(interval_is_steady)
{
	double before = 0;
	for (size_t count = 6; count <= 2000; count++) {
		if (count % 1009 == 0) {
			continue;
		}
		struct tool_summary summary = of_whole_numbers(count);
		ck_assert_double_eq(summary.low + summary.high, (double)count + 1);
		ck_assert_msg(summary.low >= before && summary.low <= before + 1, "%zu: from %g to %g", count, before,
		              summary.low);
		before = summary.low;
	}
}
END_TEST

static const struct {
	size_t count;
	double times[8];
	double min, q1, median, q3;
} rows[] = {
	{1, {3}, 3, 3, 3, 3},
	{2, {3, 1}, 1, 1.5, 2, 2.5},
	{3, {2, 9, 4}, 2, 3, 4, 6.5},
	{4, {4, 1, 3, 2}, 1, 1.75, 2.5, 3.25},
	{5, {5, 1, 4, 2, 3}, 1, 2, 3, 4},
	{6, {7, 7, 7, 7, 7, 7}, 7, 7, 7, 7},
	{8, {0.5, 8, 1, 4, 2, 16, 0.25, 32}, 0.25, 0.875, 3, 10},
};

START_TEST(quartiles)
{
	double times[8];
	for (size_t i = 0; i < rows[_i].count; i++) {
		times[i] = rows[_i].times[i];
	}
	struct tool_summary summary = tool_summary_of(times, rows[_i].count);
	ck_assert_double_eq(summary.min, rows[_i].min);
	ck_assert_double_eq(summary.q1, rows[_i].q1);
	ck_assert_double_eq(summary.median, rows[_i].median);
	ck_assert_double_eq(summary.q3, rows[_i].q3);
}
END_TEST

START_TEST(doubt)
{
	struct tool_summary summary = of_whole_numbers(100); /* 40 to 61 around 50.5 */
	ck_assert_double_eq_tol(tool_summary_doubt(&summary), 10.5 / 50.5, 1e-12);
	summary = of_whole_numbers(5);
	ck_assert(isinf(tool_summary_doubt(&summary)));
	summary = tool_summary_of(NULL, 0);
	ck_assert_uint_eq(summary.count, 0);
	ck_assert(isnan(summary.median) && isnan(summary.min) && isnan(summary.low));
	ck_assert(isinf(tool_summary_doubt(&summary)));
}
END_TEST

/* Medians by 2 % apart at least, and intervals that do not meet. */
START_TEST(faster)
{
	static const struct {
		struct tool_summary one, other;
		bool is_faster;
	} pairs[] = {
		{{.low = 4, .median = 5, .high = 6}, {.low = 7, .median = 8, .high = 9}, true},
		{{.low = 7, .median = 8, .high = 9}, {.low = 4, .median = 5, .high = 6}, false},
		{{.low = 4, .median = 5, .high = 7}, {.low = 7, .median = 8, .high = 9}, false},
		{{.low = 4, .median = 5, .high = 7.5}, {.low = 7, .median = 8, .high = 9}, false},
		{{.low = 97.8, .median = 97.9, .high = 97.95}, {.low = 99.9, .median = 100, .high = 101}, true},
		{{.low = 98, .median = 98.1, .high = 98.2}, {.low = 99.9, .median = 100, .high = 101}, false},
		{{.low = NAN, .median = NAN, .high = NAN}, {.low = 7, .median = 8, .high = 9}, false},
	};
	for (size_t i = 0; i < COUNT(pairs); i++) {
		ck_assert_msg(tool_summary_is_faster(&pairs[i].one, &pairs[i].other, 0.02) == pairs[i].is_faster,
		              "pair %zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summary");
	TCase *tcase = tcase_create("summary");
	tcase_add_loop_test(tcase, interval, 0, COUNT(ranks));
	tcase_add_test(tcase, interval_is_steady);
	tcase_add_loop_test(tcase, quartiles, 0, COUNT(rows));
	tcase_add_test(tcase, doubt);
	tcase_add_test(tcase, faster);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
