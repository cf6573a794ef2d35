/* test_constant.c: gradients where the statistics are constants: every variant against finite differences.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- What is right --------------------------------------------------------------------------------------------- */

/* One element, and all that its y is made of. */
struct element {
	long double x, mean, rstd, gamma, beta, residual;
};

static long double activated(const clnorm_desc *desc, long double z)
{
	switch (desc->activation) {
	case CLNORM_ACT_RELU:
		return z > 0 ? z : 0;
	case CLNORM_ACT_LEAKY_RELU:
		return z > 0 ? z : (long double)desc->slope * z;
	case CLNORM_ACT_SILU:
		return z / (1 + expl(-z));
	case CLNORM_ACT_GELU:
		return z * erfcl(-z / sqrtl(2)) / 2;
	default:
		return z;
	}
}

static long double before_activation(const struct element *e)
{
	return e->gamma * (e->x - e->mean) * e->rstd + e->beta + e->residual;
}

/* dy by the number of the element at `offset`: central, of fourth order. z moves by some 2^-9. */
static double slope_of(const clnorm_desc *desc, struct element e, size_t offset, long double step)
{
	static const int weights[] = {1, -8, 0, 8, -1};
	long double *moved = (long double *)((char *)&e + offset), at = *moved, total = 0;
	for (int k = 0; k < 5; k++) {
		*moved = at + (k - 2) * step;
		total += weights[k] ? weights[k] * activated(desc, before_activation(&e)) : 0;
	}
	return (double)(total / (12 * step));
}

#define SLOPE_OF(desc, e, member, step) slope_of(desc, e, offsetof(struct element, member), step)

/* What differences of steps of 2^-10 are off by at most, 64 bits of x being taken. */
static double difference_error(const struct element *e)
{
	return 1e-10 + (double)(fabsl(e->x) * e->rstd) * 0x1p-52;
}

static struct element element_of(const struct trial *in, size_t i)
{
	size_t instance = cases_instance(&in->desc, i), set = cases_set(&in->desc, instance);
	struct element e = {.x = in->x[i], .gamma = 1};
	if (in->moments) {
		const double *record = in->moments + set * CLNORM_MOMENTS_WIDTH;
		e.mean = (long double)record[1] + record[2];
		e.rstd = 1 / sqrtl(record[3] / record[0] + (long double)in->desc.epsilon);
	} else {
		e.mean = in->mean[set];
		e.rstd = in->rstd[set];
	}
	e.gamma = in->gamma ? in->gamma[instance % in->params] : 1;
	e.beta = in->beta ? in->beta[instance % in->params] : 0;
	e.residual = in->residual ? in->residual[i] : 0;
	return e;
}

/* How far g = dy*act'(z) may lie from exact, as tests/kit/compare_back.c has it. */
static double g_error(const struct trial *in, const struct element *e)
{
	double ulp = in->desc.dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	double scale = (double)(fabsl(e->gamma * (e->x - e->mean) * e->rstd) + fabsl(e->beta) + fabsl(e->residual));
	bool is_curved = in->desc.activation == CLNORM_ACT_SILU || in->desc.activation == CLNORM_ACT_GELU;
	return is_curved ? 0.8 * compare_bound(in->desc.dtype) * fmax(1, scale) + 24 * ulp : 0;
}

/* Sums over the elements of a parameter, and what they may be off by. */
struct sum {
	double g, gx, g_allowed, gx_allowed;
};

static void sum_add(struct sum *sum, const struct trial_back *t, size_t i)
{
	const struct trial *in = &t->in;
	struct element e = element_of(in, i);
	double xhat = (double)((e.x - e.mean) * e.rstd), bound = compare_gradient_bound(in->desc.dtype);
	double g = t->dy[i] * SLOPE_OF(&in->desc, e, beta, 0x1p-10L);
	double gx = t->dy[i] * SLOPE_OF(&in->desc, e, gamma, 0x1p-10L / fmaxl(1, fabsl(xhat)));
	double error = fabs(t->dy[i]) * (g_error(in, &e) + difference_error(&e));
	sum->g += g;
	sum->gx += gx;
	sum->g_allowed += bound * fabs(g) + error;
	sum->gx_allowed += bound * (fabs(gx) + fabs(g) / 8) + error * fmax(1, fabs(xhat));
}

static void sums_check(const struct trial_back *t)
{
	const struct trial *in = &t->in;
	struct sum *sums = calloc(in->params + 1, sizeof(*sums));
	ck_assert_ptr_nonnull(sums);
	for (size_t i = 0; (t->dgamma || t->dbeta) && i < in->count; i++) {
		sum_add(&sums[cases_instance(&in->desc, i) % in->params], t, i);
	}
	for (size_t p = 0; p < in->params; p++) {
		const struct sum *s = &sums[p];
		EXPECT_EACH(!t->dgamma || fabs(t->dgamma[p] - s->gx) <= s->gx_allowed,
		            "dgamma[%zu] = %.9g, exact %.9g, allowed %.3g: %s", p, t->dgamma[p], s->gx, s->gx_allowed,
		            trial_name(in));
		EXPECT_EACH(!t->dbeta || fabs(t->dbeta[p] - s->g) <= s->g_allowed,
		            "dbeta[%zu] = %.9g, exact %.9g, allowed %.3g: %s", p, t->dbeta[p], s->g, s->g_allowed,
		            trial_name(in));
	}
	free(sums);
}

/* Element by element: nothing of the set's other ones is in it. */
static void dx_check(const struct trial_back *t)
{
	const struct trial *in = &t->in;
	clnorm_dtype dtype = in->desc.dtype;
	bool stored_whole = dtype == clnorm_dtype_statistics(dtype);
	for (size_t i = 0; t->dx && i < in->count; i++) {
		struct element e = element_of(in, i);
		double dx = t->dy[i] * SLOPE_OF(&in->desc, e, x, 0x1p-10L / e.rstd);
		double error = fabs(t->dy[i]) * (g_error(in, &e) + difference_error(&e));
		double allowed = compare_gradient_bound(dtype) * fabs(dx) + FLT_MIN;
		allowed += (double)(fabsl(e.gamma) * e.rstd) * error;
		allowed += stored_whole ? 0 : compare_half_ulp(dtype, fabs(dx) + allowed);
		EXPECT_EACH(fabs(t->dx[i] - dx) <= allowed, "dx[%zu] = %.9g, exact %.9g, allowed %.3g: %s", i, t->dx[i],
		            dx, allowed, trial_name(in));
	}
}

/* ---- The calls -------------------------------------------------------------------------------------------------- */

/* Statistics that are not x's own: half a deviation away, and of another width. */
static void statistics_move(struct trial *in)
{
	clnorm_dtype type = clnorm_dtype_statistics(in->desc.dtype);
	for (size_t set = 0; set < in->sets; set++) {
		if (in->moments) {
			double *record = in->moments + set * CLNORM_MOMENTS_WIDTH;
			record[1] += 0.5 * sqrt(record[3] / record[0]);
			record[2] += 1e-8 * record[1];
			record[3] *= 2.25;
		} else {
			in->mean[set] += 0.5 / in->rstd[set];
			in->rstd[set] *= 0.75;
		}
	}
	if (in->moments) {
		place_round(type, in->moments, in->sets * CLNORM_MOMENTS_WIDTH);
	} else {
		place_round(type, in->mean, in->sets);
		place_round(type, in->rstd, in->sets);
	}
}

/* No z within what differences move it by of the kink. */
static void kinks_leave(struct trial *in)
{
	bool has_kink = in->desc.activation == CLNORM_ACT_RELU || in->desc.activation == CLNORM_ACT_LEAKY_RELU;
	for (size_t i = 0; has_kink && i < in->count; i++) {
		struct element e = element_of(in, i);
		for (int k = 1; fabsl(before_activation(&e)) < 0x1p-7L; k++) {
			ck_assert_msg(k < 20, "no way around the kink: %s", trial_name(in));
			in->x[i] += 0.25 * k / (double)e.rstd;
			place_round(in->desc.dtype, &in->x[i], 1);
			e.x = in->x[i];
		}
	}
}

/* A plan with the variant forced; NULL where it does not apply. Such programs are on no menu. */
static clnorm_plan *plan_make(clnorm_desc *desc, int variant)
{
	clnorm_plan *plan = NULL;
	trial_force(desc, variant);
	desc->ops = CLNORM_OP_BACKWARD;
	desc->flags |= CLNORM_CONSTANT_STATISTICS;
	clnorm_status st = clnorm_plan_create(device_get()->ctx, desc, &plan);
	ck_assert_msg(st == CLNORM_OK || (st == CLNORM_UNSUPPORTED && desc->variant), "%s", clnorm_last_error());
	return plan;
}

static void constant_check(const clnorm_desc *desc, clnorm_plan *plan, enum cases_data data, size_t turn)
{
	static const unsigned outputs[] = {TRIAL_GRADIENTS, TRIAL_DX, TRIAL_DGAMMA | TRIAL_DBETA, TRIAL_GRADIENTS};
	const struct trial_back_way way = {
		.inputs = 7 - (unsigned)(turn % 3),
		.outputs = outputs[turn % COUNT(outputs)],
		.told = turn % 2 ? TRIAL_TOLD_PAIR : TRIAL_TOLD_MOMENTS,
		.home = (enum trial_back_home)(turn / 2 % TRIAL_DX_HOMES),
	};
	struct trial_back t;
	trial_back_init(&t, desc, data, (unsigned)turn, way);
	statistics_move(&t.in);
	kinks_leave(&t.in);
	trial_back_rewind(&t);
	trial_back_run(&t, plan, device_get()->queue);
	dx_check(&t);
	sums_check(&t);
	trial_back_clear(&t);
}

/* One program: a dtype and an activation in turn, and several calls. */
static void plan_check(const struct cases_shape *shape, size_t groups, clnorm_layout layout, int variant, size_t turn)
{
	static const enum cases_data kinds[] = {DATA_OFFSET, DATA_NORMAL, DATA_NARROW, DATA_BORDER};
	clnorm_desc desc = cases_desc(shape);
	bool is_turn = turn % 2, has_type = turn / 2 % CLNORM_DTYPE_COUNT != CLNORM_F64 || device_get()->info.fp64;
	desc.groups = groups;
	desc.layout = layout;
	desc.affine = (clnorm_affine)((turn + 1) % CLNORM_AFFINE_COUNT);
	desc.dtype = is_turn && has_type ? (clnorm_dtype)(turn / 2 % CLNORM_DTYPE_COUNT) : CLNORM_F32;
	desc.activation = (clnorm_activation)(turn % CLNORM_ACTIVATION_COUNT);
	desc.slope = 0.2;
	clnorm_plan *plan = trial_has_layout(variant, layout) ? plan_make(&desc, variant) : NULL;
	for (size_t i = 0; plan && i < (device_is_small() ? 2 : 8); i++) {
		/* 16-bit types know no 1e4 but by eights. */
		bool is_half = desc.dtype == CLNORM_F16 || desc.dtype == CLNORM_BF16;
		constant_check(&desc, plan, is_half ? DATA_NORMAL : kinds[i % COUNT(kinds)], turn + i);
	}
	clnorm_plan_destroy(plan);
}

/* Instances of one chunk and of several, and of one element. */
START_TEST(instances)
{
	static const struct cases_shape shapes[] = {{3, {2, 3, 45}}, {3, {1, 3, 16411}}, {2, {5, 35}}};
	size_t count = device_is_small() ? 1 : device_is_long() ? COUNT(shapes) : 2;
	for (size_t k = 0; k < count * CLNORM_LAYOUT_COUNT; k++) {
		size_t shape = k / CLNORM_LAYOUT_COUNT;
		plan_check(&shapes[shape], 0, (clnorm_layout)(k % CLNORM_LAYOUT_COUNT), _i, shape + (size_t)_i);
	}
}
END_TEST

/* Sets of several channels, whole or brought together, their gamma looked up or not. */
START_TEST(sets)
{
	static const struct {
		struct cases_shape shape;
		size_t groups;
	} rows[] = {{{3, {2, 4, 45}}, 2}, {{2, {7, 257}}, 1}, {{4, {5, 6, 4, 4}}, 1}, {{4, {2, 64, 7, 9}}, 32}};
	size_t count = device_is_small() ? 1 : device_is_long() ? COUNT(rows) : 2;
	for (size_t k = 0; k < count * CLNORM_LAYOUT_COUNT; k++) {
		size_t row = k / CLNORM_LAYOUT_COUNT;
		plan_check(&rows[row].shape, rows[row].groups, (clnorm_layout)(k % CLNORM_LAYOUT_COUNT), _i,
		           row + 1 + (size_t)_i);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("constant statistics");
	TCase *gradients = tcase_create("gradients");
	int variants = (int)clnorm_variant_count();
	tcase_set_timeout(gradients, 0);
	tcase_add_loop_test(gradients, instances, 0, variants + 1);
	tcase_add_loop_test(gradients, sets, 0, variants + 1);
	suite_add_tcase(suite, gradients);
	return device_main(suite, NULL);
}
