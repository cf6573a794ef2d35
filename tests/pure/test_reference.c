/* test_reference.c: the reference's forward pass: the oracle, known answers, edge cases.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/main.h"
#include "tests/kit/specimen.h"

static const struct cases_shape shapes[] = {
	{3, {2, 3, 1}},       {3, {3, 2, 2}},      {3, {2, 3, 7}},
	{4, {5, 3, 4, 4}},    {2, {4, 3}},         {8, {2, 1, 1, 2, 1, 3, 1, 5}},
	{5, {2, 2, 3, 5, 7}}, {4, {1, 2, 31, 31}}, {3, {1, 7, 257}},
	{3, {1, 2, 4099}},
};
#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))
/* How many of them are small. */
#define SMALL 6

/* Half last bits allowed, of the size of the terms: sums round once, so these are the operations on an element. */
#define ROUNDINGS 6

static void near(const struct specimen *s, const char *what, size_t i, double got, double right, double scale)
{
	if (!(fabs(got - right) <= ROUNDINGS * DBL_EPSILON / 2 * scale)) {
		ck_abort_msg("%s[%zu] is %.17g, not %.17g: off by %.3g of %.3g; S %zu, %s, %s", what, i, got, right,
		             fabs(got - right), scale, s->spatial, clnorm_layout_name(s->desc.layout),
		             clnorm_activation_name(s->desc.activation));
	}
}

static void forward_check(const struct specimen *s)
{
	for (size_t i = 0; i < s->instances; i++) {
		size_t parameter = specimen_parameter(s, i);
		double mean = s->right.mean[i], rstd = s->right.rstd[i];
		near(s, "mean", i, s->got.mean[i], mean, fabs(mean) + (rstd > 0 ? 1 / rstd : 0));
		near(s, "rstd", i, s->got.rstd[i], rstd, rstd);
		for (size_t k = 0; k < s->spatial; k++) {
			size_t at = cases_index(&s->desc, i, k);
			double scale = (fabs((s->x[at] - mean) * rstd) + 1) * fabs(s->gamma ? s->gamma[parameter] : 1) +
			               (s->beta ? fabs(s->beta[parameter]) : 0) +
			               (s->residual ? fabs(s->residual[at]) : 0);
			near(s, "y", at, s->got.y[at], s->right.y[at], scale);
		}
	}
}

/* A shape in every way, or a seventh of the ways where it is large, with every kind of data. */
START_TEST(oracle)
{
	int step = _i < SMALL ? 1 : 7;
	for (int data = 0; data < DATA_COUNT; data++) {
		for (int way = data % step; way < SPECIMEN_WAYS; way += step) {
			struct specimen s;
			clnorm_desc desc = specimen_way(&shapes[_i], way);
			specimen_init(&s, &desc, (enum cases_data)data, 1, way % 2);
			specimen_forward(&s);
			specimen_oracle(&s);
			forward_check(&s);
			specimen_clear(&s);
		}
	}
}
END_TEST

START_TEST(every_epsilon)
{
	static const double epsilons[] = {0, 1e-300, 1e-12, 1e-8, 1e-7, 1e-6, 1e-2, 0.3, 0.6, 4, 1e30};
	clnorm_desc desc = clnorm_desc_2d(2, 3, 5, 7);
	struct specimen s;
	desc.epsilon = epsilons[_i];
	specimen_init(&s, &desc, DATA_NARROW, 2, false);
	specimen_forward(&s);
	specimen_oracle(&s);
	forward_check(&s);
	specimen_clear(&s);
}
END_TEST

/* The example of ONNX's InstanceNormalization. */
START_TEST(onnx_example)
{
	static const double x[] = {-1, 0, 1, 2, 3, 4}, gamma[] = {1, 1.5}, beta[] = {0, 1};
	clnorm_desc desc = clnorm_desc_2d(1, 2, 1, 3);
	double y[6], mean[2], rstd[2];
	EXPECT_OK(clnorm_reference_forward(&desc, x, gamma, beta, NULL, y, mean, rstd));
	double one = 1 / sqrt(2.0 / 3 + 1e-5);
	const double wanted[] = {-one, 0, one, 1 - 1.5 * one, 1, 1 + 1.5 * one};
	for (int i = 0; i < 6; i++) {
		ck_assert_double_eq_tol(y[i], wanted[i], 4e-16);
	}
	ck_assert(mean[0] == 0 && mean[1] == 3);
	ck_assert_double_eq_tol(rstd[0], one, 3e-16);
	ck_assert_double_eq_tol(rstd[1], one, 3e-16);
}
END_TEST

/* WebNN's example in channels last: mean 3, variance 5, epsilon 4 make the divisor exactly 3. */
START_TEST(webnn_example)
{
	static const double x[] = {0, 0, 2, 2, 4, 4, 6, 6}, gamma[] = {3, 6}, beta[] = {1, 2};
	static const double wanted[] = {-2, -4, 0, 0, 2, 4, 4, 8};
	clnorm_desc desc = clnorm_desc_2d(1, 2, 2, 2);
	double y[8], mean[2], rstd[2];
	desc.layout = CLNORM_NHWC;
	desc.epsilon = 4;
	EXPECT_OK(clnorm_reference_forward(&desc, x, gamma, beta, NULL, y, mean, rstd));
	for (int i = 0; i < 8; i++) {
		ck_assert_double_eq(y[i], wanted[i]);
	}
	ck_assert(mean[0] == 3 && mean[1] == 3 && rstd[0] == 1.0 / 3 && rstd[1] == 1.0 / 3);
}
END_TEST

/* Equal elements, of any value and count: y is act(beta + residual) to the last bit, also without epsilon. */
START_TEST(constants)
{
	static const double values[] = {0, 0.1, -1, 1.0 / 3, 1e10, -2.778e-19, 3e38, -3.3e-310, 123456789.123456789};
	for (size_t spatial = 1; spatial < 3000; spatial += spatial / 16 + 1) {
		for (int way = 0; way < 2 * CLNORM_ACTIVATION_COUNT; way++) {
			const struct cases_shape shape = {3, {1, 2, spatial}};
			clnorm_desc desc = cases_desc(&shape);
			struct specimen s;
			desc.activation = (clnorm_activation)(way / 2);
			desc.epsilon = way % 2 ? 1e-5 : 0;
			specimen_init(&s, &desc, DATA_NORMAL, 3, true);
			for (size_t i = 0; i < s.count; i++) {
				s.x[i] = values[_i];
			}
			specimen_forward(&s);
			specimen_oracle(&s);
			for (size_t i = 0; i < s.instances; i++) {
				ck_assert_double_eq(s.got.mean[i], values[_i]);
				ck_assert_double_eq(s.got.rstd[i], way % 2 ? 1 / sqrt(1e-5) : 0);
			}
			for (size_t i = 0; desc.activation == CLNORM_ACT_NONE && i < s.count; i++) {
				if (s.got.y[i] != s.beta[i / spatial] + s.residual[i]) {
					ck_abort_msg("y[%zu] of S %zu is not beta + residual", i, spatial);
				}
			}
			forward_check(&s);
			specimen_clear(&s);
		}
	}
}
END_TEST

/* 2^24 elements whose mean and variance are known exactly. */
START_TEST(long_sum)
{
	size_t count = (size_t)1 << 24;
	clnorm_desc desc = clnorm_desc_1d(1, 1, count);
	double *x = malloc(count * sizeof(*x)), mean, rstd;
	if (!x) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		x[i] = 10000.1 + (i & 1 ? 1 : -1);
	}
	desc.epsilon = 0;
	EXPECT_OK(clnorm_reference_forward(&desc, x, NULL, NULL, NULL, NULL, &mean, &rstd));
	/* What 10000.1 + 1 and - 1 became. */
	double low = x[0], high = x[1];
	ck_assert_double_eq_tol(mean, low / 2 + high / 2, 2e-12);
	ck_assert_double_eq_tol(rstd, 2 / (high - low), 3e-16);
	free(x);
}
END_TEST

/* One spatial element: y is act(beta + residual), the same for every N; with the strict flag it is refused. */
START_TEST(one_element)
{
	clnorm_desc desc = clnorm_desc_2d((size_t)_i, 3, 1, 1);
	struct specimen s;
	specimen_init(&s, &desc, DATA_OFFSET, 4, false);
	specimen_forward(&s);
	for (size_t i = 0; i < s.count; i++) {
		ck_assert_double_eq(s.got.y[i], s.beta[i % 3]);
		ck_assert_double_eq(s.got.mean[i], s.x[i]);
	}
	s.desc.flags = CLNORM_STRICT_SPATIAL;
	EXPECT_STATUS(clnorm_reference_forward(&s.desc, s.x, s.gamma, s.beta, NULL, s.got.y, NULL, NULL),
	              CLNORM_BAD_SHAPE);
	specimen_clear(&s);
}
END_TEST

START_TEST(empty)
{
	static const struct cases_shape empties[] = {
		{3, {0, 3, 10}}, {4, {0, 3, 10, 10}}, {4, {2, 0, 4, 4}}, {4, {2, 3, 0, 4}}, {2, {0, 0}}};
	clnorm_desc desc = cases_desc(&empties[_i]);
	double y[8] = {7, 7}, mean[8] = {7, 7};
	EXPECT_OK(clnorm_reference_forward(&desc, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
	EXPECT_OK(clnorm_reference_forward(&desc, y, NULL, NULL, NULL, y, mean, mean));
	ck_assert(y[0] == 7 && mean[0] == 7);
}
END_TEST

/* One NaN or infinity: every element of its instance is NaN, all others are what they are without it, bit for bit. */
START_TEST(one_is_spoiled)
{
	static const double values[] = {NAN, INFINITY, -INFINITY};
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&(const struct cases_shape){3, {2, 3, 11}}, way);
		struct specimen clean, s;
		size_t spoiled = (size_t)way % 6;
		specimen_init(&clean, &desc, DATA_NORMAL, 5, way % 2);
		specimen_init(&s, &desc, DATA_NORMAL, 5, way % 2);
		s.x[cases_index(&desc, spoiled, 4)] = values[_i];
		specimen_forward(&clean);
		specimen_forward(&s);
		for (size_t i = 0; i < s.count; i++) {
			size_t at = cases_index(&desc, i / 11, i % 11);
			bool right = i / 11 == spoiled ? isnan(s.got.y[at]) : s.got.y[at] == clean.got.y[at];
			ck_assert_msg(right, "way %d: y[%zu] is %g", way, at, s.got.y[at]);
		}
		ck_assert(isnan(s.got.rstd[spoiled]) && !isfinite(s.got.mean[spoiled]));
		specimen_clear(&clean);
		specimen_clear(&s);
	}
}
END_TEST

/* Outputs that are left out, and y in the place of x or of the residual, change nothing. */
START_TEST(places)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&shapes[_i], way);
		struct specimen s;
		specimen_init(&s, &desc, DATA_NORMAL, 6, way % 2);
		specimen_forward(&s);
		size_t bytes = s.count * sizeof(double), instance_bytes = s.instances * sizeof(double);
		EXPECT_OK(clnorm_reference_forward(&desc, s.x, s.gamma, s.beta, s.residual, NULL, s.right.mean, NULL));
		EXPECT_OK(clnorm_reference_forward(&desc, s.x, s.gamma, s.beta, s.residual, NULL, NULL, s.right.rstd));
		EXPECT_OK(clnorm_reference_forward(&desc, s.x, s.gamma, s.beta, s.residual, s.right.y, NULL, NULL));
		ck_assert_int_eq(memcmp(s.right.mean, s.got.mean, instance_bytes), 0);
		ck_assert_int_eq(memcmp(s.right.rstd, s.got.rstd, instance_bytes), 0);
		ck_assert_int_eq(memcmp(s.right.y, s.got.y, bytes), 0);
		double *target = s.residual ? s.residual : s.x;
		EXPECT_OK(clnorm_reference_forward(&desc, s.x, s.gamma, s.beta, s.residual, target, NULL, NULL));
		ck_assert_int_eq(memcmp(target, s.got.y, bytes), 0);
		specimen_clear(&s);
	}
}
END_TEST

/* An instance's bits do not depend on how many there are. */
START_TEST(batches)
{
	clnorm_desc desc = clnorm_desc_2d(64, 2, 3, 5), single = clnorm_desc_2d(1, 2, 3, 5);
	struct specimen s, one;
	specimen_init(&one, &single, DATA_OFFSET, 7, false);
	specimen_init(&s, &desc, DATA_OFFSET, 7, false);
	for (size_t n = 0; n < 64; n++) {
		memcpy(s.x + n * one.count, one.x, one.count * sizeof(double));
	}
	specimen_forward(&one);
	specimen_forward(&s);
	for (size_t n = 0; n < 64; n++) {
		ck_assert_int_eq(memcmp(s.got.y + n * one.count, one.got.y, one.count * sizeof(double)), 0);
	}
	specimen_clear(&s);
	specimen_clear(&one);
}
END_TEST

START_TEST(refused)
{
	clnorm_desc good = clnorm_desc_1d(1, 2, 3), bad = good, bare = good;
	double x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {7, 7, 7, 7, 7, 7}, gamma[2] = {1, 1};
	bad.epsilon = -1;
	bare.affine = CLNORM_AFFINE_NONE;
	EXPECT_STATUS(clnorm_reference_forward(NULL, x, NULL, NULL, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_reference_forward(&bad, x, NULL, NULL, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT, "epsilon",
	            "-1");
	EXPECT_SAYS(clnorm_reference_forward(&good, NULL, NULL, NULL, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT, "x",
	            "6");
	EXPECT_SAYS(clnorm_reference_forward(&bare, x, gamma, NULL, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT, "gamma",
	            "NONE");
	EXPECT_SAYS(clnorm_reference_forward(&bare, x, NULL, gamma, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT, "beta",
	            "NONE");
	ck_assert(y[0] == 7 && y[5] == 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference");
	TCase *values = tcase_create("values");
	TCase *edges = tcase_create("edges");
	tcase_set_timeout(values, 120);
	tcase_set_timeout(edges, 60);
	tcase_add_loop_test(values, oracle, 0, SHAPES);
	tcase_add_loop_test(values, every_epsilon, 0, 11);
	tcase_add_test(values, onnx_example);
	tcase_add_test(values, webnn_example);
	tcase_add_test(values, long_sum);
	tcase_add_loop_test(edges, constants, 0, 9);
	tcase_add_loop_test(edges, one_element, 1, 6);
	tcase_add_loop_test(edges, empty, 0, 5);
	tcase_add_loop_test(edges, one_is_spoiled, 0, 3);
	tcase_add_loop_test(edges, places, 0, SHAPES);
	tcase_add_test(edges, batches);
	tcase_add_test(edges, refused);
	suite_add_tcase(suite, values);
	suite_add_tcase(suite, edges);
	return main_run(suite);
}
