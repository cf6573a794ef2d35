/* test_backward.c: clnorm_backward() of every variant over shapes, data, dtypes and activations, against the oracle.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/menu.h"
#include "tests/kit/random_data.h"

static const double epsilons[] = {1e-5, 1e-3, 1e-8, 1e-12, 0.3, 4.0, 1e-6};

static const clnorm_accumulate accumulates[] = {{0, 0}, {-0.75, 0}, {1, 1}, {0.1, 0.9}, {1, 0}, {0, 2}, {3, -1.2}};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Sums over N: dgamma and dbeta of a channel come from so many instances. */
static const struct cases_shape batch_shapes[] = {{3, {37, 2, 5}},     {4, {300, 3, 5, 5}}, {3, {300, 2, 70}},
                                                  {3, {257, 1, 1025}}, {2, {300, 5}},       {3, {128, 33, 3}}};

/* What the k-th case varies besides its shape: each of these has a period of its own. */
static void desc_vary(clnorm_desc *desc, size_t k)
{
	desc->affine = (clnorm_affine)((k + 1) % CLNORM_AFFINE_COUNT);
	desc->epsilon = epsilons[k % COUNT(epsilons)];
	desc->flags = (k % 4 == 3 ? CLNORM_CALLER_WORKSPACE : 0) | (k % 5 == 4 ? CLNORM_BATCH_INVARIANT : 0);
}

static struct trial_back_way way_vary(size_t k)
{
	return (struct trial_back_way){
		.inputs = (unsigned)(k / 2 % 4),
		.outputs = TRIAL_GRADIENTS,
		.told = (enum trial_back_statistics)((k + k / 3) % TRIAL_TOLD_COUNT),
		.home = (enum trial_back_home)((k + k / 9) % TRIAL_DX_HOMES),
		.accumulate = accumulates[k % COUNT(accumulates)],
	};
}

static const struct trial_back_way plain_way = {.inputs = TRIAL_GAMMA | TRIAL_BETA, .outputs = TRIAL_GRADIENTS};

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
		desc.ops = CLNORM_OP_BACKWARD;
		if (!menu_fit(&desc, variant, k)) {
			desc.affine = CLNORM_AFFINE_CHANNEL;
			menu_fit(&desc, variant, k);
		}
		applied += compare_run_backward(&desc, variant, data_vary(k, desc.dtype), (unsigned)k, way_vary(k));
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

/* A dtype and an activation of each variant's own; or as it is, of all at once. */
START_TEST(batches)
{
	static const enum cases_data kinds[] = {DATA_NORMAL, DATA_OFFSET, DATA_BORDER};
	for (size_t k = 0; k < (device_is_small() ? 1 : COUNT(batch_shapes)); k++) {
		for (size_t i = 0; i < (device_is_small() ? 1 : COUNT(kinds)); i++) {
			clnorm_desc desc = cases_desc(&batch_shapes[k]);
			desc.layout = (clnorm_layout)(k % CLNORM_LAYOUT_COUNT);
			desc.ops = CLNORM_OP_BACKWARD;
			struct trial_back_way way = way_vary(k + i);
			way.home = TRIAL_DX_APART;
			for (int variant = 0; i == 0 && variant < (int)clnorm_variant_count(); variant++) {
				clnorm_desc fit = desc;
				menu_fit(&fit, variant, 1 + k);
				compare_run_backward(&fit, variant, kinds[i], (unsigned)k, way);
			}
			compare_run_all_backward(&desc, kinds[i], (unsigned)(k + i), way);
			desc.layout = (clnorm_layout)((k + 1) % CLNORM_LAYOUT_COUNT);
			compare_run_all_backward(&desc, kinds[i], (unsigned)(k + i), way);
		}
	}
	compare_verdict();
}
END_TEST

/* Every kind of data over core shapes. */
static void sweep_data(int variant, clnorm_dtype dtype, clnorm_layout layout)
{
	for (size_t k = 0; k < cases_core_count(); k++) {
		for (int data = 0; data < DATA_COUNT; data += device_is_small() ? 4 : 1) {
			clnorm_desc desc = cases_desc(cases_core(k));
			struct trial_back_way way = plain_way;
			desc.dtype = dtype;
			desc.layout = layout;
			desc.epsilon = epsilons[(k + (size_t)data) % COUNT(epsilons)];
			way.told = (enum trial_back_statistics)((k + (size_t)data) % TRIAL_TOLD_COUNT);
			way.accumulate = accumulates[data % 2 ? (size_t)data % COUNT(accumulates) : 0];
			if (cases_data_fits((enum cases_data)data, dtype)) {
				compare_run_backward(&desc, variant, (enum cases_data)data,
				                     (unsigned)(k * 31 + (size_t)data), way);
			}
		}
	}
}

/* Every kind of data in core shape _i of the list, which may be shorter; every variant. */
START_TEST(every_data)
{
	int step = device_is_small() ? 3 : 1;
	for (int i = 0; (size_t)_i < cases_core_count() && i < CLNORM_LAYOUT_COUNT * DATA_COUNT; i += step) {
		clnorm_desc desc = cases_desc(cases_core((size_t)_i));
		struct trial_back_way way = plain_way;
		int data = i / CLNORM_LAYOUT_COUNT;
		desc.layout = (clnorm_layout)(i % CLNORM_LAYOUT_COUNT);
		desc.epsilon = epsilons[(_i + data) % (int)COUNT(epsilons)];
		way.told = (enum trial_back_statistics)((_i + data) % TRIAL_TOLD_COUNT);
		way.accumulate = accumulates[data % 2 ? (size_t)data % COUNT(accumulates) : 0];
		compare_run_all_backward(&desc, (enum cases_data)data, (unsigned)(_i * 31 + data), way);
	}
	compare_verdict();
}
END_TEST

/* Each program of the menu with every kind of data: a run that is not long has no more dtypes and activations. */
START_TEST(every_program)
{
	for (size_t k = 0; !device_is_long() && k < menu_count(_i, CLNORM_OP_BACKWARD); k++) {
		const clnorm_desc *own = menu_desc(_i, CLNORM_OP_BACKWARD, k);
		for (unsigned data = 0; data < DATA_COUNT; data += cases_data_step(own)) {
			clnorm_desc desc = data % 4 == 3 ? menu_core(own, k + data / 4) : *own;
			struct trial_back_way way = plain_way;
			desc.epsilon = epsilons[(k + data) % COUNT(epsilons)];
			desc.slope = data % 2 ? 0.2 : -1.5;
			way.told = (enum trial_back_statistics)((k + data) % TRIAL_TOLD_COUNT);
			way.home = (enum trial_back_home)((k + data / 3) % TRIAL_DX_HOMES);
			way.inputs = 7 - (unsigned)(k + data) % 3;
			if (cases_data_fits((enum cases_data)data, desc.dtype)) {
				ck_assert(compare_run_backward(&desc, _i, (enum cases_data)data, (unsigned)k + data,
				                               way));
			}
		}
	}
	compare_verdict();
}
END_TEST

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
	static const struct cases_shape shapes[] = {{3, {2, 5, 37}}, {3, {2, 3, 2053}}, {3, {1, 2, 70001}}};
	for (int activation = 0; activation < CLNORM_ACTIVATION_COUNT; activation++) {
		for (size_t k = 0; k < COUNT(shapes); k++) {
			clnorm_desc desc = cases_desc(&shapes[k]);
			struct trial_back_way way = plain_way;
			desc.dtype = dtype;
			desc.layout = layout;
			desc.activation = (clnorm_activation)activation;
			desc.slope = k ? 0.2 : -1.5;
			for (int told = 0; told < TRIAL_TOLD_COUNT; told++) {
				way.told = (enum trial_back_statistics)told;
				way.home = (enum trial_back_home)((activation + told) % TRIAL_DX_HOMES);
				way.inputs = (unsigned)(told + 5);
				compare_run_backward(&desc, variant, told == 1 ? DATA_OFFSET : DATA_NORMAL,
				                     (unsigned)(activation + told), way);
			}
		}
	}
}

START_TEST(every_activation)
{
	for (int layout = 0; device_is_long() && layout < CLNORM_LAYOUT_COUNT; layout++) {
		if (trial_has_layout(_i, (clnorm_layout)layout)) {
			sweep_activations(_i, CLNORM_F32, (clnorm_layout)layout);
			sweep_activations(_i, _i % 2 ? CLNORM_F16 : CLNORM_BF16, (clnorm_layout)layout);
			if (device_get()->info.fp64) {
				sweep_activations(_i, CLNORM_F64, (clnorm_layout)layout);
			}
		}
	}
	compare_verdict();
}
END_TEST

/* Tensors larger than any cache, which split variants work off in several waves. */
START_TEST(waves)
{
	int runs = device_is_small()  ? 0
	           : device_is_long() ? TRIAL_TOLD_COUNT * CLNORM_LAYOUT_COUNT
	                              : CLNORM_LAYOUT_COUNT;
	for (int i = 0; i < runs; i++) {
		clnorm_desc desc = cases_desc(cases_large());
		struct trial_back_way way = plain_way;
		desc.layout = (clnorm_layout)(i % CLNORM_LAYOUT_COUNT);
		way.told = (enum trial_back_statistics)(i / CLNORM_LAYOUT_COUNT);
		compare_run_all_backward(&desc, DATA_BORDER, (unsigned)i, way);
	}
	compare_verdict();
}
END_TEST

/* An outlier where statistics begin, and a dy with a large mean: a mean that is off by a fraction of a deviation, which
 * the outlier has made large, would cost as much of dx as the other deviations are smaller. */
START_TEST(outliers)
{
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		clnorm_desc desc = clnorm_desc_1d(3, 1, device_is_small() ? 300 : 51446);
		struct trial_back_way way = plain_way;
		way.dy = 1 + TRIAL_DY_FAR;
		desc.layout = (clnorm_layout)layout;
		compare_run_all_backward(&desc, DATA_OUTLIER, 30543, way);
	}
	compare_verdict();
}
END_TEST

/* A mask, and a dy along x - mean, so two values as well: terms are equal, so that their roundings add up. */
START_TEST(masks)
{
	const size_t lengths[] = {251, device_is_small() ? 300 : 8075};
	for (int k = 0; k < 2 * CLNORM_LAYOUT_COUNT; k += device_is_small() ? 2 : 1) {
		clnorm_desc desc = clnorm_desc_1d(8, 12, lengths[k % 2]);
		struct trial_back_way way = plain_way;
		way.dy = 1 + TRIAL_DY_LIKE_X;
		desc.layout = (clnorm_layout)(k / 2);
		compare_run_all_backward(&desc, (enum cases_data)RANDOM_MASK, 5, way);
	}
	compare_verdict();
}
END_TEST

/* S = 2^20 and around, every kind of data. */
START_TEST(long_planes)
{
	static const size_t lengths[] = {(size_t)1 << 20, ((size_t)1 << 20) - 1};
	for (int data = 0; device_is_long() && data < DATA_COUNT; data++) {
		for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
			clnorm_desc desc = clnorm_desc_1d(1, 2, lengths[(data + layout) % 2]);
			struct trial_back_way way = plain_way;
			desc.layout = (clnorm_layout)layout;
			way.told = (enum trial_back_statistics)(data % TRIAL_TOLD_COUNT);
			if (trial_has_layout(_i, desc.layout)) {
				compare_run_backward(&desc, _i, (enum cases_data)data, (unsigned)(data + layout), way);
			}
		}
	}
	compare_verdict();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backward");
	TCase *sweeps = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(sweeps, every_shape, 0, variants + 1);
	tcase_add_test(sweeps, batches);
	tcase_add_loop_test(sweeps, every_data, 0, 8);
	tcase_add_loop_test(sweeps, every_program, 0, variants);
	tcase_add_loop_test(sweeps, every_dtype, 0, variants + 1);
	tcase_add_loop_test(sweeps, every_activation, 0, variants + 1);
	tcase_add_test(sweeps, waves);
	tcase_add_test(sweeps, outliers);
	tcase_add_test(sweeps, masks);
	tcase_add_loop_test(sweeps, long_planes, 0, variants + 1);
	suite_add_tcase(suite, sweeps);
	return device_main(suite, compare_report);
}
