/* test_reference_sets.c: the reference where a set is more than a channel: known answers, the oracle, finite
 * differences. SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/main.h"
#include "tests/kit/oracle.h"
#include "tests/kit/specimen.h"

static void near(const struct specimen *s, const char *what, size_t i, double got, double right, double allowed)
{
	if (!(fabs(got - right) <= allowed)) {
		ck_abort_msg(
			"%s[%zu] is %.17g, not %.17g: off by %.3g, allowed %.3g; (%zu, %zu, %zu) groups %zu, %s, %s, "
			"affine %d",
			what, i, got, right, fabs(got - right), allowed, s->desc.n, s->desc.c, s->spatial,
			s->desc.groups, clnorm_layout_name(s->desc.layout), clnorm_activation_name(s->desc.activation),
			(int)s->desc.affine);
	}
}

/* ---- Known answers ---------------------------------------------------------------------------------------------- */

/* Mean 3, variance 5, epsilon 4: a divisor of exactly 3, whichever way the eight numbers are a set's. */
static const double eight[] = {0, 0, 2, 2, 4, 4, 6, 6};

/* Layer norm of two rows; each of their numbers has a gamma and a beta of its own. */
START_TEST(rows)
{
	static const double gamma[] = {3, 6, 3, 3, 3, 3, 1, 3}, beta[] = {1, 2, 0, 0, 0, 0, 5, 0};
	static const double wanted[] = {-2, -4, -1, -1, 1, 1, 6, 3};
	clnorm_desc desc = clnorm_desc_nd(2, (const size_t[]){2, 8});
	double x[16], y[16], mean[2], rstd[2];
	desc.groups = 1;
	desc.epsilon = 4;
	desc.layout = (clnorm_layout)_i;
	for (size_t i = 0; i < 16; i++) {
		x[i] = eight[i % 8] + (i < 8 ? 0 : 100);
	}
	EXPECT_OK(clnorm_reference_forward(&desc, x, gamma, beta, NULL, y, mean, rstd));
	for (size_t i = 0; i < 16; i++) {
		ck_assert_double_eq(y[i], wanted[i % 8]);
	}
	ck_assert(mean[0] == 3 && mean[1] == 103 && rstd[0] == 1.0 / 3 && rstd[1] == 1.0 / 3);
}
END_TEST

/* Group norm of two sets of two channels of four pixels, by memory: gamma and beta are the channel's. */
START_TEST(two_groups)
{
	static const double gamma[] = {3, 6, 3, 30}, beta[] = {0, 1, 0, -1};
	clnorm_desc desc = clnorm_desc_2d(1, 4, 2, 2);
	double x[16], y[16], mean[2], rstd[2];
	desc.groups = 2;
	desc.epsilon = 4;
	desc.layout = (clnorm_layout)_i;
	for (size_t k = 0; k < 16; k++) {
		x[cases_index(&desc, k / 4, k % 4)] = eight[k % 8] - (k < 8 ? 0 : 1000);
	}
	EXPECT_OK(clnorm_reference_forward(&desc, x, gamma, beta, NULL, y, mean, rstd));
	for (size_t k = 0; k < 16; k++) {
		double wanted = (eight[k % 8] - 3) / 3 * gamma[k / 4] + beta[k / 4];
		ck_assert_double_eq_tol(y[cases_index(&desc, k / 4, k % 4)], wanted, 4e-15);
	}
	ck_assert(mean[0] == 3 && mean[1] == -997 && rstd[0] == 1.0 / 3 && rstd[1] == 1.0 / 3);
}
END_TEST

/* dy is 1 in one place. xhat = d/3, so dx = (gamma*e - gamma/8 - d*d0*gamma/72)/3, with gamma of that place's channel;
 * dgamma and dbeta are not 0 for that channel alone. */
START_TEST(gradient)
{
	static const double gamma[] = {3, 6};
	clnorm_desc desc = clnorm_desc_2d(1, 2, 2, 2);
	double x[8], dy[8] = {0}, dx[8], dgamma[2], dbeta[2];
	size_t place = 6;
	desc.groups = 1;
	desc.epsilon = 4;
	desc.layout = (clnorm_layout)_i;
	for (size_t k = 0; k < 8; k++) {
		x[cases_index(&desc, k / 4, k % 4)] = eight[k];
	}
	dy[cases_index(&desc, place / 4, place % 4)] = 1;
	EXPECT_OK(clnorm_reference_backward(&desc, x, dy, gamma, NULL, NULL, dx, dgamma, dbeta));
	for (size_t k = 0; k < 8; k++) {
		double wanted = ((k == place ? 6 : 0) - 6.0 / 8 - (eight[k] - 3) * (eight[place] - 3) * 6 / 72) / 3;
		ck_assert_double_eq_tol(dx[cases_index(&desc, k / 4, k % 4)], wanted, 1e-15);
	}
	ck_assert(dgamma[0] == 0 && dgamma[1] == 1 && dbeta[0] == 0 && dbeta[1] == 1);
}
END_TEST

/* ---- The oracle ------------------------------------------------------------------------------------------------- */

static const struct {
	struct cases_shape shape;
	size_t groups;
} sets[] = {
	{{3, {2, 4, 1}}, 1},    {{2, {3, 8}}, 1},         {{3, {2, 4, 3}}, 2},    {{3, {2, 4, 3}}, 4},
	{{4, {3, 6, 2, 5}}, 1}, {{4, {3, 6, 2, 5}}, 2},   {{4, {3, 6, 2, 5}}, 3}, {{4, {3, 6, 2, 5}}, 6},
	{{2, {2, 1031}}, 1},    {{4, {2, 64, 7, 9}}, 32},
};
#define SETS ((int)(sizeof(sets) / sizeof(sets[0])))
/* How many of them are tiny. */
#define TINY 8

static clnorm_desc set_way(int i, int way)
{
	clnorm_desc desc = specimen_way(&sets[i].shape, way);
	desc.groups = sets[i].groups;
	return desc;
}

/* Operations on an element, and for parameters a sum that rounds once for each of N, relative to the terms' size. */
#define ALLOWED (16 * DBL_EPSILON)

static double gamma_size(const struct specimen *s, size_t instance)
{
	return s->gamma ? fabs(s->gamma[specimen_parameter(s, instance)]) : 1;
}

static double xhat_size(const struct specimen *s, size_t at)
{
	size_t set = cases_set(&s->desc, cases_instance(&s->desc, at));
	return fabs((s->x[at] - s->right.mean[set]) * s->right.rstd[set]);
}

/* The size of terms: rstd*max|gamma*dy| of a set; sum|dy| and sum|dy|*(1 + |xhat|) of a parameter. */
struct sizes {
	double *dx, *dbeta, *dgamma;
};

static double *numbers_new(size_t count)
{
	double *numbers = calloc(count + 1, sizeof(*numbers));
	ck_assert_ptr_nonnull(numbers);
	return numbers;
}

static struct sizes sizes_make(const struct specimen *s)
{
	struct sizes sizes = {numbers_new(s->instances), numbers_new(s->params), numbers_new(s->params)};
	for (size_t i = 0; i < s->count; i++) {
		size_t instance = cases_instance(&s->desc, i), set = cases_set(&s->desc, instance);
		size_t p = specimen_parameter(s, instance);
		double dy = fabs(s->dy[i]);
		sizes.dx[set] = fmax(sizes.dx[set], dy * gamma_size(s, instance) * s->right.rstd[set]);
		sizes.dbeta[p] += dy;
		sizes.dgamma[p] += dy * (1 + xhat_size(s, i));
	}
	return sizes;
}

static void sizes_clear(struct sizes *sizes)
{
	free(sizes->dx);
	free(sizes->dbeta);
	free(sizes->dgamma);
}

static void check(const struct specimen *s)
{
	struct sizes sizes = sizes_make(s);
	for (size_t set = 0; set < cases_sets(&s->desc); set++) {
		double mean = s->right.mean[set], rstd = s->right.rstd[set];
		near(s, "mean", set, s->got.mean[set], mean, ALLOWED * (fabs(mean) + (rstd > 0 ? 1 / rstd : 0)));
		near(s, "rstd", set, s->got.rstd[set], rstd, ALLOWED * rstd);
	}
	for (size_t i = 0; i < s->count; i++) {
		size_t instance = cases_instance(&s->desc, i), p = specimen_parameter(s, instance);
		double size = (xhat_size(s, i) + 1) * gamma_size(s, instance) + (s->beta ? fabs(s->beta[p]) : 0) +
		              (s->residual ? fabs(s->residual[i]) : 0);
		double dx_size = sizes.dx[cases_set(&s->desc, instance)];
		near(s, "y", i, s->got.y[i], s->right.y[i], ALLOWED * size);
		near(s, "dx", i, s->got.dx[i], s->right.dx[i], ALLOWED * dx_size * (2 + xhat_size(s, i)));
	}
	for (size_t p = 0; s->gamma && p < s->params; p++) {
		near(s, "dbeta", p, s->got.dbeta[p], s->right.dbeta[p], ALLOWED * sizes.dbeta[p]);
		near(s, "dgamma", p, s->got.dgamma[p], s->right.dgamma[p], ALLOWED * sizes.dgamma[p]);
	}
	sizes_clear(&sizes);
}

START_TEST(oracle)
{
	int step = _i < TINY ? 1 : 11;
	for (int data = 0; data < DATA_COUNT; data++) {
		for (int way = data % step; way < SPECIMEN_WAYS; way += step) {
			struct specimen s;
			clnorm_desc desc = set_way(_i, way);
			specimen_init(&s, &desc, (enum cases_data)data, 31, way % 2);
			specimen_forward(&s);
			specimen_backward(&s);
			specimen_oracle(&s);
			check(&s);
			specimen_clear(&s);
		}
	}
}
END_TEST

/* ---- Finite differences ----------------------------------------------------------------------------------------- */

/* The steepest places of an activation with a kink lie beside it: a difference may not step over it. */
static bool has_kink(const struct specimen *s)
{
	clnorm_desc plain = s->desc;
	bool near_kink = false;
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

static void differences_check(const struct specimen *s)
{
	struct sizes sizes = sizes_make(s);
	for (size_t i = 0; i < s->count; i++) {
		double right = difference(s, ORACLE_X, i);
		double allowed = 1e-9 * sizes.dx[cases_set(&s->desc, cases_instance(&s->desc, i))];
		near(s, "dx", i, s->got.dx[i], right, allowed);
		near(s, "the oracle's dx", i, s->right.dx[i], right, allowed);
	}
	for (size_t p = 0; s->gamma && p < s->params; p++) {
		double dgamma = difference(s, ORACLE_GAMMA, p), dbeta = difference(s, ORACLE_BETA, p);
		double allowed = 1e-9 * (double)s->count;
		near(s, "dgamma", p, s->got.dgamma[p], dgamma, allowed);
		near(s, "dbeta", p, s->got.dbeta[p], dbeta, allowed);
		near(s, "the oracle's dgamma", p, s->right.dgamma[p], dgamma, allowed);
		near(s, "the oracle's dbeta", p, s->right.dbeta[p], dbeta, allowed);
	}
	sizes_clear(&sizes);
}

START_TEST(differences)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = set_way(_i, way);
		struct specimen s;
		unsigned seed = 40;
		desc.epsilon = way % 3 ? 1e-5 : 0.25;
		specimen_init(&s, &desc, DATA_NORMAL, seed, way % 2);
		while (has_kink(&s) && ++seed < 240) {
			specimen_clear(&s);
			specimen_init(&s, &desc, DATA_NORMAL, seed, way % 2);
		}
		/* One element a set, neither beta nor residual: z is 0 whatever x is. */
		bool is_zero = s.spatial == 1 && desc.groups == desc.c && !s.beta && !s.residual;
		ck_assert_msg(seed < 240 || is_zero, "way %d: no data without a kink", way);
		if (seed < 240) {
			specimen_backward(&s);
			specimen_oracle(&s);
			differences_check(&s);
		}
		specimen_clear(&s);
	}
}
END_TEST

/* Constant statistics let no gradient through: dx is gamma*rstd times that of the residual, which they do not see. */
START_TEST(constant_statistics)
{
	for (int way = 1; way < SPECIMEN_WAYS; way += 2) {
		clnorm_desc desc = set_way(_i, way);
		struct specimen s;
		specimen_init(&s, &desc, DATA_NORMAL, 41, true);
		specimen_oracle(&s);
		s.desc.flags = CLNORM_CONSTANT_STATISTICS;
		specimen_backward(&s);
		for (size_t i = 0; !has_kink(&s) && i < s.count; i++) {
			size_t instance = cases_instance(&desc, i);
			double gamma = s.gamma ? s.gamma[specimen_parameter(&s, instance)] : 1;
			double scale = gamma * s.right.rstd[cases_set(&desc, instance)];
			near(&s, "dx", i, s.got.dx[i], scale * difference(&s, ORACLE_RESIDUAL, i), 1e-9 * fabs(scale));
		}
		for (size_t p = 0; s.gamma && p < s.params; p++) {
			near(&s, "dgamma", p, s.got.dgamma[p], s.right.dgamma[p], 1e-9 * (double)s.count);
			near(&s, "dbeta", p, s.got.dbeta[p], s.right.dbeta[p], 1e-9 * (double)s.count);
		}
		specimen_clear(&s);
	}
}
END_TEST

/* ---- Sets said otherwise ---------------------------------------------------------------------------------------- */

/* As many groups as channels are what no groups are, to the bit. */
START_TEST(groups_of_one)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = specimen_way(&sets[_i].shape, way), said = desc;
		struct specimen s, same;
		said.groups = said.c;
		specimen_init(&s, &desc, DATA_OFFSET, 33, way % 2);
		specimen_init(&same, &said, DATA_OFFSET, 33, way % 2);
		specimen_forward(&s);
		specimen_backward(&s);
		specimen_forward(&same);
		specimen_backward(&same);
		ck_assert_int_eq(memcmp(s.got.y, same.got.y, s.count * sizeof(double)), 0);
		ck_assert_int_eq(memcmp(s.got.dx, same.got.dx, s.count * sizeof(double)), 0);
		ck_assert_int_eq(memcmp(s.got.rstd, same.got.rstd, s.instances * sizeof(double)), 0);
		ck_assert(!s.gamma || memcmp(s.got.dgamma, same.got.dgamma, s.params * sizeof(double)) == 0);
		specimen_clear(&s);
		specimen_clear(&same);
	}
}
END_TEST

/* Without parameters, channels first, the channels of a set are one longer channel. */
START_TEST(longer_channels)
{
	clnorm_desc desc = clnorm_desc_2d(3, 6, 2, 5), longer = clnorm_desc_1d(3, 2, 30);
	struct specimen s, same;
	desc.groups = 2;
	desc.affine = longer.affine = CLNORM_AFFINE_NONE;
	specimen_init(&s, &desc, DATA_NARROW, 34, false);
	specimen_init(&same, &longer, DATA_NARROW, 34, false);
	specimen_forward(&s);
	specimen_backward(&s);
	specimen_forward(&same);
	specimen_backward(&same);
	ck_assert_int_eq(memcmp(s.x, same.x, s.count * sizeof(double)), 0);
	ck_assert_int_eq(memcmp(s.got.y, same.got.y, s.count * sizeof(double)), 0);
	ck_assert_int_eq(memcmp(s.got.mean, same.got.mean, 6 * sizeof(double)), 0);
	for (size_t i = 0; i < s.count; i++) {
		ck_assert_double_eq_tol(s.got.dx[i], same.got.dx[i], 1e-13);
	}
	specimen_clear(&s);
	specimen_clear(&same);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference sets");
	TCase *values = tcase_create("values");
	tcase_set_timeout(values, 120);
	tcase_add_loop_test(values, rows, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_loop_test(values, two_groups, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_loop_test(values, gradient, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_loop_test(values, oracle, 0, SETS);
	tcase_add_loop_test(values, differences, 0, TINY);
	tcase_add_loop_test(values, constant_statistics, 0, TINY);
	tcase_add_loop_test(values, groups_of_one, 0, TINY);
	tcase_add_test(values, longer_channels);
	suite_add_tcase(suite, values);
	return main_run(suite);
}
