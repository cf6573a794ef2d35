/* test_desc.c: descriptions: their defaults, what the check refuses and in which words, the sizes that follow.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include <clnorm/clnorm.h>

#include "base/desc.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"

static void has_defaults(const clnorm_desc *desc)
{
	ck_assert_int_eq(desc->dtype, CLNORM_F32);
	ck_assert_int_eq(desc->layout, CLNORM_NCHW);
	ck_assert_int_eq(desc->affine, CLNORM_AFFINE_CHANNEL);
	ck_assert_int_eq(desc->activation, CLNORM_ACT_NONE);
	ck_assert_double_eq(desc->slope, 0.01);
	ck_assert_double_eq(desc->epsilon, 1e-5);
	ck_assert_uint_eq(desc->ops, CLNORM_OP_FORWARD);
	ck_assert_uint_eq(desc->flags, 0);
	ck_assert_uint_eq(desc->groups, 0);
	ck_assert_ptr_null(desc->variant);
}

START_TEST(makers)
{
	const size_t dims[] = {2, 3, 4, 5, 6, 7, 8, 9};
	clnorm_desc all[] = {
		clnorm_desc_1d(2, 3, 4), clnorm_desc_2d(2, 3, 4, 5), clnorm_desc_3d(2, 3, 4, 5, 6),
		clnorm_desc_nd(2, dims), clnorm_desc_nd(3, dims),    clnorm_desc_nd(4, dims),
		clnorm_desc_nd(5, dims), clnorm_desc_nd(6, dims),    clnorm_desc_nd(7, dims),
		clnorm_desc_nd(8, dims),
	};
	static const unsigned spatial_ranks[] = {1, 2, 3, 0, 1, 2, 3, 4, 5, 6};
	const clnorm_desc *desc = &all[_i];
	size_t spatial = 1;
	ck_assert_uint_eq(desc->spatial_rank, spatial_ranks[_i]);
	ck_assert(desc->n == 2 && desc->c == 3);
	for (unsigned i = 0; i < desc->spatial_rank; i++) {
		ck_assert_uint_eq(desc->spatial[i], dims[2 + i]);
		spatial *= dims[2 + i];
	}
	has_defaults(desc);
	EXPECT_OK(cln_desc_check(desc));
	ck_assert_uint_eq(cln_desc_spatial(desc), spatial);
	ck_assert_uint_eq(cln_desc_instances(desc), 6);
	ck_assert_uint_eq(cln_desc_elements(desc), 6 * spatial);
}
END_TEST

START_TEST(parameters)
{
	clnorm_desc desc = clnorm_desc_1d(4, 5, 6);
	desc.affine = CLNORM_AFFINE_NONE;
	ck_assert_uint_eq(cln_desc_parameters(&desc), 0);
	desc.affine = CLNORM_AFFINE_CHANNEL;
	ck_assert_uint_eq(cln_desc_parameters(&desc), 5);
	desc.affine = CLNORM_AFFINE_INSTANCE;
	ck_assert_uint_eq(cln_desc_parameters(&desc), 20);
}
END_TEST

START_TEST(sets)
{
	static const struct {
		size_t n, c, groups, of_sample, all;
	} rows[] = {{4, 6, 0, 6, 24}, {4, 6, 6, 6, 24}, {4, 6, 1, 1, 4},
	            {4, 6, 2, 2, 8},  {0, 6, 3, 3, 0},  {4, 0, 0, 1, 0},
	            {4, 0, 9, 9, 0},  {1, 1, 1, 1, 1},  {2, 0, SIZE_MAX, SIZE_MAX, 0}};
	clnorm_desc desc = clnorm_desc_1d(rows[_i].n, rows[_i].c, 5);
	desc.groups = rows[_i].groups;
	EXPECT_OK(cln_desc_check(&desc));
	ck_assert_uint_eq(cln_desc_groups(&desc), rows[_i].of_sample);
	ck_assert_uint_eq(cln_desc_sets(&desc), rows[_i].all);
	ck_assert_uint_eq(cln_desc_instances(&desc), rows[_i].n * rows[_i].c);
}
END_TEST

START_TEST(bad_groups)
{
	static const struct {
		size_t c, groups;
		const char *groups_said, *c_said;
	} rows[] = {{6, 4, "groups is 4;", "C, which is 6"},
	            {6, 12, "groups is 12;", "C, which is 6"},
	            {1, 2, "groups is 2;", "C, which is 1"},
	            {32, (size_t)0 - 32, "groups is ", "C, which is 32"}};
	clnorm_desc desc = clnorm_desc_1d(2, rows[_i].c, 5);
	desc.groups = rows[_i].groups;
	EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, rows[_i].groups_said, rows[_i].c_said);
}
END_TEST

START_TEST(bad_ranks)
{
	static const unsigned ranks[] = {0, 1, 9, 10, 1000};
	static const char *const names[] = {" 0;", " 1;", " 9;", " 10;", " 1000;"};
	const size_t dims[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	clnorm_desc desc = clnorm_desc_nd(ranks[_i], dims);
	has_defaults(&desc);
	EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, "rank", names[_i]);
}
END_TEST

START_TEST(no_dims)
{
	clnorm_desc desc = clnorm_desc_nd(4, NULL);
	EXPECT_STATUS(cln_desc_check(&desc), CLNORM_BAD_SHAPE);
	EXPECT_SAYS(cln_desc_check(NULL), CLNORM_BAD_ARGUMENT, "description", "NULL");
}
END_TEST

/* Any size may be 0. */
START_TEST(empties)
{
	const clnorm_desc descs[] = {
		clnorm_desc_1d(0, 3, 10),
		clnorm_desc_2d(0, 3, 10, 10),
		clnorm_desc_2d(2, 0, 4, 4),
		clnorm_desc_2d(2, 3, 0, 4),
		clnorm_desc_2d(0, 0, 0, 0),
		clnorm_desc_nd(2, (const size_t[]){0, 5}),
		clnorm_desc_2d(2, 3, SIZE_MAX, 0),
		clnorm_desc_3d(2, 3, SIZE_MAX, 0, SIZE_MAX),
		clnorm_desc_2d(SIZE_MAX, 0, SIZE_MAX, SIZE_MAX),
		clnorm_desc_2d(0, 3, SIZE_MAX, SIZE_MAX),
	};
	EXPECT_OK(cln_desc_check(&descs[_i]));
	ck_assert_uint_eq(cln_desc_elements(&descs[_i]), 0);
}
END_TEST

/* The last sizes whose bytes fit, and the first that do not. */
START_TEST(overflows)
{
	const size_t half = SIZE_MAX / 2 + 1;
	const struct {
		clnorm_desc desc;
		clnorm_dtype dtype;
		bool fits;
	} rows[] = {
		{clnorm_desc_1d(1, 1, SIZE_MAX / 4), CLNORM_F32, true},
		{clnorm_desc_1d(1, 1, SIZE_MAX / 4 + 1), CLNORM_F32, false},
		{clnorm_desc_1d(1, 1, SIZE_MAX / 8), CLNORM_F64, true},
		{clnorm_desc_1d(1, 1, SIZE_MAX / 8 + 1), CLNORM_F64, false},
		{clnorm_desc_1d(1, 1, SIZE_MAX / 2), CLNORM_F16, true},
		{clnorm_desc_1d(1, 1, SIZE_MAX / 2 + 1), CLNORM_BF16, false},
		{clnorm_desc_1d(SIZE_MAX / 32, 1, 1), CLNORM_F16, true},
		{clnorm_desc_1d(SIZE_MAX / 32 + 1, 1, 1), CLNORM_F16, false},
		{clnorm_desc_1d(1, SIZE_MAX / 32 + 1, 1), CLNORM_F16, false},
		{clnorm_desc_1d(0, SIZE_MAX / 32, 1), CLNORM_F32, true},
		{clnorm_desc_1d(0, SIZE_MAX / 32 + 1, 1), CLNORM_F32, false},
		{clnorm_desc_1d(SIZE_MAX, SIZE_MAX, 0), CLNORM_F32, false},
		{clnorm_desc_2d(1, 1, half, 2), CLNORM_F16, false},
		{clnorm_desc_2d(1, 1, half, half), CLNORM_F32, false},
		{clnorm_desc_3d(3, 5, SIZE_MAX, SIZE_MAX, SIZE_MAX), CLNORM_F32, false},
		{clnorm_desc_1d(half, 2, 1), CLNORM_F32, false},
		{clnorm_desc_1d(half, half, 1), CLNORM_F32, false},
	};
	clnorm_desc desc = rows[_i].desc;
	desc.dtype = rows[_i].dtype;
	if (rows[_i].fits) {
		EXPECT_OK(cln_desc_check(&desc));
	} else {
		EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, "(", "size_t");
	}
}
END_TEST

START_TEST(overflow_names_the_sizes)
{
	clnorm_desc desc = clnorm_desc_3d(70, 32, 100, SIZE_MAX, 200);
	char size[32];
	snprintf(size, sizeof(size), "%zu", SIZE_MAX);
	EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, "(70, 32, 100, ", size);
}
END_TEST

START_TEST(bad_words)
{
	static const struct {
		const char *said;
		int dtype, layout, affine, activation;
		unsigned ops, flags;
	} rows[] = {
		{"dtype", CLNORM_DTYPE_COUNT, 0, 0, 0, 1, 0},
		{"layout", 0, CLNORM_LAYOUT_COUNT, 0, 0, 1, 0},
		{"affine", 0, 0, CLNORM_AFFINE_COUNT, 0, 1, 0},
		{"activation", 0, 0, 0, CLNORM_ACTIVATION_COUNT, 1, 0},
		{"dtype", -1, 0, 0, 0, 1, 0},
		{"layout", 0, -1, 0, 0, 1, 0},
		{"affine", 0, 0, -1, 0, 1, 0},
		{"activation", 0, 0, 0, -1, 1, 0},
		{"ops", 0, 0, 0, 0, 0, 0},
		{"ops", 0, 0, 0, 0, 8, 0},
		{"ops", 0, 0, 0, 0, ~0u, 0},
		{"flags", 0, 0, 0, 0, 1, 64},
		{"flags", 0, 0, 0, 0, 1, ~0u},
	};
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 5);
	desc.dtype = (clnorm_dtype)rows[_i].dtype;
	desc.layout = (clnorm_layout)rows[_i].layout;
	desc.affine = (clnorm_affine)rows[_i].affine;
	desc.activation = (clnorm_activation)rows[_i].activation;
	desc.ops = rows[_i].ops;
	desc.flags = rows[_i].flags;
	EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_ARGUMENT, rows[_i].said, "");
}
END_TEST

START_TEST(good_words)
{
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 5);
	unsigned i = (unsigned)_i;
	desc.dtype = (clnorm_dtype)(i % CLNORM_DTYPE_COUNT);
	desc.layout = (clnorm_layout)(i % CLNORM_LAYOUT_COUNT);
	desc.affine = (clnorm_affine)(i % CLNORM_AFFINE_COUNT);
	desc.activation = (clnorm_activation)(i % CLNORM_ACTIVATION_COUNT);
	desc.ops = i % 7 + 1;
	desc.flags = i % 64;
	EXPECT_OK(cln_desc_check(&desc));
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		double epsilon, slope;
		const char *said;
		clnorm_dtype dtype;
	} rows[] = {{0, 0.01, NULL, CLNORM_F32},
	            {1e-45, -3, NULL, CLNORM_F16},
	            {4, 0, NULL, CLNORM_BF16},
	            {3e38, -3e38, NULL, CLNORM_F32},
	            {1e300, -1e300, NULL, CLNORM_F64},
	            {-1e-30, 0, "epsilon", CLNORM_F32},
	            {NAN, 0, "epsilon", CLNORM_F64},
	            {INFINITY, 0, "epsilon", CLNORM_F64},
	            {-INFINITY, 0, "epsilon", CLNORM_F32},
	            {4e38, 0, "epsilon is 4e+38", CLNORM_F32},
	            {4e38, 0, "epsilon is 4e+38", CLNORM_BF16},
	            {1e-5, NAN, "slope", CLNORM_F32},
	            {1e-5, INFINITY, "slope", CLNORM_F64},
	            {1e-5, -INFINITY, "slope", CLNORM_F32},
	            {1e-5, -4e38, "slope of leaky-relu is -4e+38", CLNORM_F32}};
	clnorm_desc desc = clnorm_desc_1d(1, 2, 3);
	desc.dtype = rows[_i].dtype;
	desc.epsilon = rows[_i].epsilon;
	desc.slope = rows[_i].slope;
	if (rows[_i].said) {
		EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_ARGUMENT, rows[_i].said, "");
	} else {
		EXPECT_OK(cln_desc_check(&desc));
	}
}
END_TEST

START_TEST(one_element)
{
	clnorm_desc descs[] = {clnorm_desc_2d(4, 3, 1, 1), clnorm_desc_2d(1, 3, 1, 1),
	                       clnorm_desc_nd(2, (const size_t[]){4, 3}), clnorm_desc_2d(4, 3, 1, 2),
	                       clnorm_desc_2d(4, 3, 1, 0)};
	clnorm_desc *desc = &descs[_i];
	EXPECT_OK(cln_desc_check(desc));
	desc->flags = CLNORM_STRICT_SPATIAL;
	if (_i < 3) {
		EXPECT_SAYS(cln_desc_check(desc), CLNORM_BAD_SHAPE, ", 3", "STRICT");
	} else {
		EXPECT_OK(cln_desc_check(desc));
	}
}
END_TEST

/* It is statistics of one element that are refused. */
START_TEST(one_element_of_many)
{
	clnorm_desc desc = clnorm_desc_nd(2, (const size_t[]){4, 6});
	desc.flags = CLNORM_STRICT_SPATIAL;
	desc.groups = 3;
	EXPECT_OK(cln_desc_check(&desc));
	desc.groups = 6;
	EXPECT_SAYS(cln_desc_check(&desc), CLNORM_BAD_SHAPE, "(4, 6)", "STRICT");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("desc");
	TCase *shapes = tcase_create("shapes");
	TCase *words = tcase_create("words");
	tcase_add_loop_test(shapes, makers, 0, 10);
	tcase_add_test(shapes, parameters);
	tcase_add_loop_test(shapes, sets, 0, 9);
	tcase_add_loop_test(shapes, bad_groups, 0, 4);
	tcase_add_test(shapes, one_element_of_many);
	tcase_add_loop_test(shapes, bad_ranks, 0, 5);
	tcase_add_test(shapes, no_dims);
	tcase_add_loop_test(shapes, empties, 0, 10);
	tcase_add_loop_test(shapes, overflows, 0, 17);
	tcase_add_test(shapes, overflow_names_the_sizes);
	tcase_add_loop_test(shapes, one_element, 0, 5);
	tcase_add_loop_test(words, bad_words, 0, 13);
	tcase_add_loop_test(words, good_words, 0, 120);
	tcase_add_loop_test(words, numbers, 0, 15);
	suite_add_tcase(suite, shapes);
	suite_add_tcase(suite, words);
	return main_run(suite);
}
