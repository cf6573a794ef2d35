/* test_fuzz.c: calls drawn at random, shape, type, variant, data and all, against the oracle; CLNORM_TEST_LONG only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * CLNORM_TEST_DRAWS is how many (400), CLNORM_TEST_SEED the first one's number (1); each number that is wrong is
 * printed with the draw's, which is all that it takes to draw it again: CLNORM_TEST_SEED=1234 CLNORM_TEST_DRAWS=1. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/random.h"
#include "tests/kit/random_data.h"

/* Elements of a tensor: mostly so many at most, now and then the second number. */
#define USUAL_ELEMENTS (1u << 18)
#define MANY_ELEMENTS (1u << 22)

/* Data for one plan: its kernels are compiled once. */
#define TRIALS_A_PLAN 6

static const double epsilons[] = {1e-5, 1e-3, 1e-8, 1e-12, 0.3, 4.0, 1e-20};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static unsigned number_of(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);
	return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

/* From 1 to most, as often between 10 and 100 as between 100 and 1000; every third one next to a power of two. */
static size_t size_between(uint64_t *state, size_t most)
{
	double exponent = log2((double)most) * random_uniform(state);
	size_t size = (size_t)exp2(exponent);
	if (random_below(state, 3) == 0) {
		size = ((size_t)1 << (unsigned)(exponent + 0.5)) + random_below(state, 3) - 1;
	}
	return size < 1 ? 1 : size > most ? most : size;
}

static clnorm_desc desc_draw(uint64_t *state)
{
	static const clnorm_dtype dtypes[] = {CLNORM_F32, CLNORM_F32, CLNORM_F32, CLNORM_F16, CLNORM_BF16, CLNORM_F64};
	size_t budget = random_below(state, 40) == 0 ? MANY_ELEMENTS : USUAL_ELEMENTS;
	size_t s = size_between(state, budget), c = size_between(state, budget / s), n = 1;
	c = c > 1 && random_below(state, 2) ? 1 + random_below(state, 5) : c;
	n = budget / s / c > 0 ? size_between(state, budget / s / c) : 1;
	clnorm_desc desc = clnorm_desc_1d(n > 300 ? 300 : n, c, s);
	desc.dtype = dtypes[random_below(state, COUNT(dtypes))];
	if (desc.dtype == CLNORM_F64 && !device_get()->info.fp64) {
		desc.dtype = CLNORM_F32;
	}
	desc.layout = (clnorm_layout)random_below(state, CLNORM_LAYOUT_COUNT);
	desc.affine = (clnorm_affine)random_below(state, CLNORM_AFFINE_COUNT);
	desc.activation = random_below(state, 2) ? CLNORM_ACT_NONE
	                                         : (clnorm_activation)random_below(state, CLNORM_ACTIVATION_COUNT);
	desc.slope = 0.2;
	desc.epsilon = epsilons[random_below(state, COUNT(epsilons))];
	desc.flags = random_below(state, 2) * CLNORM_CALLER_WORKSPACE | random_below(state, 2) * CLNORM_BATCH_INVARIANT;
	return desc;
}

static enum cases_data data_draw(uint64_t *state, clnorm_dtype dtype)
{
	enum cases_data data = (enum cases_data)random_below(state, RANDOM_END);
	return data >= DATA_RANDOM || cases_data_fits(data, dtype) ? data : (enum cases_data)RANDOM_NORMAL;
}

static void note_draw(struct trial *trial, unsigned draw)
{
	size_t length = strlen(trial->note);
	snprintf(trial->note + length, sizeof(trial->note) - length, ", draw %u", draw);
}

static void forward_draw(clnorm_desc *desc, clnorm_plan *plan, uint64_t *state, unsigned draw)
{
	struct trial trial;
	unsigned inputs = random_below(state, 8), home = random_below(state, 3);
	enum cases_data data = data_draw(state, desc->dtype);
	if (home == TRIAL_OVER_RESIDUAL && !(inputs & TRIAL_RESIDUAL)) {
		home = TRIAL_OVER_X;
	}
	trial_init(&trial, desc, data, random_below(state, 100000), inputs, TRIAL_ALL, (enum trial_home)home);
	note_draw(&trial, draw);
	trial_forward(&trial, plan, device_get()->queue);
	compare_sweep_begin();
	compare_forward(&trial);
	compare_sweep_end();
	trial_clear(&trial);
}

static void backward_draw(clnorm_desc *desc, clnorm_plan *plan, uint64_t *state, unsigned draw)
{
	static const clnorm_accumulate accumulates[] = {{0, 0}, {0, 0}, {0, 0}, {1, 1}, {0.1, 0.9}};
	struct trial_back trial;
	struct trial_back_way way = {
		.inputs = random_below(state, 8),
		.outputs = TRIAL_GRADIENTS,
		.told = (enum trial_back_statistics)random_below(state, TRIAL_TOLD_COUNT),
		.home = (enum trial_back_home)random_below(state, TRIAL_DX_HOMES),
		.accumulate = accumulates[random_below(state, COUNT(accumulates))],
		.dy = 1 + random_below(state, TRIAL_DYS),
	};
	enum cases_data data = data_draw(state, desc->dtype);
	if (desc->activation == CLNORM_ACT_RELU || desc->activation == CLNORM_ACT_LEAKY_RELU) {
		way.inputs |= TRIAL_RESIDUAL; /* which moves off the kink whatever lies there */
	}
	trial_back_init(&trial, desc, data, random_below(state, 100000), way);
	note_draw(&trial.in, draw);
	trial_back_run(&trial, plan, device_get()->queue);
	compare_sweep_begin();
	compare_backward(&trial);
	compare_sweep_end();
	trial_back_clear(&trial);
}

/* One plan, and a few calls of it. False where the variant drawn does not apply to the shape drawn. */
static bool plan_draw(unsigned draw)
{
	uint64_t state = (uint64_t)draw << 32;
	clnorm_desc desc = desc_draw(&state);
	bool backward = random_next(&state) & 1;
	int variant = (int)random_below(&state, (unsigned)clnorm_variant_count() + 1);
	clnorm_plan *plan = backward ? trial_back_plan(&desc, variant) : trial_plan(&desc, variant);
	if (!plan) {
		return false;
	}
	for (int i = 0; i < TRIALS_A_PLAN; i++) {
		if (backward) {
			backward_draw(&desc, plan, &state, draw);
		} else {
			forward_draw(&desc, plan, &state, draw);
		}
	}
	clnorm_plan_destroy(plan);
	return true;
}

START_TEST(draws)
{
	unsigned first = number_of("CLNORM_TEST_SEED", 1), count = number_of("CLNORM_TEST_DRAWS", 400), made = 0;
	if (!device_is_long()) {
		return;
	}
	printf("draws %u to %u\n", first, first + count - 1);
	for (unsigned i = 0; i < count; i++) {
		made += plan_draw(first + i);
		fflush(stdout);
	}
	printf("%u plans were made, the other variants do not apply to their shapes\n", made);
	compare_verdict();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuzz");
	TCase *tcase = tcase_create("draws");
	tcase_add_test(tcase, draws);
	suite_add_tcase(suite, tcase);
	return device_main(suite, compare_report);
}
