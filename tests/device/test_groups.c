/* test_groups.c: sets of several channels (group norm, layer norm): every variant, forward, backward, given statistics.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/random_data.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct group_case {
	struct cases_shape shape;
	size_t groups;
};

/* All variants apply to the first ones, as instances. Groups of 1, 2, 32, C/2 and C; rows, whose channels are of one
 * element; a set that is all of a sample; more channels a set than lanes of a vector, and numbers that nothing divides.
 */
static const struct group_case small_cases[] = {
	{{3, {2, 4, 45}}, 2},
	{{4, {5, 6, 4, 4}}, 1},
	{{2, {7, 33}}, 1},
};

static const struct group_case default_cases[] = {
	{{3, {2, 4, 45}}, 2},   {{4, {5, 6, 4, 4}}, 1}, {{2, {7, 257}}, 1},         {{4, {2, 64, 7, 9}}, 32},
	{{3, {2, 6, 2053}}, 3}, {{3, {2, 35, 37}}, 5},  {{4, {1, 64, 31, 31}}, 32}, {{3, {1, 4, 16411}}, 2},
	{{2, {33, 1024}}, 1},   {{3, {2, 34, 18}}, 17},
};

static const struct group_case long_cases[] = {
	{{3, {1, 2, 70001}}, 1},     {{3, {2, 6, 1}}, 3},    {{2, {3, 6}}, 2},           {{3, {300, 4, 3}}, 1},
	{{4, {1, 512, 16, 16}}, 32}, {{3, {1, 3, 1024}}, 1}, {{2, {1, 131071}}, 1},      {{3, {2, 4096, 2}}, 2},
	{{5, {2, 8, 3, 5, 7}}, 4},   {{2, {4096, 768}}, 1},  {{4, {2, 64, 64, 64}}, 32}, {{3, {1, 8, 262144}}, 4},
};

static size_t case_count(void)
{
	return device_is_small()  ? COUNT(small_cases)
	       : device_is_long() ? COUNT(default_cases) + COUNT(long_cases)
	                          : COUNT(default_cases);
}

static const struct group_case *case_get(size_t i)
{
	if (device_is_small()) {
		return &small_cases[i];
	}
	return i < COUNT(default_cases) ? &default_cases[i] : &long_cases[i - COUNT(default_cases)];
}

/* What a case varies besides its shape: one program each, so that all variants together have every dtype, affine form
 * and activation in both passes. */
static clnorm_desc desc_of(size_t k, int variant, clnorm_layout layout)
{
	size_t turn = k + (size_t)variant;
	clnorm_desc desc = cases_desc(&case_get(k)->shape);
	desc.groups = case_get(k)->groups;
	desc.layout = layout;
	if (turn % 2) {
		desc.dtype = (clnorm_dtype)(turn / 2 % CLNORM_DTYPE_COUNT);
		desc.activation = (clnorm_activation)(turn / 2 % CLNORM_ACTIVATION_COUNT);
		desc.slope = 0.2;
	}
	if (desc.dtype == CLNORM_F64 && !device_get()->info.fp64) {
		desc.dtype = CLNORM_F32;
	}
	desc.affine = (clnorm_affine)((k + 1) % CLNORM_AFFINE_COUNT);
	desc.flags = turn % 4 == 3 ? CLNORM_CALLER_WORKSPACE : 0;
	return desc;
}

/* Means of 1e4 deviations in all; of the others as many as shapes of this size allow. */
static const enum cases_data kinds[] = {
	DATA_OFFSET, DATA_NORMAL,  DATA_BORDER,   DATA_NARROW,
	DATA_FINE,   DATA_OUTLIER, DATA_CONSTANT, (enum cases_data)RANDOM_BLOCKS,
	DATA_EXACT,  DATA_CHECKER, DATA_DENORMAL, (enum cases_data)RANDOM_MASK,
};

static size_t kind_count(const clnorm_desc *desc)
{
	return device_is_small() ? 2 : desc->n * desc->c * cases_spatial(desc) > 100000 ? 3 : COUNT(kinds);
}

static bool has_layout(int variant, int layout)
{
	return trial_has_layout(variant, (clnorm_layout)layout);
}

START_TEST(forward)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		int layout = (int)(k % CLNORM_LAYOUT_COUNT);
		clnorm_desc desc = desc_of(k / CLNORM_LAYOUT_COUNT, _i, (clnorm_layout)layout);
		for (size_t i = 0; has_layout(_i, layout) && i < kind_count(&desc); i++) {
			if (cases_data_fits(kinds[i], desc.dtype)) {
				compare_run(&desc, _i, kinds[i], (unsigned)(k + i), 7 - (unsigned)(k + i) % 8);
			}
		}
	}
	compare_verdict();
}
END_TEST

static struct trial_back_way way_of(size_t turn)
{
	return (struct trial_back_way){
		.inputs = 7 - (unsigned)(turn % 8),
		.outputs = TRIAL_GRADIENTS,
		.told = (enum trial_back_statistics)(turn % TRIAL_TOLD_COUNT),
		.home = (enum trial_back_home)(turn / 2 % TRIAL_DX_HOMES),
		.accumulate = turn % 5 == 4 ? (clnorm_accumulate){0.5, 2} : (clnorm_accumulate){0, 0},
		.dy = turn % 7 == 6 ? 1 + TRIAL_DY_LIKE_X : 0,
	};
}

START_TEST(backward)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		int layout = (int)(k % CLNORM_LAYOUT_COUNT);
		clnorm_desc desc = desc_of(k / CLNORM_LAYOUT_COUNT, _i, (clnorm_layout)layout);
		for (size_t i = 0; has_layout(_i, layout) && i < kind_count(&desc); i++) {
			if (cases_data_fits(kinds[i], desc.dtype)) {
				compare_run_backward(&desc, _i, kinds[i], (unsigned)(k + i), way_of(k + i));
			}
		}
	}
	compare_verdict();
}
END_TEST

/* ---- Given statistics ------------------------------------------------------------------------------------------- */

#define MOST_SETS 512

/* y with the formula, from statistics of each set. */
static void given_check(const struct trial *t, const double *mean, const double *rstd)
{
	for (size_t e = 0; e < t->count; e++) {
		size_t instance = cases_instance(&t->desc, e), set = cases_set(&t->desc, instance);
		double gamma = t->gamma ? t->gamma[instance % t->params] : 1;
		double beta = t->beta ? t->beta[instance % t->params] : 0;
		double residual = t->residual ? t->residual[e] : 0;
		double product = (t->x[e] - mean[set]) * rstd[set] * gamma, y = product + beta + residual;
		double allowed = compare_bound(t->desc.dtype) * fmax(1, fabs(product) + fabs(beta) + fabs(residual));
		EXPECT_EACH(fabs(t->y[e] - y) <= allowed, "y[%zu] = %.9g, exact %.9g, allowed %.3g: %s", e, t->y[e], y,
		            allowed, trial_name(t));
	}
}

static void apply_run(struct trial *trial, clnorm_plan *plan, clnorm_view mean, clnorm_view rstd, clnorm_view moments)
{
	cl_event done = NULL;
	clnorm_forward_args in = trial_args(trial);
	clnorm_apply_args args = {.x = in.x, .gamma = in.gamma, .beta = in.beta, .residual = in.residual, .y = in.y};
	args.mean = mean;
	args.rstd = rstd;
	args.moments = moments;
	EXPECT_OK(clnorm_apply(plan, device_get()->queue, &args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	trial_fetch(trial);
}

/* In f32 without an activation. Statistics of some other tensor, one pair a set, and then the moments that forward puts
 * out. */
static void apply_check(const clnorm_desc *desc, clnorm_plan *plan, unsigned seed)
{
	struct trial trial;
	struct place mean, rstd;
	double means[MOST_SETS], rstds[MOST_SETS];
	clnorm_view none = {0};
	trial_init(&trial, desc, DATA_OFFSET, seed, 7, TRIAL_ALL, TRIAL_APART);
	cases_normal(77, 1e4, 3, trial.sets, means);
	cases_normal(78, 2, 0.3, trial.sets, rstds);
	place_round(CLNORM_F32, means, trial.sets);
	place_round(CLNORM_F32, rstds, trial.sets);
	place_init(&mean, CLNORM_F32, trial.sets, 3);
	place_init(&rstd, CLNORM_F32, trial.sets, 1);
	place_store(&mean, means);
	place_store(&rstd, rstds);
	apply_run(&trial, plan, mean.view, rstd.view, none);
	given_check(&trial, means, rstds);
	trial_forward(&trial, plan, device_get()->queue);
	place_poison(&trial.at_y);
	apply_run(&trial, plan, none, none, trial.at_moments.view);
	compare_forward(&trial);
	place_clear(&mean);
	place_clear(&rstd);
	trial_clear(&trial);
}

START_TEST(apply)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		int layout = (int)(k % CLNORM_LAYOUT_COUNT);
		clnorm_desc desc = desc_of(k / CLNORM_LAYOUT_COUNT, _i, (clnorm_layout)layout);
		bool is_plain = desc.dtype == CLNORM_F32 && desc.activation == CLNORM_ACT_NONE;
		desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY;
		clnorm_plan *plan = is_plain && has_layout(_i, layout) && cases_sets(&desc) <= MOST_SETS
		                            ? trial_plan(&desc, _i)
		                            : NULL;
		if (plan) {
			apply_check(&desc, plan, (unsigned)k);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* ---- Bits ------------------------------------------------------------------------------------------------------- */

static const struct trial_back_way plain_way = {.inputs = 7, .outputs = TRIAL_GRADIENTS};

/* A second plan's outputs are the first one's to the bit. `repeats` samples of `from` make up one of `to`. */
static void same_forward(const struct trial *to, const struct trial *from, size_t repeats)
{
	for (size_t n = 0; n < repeats; n++) {
		size_t bytes = from->count * sizeof(double), set_bytes = from->sets * sizeof(double);
		ck_assert_msg(memcmp(to->y + n * from->count, from->y, bytes) == 0, "y of sample %zu: %s", n,
		              trial_name(to));
		ck_assert_msg(memcmp(to->mean + n * from->sets, from->mean, set_bytes) == 0, "mean of sample %zu: %s",
		              n, trial_name(to));
		ck_assert_msg(memcmp(to->rstd + n * from->sets, from->rstd, set_bytes) == 0, "rstd of sample %zu: %s",
		              n, trial_name(to));
		ck_assert_msg(memcmp(to->moments + n * from->sets * CLNORM_MOMENTS_WIDTH, from->moments,
		                     set_bytes * CLNORM_MOMENTS_WIDTH) == 0,
		              "moments of sample %zu: %s", n, trial_name(to));
	}
}

/* All inputs of the samples of one trial, again and again. */
static void samples_repeat(struct trial *many, const struct trial *one, size_t repeats)
{
	bool is_own = one->desc.affine == CLNORM_AFFINE_INSTANCE;
	for (size_t n = 0; n < repeats; n++) {
		memcpy(many->x + n * one->count, one->x, one->count * sizeof(double));
		memcpy(many->residual + n * one->count, one->residual, one->count * sizeof(double));
		for (size_t p = 0; is_own && p < one->params; p++) {
			many->gamma[n * one->params + p] = one->gamma[p];
			many->beta[n * one->params + p] = one->beta[p];
		}
	}
	if (is_own) {
		place_store(&many->at_gamma, many->gamma);
		place_store(&many->at_beta, many->beta);
	}
}

static void same_check(clnorm_desc *from, clnorm_desc *to, int variant)
{
	size_t repeats = to->n / from->n;
	from->ops = to->ops = CLNORM_OP_FORWARD;
	clnorm_plan *plans[] = {trial_plan(from, variant), trial_plan(to, variant)};
	if (plans[0] && plans[1]) {
		struct trial a, b;
		trial_init(&a, from, DATA_NARROW, 3, 7, TRIAL_ALL, TRIAL_APART);
		trial_init(&b, to, DATA_NARROW, 3, 7, TRIAL_ALL, TRIAL_APART);
		samples_repeat(&b, &a, repeats);
		trial_rewind(&b);
		trial_forward(&a, plans[0], device_get()->queue);
		trial_forward(&b, plans[1], device_get()->queue);
		same_forward(&b, &a, repeats);
		trial_clear(&a);
		trial_clear(&b);
	}
	clnorm_plan_destroy(plans[0]);
	clnorm_plan_destroy(plans[1]);
}

static void same_check_backward(clnorm_desc *from, clnorm_desc *to, int variant)
{
	size_t repeats = to->n / from->n;
	clnorm_plan *plans[] = {trial_back_plan(from, variant), trial_back_plan(to, variant)};
	if (plans[0] && plans[1]) {
		struct trial_back a, b;
		trial_back_init(&a, from, DATA_NARROW, 3, plain_way);
		trial_back_init(&b, to, DATA_NARROW, 3, plain_way);
		for (size_t n = 0; n < repeats; n++) {
			memcpy(b.dy + n * a.in.count, a.dy, a.in.count * sizeof(double));
		}
		samples_repeat(&b.in, &a.in, repeats);
		trial_back_rewind(&b);
		trial_back_run(&a, plans[0], device_get()->queue);
		trial_back_run(&b, plans[1], device_get()->queue);
		for (size_t n = 0; n < repeats; n++) {
			ck_assert_msg(memcmp(b.dx + n * a.in.count, a.dx, a.in.count * sizeof(double)) == 0,
			              "dx of sample %zu: %s", n, trial_name(&b.in));
		}
		if (repeats == 1 && a.dgamma) {
			ck_assert_int_eq(memcmp(b.dgamma, a.dgamma, a.in.params * sizeof(double)), 0);
			ck_assert_int_eq(memcmp(b.dbeta, a.dbeta, a.in.params * sizeof(double)), 0);
		}
		trial_back_clear(&a);
		trial_back_clear(&b);
	}
	clnorm_plan_destroy(plans[0]);
	clnorm_plan_destroy(plans[1]);
}

/* A sample's bits do not depend on how many there are. */
START_TEST(batch_invariant)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		clnorm_desc one = desc_of(k / CLNORM_LAYOUT_COUNT, _i, (clnorm_layout)(k % CLNORM_LAYOUT_COUNT));
		one.n = 1;
		one.flags |= CLNORM_BATCH_INVARIANT;
		clnorm_desc many = one;
		many.n = k % 3 == 2 ? 13 : 3;
		if (has_layout(_i, (int)one.layout) && one.c * cases_spatial(&one) < 100000) {
			same_check(&one, &many, _i);
			same_check_backward(&one, &many, _i);
		}
	}
}
END_TEST

/* As many groups as channels are what no groups are, in the same program. */
START_TEST(groups_of_one)
{
	for (size_t k = 0; k < 2 * CLNORM_LAYOUT_COUNT; k++) {
		clnorm_desc desc = cases_desc(cases_core(k / CLNORM_LAYOUT_COUNT));
		desc.layout = (clnorm_layout)(k % CLNORM_LAYOUT_COUNT);
		clnorm_desc said = desc;
		said.groups = said.c;
		if (has_layout(_i, (int)desc.layout)) {
			same_check(&desc, &said, _i);
			same_check_backward(&desc, &said, _i);
		}
	}
}
END_TEST

/* A NaN is its own set's alone. */
START_TEST(nan_stays_home)
{
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		clnorm_desc desc = desc_of(0, 2 * _i, (clnorm_layout)layout);
		struct trial t;
		clnorm_plan *plan = has_layout(_i, layout) ? trial_plan(&desc, _i) : NULL;
		if (!plan) {
			continue;
		}
		trial_init(&t, &desc, DATA_NORMAL, 5, 3, TRIAL_ALL, TRIAL_APART);
		size_t spoiled = 1, at = cases_index(&desc, spoiled * cases_runs(&desc) + 1, 7);
		t.x[at] = NAN;
		place_store(&t.at_x, t.x);
		t.x[at] = 0;
		clnorm_forward_args args = trial_args(&t);
		EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
		EXPECT_CL(clFinish(device_get()->queue));
		double *y = place_load(&t.at_y, "y");
		for (size_t i = 0; i < t.count; i++) {
			bool is_member = cases_set(&desc, cases_instance(&desc, i)) == spoiled;
			EXPECT_EACH(isnan(y[i]) == is_member, "y[%zu] is %g: %s", i, y[i], trial_name(&t));
		}
		free(y);
		trial_clear(&t);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* The planner has a variant for each, in all passes. */
START_TEST(planner)
{
	int none = (int)clnorm_variant_count();
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		clnorm_desc desc = desc_of(k / CLNORM_LAYOUT_COUNT, 0, (clnorm_layout)(k % CLNORM_LAYOUT_COUNT));
		desc.ops = CLNORM_OP_FORWARD;
		ck_assert(compare_run(&desc, none, DATA_OFFSET, (unsigned)k, 7));
		ck_assert(compare_run_backward(&desc, none, DATA_OFFSET, (unsigned)k, plain_way));
	}
	compare_verdict();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("groups");
	TCase *sets = tcase_create("sets");
	TCase *bits = tcase_create("bits");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(sets, forward, 0, variants);
	tcase_add_loop_test(sets, backward, 0, variants);
	tcase_add_loop_test(sets, apply, 0, variants);
	tcase_add_test(sets, planner);
	tcase_add_loop_test(bits, batch_invariant, 0, variants);
	tcase_add_loop_test(bits, groups_of_one, 0, variants);
	tcase_add_loop_test(bits, nan_stays_home, 0, variants);
	suite_add_tcase(suite, sets);
	suite_add_tcase(suite, bits);
	return device_main(suite, compare_report);
}
