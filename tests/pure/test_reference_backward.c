/* test_reference_backward.c: the reference's gradients: finite differences, the oracle, invariants, edge cases.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/main.h"
#include "tests/kit/oracle.h"
#include "tests/kit/specimen.h"

static void near(const struct specimen *s, const char *what, size_t i, double got, double right, double allowed)
{
	if (!(fabs(got - right) <= allowed)) {
		ck_abort_msg("%s[%zu] is %.17g, not %.17g: off by %.3g, allowed %.3g; S %zu, %s, %s", what, i, got,
		             right, fabs(got - right), allowed, s->spatial, clnorm_layout_name(s->desc.layout),
		             clnorm_activation_name(s->desc.activation));
	}
}

/* The size of a gradient's terms: gamma*rstd*max|dy| for an element of x. */
static double dx_scale(const struct specimen *s, size_t instance)
{
	double largest = 0;
	for (size_t k = 0; k < s->spatial; k++) {
		largest = fmax(largest, fabs(s->dy[cases_index(&s->desc, instance, k)]));
	}
	return largest * s->right.rstd[instance] * fabs(s->gamma ? s->gamma[specimen_parameter(s, instance)] : 1);
}

/* ---- Finite differences ----------------------------------------------------------------------------------------- */

/* Both shapes of few channels in which a formula that sums over the batch goes wrong, and others. */
static const struct cases_shape tiny_shapes[] = {
	{4, {2, 1, 2, 2}}, {4, {2, 2, 2, 2}}, {3, {2, 3, 2}}, {4, {3, 2, 3, 5}}, {5, {1, 3, 2, 3, 2}}, {3, {2, 2, 1}},
};
#define TINY_SHAPES ((int)(sizeof(tiny_shapes) / sizeof(tiny_shapes[0])))

/* Whether some element's z is so near a kink that a difference would step over it. */
static bool has_kink(const struct specimen *s)
{
	bool near_kink = false;
	clnorm_desc plain = s->desc;
	if (plain.activation != CLNORM_ACT_RELU && plain.activation != CLNORM_ACT_LEAKY_RELU) {
		return false;
	}
	plain.activation = CLNORM_ACT_NONE;
	oracle_forward(&plain, s->x, s->gamma, s->beta, s->residual, s->right.y, NULL, NULL);
	for (size_t i = 0; i < s->count; i++) {
		near_kink = near_kink || fabs(s->right.y[i]) < 0.01;
	}
	return near_kink;
}

static double difference(const struct specimen *s, enum oracle_input input, size_t index)
{
	return oracle_difference(&s->desc, s->x, s->dy, s->gamma, s->beta, s->residual, input, index);
}

/* Every element of every input: the reference and the oracle agree with differences, and so with each other. */
START_TEST(differences)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&tiny_shapes[_i], way);
		struct specimen s;
		unsigned seed = 20;
		desc.epsilon = way % 3 ? 1e-5 : 0.25;
		specimen_init(&s, &desc, DATA_NORMAL, seed, way % 2);
		while (has_kink(&s) && ++seed < 60) {
			specimen_clear(&s);
			specimen_init(&s, &desc, DATA_NORMAL, seed, way % 2);
		}
		if (seed == 60) {
			/* One element, neither beta nor residual: z is 0 whatever x is. */
			ck_assert(s.spatial == 1 && !s.beta && !s.residual);
			specimen_clear(&s);
			continue;
		}
		specimen_backward(&s);
		specimen_oracle(&s);
		for (size_t i = 0; i < s.count; i++) {
			size_t instance = cases_instance(&desc, i);
			double right = difference(&s, ORACLE_X, i), allowed = 1e-9 * dx_scale(&s, instance);
			near(&s, "dx", i, s.got.dx[i], right, allowed);
			near(&s, "the oracle's dx", i, s.right.dx[i], right, allowed);
		}
		for (size_t i = 0; s.gamma && i < s.params; i++) {
			double dgamma = difference(&s, ORACLE_GAMMA, i), dbeta = difference(&s, ORACLE_BETA, i);
			double allowed = 1e-9 * (double)s.count;
			near(&s, "dgamma", i, s.got.dgamma[i], dgamma, allowed);
			near(&s, "dbeta", i, s.got.dbeta[i], dbeta, allowed);
			near(&s, "the oracle's dgamma", i, s.right.dgamma[i], dgamma, allowed);
			near(&s, "the oracle's dbeta", i, s.right.dbeta[i], dbeta, allowed);
		}
		specimen_clear(&s);
	}
}
END_TEST

/* ---- The oracle ------------------------------------------------------------------------------------------------- */

static const struct cases_shape shapes[] = {
	{3, {2, 3, 1}},      {4, {5, 3, 4, 4}}, {5, {2, 2, 3, 5, 7}},
	{4, {1, 2, 31, 31}}, {3, {70, 1, 11}},  {3, {1, 2, 4099}},
};
#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

/* Operations on an element, and for parameters a sum that rounds once for each of N, relative to the terms' size. */
#define ALLOWED (16 * DBL_EPSILON)

static void backward_check(const struct specimen *s)
{
	for (size_t i = 0; i < s->instances; i++) {
		double scale = dx_scale(s, i);
		for (size_t k = 0; k < s->spatial; k++) {
			size_t at = cases_index(&s->desc, i, k);
			double xhat = fabs((s->x[at] - s->right.mean[i]) * s->right.rstd[i]);
			near(s, "dx", at, s->got.dx[at], s->right.dx[at], ALLOWED * scale * (2 + xhat));
		}
	}
	for (size_t p = 0; s->gamma && p < s->params; p++) {
		double terms = 0, products = 0;
		for (size_t i = 0; i < s->instances; i++) {
			for (size_t k = 0; specimen_parameter(s, i) == p && k < s->spatial; k++) {
				size_t at = cases_index(&s->desc, i, k);
				double xhat = fabs((s->x[at] - s->right.mean[i]) * s->right.rstd[i]);
				terms += fabs(s->dy[at]);
				products += fabs(s->dy[at]) * (1 + xhat);
			}
		}
		near(s, "dbeta", p, s->got.dbeta[p], s->right.dbeta[p], ALLOWED * terms);
		near(s, "dgamma", p, s->got.dgamma[p], s->right.dgamma[p], ALLOWED * products);
	}
}

START_TEST(oracle)
{
	int step = _i < 3 ? 1 : 7;
	for (int data = 0; data < DATA_COUNT; data++) {
		for (int way = data % step; way < SPECIMEN_WAYS; way += step) {
			struct specimen s;
			clnorm_desc desc = specimen_way(&shapes[_i], way);
			specimen_init(&s, &desc, (enum cases_data)data, 8, way % 2);
			specimen_backward(&s);
			specimen_oracle(&s);
			backward_check(&s);
			specimen_clear(&s);
		}
	}
}
END_TEST

/* ---- Invariants and edges --------------------------------------------------------------------------------------- */

/* Without epsilon, y changes neither with a shift of its instance nor with its scale: dx is orthogonal to 1 and to
 * xhat. */
START_TEST(orthogonal)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&shapes[_i], way);
		struct specimen s;
		desc.epsilon = 0;
		specimen_init(&s, &desc, DATA_NARROW, 9, way % 2);
		specimen_backward(&s);
		specimen_oracle(&s);
		for (size_t i = 0; i < s.instances; i++) {
			double sum = 0, along = 0, allowed = ALLOWED * (double)s.spatial * dx_scale(&s, i);
			for (size_t k = 0; k < s.spatial; k++) {
				size_t at = cases_index(&desc, i, k);
				sum += s.got.dx[at];
				along += s.got.dx[at] * (s.x[at] - s.right.mean[i]) * s.right.rstd[i];
			}
			near(&s, "sum of dx", i, sum, 0, allowed);
			near(&s, "sum of dx*xhat", i, along, 0, allowed);
		}
		specimen_clear(&s);
	}
}
END_TEST

/* Equal elements: dgamma and, without epsilon, dx are exactly 0; dbeta is the sum of g. */
START_TEST(constants)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&(const struct cases_shape){3, {2, 7, 13}}, way);
		struct specimen s;
		desc.epsilon = _i ? 1e-5 : 0;
		specimen_init(&s, &desc, DATA_CONSTANT, 10, way % 2);
		specimen_backward(&s);
		specimen_oracle(&s);
		backward_check(&s);
		for (size_t i = 0; desc.epsilon == 0 && i < s.count; i++) {
			ck_assert_msg(s.got.dx[i] == 0, "way %d: dx[%zu] is %g", way, i, s.got.dx[i]);
		}
		for (size_t i = 0; s.gamma && i < s.params; i++) {
			ck_assert_msg(s.got.dgamma[i] == 0, "way %d: dgamma[%zu] is %g", way, i, s.got.dgamma[i]);
		}
		specimen_clear(&s);
	}
}
END_TEST

/* One spatial element: dx and dgamma are exactly 0, dbeta is the sum of dy, the same for every N. */
START_TEST(one_element)
{
	clnorm_desc desc = clnorm_desc_2d((size_t)_i, 3, 1, 1);
	struct specimen s;
	specimen_init(&s, &desc, DATA_OFFSET, 11, false);
	specimen_backward(&s);
	for (size_t i = 0; i < s.count; i++) {
		ck_assert_double_eq(s.got.dx[i], 0);
	}
	for (size_t c = 0; c < 3; c++) {
		double sum = 0;
		for (size_t n = 0; n < desc.n; n++) {
			sum += s.dy[n * 3 + c];
		}
		ck_assert_double_eq(s.got.dgamma[c], 0);
		ck_assert_double_eq_tol(s.got.dbeta[c], sum, 1e-15 * (double)desc.n);
	}
	s.desc.flags = CLNORM_STRICT_SPATIAL;
	EXPECT_STATUS(clnorm_reference_backward(&s.desc, s.x, s.dy, s.gamma, s.beta, NULL, s.got.dx, NULL, NULL),
	              CLNORM_BAD_SHAPE);
	specimen_clear(&s);
}
END_TEST

/* A shape with a zero in it: parameter gradients that exist are 0, nothing else is written. */
START_TEST(empty)
{
	static const struct cases_shape empties[] = {
		{3, {0, 3, 10}}, {4, {0, 3, 10, 10}}, {4, {2, 0, 4, 4}}, {4, {2, 3, 0, 4}}, {2, {0, 0}}};
	static const size_t channel_counts[] = {3, 3, 0, 3, 0}, instance_counts[] = {0, 0, 0, 6, 0};
	for (int own = 0; own < 2; own++) {
		clnorm_desc desc = cases_desc(&empties[_i]);
		double dx = 7, dgamma[8], dbeta[8];
		size_t count = own ? instance_counts[_i] : channel_counts[_i];
		desc.affine = own ? CLNORM_AFFINE_INSTANCE : CLNORM_AFFINE_CHANNEL;
		for (int i = 0; i < 8; i++) {
			dgamma[i] = dbeta[i] = 7;
		}
		EXPECT_OK(clnorm_reference_backward(&desc, NULL, NULL, NULL, NULL, NULL, &dx, dgamma, dbeta));
		for (size_t i = 0; i < 8; i++) {
			ck_assert_double_eq(dgamma[i], i < count ? 0 : 7);
			ck_assert_double_eq(dbeta[i], i < count ? 0 : 7);
		}
		ck_assert_double_eq(dx, 7);
	}
}
END_TEST

/* One NaN in x or in dy: dx of its instance is NaN, that of all others is what it is without it, bit for bit. */
START_TEST(one_is_spoiled)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&(const struct cases_shape){3, {2, 3, 11}}, way);
		struct specimen clean, s;
		size_t spoiled = (size_t)way % 6;
		specimen_init(&clean, &desc, DATA_NORMAL, 12, way % 2);
		specimen_init(&s, &desc, DATA_NORMAL, 12, way % 2);
		(_i ? s.dy : s.x)[cases_index(&desc, spoiled, 4)] = NAN;
		specimen_backward(&clean);
		specimen_backward(&s);
		for (size_t i = 0; i < s.count; i++) {
			size_t at = cases_index(&desc, i / 11, i % 11);
			bool right = i / 11 == spoiled ? isnan(s.got.dx[at]) : s.got.dx[at] == clean.got.dx[at];
			ck_assert_msg(right, "way %d: dx[%zu] is %g", way, at, s.got.dx[at]);
		}
		for (size_t p = 0; s.gamma && p < s.params; p++) {
			bool right = p == specimen_parameter(&s, spoiled) ? isnan(s.got.dgamma[p])
			                                                  : s.got.dgamma[p] == clean.got.dgamma[p];
			ck_assert_msg(right, "way %d: dgamma[%zu] is %g", way, p, s.got.dgamma[p]);
		}
		specimen_clear(&clean);
		specimen_clear(&s);
	}
}
END_TEST

/* Outputs that are left out, and dx in the place of dy or of x, change nothing. */
START_TEST(places)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&shapes[_i], way);
		struct specimen s;
		specimen_init(&s, &desc, DATA_NORMAL, 13, way % 2);
		specimen_backward(&s);
		size_t bytes = s.count * sizeof(double), parameter_bytes = s.params * sizeof(double);
		struct specimen_outputs *one = &s.right;
		EXPECT_OK(clnorm_reference_backward(&desc, s.x, s.dy, s.gamma, s.beta, s.residual, NULL, one->dgamma,
		                                    NULL));
		EXPECT_OK(clnorm_reference_backward(&desc, s.x, s.dy, s.gamma, s.beta, s.residual, NULL, NULL,
		                                    one->dbeta));
		EXPECT_OK(
			clnorm_reference_backward(&desc, s.x, s.dy, s.gamma, s.beta, s.residual, one->dx, NULL, NULL));
		ck_assert_int_eq(memcmp(one->dx, s.got.dx, bytes), 0);
		ck_assert(!s.gamma || memcmp(one->dgamma, s.got.dgamma, parameter_bytes) == 0);
		ck_assert(!s.gamma || memcmp(one->dbeta, s.got.dbeta, parameter_bytes) == 0);
		double *target = way % 4 < 2 ? s.dy : s.x;
		EXPECT_OK(clnorm_reference_backward(&desc, s.x, s.dy, s.gamma, s.beta, s.residual, target, s.got.dgamma,
		                                    s.got.dbeta));
		ck_assert_int_eq(memcmp(target, s.got.dx, bytes), 0);
		ck_assert(!s.gamma || memcmp(one->dgamma, s.got.dgamma, parameter_bytes) == 0);
		specimen_clear(&s);
	}
}
END_TEST

/* Parameters of each instance that repeat those of the channel: the same dx, and gradients that sum to the channel's.
 */
START_TEST(own_parameters)
{
	clnorm_desc shared = clnorm_desc_2d(4, 3, 2, 5), own = shared;
	struct specimen s, each;
	shared.activation = own.activation = CLNORM_ACT_SILU;
	own.affine = CLNORM_AFFINE_INSTANCE;
	specimen_init(&s, &shared, DATA_NORMAL, 14, false);
	specimen_init(&each, &own, DATA_NORMAL, 14, false);
	for (size_t i = 0; i < 12; i++) {
		each.gamma[i] = s.gamma[i % 3];
		each.beta[i] = s.beta[i % 3];
	}
	specimen_backward(&s);
	specimen_backward(&each);
	ck_assert_int_eq(memcmp(s.got.dx, each.got.dx, s.count * sizeof(double)), 0);
	for (size_t c = 0; c < 3; c++) {
		double dgamma = 0, dbeta = 0;
		for (size_t n = 0; n < 4; n++) {
			dgamma += each.got.dgamma[n * 3 + c];
			dbeta += each.got.dbeta[n * 3 + c];
		}
		ck_assert_double_eq_tol(s.got.dgamma[c], dgamma, 1e-13);
		ck_assert_double_eq_tol(s.got.dbeta[c], dbeta, 1e-13);
	}
	specimen_clear(&s);
	specimen_clear(&each);
}
END_TEST

START_TEST(refused)
{
	clnorm_desc good = clnorm_desc_1d(1, 2, 3), bad = good, bare = good;
	double x[6] = {1, 2, 3, 4, 5, 6}, dx[6] = {7, 7, 7, 7, 7, 7}, parameter[2] = {7, 7};
	bad.dtype = CLNORM_DTYPE_COUNT;
	bare.affine = CLNORM_AFFINE_NONE;
	EXPECT_SAYS(clnorm_reference_backward(&bad, x, x, NULL, NULL, NULL, dx, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "dtype", "4");
	EXPECT_SAYS(clnorm_reference_backward(&good, NULL, x, NULL, NULL, NULL, dx, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "x", "6");
	EXPECT_SAYS(clnorm_reference_backward(&good, x, NULL, NULL, NULL, NULL, dx, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "dy", "6");
	EXPECT_SAYS(clnorm_reference_backward(&bare, x, x, NULL, NULL, NULL, dx, parameter, NULL), CLNORM_BAD_ARGUMENT,
	            "gradient", "NONE");
	EXPECT_SAYS(clnorm_reference_backward(&bare, x, x, NULL, NULL, NULL, dx, NULL, parameter), CLNORM_BAD_ARGUMENT,
	            "gradient", "NONE");
	ck_assert(dx[0] == 7 && dx[5] == 7 && parameter[0] == 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference backward");
	TCase *values = tcase_create("values");
	TCase *edges = tcase_create("edges");
	tcase_set_timeout(values, 120);
	tcase_set_timeout(edges, 60);
	tcase_add_loop_test(values, differences, 0, TINY_SHAPES);
	tcase_add_loop_test(values, oracle, 0, SHAPES);
	tcase_add_loop_test(values, orthogonal, 0, SHAPES);
	tcase_add_test(values, own_parameters);
	tcase_add_loop_test(edges, constants, 0, 2);
	tcase_add_loop_test(edges, one_element, 1, 6);
	tcase_add_loop_test(edges, empty, 0, 5);
	tcase_add_loop_test(edges, one_is_spoiled, 0, 2);
	tcase_add_loop_test(edges, places, 0, SHAPES);
	tcase_add_test(edges, refused);
	suite_add_tcase(suite, values);
	suite_add_tcase(suite, edges);
	return main_run(suite);
}
