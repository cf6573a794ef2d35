/* test_axes.c: what axes span, which of them are one, and which strides are refused in which words.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "base/axes.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"

static struct cln_axes axes3(size_t a, size_t b, size_t c, size_t step_a, size_t step_b, size_t step_c)
{
	return (struct cln_axes){3, {{a, step_a}, {b, step_b}, {c, step_c}}};
}

START_TEST(packed)
{
	struct cln_axes axes = {4, {{2, 0}, {3, 0}, {4, 0}, {5, 0}}};
	static const size_t steps[] = {60, 20, 5, 1};
	cln_axes_pack(&axes);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(axes.axes[i].step, steps[i]);
	}
	ck_assert_uint_eq(cln_axes_span(&axes), 120);
	EXPECT_OK(cln_axes_check(&axes, 4));
	struct cln_axes one = cln_axes_merge(&axes, 0, 4);
	ck_assert_uint_eq(one.rank, 1);
	ck_assert(one.axes[0].count == 120 && one.axes[0].step == 1);
}
END_TEST

/* Each element's place by counting; false where two have one, or one is past the span. */
static bool is_apart(const struct cln_axes *axes)
{
	size_t span = cln_axes_span(axes), last = 0;
	unsigned char *taken = calloc(span, 1);
	bool apart = true;
	ck_assert_ptr_nonnull(taken);
	for (size_t i = 0; i < axes->axes[0].count; i++) {
		for (size_t j = 0; j < axes->axes[1].count; j++) {
			for (size_t k = 0; k < axes->axes[2].count; k++) {
				size_t at = i * axes->axes[0].step + j * axes->axes[1].step + k * axes->axes[2].step;
				apart = apart && at < span && !taken[at];
				last = at > last ? at : last;
				taken[at < span ? at : 0] = 1;
			}
		}
	}
	free(taken);
	return apart && last + 1 == span;
}

/* Element `i` as counted by the axes. */
static size_t place_of(const struct cln_axes *axes, size_t i)
{
	size_t at = 0;
	for (unsigned k = axes->rank; k-- > 0;) {
		at += i % axes->axes[k].count * axes->axes[k].step;
		i /= axes->axes[k].count;
	}
	return at;
}

/* All counts to 3 with all strides to 12: what is accepted lies apart, and merged axes lead to the same places. */
START_TEST(every_small_one)
{
	size_t accepted = 0, a = (size_t)_i % 3 + 1, b = (size_t)_i / 3 % 3 + 1, c = (size_t)_i / 9 + 1;
	for (size_t s = 0; s < 13 * 13 * 13; s++) {
		struct cln_axes axes = axes3(a, b, c, s % 13, s / 13 % 13, s / 169);
		struct cln_axes merged = cln_axes_merge(&axes, 0, 3);
		for (size_t i = 0; i < a * b * c; i++) {
			EXPECT_EACH(place_of(&axes, i) == place_of(&merged, i), "%zu of %zu", i, s);
		}
		if (cln_axes_check(&axes, 1) == CLNORM_OK) {
			EXPECT_EACH(is_apart(&axes), "%zu %zu %zu", s % 13, s / 13 % 13, s / 169);
			accepted++;
		}
	}
	ck_assert_uint_gt(accepted, 0);
}
END_TEST

START_TEST(merged_axes)
{
	static const struct {
		struct cln_axes axes;
		unsigned rank;
		struct cln_axis first, last;
	} rows[] = {
		{{3, {{2, 40}, {3, 4}, {4, 1}}}, 2, {2, 40}, {12, 1}}, /* samples apart */
		{{3, {{2, 24}, {3, 8}, {4, 1}}}, 2, {6, 8}, {4, 1}},   /* rows apart */
		{{3, {{2, 4}, {3, 8}, {4, 1}}}, 3, {2, 4}, {4, 1}},    /* a transposed batch */
		{{3, {{2, 24}, {1, 777}, {4, 6}}}, 1, {8, 6}, {8, 6}}, /* one of an axis leads nowhere */
		{{3, {{1, 0}, {1, 0}, {1, 0}}}, 0, {0, 0}, {0, 0}},
	};
	struct cln_axes merged = cln_axes_merge(&rows[_i].axes, 0, 3);
	ck_assert_uint_eq(merged.rank, rows[_i].rank);
	if (merged.rank > 0) {
		ck_assert_uint_eq(merged.axes[0].count, rows[_i].first.count);
		ck_assert_uint_eq(merged.axes[0].step, rows[_i].first.step);
		ck_assert_uint_eq(merged.axes[merged.rank - 1].count, rows[_i].last.count);
		ck_assert_uint_eq(merged.axes[merged.rank - 1].step, rows[_i].last.step);
	}
}
END_TEST

START_TEST(refused)
{
	static const struct {
		struct cln_axes axes;
		const char *said;
	} rows[] = {
		{{3, {{2, 11}, {3, 4}, {4, 1}}}, "11 elements from one to the next of 2, each of which takes up 12"},
		{{3, {{2, 12}, {3, 3}, {4, 1}}}, "3 elements from one to the next of 3, each of which takes up 4"},
		{{3, {{2, 12}, {3, 4}, {4, 0}}}, "0 elements from one to the next of 4, each of which takes up 1"},
		{{3, {{2, 12}, {3, 4}, {4, 4}}}, "takes up"},
		{{3, {{2, (size_t)0 - 12}, {3, 4}, {4, 1}}}, "2 times 18446744073709551604 elements"},
		{{3, {{2, 12}, {3, SIZE_MAX / 2}, {4, 1}}}, "too many for size_t"},
	};
	EXPECT_SAYS(cln_axes_check(&rows[_i].axes, 4), CLNORM_BAD_SHAPE, "strides", rows[_i].said);
}
END_TEST

/* Nothing lies anywhere. */
START_TEST(empty)
{
	struct cln_axes axes = axes3(2, 0, 4, 0, 0, SIZE_MAX);
	EXPECT_OK(cln_axes_check(&axes, 8));
	ck_assert_uint_eq(cln_axes_span(&axes), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("axes");
	TCase *all = tcase_create("all");
	tcase_add_test(all, packed);
	tcase_add_loop_test(all, every_small_one, 0, 27);
	tcase_add_loop_test(all, merged_axes, 0, 5);
	tcase_add_loop_test(all, refused, 0, 6);
	tcase_add_test(all, empty);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
