/* test_dtypes.c: clnorm_forward() of every variant over dtypes and activations, each with each in a long run, against
 * the oracle.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/menu.h"

static const double epsilons[] = {1e-5, 1e-3, 1e-8, 1e-12, 0.3, 4.0, 1e-6};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Every kind of data, core shapes, one layout. */
static void sweep_data(int variant, clnorm_dtype dtype, clnorm_layout layout)
{
	for (size_t k = 0; k < cases_core_count(); k++) {
		for (int data = 0; data < DATA_COUNT; data++) {
			clnorm_desc desc = cases_desc(cases_core(k));
			desc.dtype = dtype;
			desc.layout = layout;
			desc.epsilon = epsilons[(k + (size_t)data) % COUNT(epsilons)];
			if (cases_data_fits((enum cases_data)data, dtype)) {
				compare_run(&desc, variant, (enum cases_data)data, (unsigned)(k * 31 + (size_t)data),
				            TRIAL_GAMMA | TRIAL_BETA);
			}
		}
	}
}

START_TEST(every_dtype)
{
	for (int dtype = CLNORM_F16; device_is_long() && dtype < CLNORM_DTYPE_COUNT; dtype++) {
		for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
			if (trial_has_layout(_i, (clnorm_layout)layout) &&
			    (dtype != CLNORM_F64 || device_get()->info.fp64)) {
				sweep_data(_i, (clnorm_dtype)dtype, (clnorm_layout)layout);
			}
		}
	}
	compare_verdict();
}
END_TEST

static void sweep_activations(int variant, clnorm_dtype dtype, clnorm_layout layout)
{
	static const struct cases_shape shapes[] = {{3, {2, 5, 37}}, {3, {2, 3, 2053}}};
	for (int activation = 0; activation < CLNORM_ACTIVATION_COUNT; activation++) {
		for (size_t k = 0; k < COUNT(shapes); k++) {
			clnorm_desc desc = cases_desc(&shapes[k]);
			desc.dtype = dtype;
			desc.layout = layout;
			desc.activation = (clnorm_activation)activation;
			desc.slope = k ? 0.2 : -1.5;
			compare_run(&desc, variant, DATA_NORMAL, (unsigned)activation, 7);
			compare_run(&desc, variant, DATA_OFFSET, (unsigned)activation + 50, TRIAL_BETA);
		}
	}
}

START_TEST(every_activation)
{
	for (int layout = 0; device_is_long() && layout < CLNORM_LAYOUT_COUNT; layout++) {
		if (trial_has_layout(_i, (clnorm_layout)layout)) {
			sweep_activations(_i, _i % 2 ? CLNORM_F16 : CLNORM_F32, (clnorm_layout)layout);
			sweep_activations(_i, CLNORM_BF16, (clnorm_layout)layout);
		}
	}
	compare_verdict();
}
END_TEST

/* f16 planes of more elements than a half can count, and saved statistics that a half cannot hold. */
START_TEST(halves)
{
	const struct cases_shape shape = {4, {1, 4, 257, 256}};
	clnorm_desc desc = cases_desc(&shape);
	desc.dtype = CLNORM_F16;
	if (device_is_small()) {
		return;
	}
	menu_fit_activation(&desc, _i, 0);
	compare_run(&desc, _i, DATA_NARROW, 1, TRIAL_GAMMA | TRIAL_BETA);
	compare_run(&desc, _i, DATA_CHECKER, 2, 0);
	compare_run(&desc, _i, DATA_OFFSET, 3, 0);
	compare_verdict();
}
END_TEST

/* Halfway between two numbers of a 16-bit type: the even one. Planes are of zeros, so that y is beta to the last bit.
 */
START_TEST(ties)
{
	static const double even[] = {0, 4, 4};
	for (int dtype = CLNORM_F16; dtype <= CLNORM_BF16; dtype++) {
		clnorm_desc desc = clnorm_desc_1d(2, COUNT(even), 45);
		struct trial trial;
		desc.dtype = (clnorm_dtype)dtype;
		clnorm_plan *plan = trial_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		double half = compare_half_ulp(desc.dtype, 1);
		trial_init(&trial, &desc, DATA_NORMAL, 1, TRIAL_BETA, TRIAL_Y, TRIAL_APART);
		for (size_t i = 0; i < trial.count; i++) {
			trial.x[i] = 0;
		}
		for (size_t i = 0; i < COUNT(even); i++) {
			trial.beta[i] = 1 + half * (double)(2 * i + 1);
		}
		place_store(&trial.at_beta, trial.beta);
		trial_rewind(&trial);
		trial_forward(&trial, plan, device_get()->queue);
		for (size_t i = 0; i < trial.count; i++) {
			double wanted = 1 + half * even[cases_instance(&desc, i) % COUNT(even)];
			ck_assert_msg(trial.y[i] == wanted, "y[%zu] is %.9g, not %.9g: %s", i, trial.y[i], wanted,
			              trial_name(&trial));
		}
		trial_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Epsilons that no float holds, f64 alone: all their digits count, and rstd is all epsilon's. */
START_TEST(doubles)
{
	static const double values[] = {1e-60, 1e60, 0.3};
	const struct cases_shape shape = {3, {2, 5, 70}};
	for (size_t k = 0; device_get()->info.fp64 && k < COUNT(values); k++) {
		clnorm_desc desc = cases_desc(&shape);
		desc.dtype = CLNORM_F64;
		desc.epsilon = values[k];
		menu_fit_activation(&desc, _i, k);
		compare_run(&desc, _i, DATA_CONSTANT, 1, TRIAL_GAMMA | TRIAL_BETA);
		compare_run(&desc, _i, DATA_DENORMAL, 1, TRIAL_GAMMA | TRIAL_BETA);
	}
	compare_verdict();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dtypes");
	TCase *sweeps = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(sweeps, every_dtype, 0, variants + 1);
	tcase_add_loop_test(sweeps, every_activation, 0, variants + 1);
	tcase_add_loop_test(sweeps, halves, 0, variants + 1);
	tcase_add_loop_test(sweeps, ties, 0, variants + 1);
	tcase_add_loop_test(sweeps, doubles, 0, variants + 1);
	suite_add_tcase(suite, sweeps);
	return device_main(suite, compare_report);
}
