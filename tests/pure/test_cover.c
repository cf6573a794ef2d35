/* test_cover.c: covering sets: every feature is there, few rows are taken, and always the same ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/kit/cover.h"
#include "tests/kit/main.h"
#include "tests/kit/random.h"

enum { FACTORS = 6, MOST_ROWS = 3000, PAIRS = FACTORS * (FACTORS - 1) / 2 };

static const unsigned levels[FACTORS] = {2, 4, 5, 3, 2, 6};

/* Rows of one value a factor; the features are all pairs of values. */
static uint64_t features[MOST_ROWS][PAIRS];
static struct cover_row rows[MOST_ROWS];

static void row_make(size_t row, const unsigned values[FACTORS])
{
	size_t pair = 0;
	for (unsigned i = 0; i < FACTORS; i++) {
		for (unsigned k = i + 1; k < FACTORS; k++) {
			features[row][pair++] = 1 + ((i * FACTORS + k) * 100 + values[i]) * 100 + values[k];
		}
	}
	rows[row] = (struct cover_row){.wanted = features[row], .wanted_count = PAIRS};
}

/* All 1440 combinations. */
static size_t all_make(void)
{
	size_t count = 1;
	for (unsigned i = 0; i < FACTORS; i++) {
		count *= levels[i];
	}
	for (size_t row = 0; row < count; row++) {
		unsigned values[FACTORS];
		size_t rest = row;
		for (unsigned i = 0; i < FACTORS; i++) {
			values[i] = (unsigned)(rest % levels[i]);
			rest /= levels[i];
		}
		row_make(row, values);
	}
	return count;
}

static bool is_had(uint64_t feature, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; rows[i].chosen && k < rows[i].wanted_count; k++) {
			if (rows[i].wanted[k] == feature) {
				return true;
			}
		}
	}
	return false;
}

static size_t chosen_count(size_t count)
{
	size_t chosen = 0;
	for (size_t i = 0; i < count; i++) {
		chosen += rows[i].chosen;
	}
	return chosen;
}

static void all_had(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < rows[i].wanted_count; k++) {
			ck_assert_msg(is_had(rows[i].wanted[k], count), "feature %zu of row %zu", k, i);
		}
	}
}

/* No set has fewer rows than the two largest factors have pairs, 30; a greedy one has hardly more. */
START_TEST(pairs)
{
	size_t count = all_make();
	ck_assert_uint_eq(count, 1440);
	cover_choose(rows, count);
	all_had(count);
	ck_assert_uint_ge(chosen_count(count), 30);
	ck_assert_uint_le(chosen_count(count), 40);
}
END_TEST

/* Where combinations are missing, what occurs is had, and nothing else is asked for. */
START_TEST(drawn)
{
	uint64_t state = 5;
	for (size_t row = 0; row < 200; row++) {
		unsigned values[FACTORS];
		for (unsigned i = 0; i < FACTORS; i++) {
			values[i] = random_below(&state, levels[i]);
		}
		row_make(row, values);
	}
	cover_choose(rows, 200);
	all_had(200);
	ck_assert_uint_lt(chosen_count(200), 60);
}
END_TEST

START_TEST(same_again)
{
	size_t count = all_make();
	static bool chosen[MOST_ROWS];
	cover_choose(rows, count);
	for (size_t i = 0; i < count; i++) {
		chosen[i] = rows[i].chosen;
		rows[i].chosen = false;
	}
	cover_choose(rows, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(chosen[i], rows[i].chosen);
	}
}
END_TEST

/* What is chosen beforehand counts; nothing is taken for features that are there. */
START_TEST(chosen_before)
{
	static const uint64_t a[] = {1, 2}, b[] = {2, 3}, c[] = {3};
	struct cover_row few[] = {{.wanted = a, .wanted_count = 2},
	                          {.wanted = b, .wanted_count = 2},
	                          {.wanted = c, .wanted_count = 1, .chosen = true}};
	cover_choose(few, 3);
	ck_assert(few[0].chosen && !few[1].chosen && few[2].chosen);
	cover_choose(few, 0);
}
END_TEST

/* Welcome features decide between equals, and ask for no row of their own. */
START_TEST(welcome)
{
	static const uint64_t one[] = {1}, plain[] = {7}, rich[] = {7, 8, 9}, rest[] = {10};
	struct cover_row few[] = {{.wanted = one, .wanted_count = 1, .welcome = plain, .welcome_count = 1},
	                          {.wanted = one, .wanted_count = 1, .welcome = rich, .welcome_count = 3},
	                          {.welcome = rest, .welcome_count = 1}};
	cover_choose(few, 3);
	ck_assert(!few[0].chosen && few[1].chosen && !few[2].chosen);
}
END_TEST

START_TEST(features_of_texts)
{
	uint64_t a = cover_feature("-DV=4", 5), b = cover_feature("-DV=8", 5);
	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(a, cover_feature("-DV=4 -DEVEN=1", 5));
	ck_assert_uint_eq(cover_pair(a, b), cover_pair(b, a));
	ck_assert_uint_ne(cover_pair(a, b), cover_pair(a, a));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cover");
	TCase *tcase = tcase_create("covering sets");
	tcase_add_test(tcase, pairs);
	tcase_add_test(tcase, drawn);
	tcase_add_test(tcase, same_again);
	tcase_add_test(tcase, chosen_before);
	tcase_add_test(tcase, welcome);
	tcase_add_test(tcase, features_of_texts);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
