/* test_strides.c: where strides put elements, what they span, and which are refused in which words.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <clnorm/clnorm.h>

#include "base/desc.h"
#include "base/strides.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"

/* (2, 3, 4, 5) and what its strides say of the smallest cases. */
static clnorm_desc small(clnorm_layout layout)
{
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 5);
	desc.layout = layout;
	return desc;
}

START_TEST(packed)
{
	clnorm_strides none = {0, 0};
	clnorm_desc first = small(CLNORM_NCHW), last = small(CLNORM_NHWC);
	clnorm_strides said = cln_desc_strides(&first, none);
	ck_assert(said.sample == 60 && said.inner == 20);
	said = cln_desc_strides(&last, none);
	ck_assert(said.sample == 60 && said.inner == 3);
	struct cln_steps steps = cln_desc_steps(&first, none);
	ck_assert(steps.n == 60 && steps.c == 20 && steps.s == 1);
	steps = cln_desc_steps(&last, none);
	ck_assert(steps.n == 60 && steps.c == 1 && steps.s == 3);
	ck_assert_uint_eq(cln_desc_span(&first, none), 120);
	ck_assert_uint_eq(cln_desc_span(&last, none), 120);
}
END_TEST

/* Said in full they are the same; where there is one sample, or one channel, its stride leads nowhere. */
START_TEST(packed_all_the_same)
{
	static const struct {
		size_t n, c, s;
		clnorm_layout layout;
		clnorm_strides given;
		bool is_packed;
	} rows[] = {
		{2, 3, 20, CLNORM_NCHW, {0, 0}, true},    {2, 3, 20, CLNORM_NCHW, {60, 20}, true},
		{2, 3, 20, CLNORM_NCHW, {61, 20}, false}, {2, 3, 20, CLNORM_NCHW, {120, 40}, false},
		{2, 3, 20, CLNORM_NHWC, {60, 3}, true},   {2, 3, 20, CLNORM_NHWC, {80, 4}, false},
		{1, 3, 20, CLNORM_NCHW, {1, 0}, true},    {1, 3, 20, CLNORM_NCHW, {1, 21}, false},
		{2, 1, 20, CLNORM_NCHW, {0, 7}, true},    {2, 1, 20, CLNORM_NHWC, {20, 2}, false},
		{2, 3, 1, CLNORM_NHWC, {3, 999}, true},   {1, 1, 1, CLNORM_NHWC, {999, 999}, true},
	};
	clnorm_desc desc = clnorm_desc_1d(rows[_i].n, rows[_i].c, rows[_i].s);
	desc.layout = rows[_i].layout;
	ck_assert_int_eq(cln_desc_is_packed(&desc, rows[_i].given), rows[_i].is_packed);
}
END_TEST

/* Marks every element's place; false where two have one, or one is past the span. */
static bool is_apart(const clnorm_desc *desc, clnorm_strides given)
{
	struct cln_steps steps = cln_desc_steps(desc, given);
	size_t span = cln_desc_span(desc, given), last = 0;
	unsigned char *taken = calloc(span, 1);
	bool is_apart = true;
	ck_assert_ptr_nonnull(taken);
	for (size_t i = 0; i < cln_desc_elements(desc); i++) {
		size_t s = i % cln_desc_spatial(desc), instance = i / cln_desc_spatial(desc);
		size_t at = instance / desc->c * steps.n + instance % desc->c * steps.c + s * steps.s;
		is_apart = is_apart && at < span && !taken[at];
		last = at > last ? at : last;
		if (at < span) {
			taken[at] = 1;
		}
	}
	free(taken);
	return is_apart && last + 1 == span;
}

static clnorm_strides *strides_of(clnorm_desc *desc, int tensor)
{
	clnorm_strides *all[] = {&desc->strides.x, &desc->strides.residual, &desc->strides.y, &desc->strides.dy,
	                         &desc->strides.dx};
	return all[tensor];
}

static const char *const tensor_names[] = {
	"strides of x:", "strides of residual:", "strides of y:", "strides of dy:", "strides of dx:"};
enum { TENSORS = sizeof(tensor_names) / sizeof(tensor_names[0]) };

/* All shapes to (3, 3, 3) with all strides to 29: what is accepted lies apart, and ends where the span does. */
START_TEST(apart)
{
	size_t accepted = 0, n = (size_t)_i % 3 + 1, c = (size_t)_i / 3 % 3 + 1, s = (size_t)_i / 9 % 3 + 1;
	clnorm_desc desc = clnorm_desc_1d(n, c, s);
	desc.layout = (clnorm_layout)(_i / 27);
	for (size_t given = 0; given < 30 * 30; given++) {
		desc.strides.dy = (clnorm_strides){given % 30, given / 30};
		if (cln_desc_check(&desc) == CLNORM_OK) {
			EXPECT_EACH(is_apart(&desc, desc.strides.dy), "%zu %zu", given % 30, given / 30);
			accepted++;
		}
	}
	ck_assert_uint_gt(accepted, 0);
}
END_TEST

/* A slice of channels, padded rows of channels, samples apart, a transposed batch, channels last in wider pixels. */
START_TEST(good)
{
	static const struct {
		clnorm_layout layout;
		clnorm_strides given;
		size_t span;
	} rows[] = {
		{CLNORM_NCHW, {160, 0}, 220}, {CLNORM_NCHW, {96, 32}, 180},  {CLNORM_NCHW, {0, 0}, 120},
		{CLNORM_NCHW, {20, 40}, 120}, {CLNORM_NCHW, {33, 100}, 253}, {CLNORM_NHWC, {160, 8}, 315},
		{CLNORM_NHWC, {61, 0}, 121},  {CLNORM_NHWC, {3, 6}, 120},    {CLNORM_NHWC, {1000, 7}, 1136},
	};
	for (int tensor = 0; tensor < TENSORS; tensor++) {
		clnorm_desc desc = small(rows[_i].layout);
		*strides_of(&desc, tensor) = rows[_i].given;
		EXPECT_OK(cln_desc_check(&desc));
		ck_assert_uint_eq(cln_desc_span(&desc, rows[_i].given), rows[_i].span);
		ck_assert(is_apart(&desc, rows[_i].given));
	}
}
END_TEST

START_TEST(bad)
{
	static const struct {
		clnorm_layout layout;
		clnorm_strides given;
		const char *said;
	} rows[] = {
		{CLNORM_NCHW, {59, 0}, "2 samples 59 elements apart, of 3 channels 20 apart, of 20 elements each"},
		{CLNORM_NCHW, {0, 19}, "2 samples 60 elements apart, of 3 channels 19 apart, of 20 elements each"},
		{CLNORM_NCHW, {60, 21}, "2 samples 60 elements apart, of 3 channels 21 apart"},
		{CLNORM_NCHW, {20, 39}, "2 samples 20 elements apart, of 3 channels 39 apart"},
		{CLNORM_NCHW, {1, 1}, "lie in one another"},
		{CLNORM_NHWC, {60, 2}, "2 samples 60 elements apart, of 20 pixels 2 apart, of 3 elements each"},
		{CLNORM_NHWC, {59, 3}, "2 samples 59 elements apart, of 20 pixels 3 apart"},
		{CLNORM_NHWC, {3, 5}, "2 samples 3 elements apart, of 20 pixels 5 apart"},
		{CLNORM_NCHW, {(size_t)0 - 60, 0}, "too many for size_t"},
		{CLNORM_NCHW, {0, (size_t)0 - 20}, "too many for size_t"},
		{CLNORM_NCHW, {SIZE_MAX / 4, 0}, "too many for size_t"},
		{CLNORM_NHWC, {SIZE_MAX / 2, SIZE_MAX / 2}, "too many for size_t"},
	};
	for (int tensor = 0; tensor < TENSORS; tensor++) {
		clnorm_desc desc = small(rows[_i].layout);
		*strides_of(&desc, tensor) = rows[_i].given;
		EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, tensor_names[tensor], rows[_i].said);
	}
}
END_TEST

/* The last sample stride whose bytes fit, and the first that does not. */
START_TEST(overflow)
{
	clnorm_desc desc = small(CLNORM_NCHW);
	desc.strides.x.sample = SIZE_MAX / 4 - 60;
	EXPECT_OK(cln_desc_check(&desc));
	ck_assert_uint_eq(cln_desc_span(&desc, desc.strides.x), SIZE_MAX / 4);
	desc.strides.x.sample++;
	EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, "strides of x:", "size_t");
	desc.dtype = CLNORM_F16;
	EXPECT_OK(cln_desc_check(&desc));
}
END_TEST

/* Nothing lies anywhere, so nothing coincides. */
START_TEST(empty)
{
	const clnorm_desc descs[] = {clnorm_desc_1d(0, 3, 4), clnorm_desc_1d(2, 0, 4), clnorm_desc_1d(2, 3, 0)};
	clnorm_desc desc = descs[_i];
	desc.strides.y = (clnorm_strides){1, SIZE_MAX};
	EXPECT_OK(cln_desc_check(&desc));
	ck_assert_uint_eq(cln_desc_span(&desc, desc.strides.y), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("strides");
	TCase *where = tcase_create("where");
	TCase *refused = tcase_create("refused");
	tcase_add_test(where, packed);
	tcase_add_loop_test(where, packed_all_the_same, 0, 12);
	tcase_add_loop_test(where, apart, 0, 54);
	tcase_add_loop_test(where, good, 0, 9);
	tcase_add_loop_test(refused, bad, 0, 12);
	tcase_add_test(refused, overflow);
	tcase_add_loop_test(refused, empty, 0, 3);
	suite_add_tcase(suite, where);
	suite_add_tcase(suite, refused);
	return main_run(suite);
}
