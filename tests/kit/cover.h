/* cover.h: a covering set: a few rows of many, so that every feature of any row is one of a chosen row.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_COVER_H
#define TESTS_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Features are numbers: equal ones are one feature. Each wanted one is to be had of a chosen row; of rows that have as
 * many wanted ones that are new, the one with more new welcome ones is taken, of those the first. */
struct cover_row {
	const uint64_t *wanted, *welcome;
	size_t wanted_count, welcome_count;
	bool chosen; /* true beforehand: chosen already */
};

/* Chooses greedily: the row with most new features, until no row has a new wanted one. */
void cover_choose(struct cover_row *rows, size_t count);

/* A feature of a text; of two features in any order. */
uint64_t cover_feature(const char *text, size_t length);
uint64_t cover_pair(uint64_t a, uint64_t b);

#endif
