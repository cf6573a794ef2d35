/* test_forward.c: clnorm_forward() of every variant over shapes and data, against the oracle.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/menu.h"
#include "tests/kit/random_data.h"

static const double epsilons[] = {1e-5, 1e-3, 1e-8, 1e-12, 0.3, 4.0, 1e-6};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What the k-th case varies besides its shape: each of these has a period of its own. */
static void desc_vary(clnorm_desc *desc, size_t k)
{
	desc->affine = (clnorm_affine)(k % CLNORM_AFFINE_COUNT);
	desc->epsilon = epsilons[k % COUNT(epsilons)];
	desc->flags = (k % 4 == 3 ? CLNORM_CALLER_WORKSPACE : 0) | (k % 5 == 4 ? CLNORM_BATCH_INVARIANT : 0);
}

static enum cases_data data_vary(size_t k, clnorm_dtype dtype)
{
	enum cases_data data = (enum cases_data)(k % DATA_COUNT);
	return cases_data_fits(data, dtype) ? data : DATA_NORMAL;
}

static void sweep_shapes(int variant, clnorm_layout layout)
{
	unsigned applied = 0;
	for (size_t k = 0; k < cases_shape_count(); k++) {
		clnorm_desc desc = cases_desc(cases_shape(k));
		if (!cases_is_due(variant, k)) {
			continue;
		}
		desc_vary(&desc, k);
		desc.layout = layout;
		menu_fit(&desc, variant, k);
		applied += compare_run(&desc, variant, data_vary(k, desc.dtype), (unsigned)k, (unsigned)k % 4);
	}
	ck_assert_msg(applied > 0, "variant %d applied to no shape", variant);
}

START_TEST(every_shape)
{
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		if (trial_has_layout(_i, (clnorm_layout)layout)) {
			sweep_shapes(_i, (clnorm_layout)layout);
		}
	}
	compare_verdict();
}
END_TEST

/* Shape _i with every kind of data. Millions of planes are about the limits of launches, where one kind tells all. */
START_TEST(every_shape_and_data)
{
	clnorm_desc some = cases_desc(cases_shape((size_t)_i));
	if (some.n * some.c > 1u << 20) {
		return;
	}
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		for (int data = 0; data < DATA_COUNT; data++) {
			clnorm_desc desc = some;
			desc_vary(&desc, (size_t)_i);
			desc.layout = (clnorm_layout)layout;
			compare_run_all(&desc, (enum cases_data)data, (unsigned)_i + 100, TRIAL_GAMMA | TRIAL_BETA);
		}
	}
	compare_verdict();
}
END_TEST

/* Each program of the menu with every kind of data: a run that is not long has no more dtypes and activations. */
START_TEST(every_program)
{
	for (size_t k = 0; !device_is_long() && k < menu_count(_i, CLNORM_OP_FORWARD); k++) {
		const clnorm_desc *own = menu_desc(_i, CLNORM_OP_FORWARD, k);
		for (unsigned data = 0; data < DATA_COUNT; data += cases_data_step(own)) {
			clnorm_desc desc = data % 4 == 3 ? menu_core(own, k + data / 4) : *own;
			desc.epsilon = epsilons[(k + data) % COUNT(epsilons)];
			desc.slope = data % 2 ? 0.2 : -1.5;
			if (cases_data_fits((enum cases_data)data, desc.dtype)) {
				ck_assert(compare_run(&desc, _i, (enum cases_data)data, (unsigned)k + data,
				                      7 - (unsigned)(k + data) % 3));
			}
		}
	}
	compare_verdict();
}
END_TEST

/* Every kind of data in core shape _i of the list, which may be shorter; every variant. */
START_TEST(every_data)
{
	int step = device_is_small() ? 3 : 1;
	for (int i = 0; (size_t)_i < cases_core_count() && i < CLNORM_LAYOUT_COUNT * DATA_COUNT; i += step) {
		clnorm_desc desc = cases_desc(cases_core((size_t)_i));
		int data = i / CLNORM_LAYOUT_COUNT;
		desc.layout = (clnorm_layout)(i % CLNORM_LAYOUT_COUNT);
		desc.epsilon = epsilons[(_i + data) % (int)COUNT(epsilons)];
		compare_run_all(&desc, (enum cases_data)data, (unsigned)(_i * 31 + data), TRIAL_GAMMA | TRIAL_BETA);
	}
	compare_verdict();
}
END_TEST

/* A tensor larger than any cache, which split variants normalize in several waves. */
START_TEST(waves)
{
	for (int layout = 0; !device_is_small() && layout < CLNORM_LAYOUT_COUNT; layout++) {
		clnorm_desc desc = cases_desc(cases_large());
		desc.layout = (clnorm_layout)layout;
		compare_run_all(&desc, DATA_BORDER, 1, TRIAL_GAMMA | TRIAL_BETA);
	}
	compare_verdict();
}
END_TEST

/* Element counts past 2^31, where the memory of the device and of this machine allows: three tensors and their doubles.
 */
START_TEST(huge)
{
	const struct cases_shape shape = {3, {2, 33, (size_t)33 << 20}};
	clnorm_desc desc = cases_desc(&shape);
	const clnorm_device_info *info = &device_get()->info;
	desc.dtype = CLNORM_F16;
	if (!device_is_long() || !getenv("CLNORM_TEST_HUGE") || info->max_alloc_bytes < (5ull << 30)) {
		return;
	}
	compare_run(&desc, _i, DATA_NARROW, 1, TRIAL_GAMMA | TRIAL_BETA);
	compare_verdict();
}
END_TEST

/* S past 2^22 for the planner's own choice. */
START_TEST(long_planes)
{
	const struct cases_shape shape = {3, {1, 1, (size_t)1 << 24}};
	for (int data = 0; device_is_long() && data < DATA_COUNT; data++) {
		clnorm_desc desc = cases_desc(&shape);
		compare_run(&desc, (int)clnorm_variant_count(), (enum cases_data)data, 7, TRIAL_GAMMA | TRIAL_BETA);
	}
	compare_verdict();
}
END_TEST

/* Sums of hundreds of thousands of blocks, equal ones among them, so that roundings add up instead of cancelling. */
START_TEST(many_blocks)
{
	static const int kinds[] = {RANDOM_PERIODIC, RANDOM_TWO_LEVELS, RANDOM_SINE, DATA_OFFSET, DATA_CHECKER};
	size_t spatial = (size_t)1 << (device_is_long() ? 24 : 20);
	size_t count = device_is_small() ? 0 : device_is_long() ? COUNT(kinds) : 1;
	for (size_t k = 0; k < count * CLNORM_LAYOUT_COUNT; k++) {
		clnorm_desc desc = clnorm_desc_1d(1, 1, spatial + k % count % 3);
		desc.affine = CLNORM_AFFINE_NONE;
		desc.layout = (clnorm_layout)(k / count);
		compare_run_all(&desc, (enum cases_data)kinds[k % count], (unsigned)(k % count) + 3, 0);
	}
	compare_verdict();
}
END_TEST

static void masks_in_doubles(const clnorm_desc *masks)
{
	for (int variant = 0; variant <= (int)clnorm_variant_count(); variant++) {
		clnorm_desc desc = *masks;
		if (trial_has_layout(variant, desc.layout)) {
			menu_fit_activation(&desc, variant, 0);
			compare_run(&desc, variant, (enum cases_data)RANDOM_MASK, 0, 0);
		}
	}
}

/* A value and a few places of another, as in a mask: terms are equal, so that their roundings add up. */
START_TEST(masks)
{
	static const size_t batches[] = {8, 8, 91, 16}, lengths[] = {128, 251, 490, 8075};
	for (size_t k = 0; k < (device_is_small() ? 1 : COUNT(lengths)); k++) {
		for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
			clnorm_desc desc = clnorm_desc_1d(batches[k], 12, lengths[k]);
			desc.layout = (clnorm_layout)layout;
			compare_run_all(&desc, (enum cases_data)RANDOM_MASK, (unsigned)k, 0);
			if (k == 0 && device_get()->info.fp64) {
				desc.dtype = CLNORM_F64;
				masks_in_doubles(&desc);
			}
		}
	}
	compare_verdict();
}
END_TEST

/* Answers known without a computer: the mean is 3, the variance 5, and epsilon 4 makes the root 3. */
START_TEST(known_answers)
{
	static const float x[8] = {0, 0, 2, 2, 4, 4, 6, 6};
	const struct device *device = device_get();
	clnorm_desc desc = clnorm_desc_2d(1, 2, 2, 2);
	clnorm_plan *plan = NULL;
	clnorm_tensor *in = NULL, *out = NULL;
	const size_t dims[] = {1, 2, 2, 2};
	float y[8];
	desc.layout = CLNORM_NHWC;
	desc.epsilon = 4;
	EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &plan));
	EXPECT_OK(clnorm_tensor_create(device->ctx, CLNORM_F32, 4, dims, &in));
	EXPECT_OK(clnorm_tensor_create(device->ctx, CLNORM_F32, 4, dims, &out));
	EXPECT_OK(clnorm_tensor_upload(in, device->queue, x));
	clnorm_forward_args args = {.x = clnorm_tensor_view(in), .y = clnorm_tensor_view(out)};
	EXPECT_OK(clnorm_forward(plan, device->queue, &args, 0, NULL, NULL));
	EXPECT_OK(clnorm_tensor_download(out, device->queue, y));
	for (size_t i = 0; i < 8; i++) {
		ck_assert_double_eq_tol(y[i], ((double)x[i] - 3) / 3, 1e-7);
	}
	clnorm_tensor_destroy(in);
	clnorm_tensor_destroy(out);
	clnorm_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forward");
	TCase *sweeps = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(sweeps, every_shape, 0, variants + 1);
	tcase_add_loop_test(sweeps, every_shape_and_data, 0, device_is_long() ? (int)cases_shape_count() : 0);
	tcase_add_loop_test(sweeps, every_program, 0, variants);
	tcase_add_loop_test(sweeps, every_data, 0, 8);
	tcase_add_test(sweeps, waves);
	tcase_add_loop_test(sweeps, huge, 0, variants + 1);
	tcase_add_test(sweeps, long_planes);
	tcase_add_test(sweeps, many_blocks);
	tcase_add_test(sweeps, masks);
	tcase_add_test(sweeps, known_answers);
	suite_add_tcase(suite, sweeps);
	return device_main(suite, compare_report);
}
