/* test_known_bugs.c: inputs that other implementations got wrong, where no sweep of the other tests comes by them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table in README.md says which bug each one is. */
#include <math.h>
#include <stdint.h>

#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A trial whose data the caller fills in. False where the variant does not apply. */
static bool begin(clnorm_desc *desc, int variant, unsigned inputs, struct trial *trial, clnorm_plan **plan)
{
	*plan = trial_plan(desc, variant);
	if (*plan) {
		trial_init(trial, desc, DATA_NORMAL, 1, inputs, TRIAL_ALL, TRIAL_APART);
	}
	return *plan != NULL;
}

static void run(struct trial *trial, clnorm_plan *plan)
{
	place_round(trial->desc.dtype, trial->x, trial->count);
	trial_rewind(trial);
	trial_forward(trial, plan, device_get()->queue);
	compare_forward(trial);
}

static void end(struct trial *trial, clnorm_plan *plan)
{
	trial_clear(trial);
	clnorm_plan_destroy(plan);
}

/* A mean of 5e4 standard deviations: past the contract of y, but the variance must still be right. */
START_TEST(far_mean)
{
	clnorm_desc desc = clnorm_desc_2d(1, 2, 256, 256);
	struct trial trial;
	clnorm_plan *plan;
	if (device_is_small() || !begin(&desc, _i, 0, &trial, &plan)) {
		return;
	}
	for (size_t i = 0; i < trial.count; i++) {
		trial.x[i] += 5e4;
	}
	place_round(desc.dtype, trial.x, trial.count);
	trial_rewind(&trial);
	trial_forward(&trial, plan, device_get()->queue);
	for (size_t n = 0; n < trial.instances; n++) {
		double mean = 0, m2 = 0;
		for (size_t s = 0; s < trial.spatial; s++) {
			mean += trial.x[cases_index(&desc, n, s)] / (double)trial.spatial;
		}
		for (size_t s = 0; s < trial.spatial; s++) {
			double d = trial.x[cases_index(&desc, n, s)] - mean;
			m2 += d * d;
		}
		double wanted = 1 / sqrt(m2 / (double)trial.spatial + desc.epsilon);
		ck_assert_msg(fabs(trial.rstd[n] / wanted - 1) <= 1e-6, "rstd is %.9g, exactly %.9g: %s", trial.rstd[n],
		              wanted, trial_name(&trial));
	}
	end(&trial, plan);
}
END_TEST

/* A beginning unlike the rest: deviations from it are hundreds of times as large as those from the mean. */
START_TEST(odd_beginning)
{
	static const struct cases_shape shapes[] = {{3, {2, 3, 2053}}, {3, {1, 3, 16411}}};
	for (size_t k = 0; k < COUNT(shapes); k++) {
		clnorm_desc desc = cases_desc(&shapes[k]);
		struct trial trial;
		clnorm_plan *plan;
		if (!begin(&desc, _i, 0, &trial, &plan)) {
			continue;
		}
		for (size_t i = 0; i < trial.instances; i++) {
			for (size_t s = 0; s < 64; s++) {
				trial.x[cases_index(&desc, i, s)] += 1e4;
			}
		}
		run(&trial, plan);
		end(&trial, plan);
	}
}
END_TEST

/* A picture of ones: beta everywhere, in planes of odd sizes, in f16 too, where no sum of it is a half. */
START_TEST(ones)
{
	for (int dtype = CLNORM_F32; !device_is_small() && dtype <= CLNORM_F16; dtype++) {
		clnorm_desc desc = clnorm_desc_2d(1, 3, 513, 1025);
		struct trial trial;
		clnorm_plan *plan;
		desc.dtype = (clnorm_dtype)dtype;
		if (!begin(&desc, _i, TRIAL_BETA, &trial, &plan)) {
			continue;
		}
		for (size_t i = 0; i < trial.count; i++) {
			trial.x[i] = 1;
		}
		run(&trial, plan);
		place_round(desc.dtype, trial.beta, trial.params);
		for (size_t i = 0; i < trial.count; i++) {
			double beta = trial.beta[cases_instance(&desc, i)];
			EXPECT_EACH(trial.y[i] == beta, "y[%zu] is %g, beta %g: %s", i, trial.y[i], beta,
			            trial_name(&trial));
		}
		end(&trial, plan);
	}
}
END_TEST

/* Half of an ulp of f16 here and there, and an epsilon that a half cannot hold. */
START_TEST(nearly_constant_halves)
{
	static const double epsilons[] = {1e-8, 1e-12};
	for (size_t k = 0; k < COUNT(epsilons); k++) {
		clnorm_desc desc = clnorm_desc_2d(2, 3, 9, 11);
		struct trial trial;
		clnorm_plan *plan;
		desc.dtype = CLNORM_F16;
		desc.epsilon = epsilons[k];
		if (!begin(&desc, _i, TRIAL_GAMMA | TRIAL_BETA, &trial, &plan)) {
			continue;
		}
		for (size_t i = 0; i < trial.count; i++) {
			trial.x[i] = 1 + (i % 7 == 0 ? 0x1p-10 : 0);
		}
		run(&trial, plan);
		end(&trial, plan);
	}
}
END_TEST

/* Factors past the largest half, on data of f16 that is small enough for y to be one. */
START_TEST(large_gamma)
{
	clnorm_desc desc = clnorm_desc_2d(2, 3, 5, 7);
	struct trial trial;
	clnorm_plan *plan;
	desc.dtype = CLNORM_F16;
	desc.epsilon = 4;
	if (!begin(&desc, _i, TRIAL_GAMMA | TRIAL_BETA, &trial, &plan)) {
		return;
	}
	for (size_t i = 0; i < trial.params; i++) {
		trial.gamma[i] = 70000 + 65536 * (double)i;
	}
	for (size_t i = 0; i < trial.count; i++) {
		trial.x[i] *= 1e-3;
	}
	place_store(&trial.at_gamma, trial.gamma);
	run(&trial, plan);
	for (size_t i = 0; i < trial.count; i++) {
		ck_assert(isfinite(trial.y[i]));
	}
	end(&trial, plan);
}
END_TEST

/* Every size of a plane from 1 to 70, so that none is on a path of its own. */
START_TEST(every_size)
{
	size_t step = device_is_small() ? 23 : 1;
	for (size_t s = 1 + (size_t)_i % step; s <= 70; s += step) {
		clnorm_desc desc = clnorm_desc_1d(3, 5, s);
		compare_run(&desc, _i, DATA_NORMAL, (unsigned)s, TRIAL_GAMMA | TRIAL_BETA);
		if (trial_has_layout(_i, CLNORM_NHWC)) {
			desc = clnorm_desc_1d(3, 5, s);
			desc.layout = CLNORM_NHWC;
			compare_run(&desc, _i, DATA_OFFSET, (unsigned)s, TRIAL_GAMMA);
		}
	}
	compare_verdict();
}
END_TEST

/* Planes of +-a in turn: every block has the same squares, which are rounded alike when they are added up. */
static double equal_blocks_value(size_t instance, size_t s)
{
	return (s % 2 ? -1 : 1) * (float)(1 + (double)(instance + 1) / 7);
}

static void equal_blocks_run(clnorm_layout layout)
{
	clnorm_desc desc = cases_desc(cases_large());
	struct trial trial;
	desc.layout = layout;
	trial_init(&trial, &desc, DATA_CONSTANT, 1, 0, TRIAL_RSTD, TRIAL_APART);
	for (size_t i = 0; i < trial.count; i++) {
		size_t instance = cases_instance(&desc, i);
		size_t s = layout == CLNORM_NHWC ? i / desc.c : i - instance * trial.spatial;
		trial.x[i] = equal_blocks_value(instance, s);
	}
	for (int variant = 0; variant < (int)clnorm_variant_count(); variant++) {
		clnorm_plan *plan = trial_has_layout(variant, layout) ? trial_plan(&trial.desc, variant) : NULL;
		if (plan) {
			trial_rewind(&trial);
			trial_forward(&trial, plan, device_get()->queue);
		}
		for (size_t i = 0; plan && i < trial.instances; i++) {
			double a = equal_blocks_value(i, 0), wanted = 1 / sqrt(a * a + desc.epsilon);
			compare_number(compare_worst(&trial), &trial, "rstd", i, trial.rstd[i], wanted,
			               compare_bound(desc.dtype) * wanted);
		}
		clnorm_plan_destroy(plan);
	}
	trial_clear(&trial);
}

START_TEST(equal_blocks)
{
	for (int layout = 0; !device_is_small() && layout < CLNORM_LAYOUT_COUNT; layout++) {
		equal_blocks_run((clnorm_layout)layout);
	}
}
END_TEST

/* 3.8e7 numbers from 0 to 1 in one plane, which long sums in float get wrong. */
START_TEST(long_uniform)
{
	clnorm_desc desc = clnorm_desc_3d(1, 1, 72 * 8, 256, 256);
	struct trial trial;
	clnorm_plan *plan;
	uint64_t state = 1;
	if (!device_is_long() || !begin(&desc, (int)clnorm_variant_count(), 0, &trial, &plan)) {
		return;
	}
	for (size_t i = 0; i < trial.count; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		trial.x[i] = (double)(state >> 40) * 0x1p-24;
	}
	run(&trial, plan);
	end(&trial, plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("known bugs");
	TCase *bugs = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(bugs, far_mean, 0, variants + 1);
	tcase_add_loop_test(bugs, odd_beginning, 0, variants + 1);
	tcase_add_loop_test(bugs, ones, 0, variants + 1);
	tcase_add_loop_test(bugs, nearly_constant_halves, 0, variants + 1);
	tcase_add_loop_test(bugs, large_gamma, 0, variants + 1);
	tcase_add_loop_test(bugs, every_size, 0, variants + 1);
	tcase_add_test(bugs, equal_blocks);
	tcase_add_test(bugs, long_uniform);
	suite_add_tcase(suite, bugs);
	return device_main(suite, compare_report);
}
