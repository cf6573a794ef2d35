/* test_overlap.c: whether strided elements share a byte, against marking every byte.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/overlap.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"
#include "tests/kit/random.h"

#define MOST_BYTES 4096

/* (n, c, s) with these steps of samples and channels. */
static struct cln_elements elements_of(size_t from, size_t bytes, const size_t counts[3], size_t sample, size_t inner)
{
	return (struct cln_elements){from, {3, {{counts[0], sample}, {counts[1], inner}, {counts[2], 1}}}, bytes};
}

static struct cln_elements array_of(size_t from, size_t bytes, size_t count)
{
	return (struct cln_elements){from, {1, {{count, 1}}}, bytes};
}

/* Marks what bytes the elements are. */
static void bytes_mark(const struct cln_elements *e, unsigned char *marked, unsigned char mark)
{
	size_t count = 1;
	for (unsigned k = 0; k < e->axes.rank; k++) {
		count *= e->axes.axes[k].count;
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = 0, rest = i;
		for (unsigned k = e->axes.rank; k-- > 0;) {
			at += rest % e->axes.axes[k].count * e->axes.axes[k].step;
			rest /= e->axes.axes[k].count;
		}
		for (size_t b = 0; b < e->bytes; b++) {
			marked[e->from + at * e->bytes + b] |= mark;
		}
	}
}

static void marks_make(const struct cln_elements *a, const struct cln_elements *b, unsigned char marked[MOST_BYTES])
{
	ck_assert_uint_le(cln_elements_end(a), MOST_BYTES);
	ck_assert_uint_le(cln_elements_end(b), MOST_BYTES);
	memset(marked, 0, MOST_BYTES);
	bytes_mark(a, marked, 1);
	bytes_mark(b, marked, 2);
}

/* What is said is right, in either order; and what is not known is only so where it may be. */
static enum cln_overlap answer_check(const struct cln_elements *a, const struct cln_elements *b, bool must_know)
{
	unsigned char marked[MOST_BYTES];
	size_t at = 0, swapped_at = 0;
	bool shared = false;
	enum cln_overlap said = cln_elements_overlap(a, b, &at), swapped = cln_elements_overlap(b, a, &swapped_at);
	marks_make(a, b, marked);
	for (size_t i = 0; i < MOST_BYTES; i++) {
		shared = shared || marked[i] == 3;
	}
	EXPECT_EACH(said == swapped, "%d, and the other way about %d", (int)said, (int)swapped);
	EXPECT_EACH(said != CLN_UNDECIDED || !must_know, "undecided");
	EXPECT_EACH(said == CLN_UNDECIDED || (said == CLN_SHARED) == shared, "%d, and shared: %d", (int)said, shared);
	EXPECT_EACH(said != CLN_SHARED || (marked[at] == 3 && marked[swapped_at] == 3), "byte %zu, %zu", at,
	            swapped_at);
	return said;
}

/* A step that passes over so many elements, at random longer. */
static size_t step_over(uint64_t *state, size_t span, unsigned gap)
{
	return span + (random_below(state, 3) > 0 ? random_below(state, gap) : 0);
}

/* Samples of channels, or channels of samples. */
static void steps_draw(uint64_t *state, const size_t counts[3], size_t *sample, size_t *inner)
{
	bool is_transposed = random_below(state, 5) == 0;
	size_t *shorter = is_transposed ? sample : inner, *longer = is_transposed ? inner : sample;
	size_t count = counts[is_transposed ? 0 : 1];
	*shorter = step_over(state, counts[2], 12);
	*longer = step_over(state, (count - 1) * *shorter + counts[2], 40);
}

static void counts_draw(uint64_t *state, size_t counts[3])
{
	for (size_t i = 0; i < 3; i++) {
		counts[i] = 1 + random_below(state, 4);
	}
}

enum { DRAWS = 60000 };

/* Slices of one tensor: the same strides, in the same type or another, shapes alike or not. */
START_TEST(slices)
{
	uint64_t state = 11 + (uint64_t)_i;
	size_t said[3] = {0};
	for (size_t k = 0; k < DRAWS; k++) {
		size_t counts[3], others[3], sample, inner, bytes = (size_t)2 << random_below(&state, 3);
		counts_draw(&state, counts);
		counts_draw(&state, others);
		steps_draw(&state, counts, &sample, &inner);
		for (size_t i = 0; i < 3; i++) {
			others[i] = _i == 0 || others[i] > counts[i] ? counts[i] : others[i];
		}
		struct cln_elements a = elements_of(random_below(&state, 64), bytes, counts, sample, inner);
		struct cln_elements b = elements_of(random_below(&state, 400), bytes, others, sample, inner);
		said[answer_check(&a, &b, true)]++;
	}
	ck_assert_uint_gt(said[CLN_APART], DRAWS / 10);
	ck_assert_uint_gt(said[CLN_SHARED], DRAWS / 10);
}
END_TEST

/* An array in a tensor's gaps, or not; its numbers are of another type. */
START_TEST(arrays)
{
	uint64_t state = 21;
	size_t said[3] = {0};
	for (size_t k = 0; k < DRAWS; k++) {
		size_t counts[3], sample, inner;
		counts_draw(&state, counts);
		steps_draw(&state, counts, &sample, &inner);
		struct cln_elements a = elements_of(200 + random_below(&state, 64), 2, counts, sample, inner);
		struct cln_elements b = array_of(random_below(&state, 600), 4, 1 + random_below(&state, 20));
		said[answer_check(&a, &b, true)]++;
	}
	ck_assert_uint_gt(said[CLN_APART], DRAWS / 10);
	ck_assert_uint_gt(said[CLN_SHARED], DRAWS / 10);
}
END_TEST

/* The same step from sample to sample, and within them the one has no gaps. */
START_TEST(packed_in_gaps)
{
	uint64_t state = 31;
	size_t said[3] = {0};
	for (size_t k = 0; k < DRAWS; k++) {
		size_t counts[3], inner;
		counts_draw(&state, counts);
		inner = step_over(&state, counts[2], 12);
		size_t sample = step_over(&state, (counts[1] - 1) * inner + counts[2], 40);
		struct cln_elements a = elements_of(random_below(&state, 64), 4, counts, sample, inner);
		struct cln_elements b = elements_of(random_below(&state, 400), 4, counts, sample, counts[2]);
		said[answer_check(&a, &b, true)]++;
	}
	ck_assert_uint_gt(said[CLN_APART], DRAWS / 10);
	ck_assert_uint_gt(said[CLN_SHARED], DRAWS / 10);
}
END_TEST

/* Whatever strides: never a wrong answer; no answer for some. */
START_TEST(anything)
{
	uint64_t state = 41;
	size_t said[3] = {0};
	for (size_t k = 0; k < DRAWS; k++) {
		size_t counts[3], others[3], sample, inner, other_sample, other_inner;
		counts_draw(&state, counts);
		counts_draw(&state, others);
		steps_draw(&state, counts, &sample, &inner);
		steps_draw(&state, others, &other_sample, &other_inner);
		struct cln_elements a = elements_of(random_below(&state, 300), 4, counts, sample, inner);
		struct cln_elements b = elements_of(random_below(&state, 300), (size_t)1 << random_below(&state, 4),
		                                    others, other_sample, other_inner);
		said[answer_check(&a, &b, false)]++;
	}
	ck_assert_uint_gt(said[CLN_APART], DRAWS / 10);
	ck_assert_uint_gt(said[CLN_SHARED], DRAWS / 10);
	ck_assert_uint_lt(said[CLN_UNDECIDED], DRAWS / 10);
}
END_TEST

/* The slices of networks: what a byte less or more makes of them. */
START_TEST(networks)
{
	static const struct {
		size_t from[2], bytes, sample, inner; /* elements, of 2 x 3 x 20 channels first, 2 x 20 x 3 last */
		bool channels_last;
		enum cln_overlap wanted;
	} rows[] = {
		{{0, 60}, 4, 120, 20, false, CLN_APART},   /* the halves of a concatenation */
		{{0, 59}, 4, 120, 20, false, CLN_SHARED},  /* an element too early */
		{{60, 120}, 4, 120, 20, false, CLN_APART}, /* the second half, and the first of the next sample */
		{{0, 20}, 2, 240, 40, false, CLN_APART},   /* channels in turn */
		{{0, 21}, 2, 240, 40, false, CLN_SHARED},
		{{0, 40}, 2, 240, 40, false, CLN_SHARED}, /* two channels on */
		{{0, 3}, 8, 120, 6, true, CLN_APART},     /* the halves of a pixel */
		{{0, 2}, 8, 120, 6, true, CLN_SHARED},
		{{3, 120}, 8, 120, 6, true, CLN_APART},  /* the second half, and the next sample's first */
		{{0, 20}, 4, 20, 40, false, CLN_SHARED}, /* a transposed batch, a sample on */
		{{0, 40}, 4, 20, 80, false, CLN_APART},
	};
	size_t first[] = {2, 3, 20}, last[] = {2, 20, 3};
	const size_t *counts = rows[_i].channels_last ? last : first;
	struct cln_elements two[2];
	for (size_t i = 0; i < 2; i++) {
		two[i] = elements_of(rows[_i].from[i] * rows[_i].bytes, rows[_i].bytes, counts, rows[_i].sample,
		                     rows[_i].inner);
	}
	ck_assert_int_eq(answer_check(&two[0], &two[1], true), rows[_i].wanted);
	ck_assert(cln_elements_are_same(&two[0], &two[0]) && !cln_elements_are_same(&two[0], &two[1]));
}
END_TEST

/* Sizes of which products and sums are past 32 bits, and what is on both sides of 2^63. */
START_TEST(large)
{
	size_t counts[] = {1000, 1000, 1000000}, at = 0;
	struct cln_elements a = elements_of(0, 4, counts, 2000000000, 1000000);
	struct cln_elements b = elements_of(4000000000, 4, counts, 2000000000, 1000000);
	ck_assert_int_eq(cln_elements_overlap(&a, &b, &at), CLN_APART);
	b.from -= 1;
	ck_assert_int_eq(cln_elements_overlap(&a, &b, &at), CLN_SHARED);
	ck_assert_uint_eq(at, 3999999999);
	struct cln_elements c = array_of(SIZE_MAX / 4, 4, SIZE_MAX / 8), d = array_of(SIZE_MAX / 4 * 3 - 2, 4, 1);
	ck_assert_int_eq(cln_elements_overlap(&a, &c, &at), CLN_APART);
	ck_assert_int_eq(cln_elements_overlap(&c, &d, &at), CLN_APART);
	d.from -= 1;
	ck_assert_int_eq(cln_elements_overlap(&c, &d, &at), CLN_SHARED);
}
END_TEST

/* Nothing shares no byte, wherever it is; one element has no strides. */
START_TEST(empty)
{
	size_t none[] = {2, 0, 4}, one[] = {1, 1, 1}, at = 0;
	struct cln_elements a = elements_of(4, 4, none, 77, 9), b = array_of(0, 4, 10);
	struct cln_elements c = elements_of(8, 4, one, 77, 9), d = elements_of(8, 4, one, 1, 2);
	ck_assert_int_eq(cln_elements_overlap(&a, &b, &at), CLN_APART);
	ck_assert_uint_eq(cln_elements_end(&a), 4);
	ck_assert(cln_elements_are_same(&c, &d));
	ck_assert_int_eq(cln_elements_overlap(&c, &b, &at), CLN_SHARED);
	ck_assert_uint_eq(at, 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("overlap");
	TCase *all = tcase_create("all");
	tcase_add_loop_test(all, slices, 0, 2);
	tcase_add_test(all, arrays);
	tcase_add_test(all, packed_in_gaps);
	tcase_add_test(all, anything);
	tcase_add_loop_test(all, networks, 0, 11);
	tcase_add_test(all, large);
	tcase_add_test(all, empty);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
