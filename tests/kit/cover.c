/* cover.c: a covering set: a few rows of many, so that every feature of any row is one of a chosen row.
 * SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "tests/kit/cover.h"

/* Features by open addressing; 0 is an empty place. */
struct set {
	uint64_t *places;
	size_t size; /* a power of two, more than twice what is put in */
};

static struct set set_make(size_t most)
{
	struct set set = {.size = 16};
	while (set.size <= 2 * most) {
		set.size *= 2;
	}
	set.places = calloc(set.size, sizeof(*set.places));
	ck_assert_ptr_nonnull(set.places);
	return set;
}

/* The feature's place: its own, or the empty one where it belongs. */
static uint64_t *set_place(const struct set *set, uint64_t feature)
{
	size_t at = (size_t)(feature * 0x9e3779b97f4a7c15u >> 32) & (set->size - 1);
	while (set->places[at] != 0 && set->places[at] != feature) {
		at = (at + 1) & (set->size - 1);
	}
	return &set->places[at];
}

static size_t new_count(const struct set *set, const uint64_t *features, size_t count)
{
	size_t fresh = 0;
	for (size_t i = 0; i < count; i++) {
		fresh += *set_place(set, features[i]) == 0;
	}
	return fresh;
}

static void set_add(struct set *set, const uint64_t *features, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*set_place(set, features[i]) = features[i];
	}
}

static void row_take(struct set *set, struct cover_row *row)
{
	set_add(set, row->wanted, row->wanted_count);
	set_add(set, row->welcome, row->welcome_count);
	row->chosen = true;
}

/* NULL where no row has a wanted feature that is new. */
static struct cover_row *best_row(const struct set *set, struct cover_row *rows, size_t count)
{
	struct cover_row *best = NULL;
	size_t most = 0, most_welcome = 0;
	for (size_t i = 0; i < count; i++) {
		size_t fresh = rows[i].chosen ? 0 : new_count(set, rows[i].wanted, rows[i].wanted_count);
		if (fresh == 0 || fresh < most) {
			continue;
		}
		size_t welcome = new_count(set, rows[i].welcome, rows[i].welcome_count);
		if (fresh > most || welcome > most_welcome) {
			best = &rows[i];
			most = fresh;
			most_welcome = welcome;
		}
	}
	return best;
}

void cover_choose(struct cover_row *rows, size_t count)
{
	size_t features = 0;
	for (size_t i = 0; i < count; i++) {
		features += rows[i].wanted_count + rows[i].welcome_count;
	}
	struct set set = set_make(features);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].chosen) {
			row_take(&set, &rows[i]);
		}
	}
	for (struct cover_row *row = best_row(&set, rows, count); row; row = best_row(&set, rows, count)) {
		row_take(&set, row);
	}
	free(set.places);
}

/* FNV-1a, 64 bits; never 0. */
uint64_t cover_feature(const char *text, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325u;
	for (size_t i = 0; i < length; i++) {
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
	}
	return sum ? sum : 1;
}

uint64_t cover_pair(uint64_t a, uint64_t b)
{
	uint64_t both = (a < b ? a : b) * 0x9e3779b97f4a7c15u ^ (a < b ? b : a);
	return both ? both : 1;
}
