/* test_determinism.c: the same bits again, whatever other instances hold; exact answers exactly.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/trial.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Small planes in teams, one block, several chunks. */
static const struct cases_shape base_shapes[] = {
	{3, {4, 3, 45}}, {4, {1, 64, 31, 31}}, {3, {2, 3, 2053}}, {3, {1, 3, 70001}}};

static size_t shape_count(void)
{
	return device_is_small() ? 1 : COUNT(base_shapes);
}

static unsigned char *y_bytes(const struct trial *trial)
{
	return place_bytes(trial_y_place(trial), "y");
}

static size_t y_length(const struct trial *trial)
{
	return trial->count * clnorm_dtype_bytes(trial->desc.dtype);
}

/* Runs again and again, with dirty workspaces in between, on one plan and on a second one. */
static void repeat_check(struct trial *trial, clnorm_plan *plan, unsigned times)
{
	trial_forward(trial, plan, device_get()->queue);
	unsigned char *first = y_bytes(trial);
	double *moments = trial->moments;
	trial->moments = NULL;
	for (unsigned i = 0; i < times; i++) {
		trial_rewind(trial);
		trial_forward(trial, plan, device_get()->queue);
		unsigned char *again = y_bytes(trial);
		ck_assert_msg(memcmp(first, again, y_length(trial)) == 0, "run %u differs: %s", i, trial_name(trial));
		ck_assert_int_eq(
			memcmp(moments, trial->moments, trial->instances * CLNORM_MOMENTS_WIDTH * sizeof(double)), 0);
		free(again);
	}
	free(first);
	free(moments);
}

START_TEST(same_bits_again)
{
	for (size_t k = 0; k < shape_count(); k++) {
		clnorm_desc desc = cases_desc(&base_shapes[k]);
		struct trial trial;
		desc.flags = CLNORM_CALLER_WORKSPACE;
		clnorm_plan *plan = trial_plan(&desc, _i), *second = trial_plan(&desc, _i);
		if (plan) {
			trial_init(&trial, &desc, DATA_OFFSET, 2, 3, TRIAL_ALL, TRIAL_APART);
			repeat_check(&trial, plan, device_is_small() ? 1 : 20);
			unsigned char *one = y_bytes(&trial);
			trial_forward(&trial, second, device_get()->queue);
			unsigned char *other = y_bytes(&trial);
			ck_assert_int_eq(memcmp(one, other, y_length(&trial)), 0);
			free(one);
			free(other);
			trial_clear(&trial);
		}
		clnorm_plan_destroy(plan);
		clnorm_plan_destroy(second);
	}
}
END_TEST

/* The same sample alone and as each of n, with the batch-invariant flag. forced: as the variant says; else the planner.
 */
static void batch_check(const struct cases_shape *shape, size_t n, int variant, clnorm_layout layout)
{
	struct trial one, many;
	struct cases_shape batch = *shape;
	batch.dims[0] = 1;
	clnorm_desc alone = cases_desc(&batch);
	batch.dims[0] = n;
	clnorm_desc together = cases_desc(&batch);
	alone.flags = together.flags = CLNORM_BATCH_INVARIANT;
	alone.layout = together.layout = layout;
	clnorm_plan *plan_one = trial_plan(&alone, variant), *plan_many = trial_plan(&together, variant);
	/* Else one of the two may be on the menu. */
	ck_assert_msg(!device_is_long() || !plan_one == !plan_many, "the variant applies to one of the batches");
	if (plan_one && plan_many) {
		ck_assert_str_eq(clnorm_plan_variant(plan_one, CLNORM_OP_FORWARD),
		                 clnorm_plan_variant(plan_many, CLNORM_OP_FORWARD));
		trial_init(&one, &alone, DATA_NORMAL, 3, 3, TRIAL_ALL, TRIAL_APART);
		trial_init(&many, &together, DATA_NORMAL, 3, 3, TRIAL_ALL, TRIAL_APART);
		for (size_t i = 1; i < n; i++) {
			memcpy(many.x + i * one.count, one.x, one.count * sizeof(double));
		}
		trial_rewind(&many);
		trial_forward(&one, plan_one, device_get()->queue);
		trial_forward(&many, plan_many, device_get()->queue);
		for (size_t i = 0; i < n; i++) {
			ck_assert_msg(memcmp(many.y + i * one.count, one.y, one.count * sizeof(double)) == 0,
			              "sample %zu of %zu differs: %s", i, n, trial_name(&many));
			ck_assert_int_eq(
				memcmp(many.mean + i * one.instances, one.mean, one.instances * sizeof(double)), 0);
			ck_assert_int_eq(
				memcmp(many.rstd + i * one.instances, one.rstd, one.instances * sizeof(double)), 0);
		}
		trial_clear(&one);
		trial_clear(&many);
	}
	clnorm_plan_destroy(plan_one);
	clnorm_plan_destroy(plan_many);
}

START_TEST(batch_invariant)
{
	const struct cases_shape large = {3, {1, 1, 400000}}; /* 24 of them, 38 MB, pass many last-level caches */
	const clnorm_variant_info *info = clnorm_variant_get((size_t)_i);
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		if (info && !(info->layouts & (1u << layout))) {
			continue;
		}
		for (size_t k = 0; k < shape_count(); k++) {
			batch_check(&base_shapes[k],
			            device_is_small() ? 5
			            : k == 1          ? 7
			                              : 64,
			            _i, (clnorm_layout)layout);
		}
		if (!device_is_small()) {
			batch_check(&large, 24, _i, (clnorm_layout)layout);
		}
	}
}
END_TEST

/* Puts a value into one place of each instance in turn; every other instance keeps its bits, and this one is all NaN.
 */
static void poison_check(struct trial *trial, clnorm_plan *plan, const double *clean, size_t instance, size_t s,
                         double bad)
{
	size_t at = cases_index(&trial->desc, instance, s);
	double kept = trial->x[at];
	trial->x[at] = bad;
	trial_rewind(trial);
	trial_forward(trial, plan, device_get()->queue);
	trial->x[at] = kept;
	for (size_t i = 0; i < trial->instances; i++) {
		for (size_t k = 0; k < trial->spatial; k++) {
			size_t e = cases_index(&trial->desc, i, k);
			if (i != instance) {
				EXPECT_EACH(memcmp(&trial->y[e], &clean[e], sizeof(double)) == 0,
				            "%g in instance %zu changed instance %zu: %s", bad, instance, i,
				            trial_name(trial));
			} else if (isnan(bad)) {
				EXPECT_EACH(isnan(trial->y[e]), "NaN in instance %zu left element %zu %g: %s", instance,
				            k, trial->y[e], trial_name(trial));
			}
		}
	}
	ck_assert(!isfinite(trial->mean[instance]));
	ck_assert_msg(isnan(trial->rstd[instance]) || trial->rstd[instance] == 0, "rstd is %g", trial->rstd[instance]);
}

START_TEST(nan_stays_home)
{
	static const double bads[] = {NAN, INFINITY, -INFINITY};
	for (size_t k = 0; k < shape_count(); k++) {
		clnorm_desc desc = cases_desc(&base_shapes[k]);
		clnorm_plan *plan = trial_plan(&desc, _i);
		struct trial trial;
		if (!plan) {
			continue;
		}
		trial_init(&trial, &desc, DATA_NARROW, 5, 3, TRIAL_ALL, TRIAL_APART);
		trial_forward(&trial, plan, device_get()->queue);
		double *clean = trial.y;
		trial.y = NULL;
		for (size_t i = 0; i < COUNT(bads); i++) {
			size_t instance = trial.instances * i / COUNT(bads);
			poison_check(&trial, plan, clean, instance, 0, bads[i]);
			poison_check(&trial, plan, clean, trial.instances - 1 - instance, trial.spatial - 1, bads[i]);
			poison_check(&trial, plan, clean, instance, trial.spatial / 2, bads[i]);
		}
		free(clean);
		trial_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Values whose squares pass the largest float: whatever comes of them stays in their instances, and comes again. */
START_TEST(overflow_stays_home)
{
	clnorm_desc desc = cases_desc(&base_shapes[0]);
	clnorm_plan *plan = trial_plan(&desc, _i);
	struct trial trial;
	if (!plan) {
		return;
	}
	trial_init(&trial, &desc, DATA_NORMAL, 6, 3, TRIAL_ALL, TRIAL_APART);
	trial_forward(&trial, plan, device_get()->queue);
	double *clean = trial.y;
	trial.y = NULL;
	for (size_t s = 0; s < trial.spatial; s++) {
		trial.x[cases_index(&desc, 1, s)] *= 1e30;
		trial.x[cases_index(&desc, 4, s)] *= 1e38;
	}
	place_round(desc.dtype, trial.x, trial.count);
	trial_rewind(&trial);
	repeat_check(&trial, plan, 2);
	for (size_t i = 0; i < trial.instances; i++) {
		for (size_t s = 0; i != 1 && i != 4 && s < trial.spatial; s++) {
			size_t e = cases_index(&desc, i, s);
			ck_assert_int_eq(memcmp(&trial.y[e], &clean[e], sizeof(double)), 0);
		}
	}
	free(clean);
	trial_clear(&trial);
	clnorm_plan_destroy(plan);
}
END_TEST

static bool is_beta(const struct trial *trial, size_t instance)
{
	double beta = trial->beta ? trial->beta[instance % trial->params] : 0;
	for (size_t s = 0; s < trial->spatial; s++) {
		if (trial->y[cases_index(&trial->desc, instance, s)] != beta) {
			return false;
		}
	}
	return true;
}

/* Constant planes give beta to the last bit, for any value and any epsilon, 0 too; their variance is 0. */
START_TEST(constants)
{
	static const double values[] = {1e10, -1e10, 0, -0.0, 1, -2.778e-19, 0.1, 1e-40, 3e38, 16777216, 1e-45, 7.7};
	static const struct cases_shape shapes[] = {{3, {4, 3, 1}},      {3, {4, 3, 2}},     {3, {4, 3, 45}},
	                                            {4, {4, 3, 56, 56}}, {3, {4, 3, 40001}}, {4, {4, 3, 5, 7}},
	                                            {3, {4, 3, 2053}},   {3, {4, 3, 16411}}};
	for (size_t k = 0; k < (device_is_small() ? 3 : COUNT(shapes)); k++) {
		for (unsigned e = 0; e < 2; e++) {
			clnorm_desc desc = cases_desc(&shapes[k]);
			struct trial trial;
			desc.epsilon = e ? 0 : 1e-5;
			clnorm_plan *plan = trial_plan(&desc, _i);
			if (!plan) {
				continue;
			}
			trial_init(&trial, &desc, DATA_NORMAL, (unsigned)k, k % 2 ? 1 : 3, TRIAL_ALL, TRIAL_APART);
			for (size_t i = 0; i < trial.count; i++) {
				trial.x[i] = (double)(float)values[cases_instance(&desc, i)];
			}
			trial_rewind(&trial);
			trial_forward(&trial, plan, device_get()->queue);
			for (size_t i = 0; i < trial.instances; i++) {
				ck_assert_msg(is_beta(&trial, i), "constant %g does not give beta: %s", values[i],
				              trial_name(&trial));
				ck_assert_msg(trial.moments[i * CLNORM_MOMENTS_WIDTH + 3] == 0, "m2 of constant %g: %s",
				              values[i], trial_name(&trial));
				ck_assert_msg(desc.epsilon != 0 || trial.rstd[i] == 0, "rstd is %g: %s", trial.rstd[i],
				              trial_name(&trial));
			}
			trial_clear(&trial);
			clnorm_plan_destroy(plan);
		}
	}
}
END_TEST

/* Planes of +-1 around their mean, epsilon 0: the exact answer is +-1. */
START_TEST(exact_planes)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, device_is_long() ? 64 : 44);
	struct trial trial;
	desc.epsilon = 0;
	clnorm_plan *plan = trial_plan(&desc, _i);
	if (!plan) {
		return;
	}
	trial_init(&trial, &desc, DATA_NORMAL, 9, 0, TRIAL_ALL, TRIAL_APART);
	for (size_t i = 0; i < trial.instances; i++) {
		for (size_t s = 0; s < trial.spatial; s++) {
			trial.x[cases_index(&desc, i, s)] = (double)(i * 1024) + (s % 2 ? -0.25 : 0.25);
		}
	}
	trial_rewind(&trial);
	trial_forward(&trial, plan, device_get()->queue);
	for (size_t i = 0; i < trial.instances; i++) {
		ck_assert(trial.mean[i] == (double)(i * 1024));
		ck_assert(trial.rstd[i] == 4);
		for (size_t s = 0; s < trial.spatial; s++) {
			ck_assert(trial.y[cases_index(&desc, i, s)] == (s % 2 ? -1 : 1));
		}
	}
	trial_clear(&trial);
	clnorm_plan_destroy(plan);
}
END_TEST

static void variable_set(const char *name, const char *value)
{
	ck_assert_int_eq(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

/* The bits of y, *bytes of them, by programs of a new context, with CLNORM_CACHE as said. */
static unsigned char *bits_of_context(const struct cases_shape *shape, const char *cache, size_t *bytes)
{
	const struct device *device = device_get();
	clnorm_desc desc = cases_desc(shape);
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	struct trial trial;
	variable_set("CLNORM_CACHE", cache);
	EXPECT_OK(clnorm_context_create(device->cl, device->id, &ctx));
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	trial_init(&trial, &desc, DATA_OFFSET, 2, 3, TRIAL_ALL, TRIAL_APART);
	trial_forward(&trial, plan, device->queue);
	unsigned char *bits = y_bytes(&trial);
	*bytes = y_length(&trial);
	trial_clear(&trial);
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	return bits;
}

/* Not kept, kept, and loaded. */
static void kept_check(const struct cases_shape *shape)
{
	size_t bytes = 0;
	unsigned char *fresh = bits_of_context(shape, "off", &bytes);
	unsigned char *kept = bits_of_context(shape, "on", &bytes);
	unsigned char *loaded = bits_of_context(shape, "on", &bytes);
	ck_assert_int_eq(memcmp(fresh, kept, bytes), 0);
	ck_assert_int_eq(memcmp(fresh, loaded, bytes), 0);
	free(fresh);
	free(kept);
	free(loaded);
}

START_TEST(programs_kept_on_disk)
{
	char *cache = getenv("CLNORM_CACHE"), *folder_before = getenv("CLNORM_CACHE_DIR");
	char here[4000], folder[4100], name[] = "test_determinism.XXXXXX";
	size_t removed = 0;
	cache = cache ? strdup(cache) : NULL;
	folder_before = folder_before ? strdup(folder_before) : NULL;
	ck_assert_ptr_nonnull(mkdtemp(name));
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	snprintf(folder, sizeof(folder), "%s/%s", here, name);
	variable_set("CLNORM_CACHE_DIR", folder);
	for (size_t k = 0; k < shape_count(); k += 3) {
		kept_check(&base_shapes[k]);
	}
	EXPECT_OK(clnorm_cache_clear(&removed));
	ck_assert_uint_gt(removed, 0);
	rmdir(name);
	variable_set("CLNORM_CACHE", cache);
	variable_set("CLNORM_CACHE_DIR", folder_before);
	free(cache);
	free(folder_before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("determinism");
	TCase *bits = tcase_create("every variant"), *kept = tcase_create("kept programs");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(bits, same_bits_again, 0, variants + 1);
	tcase_add_loop_test(bits, batch_invariant, 0, variants + 1);
	tcase_add_loop_test(bits, nan_stays_home, 0, variants + 1);
	tcase_add_loop_test(bits, overflow_stays_home, 0, variants + 1);
	tcase_add_loop_test(bits, constants, 0, variants + 1);
	tcase_add_loop_test(bits, exact_planes, 0, variants + 1);
	tcase_add_test(kept, programs_kept_on_disk);
	suite_add_tcase(suite, bits);
	suite_add_tcase(suite, kept);
	return device_main(suite, NULL);
}
