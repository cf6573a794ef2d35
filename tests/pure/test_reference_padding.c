/* test_reference_padding.c: the reference with masks and lengths: equal bits, padding, places, bad arguments.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/main.h"
#include "tests/kit/specimen.h"
#include "tests/kit/validity.h"

static const struct cases_shape shapes[] = {{4, {3, 4, 5, 3}}, {3, {2, 6, 17}}, {2, {5, 4}}, {5, {2, 2, 3, 4, 2}}};
#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

static clnorm_reference_arrays arrays_of(const struct specimen *s, const struct validity *v,
                                         const struct specimen_outputs *to)
{
	return (clnorm_reference_arrays){
		.x = s->x,
		.gamma = s->gamma,
		.beta = s->beta,
		.residual = s->residual,
		.dy = s->dy,
		.mask = v->mask,
		.lengths = v->lengths,
		.y = to->y,
		.mean = to->mean,
		.rstd = to->rstd,
		.dx = to->dx,
		.dgamma = to->dgamma,
		.dbeta = to->dbeta,
	};
}

static void ask(const struct specimen *s, const clnorm_desc *desc, const struct validity *v,
                const struct specimen_outputs *to)
{
	clnorm_reference_arrays arrays = arrays_of(s, v, to);
	EXPECT_OK(clnorm_reference(desc, &arrays));
}

static void same(const struct specimen *s, const struct specimen_outputs *one, const struct specimen_outputs *other)
{
	size_t sets = cases_sets(&s->desc) * sizeof(double), params = s->params * sizeof(double);
	ck_assert_int_eq(memcmp(one->y, other->y, s->count * sizeof(double)), 0);
	ck_assert_int_eq(memcmp(one->dx, other->dx, s->count * sizeof(double)), 0);
	ck_assert_int_eq(memcmp(one->mean, other->mean, sets), 0);
	ck_assert_int_eq(memcmp(one->rstd, other->rstd, sets), 0);
	ck_assert(!s->gamma || memcmp(one->dgamma, other->dgamma, params) == 0);
	ck_assert(!s->gamma || memcmp(one->dbeta, other->dbeta, params) == 0);
}

static clnorm_desc way_of(int shape, int way)
{
	clnorm_desc desc = specimen_way(&shapes[shape], way);
	desc.groups = (size_t[]){0, 1, 2}[way % 3];
	desc.ddof = (unsigned)(way / 2 % 2);
	return desc;
}

/* ---- Bits ------------------------------------------------------------------------------------------------------ */

/* A mask that leaves nothing out, and lengths of the whole axis or past it, are no mask at all; what is outside of it
 * is nothing. So is the description of the two calls that know no masks. */
START_TEST(whole)
{
	static const enum validity_kind kinds[] = {VALIDITY_WHOLE, VALIDITY_LENGTHS_ALL, VALIDITY_LENGTHS_PAST};
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = way_of(_i, way);
		const struct validity none = {.mask = NULL};
		struct specimen s;
		specimen_init(&s, &desc, DATA_OFFSET, 60, way % 2);
		specimen_forward(&s);
		specimen_backward(&s);
		ask(&s, &desc, &none, &s.right);
		same(&s, &s.got, &s.right);
		for (int k = 0; k < (desc.spatial_rank > 0 ? 3 : 1); k++) {
			struct validity v;
			clnorm_desc masked = desc;
			masked.outside = (clnorm_outside)((way + k) % CLNORM_OUTSIDE_COUNT);
			validity_init(&v, &masked, kinds[k], (enum validity_shape)(way % VALIDITY_SHAPES), 1);
			ask(&s, &masked, &v, &s.right);
			same(&s, &s.got, &s.right);
			validity_clear(&v);
		}
		specimen_clear(&s);
	}
}
END_TEST

/* The mask of every sample and channel that says what lengths, or a mask the same for all of them, say. */
START_TEST(said_otherwise)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = way_of(_i, way), full;
		struct validity v, other;
		struct specimen s;
		bool has_lengths = way % 4 == 3 && desc.spatial_rank > 0;
		desc.outside = (clnorm_outside)(way / 3 % CLNORM_OUTSIDE_COUNT);
		full = desc;
		validity_init(&v, &desc, has_lengths ? VALIDITY_LENGTHS : VALIDITY_RANDOM,
		              (enum validity_shape)(1 + way % 3), 7);
		validity_init(&other, &full, VALIDITY_WHOLE, VALIDITY_FULL, 7);
		specimen_init(&s, &desc, DATA_NARROW, 61, way % 2);
		for (size_t k = 0; k < s.count; k++) {
			size_t at = cases_index(&desc, k / s.spatial, k % s.spatial);
			other.mask[at] = validity_at(&v, &desc, k / s.spatial, k % s.spatial);
		}
		ask(&s, &desc, &v, &s.got);
		ask(&s, &full, &other, &s.right);
		same(&s, &s.got, &s.right);
		specimen_clear(&s);
		validity_clear(&v);
		validity_clear(&other);
	}
}
END_TEST

/* ---- Padding ---------------------------------------------------------------------------------------------------- */

/* Numbers in the padding, and then none at all, of gradients that are 0 there: the same bits everywhere else. */
START_TEST(padding)
{
	static const double nothing[] = {NAN, INFINITY, -INFINITY, 1e308};
	for (int way = 0; way < SPECIMEN_WAYS * VALIDITY_COUNT; way++) {
		enum validity_kind kind = (enum validity_kind)(way / SPECIMEN_WAYS);
		clnorm_desc desc = way_of(_i, way);
		struct validity v;
		struct specimen s;
		if (validity_is_lengths(kind) && desc.spatial_rank == 0) {
			continue;
		}
		desc.outside = (clnorm_outside)(way % CLNORM_OUTSIDE_COUNT);
		validity_init(&v, &desc, kind, (enum validity_shape)(way % VALIDITY_SHAPES), 8);
		specimen_init(&s, &desc, DATA_NORMAL, 62, way % 2);
		for (size_t k = 0; k < s.count; k++) {
			bool is_valid = validity_at(&v, &desc, k / s.spatial, k % s.spatial);
			s.dy[cases_index(&desc, k / s.spatial, k % s.spatial)] *= is_valid;
		}
		ask(&s, &desc, &v, &s.right);
		for (size_t k = 0; k < s.count; k++) {
			size_t at = cases_index(&desc, k / s.spatial, k % s.spatial);
			bool is_valid = validity_at(&v, &desc, k / s.spatial, k % s.spatial);
			/* A finite number is x; with `normalize` it is a part of the sums, if of 0 times it. */
			s.x[at] = is_valid ? s.x[at] : nothing[k % 3];
		}
		ask(&s, &desc, &v, &s.got);
		for (size_t k = 0; k < s.count; k++) {
			size_t at = cases_index(&desc, k / s.spatial, k % s.spatial);
			if (validity_at(&v, &desc, k / s.spatial, k % s.spatial)) {
				continue;
			}
			bool is_zero = desc.outside == CLNORM_OUTSIDE_ZERO,
			     is_kept = desc.outside == CLNORM_OUTSIDE_KEEP;
			ck_assert(!is_zero || (s.got.y[at] == 0 && s.got.dx[at] == 0));
			ck_assert(!is_kept ||
			          (memcmp(&s.got.y[at], &s.x[at], sizeof(double)) == 0 && s.got.dx[at] == 0));
			s.got.y[at] = s.right.y[at];
			s.got.dx[at] = s.right.dx[at];
		}
		same(&s, &s.got, &s.right);
		specimen_clear(&s);
		validity_clear(&v);
	}
}
END_TEST

/* A set without a valid element: mean = rstd = 0, so y = act(beta + residual), dx = 0, and beta's gradient goes on. */
START_TEST(empty_sets)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = way_of(_i, way), plain;
		struct validity v;
		struct specimen s, bare;
		bool has_lengths = way % 2 && desc.spatial_rank > 0;
		desc.min_std = way % 5 ? 0 : 0.5;
		plain = desc;
		validity_init(&v, &desc, has_lengths ? VALIDITY_LENGTHS_0 : VALIDITY_NONE, VALIDITY_SPATIAL, 9);
		specimen_init(&s, &desc, DATA_OFFSET, 63, way % 2);
		/* Elements that are all equal and no epsilon: xhat is 0 there too. */
		plain.epsilon = plain.min_std = 0;
		specimen_init(&bare, &plain, DATA_CONSTANT, 63, way % 2);
		for (size_t i = 0; i < bare.count; i++) {
			bare.x[i] = 5;
		}
		ask(&s, &desc, &v, &s.got);
		ask(&bare, &plain, &(struct validity){.mask = NULL}, &s.right);
		for (size_t set = 0; set < cases_sets(&desc); set++) {
			ck_assert(s.got.mean[set] == 0 && s.got.rstd[set] == 0);
			s.right.mean[set] = 0;
		}
		for (size_t i = 0; i < s.count; i++) {
			ck_assert(s.got.dx[i] == 0 && s.got.y[i] == s.right.y[i]);
		}
		for (size_t p = 0; s.gamma && p < s.params; p++) {
			ck_assert(s.got.dgamma[p] == 0 && s.got.dbeta[p] == s.right.dbeta[p]);
		}
		specimen_clear(&s);
		specimen_clear(&bare);
		validity_clear(&v);
	}
}
END_TEST

/* ---- Deviations ------------------------------------------------------------------------------------------------- */

/* Five numbers of mean 2 whose squared deviations sum to 36. */
START_TEST(deviations)
{
	static const struct {
		unsigned ddof;
		double epsilon, least, rstd;
	} rows[] = {
		{0, 1.8, 0, 1.0 / 3}, {1, 0, 0, 1.0 / 3}, {1, 7, 0, 0.25},     {1, 7, 4, 0.25},
		{1, 7, 3.999, 0.25},  {1, 0, 8, 0.125},   {0, 1e30, 1, 1e-15}, {0, 0, 1e-8, 0.37267799624996495},
	};
	static const double x[] = {2, 2, -1, 2, -1, 6, 4, 0, -2, 7, 0, 0};
	static const double flat[] = {3, 3, 3};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clnorm_desc desc = clnorm_desc_1d(1, 1, 5);
		double five[] = {5, -1, 2, -1, 5}, mean, rstd, y[5];
		clnorm_reference_arrays arrays = {.x = five, .y = y, .mean = &mean, .rstd = &rstd};
		desc.ddof = rows[i].ddof;
		desc.epsilon = rows[i].epsilon;
		desc.min_std = rows[i].least;
		EXPECT_OK(clnorm_reference(&desc, &arrays));
		ck_assert(mean == 2);
		ck_assert_double_eq_tol(rstd, rows[i].rstd, rows[i].rstd * 4e-16);
		ck_assert_double_eq_tol(y[0], 3 * rows[i].rstd, 3e-15);
	}
	/* One element has no sample deviation, equal ones have none: 1/sqrt(epsilon), then 1/D, then 0. */
	for (size_t i = 0; i < 6; i++) {
		clnorm_desc desc = clnorm_desc_1d(1, 1, i % 2 ? 3 : 1);
		double rstd, dx[3];
		clnorm_reference_arrays arrays = {.x = flat, .dy = x, .dx = dx, .rstd = &rstd};
		desc.ddof = 1;
		desc.epsilon = i < 2 ? 0.25 : 0;
		desc.min_std = i < 4 ? 0.125 : 0;
		EXPECT_OK(clnorm_reference(&desc, &arrays));
		ck_assert_double_eq(rstd, i < 2 ? 2 : i < 4 ? 8 : 0);
		/* dx = rstd*(g - mean(g)): xhat is 0. */
		ck_assert_double_eq(dx[0], i % 2 ? rstd * (2 - 1) : 0);
	}
}
END_TEST

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

/* y and dx in the place of x, of dy, of the residual, both at once; and each output alone. */
START_TEST(places)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = way_of(_i, way);
		struct validity v;
		struct specimen s;
		desc.outside = (clnorm_outside)(way % CLNORM_OUTSIDE_COUNT);
		validity_init(&v, &desc, VALIDITY_RANDOM, (enum validity_shape)(way % VALIDITY_SHAPES), 10);
		specimen_init(&s, &desc, DATA_NORMAL, 64, true);
		ask(&s, &desc, &v, &s.got);
		struct specimen_outputs *to = &s.right;
		const struct specimen_outputs alone[] = {
			{.y = to->y},   {.mean = to->mean},     {.rstd = to->rstd},
			{.dx = to->dx}, {.dgamma = to->dgamma}, {.dbeta = to->dbeta},
		};
		for (size_t k = 0; k < 6; k++) {
			ask(&s, &desc, &v, &alone[k]);
		}
		same(&s, &s.got, &s.right);
		struct specimen_outputs placed = s.right;
		double *const pairs[][2] = {{s.x, s.dy}, {s.dy, s.x}, {s.residual, s.x}};
		placed.y = pairs[way % 3][0];
		placed.dx = pairs[way % 3][1];
		ask(&s, &desc, &v, &placed);
		same(&s, &s.got, &placed);
		specimen_clear(&s);
		validity_clear(&v);
	}
}
END_TEST

/* Statistics that are given are used, whatever x is: its own give the same y, and then they are constants. */
START_TEST(given)
{
	for (int way = 0; way < SPECIMEN_WAYS; way++) {
		clnorm_desc desc = way_of(_i, way);
		struct validity v;
		struct specimen s;
		desc.outside = (clnorm_outside)(way % CLNORM_OUTSIDE_COUNT);
		validity_init(&v, &desc, VALIDITY_EMPTY, (enum validity_shape)(way % VALIDITY_SHAPES), 11);
		specimen_init(&s, &desc, DATA_NORMAL, 65, way % 2);
		ask(&s, &desc, &v, &s.right);
		clnorm_reference_arrays arrays = arrays_of(&s, &v, &s.got);
		arrays.given_mean = s.right.mean;
		arrays.given_rstd = s.right.rstd;
		EXPECT_OK(clnorm_reference(&desc, &arrays));
		for (size_t i = 0; i < s.count; i++) {
			EXPECT_EACH(fabs(s.got.y[i] - s.right.y[i]) <= 1e-12, "way %d: y[%zu] is %.17g, not %.17g", way,
			            i, s.got.y[i], s.right.y[i]);
		}
		ck_assert_int_eq(memcmp(s.got.mean, s.right.mean, cases_sets(&desc) * sizeof(double)), 0);
		ck_assert_int_eq(memcmp(s.got.rstd, s.right.rstd, cases_sets(&desc) * sizeof(double)), 0);
		/* dx = rstd*gamma*g, and without an activation g is dy. */
		for (size_t k = 0; desc.activation == CLNORM_ACT_NONE && k < s.count; k++) {
			size_t instance = k / s.spatial, at = cases_index(&desc, instance, k % s.spatial);
			double gamma = s.gamma ? s.gamma[specimen_parameter(&s, instance)] : 1;
			bool is_kept = desc.outside == CLNORM_OUTSIDE_KEEP;
			double right = validity_at(&v, &desc, instance, k % s.spatial) || desc.outside == 0
			                       ? s.right.rstd[cases_set(&desc, instance)] * gamma * s.dy[at]
			                       : is_kept * s.dy[at];
			EXPECT_EACH(fabs(s.got.dx[at] - right) <= 4e-16 * fabs(right),
			            "way %d: dx[%zu] is %.17g, not %.17g", way, at, s.got.dx[at], right);
		}
		specimen_clear(&s);
		validity_clear(&v);
	}
}
END_TEST

/* Nothing of an empty tensor is read, mask and lengths neither; its parameters' gradients are 0. */
START_TEST(empty)
{
	clnorm_desc desc = clnorm_desc_2d((size_t)_i, 3, 0, 5);
	double dgamma[3] = {7, 7, 7}, mean[6] = {7, 7, 7, 7, 7, 7};
	clnorm_reference_arrays arrays = {.mean = mean, .dgamma = dgamma};
	desc.valid = CLNORM_VALID_MASK;
	EXPECT_OK(clnorm_reference(&desc, &arrays));
	ck_assert(dgamma[0] == 0 && dgamma[1] == 0 && dgamma[2] == 0 && mean[0] == 7);
	dgamma[0] = 7;
	desc.valid = CLNORM_VALID_LENGTHS;
	EXPECT_OK(clnorm_reference(&desc, &arrays));
	ck_assert(dgamma[0] == 0 && mean[0] == 7);
}
END_TEST

START_TEST(refused)
{
	clnorm_desc good = clnorm_desc_1d(2, 2, 3), masked = good, lengthy = good, bad = good, bare = good;
	unsigned char mask[12] = {1, 1, 1, 1};
	cl_uint lengths[2] = {1, 2};
	double x[12] = {0}, y[12] = {7, 7}, parameter[2] = {7, 7};
	clnorm_reference_arrays plain = {.x = x, .y = y}, arrays = plain;
	masked.valid = CLNORM_VALID_MASK;
	lengthy.valid = CLNORM_VALID_LENGTHS;
	EXPECT_SAYS(clnorm_reference(NULL, &plain), CLNORM_BAD_ARGUMENT, "description", "NULL");
	EXPECT_SAYS(clnorm_reference(&good, NULL), CLNORM_BAD_ARGUMENT, "arrays", "NULL");
	EXPECT_SAYS(clnorm_reference(&masked, &plain), CLNORM_BAD_ARGUMENT, "mask is NULL", "VALID_MASK");
	EXPECT_SAYS(clnorm_reference(&lengthy, &plain), CLNORM_BAD_ARGUMENT, "lengths are NULL", "VALID_LENGTHS");
	EXPECT_SAYS(clnorm_reference_forward(&masked, x, NULL, NULL, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "mask is NULL", "VALID_MASK");
	EXPECT_SAYS(clnorm_reference_backward(&lengthy, x, x, NULL, NULL, NULL, y, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "lengths are NULL", "VALID_LENGTHS");
	arrays.mask = mask;
	EXPECT_SAYS(clnorm_reference(&good, &arrays), CLNORM_BAD_ARGUMENT, "mask is given", "VALID_MASK");
	EXPECT_SAYS(clnorm_reference(&lengthy, &arrays), CLNORM_BAD_ARGUMENT, "mask is given", "VALID_MASK");
	arrays.lengths = lengths;
	EXPECT_SAYS(clnorm_reference(&masked, &arrays), CLNORM_BAD_ARGUMENT, "lengths are given", "VALID_LENGTHS");
	arrays = (clnorm_reference_arrays){.y = y};
	EXPECT_SAYS(clnorm_reference(&good, &arrays), CLNORM_BAD_ARGUMENT, "x", "12");
	arrays = (clnorm_reference_arrays){.x = x, .y = y, .dbeta = parameter};
	EXPECT_SAYS(clnorm_reference(&good, &arrays), CLNORM_BAD_ARGUMENT, "dy", "12");
	arrays.dy = x;
	arrays.given_rstd = x;
	EXPECT_SAYS(clnorm_reference(&good, &arrays), CLNORM_BAD_ARGUMENT, "given_mean", "NULL");
	arrays.given_rstd = NULL;
	bare.affine = CLNORM_AFFINE_NONE;
	EXPECT_SAYS(clnorm_reference(&bare, &arrays), CLNORM_BAD_ARGUMENT, "gradient", "NONE");
	bad.ddof = 2;
	EXPECT_SAYS(clnorm_reference(&bad, &plain), CLNORM_BAD_ARGUMENT, "ddof", "2");
	bad = good;
	bad.min_std = -1;
	EXPECT_SAYS(clnorm_reference(&bad, &plain), CLNORM_BAD_ARGUMENT, "min_std", "-1");
	bad = masked;
	bad.mask_n = 3;
	EXPECT_SAYS(clnorm_reference(&bad, &plain), CLNORM_BAD_SHAPE, "3", "2");
	ck_assert(y[0] == 7 && parameter[0] == 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference and padding");
	TCase *values = tcase_create("values");
	TCase *edges = tcase_create("edges");
	tcase_set_timeout(values, 120);
	tcase_add_loop_test(values, whole, 0, SHAPES);
	tcase_add_loop_test(values, said_otherwise, 0, SHAPES);
	tcase_add_loop_test(values, padding, 0, SHAPES);
	tcase_add_loop_test(values, empty_sets, 0, SHAPES);
	tcase_add_test(values, deviations);
	tcase_add_loop_test(values, given, 0, SHAPES);
	tcase_add_loop_test(edges, places, 0, SHAPES);
	tcase_add_loop_test(edges, empty, 0, 3);
	tcase_add_test(edges, refused);
	suite_add_tcase(suite, values);
	suite_add_tcase(suite, edges);
	return main_run(suite);
}
