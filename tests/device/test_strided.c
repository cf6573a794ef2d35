/* test_strided.c: tensors with gaps, each with strides of its own: every variant, forward, backward, given statistics.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/random_data.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct strided_case {
	struct cases_shape shape;
	size_t groups;
};

/* All variants apply to the first ones. Groups of 0, 1, 2 and C; channels of one element, which lie apart then; rows of
 * less than a vector, of no multiple of one, of several blocks and chunks. */
static const struct strided_case small_cases[] = {
	{{3, {2, 4, 45}}, 0},
	{{4, {3, 6, 4, 4}}, 1},
	{{3, {3, 4, 17}}, 2},
	{{2, {7, 33}}, 1},
};

static const struct strided_case default_cases[] = {
	{{3, {2, 4, 45}}, 0},      {{4, {3, 6, 4, 4}}, 1},  {{3, {3, 4, 17}}, 2},   {{2, {7, 33}}, 1},
	{{3, {2, 6, 2053}}, 6},    {{4, {2, 64, 7, 9}}, 2}, {{3, {2, 35, 37}}, 35}, {{3, {1, 4, 16411}}, 2},
	{{4, {2, 3, 127, 65}}, 0}, {{3, {5, 2, 3}}, 0},     {{2, {9, 1024}}, 2},    {{4, {2, 32, 31, 31}}, 1},
};

static const struct strided_case long_cases[] = {
	{{3, {2, 2, 70001}}, 0},      {{3, {1, 2, 70001}}, 1},   {{3, {300, 4, 3}}, 2},   {{2, {3, 6}}, 6},
	{{4, {2, 512, 16, 16}}, 0},   {{5, {2, 8, 3, 5, 7}}, 2}, {{2, {2, 131071}}, 1},   {{3, {2, 4096, 2}}, 2},
	{{4, {2, 16, 256, 256}}, 16}, {{3, {2, 8, 262144}}, 2},  {{3, {70000, 1, 5}}, 0}, {{4, {4, 96, 33, 31}}, 1},
};

static size_t case_count(void)
{
	return device_is_small()  ? COUNT(small_cases)
	       : device_is_long() ? COUNT(default_cases) + COUNT(long_cases)
	                          : COUNT(default_cases);
}

static const struct strided_case *case_get(size_t i)
{
	if (device_is_small()) {
		return &small_cases[i];
	}
	return i < COUNT(default_cases) ? &default_cases[i] : &long_cases[i - COUNT(default_cases)];
}

/* ---- Strides ---------------------------------------------------------------------------------------------------- */

enum gaps {
	GAPS_ODD,     /* behind each channel (pixel), and more behind each sample */
	GAPS_SAMPLES, /* behind samples alone, as a slice of channels has them */
	GAPS_VECTORS, /* of a number of vectors: slices too */
	GAPS_ACROSS,  /* channels (pixels) of samples: a transposed batch */
	GAPS_ONE,     /* in one of the five tensors alone */
	GAPS_COUNT
};

static clnorm_strides gaps_of(const struct strided *packed, const clnorm_desc *desc, enum gaps gaps, size_t turn)
{
	static const size_t behind[] = {3, 5, 2, 7, 1}, more[] = {7, 1, 4, 11, 2};
	size_t gap = behind[turn % 5], inner = packed->block + (gaps == GAPS_VECTORS ? 16 * gap : gap);
	switch (gaps) {
	case GAPS_SAMPLES:
		return (clnorm_strides){packed->sample + more[turn % 5], 0};
	case GAPS_ACROSS:
		return (clnorm_strides){inner, desc->n * inner + more[turn % 5]};
	case GAPS_ONE:
		return turn % 5 == 0 ? (clnorm_strides){packed->blocks * inner + 9, inner} : (clnorm_strides){0, 0};
	default:
		return (clnorm_strides){packed->blocks * inner + more[turn % 5], inner};
	}
}

/* Each tensor its own. */
static void strides_set(clnorm_desc *desc, size_t turn)
{
	clnorm_strides *all[] = {&desc->strides.x, &desc->strides.residual, &desc->strides.y, &desc->strides.dy,
	                         &desc->strides.dx};
	struct strided packed = strided_of(desc, (clnorm_strides){0, 0});
	for (size_t i = 0; i < COUNT(all); i++) {
		*all[i] = gaps_of(&packed, desc, (enum gaps)(turn % GAPS_COUNT), i + turn / GAPS_COUNT);
	}
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
	return desc;
}

/* Few shapes are tried by every variant, the others by every second one; in long runs all by all. */
static bool is_due(size_t k, int variant, int layout)
{
	bool is_turn = k < 2 || (k + (size_t)variant) % 2 == 0 || device_is_long();
	return is_turn && trial_has_layout(variant, (clnorm_layout)layout);
}

static const enum cases_data kinds[] = {DATA_OFFSET, DATA_NORMAL, DATA_NARROW, (enum cases_data)RANDOM_BLOCKS,
                                        DATA_BORDER};

static size_t kind_count(const clnorm_desc *desc)
{
	return device_is_small() ? 1 : desc->n * desc->c * cases_spatial(desc) > 100000 ? 2 : COUNT(kinds);
}

/* ---- Passes ----------------------------------------------------------------------------------------------------- */

/* In place, an output and what it lies on have one pair of strides: that which has gaps. */
static void agree(clnorm_strides *one, clnorm_strides *other)
{
	if (one->sample == 0) {
		*one = *other;
	}
	*other = *one;
}

static enum trial_home home_choose(clnorm_desc *desc, size_t turn)
{
	enum trial_home home = (enum trial_home)(turn % 3);
	if (home != TRIAL_APART) {
		agree(&desc->strides.y, home == TRIAL_OVER_X ? &desc->strides.x : &desc->strides.residual);
	}
	return home;
}

static bool forward_run(clnorm_desc *desc, int variant, enum cases_data data, size_t turn)
{
	struct trial trial;
	enum trial_home home = home_choose(desc, turn);
	clnorm_plan *plan = trial_plan(desc, variant);
	if (!plan) {
		return false;
	}
	unsigned inputs = home == TRIAL_OVER_RESIDUAL ? 7 : 7 - (unsigned)turn % 8;
	trial_init(&trial, desc, data, (unsigned)turn, inputs, TRIAL_ALL, home);
	trial_forward(&trial, plan, device_get()->queue);
	compare_sweep_begin();
	compare_forward(&trial);
	compare_sweep_end();
	trial_clear(&trial);
	clnorm_plan_destroy(plan);
	return true;
}

START_TEST(forward)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		size_t c = k / CLNORM_LAYOUT_COUNT;
		int layout = (int)(k % CLNORM_LAYOUT_COUNT);
		for (size_t i = 0; is_due(c, _i, layout); i++) {
			clnorm_desc desc = desc_of(c, _i, (clnorm_layout)layout);
			if (i >= kind_count(&desc)) {
				break;
			}
			strides_set(&desc, c + (size_t)_i + i);
			forward_run(&desc, _i, kinds[i], c + i);
		}
	}
	compare_verdict();
}
END_TEST

static struct trial_back_way way_choose(clnorm_desc *desc, size_t turn)
{
	struct trial_back_way way = {
		.inputs = 7 - (unsigned)(turn % 8),
		.outputs = TRIAL_GRADIENTS,
		.told = (enum trial_back_statistics)(turn % TRIAL_TOLD_COUNT),
		.home = (enum trial_back_home)(turn / 2 % TRIAL_DX_HOMES),
	};
	if (way.home != TRIAL_DX_APART) {
		agree(&desc->strides.dx, way.home == TRIAL_DX_OVER_DY ? &desc->strides.dy : &desc->strides.x);
	}
	return way;
}

START_TEST(backward)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		size_t c = k / CLNORM_LAYOUT_COUNT;
		int layout = (int)(k % CLNORM_LAYOUT_COUNT);
		for (size_t i = 0; is_due(c, _i, layout); i++) {
			clnorm_desc desc = desc_of(c, _i, (clnorm_layout)layout);
			if (i >= kind_count(&desc)) {
				break;
			}
			strides_set(&desc, c + (size_t)_i + i);
			struct trial_back_way way = way_choose(&desc, c + i);
			compare_run_backward(&desc, _i, kinds[i], (unsigned)(c + i), way);
		}
	}
	compare_verdict();
}
END_TEST

/* ---- Given statistics ------------------------------------------------------------------------------------------- */

/* With the moments that forward puts out, apply gives what forward gives. */
static void apply_check(const clnorm_desc *desc, clnorm_plan *plan, unsigned seed)
{
	struct trial trial;
	cl_event done = NULL;
	trial_init(&trial, desc, DATA_OFFSET, seed, 7, TRIAL_ALL, TRIAL_APART);
	trial_forward(&trial, plan, device_get()->queue);
	place_poison(&trial.at_y);
	clnorm_forward_args in = trial_args(&trial);
	clnorm_apply_args args = {.x = in.x, .gamma = in.gamma, .beta = in.beta, .residual = in.residual, .y = in.y};
	args.moments = in.moments;
	EXPECT_OK(clnorm_apply(plan, device_get()->queue, &args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	trial_fetch(&trial);
	compare_forward(&trial);
	trial_clear(&trial);
}

START_TEST(apply)
{
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		size_t c = k / CLNORM_LAYOUT_COUNT;
		clnorm_desc desc = desc_of(c, _i, (clnorm_layout)(k % CLNORM_LAYOUT_COUNT));
		bool is_plain = desc.dtype == CLNORM_F32 && desc.activation == CLNORM_ACT_NONE;
		desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY;
		strides_set(&desc, c + (size_t)_i);
		clnorm_plan *plan = is_plain && is_due(c, _i, (int)desc.layout) ? trial_plan(&desc, _i) : NULL;
		if (plan) {
			apply_check(&desc, plan, (unsigned)k);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* The planner has a variant for each, in all passes. */
START_TEST(planner)
{
	int none = (int)clnorm_variant_count();
	for (size_t k = 0; k < case_count() * CLNORM_LAYOUT_COUNT; k++) {
		size_t c = k / CLNORM_LAYOUT_COUNT;
		clnorm_desc desc = desc_of(c, 0, (clnorm_layout)(k % CLNORM_LAYOUT_COUNT));
		strides_set(&desc, k);
		clnorm_desc back = desc;
		struct trial_back_way way = way_choose(&back, k);
		ck_assert(forward_run(&desc, none, DATA_OFFSET, k));
		ck_assert(compare_run_backward(&back, none, DATA_OFFSET, (unsigned)k, way));
	}
	compare_verdict();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("strided");
	TCase *all = tcase_create("all");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(all, forward, 0, variants);
	tcase_add_loop_test(all, backward, 0, variants);
	tcase_add_loop_test(all, apply, 0, variants);
	tcase_add_test(all, planner);
	suite_add_tcase(suite, all);
	return device_main(suite, compare_report);
}
