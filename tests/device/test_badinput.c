/* test_badinput.c: what the library refuses: the status, the numbers in the message, outputs as they were.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/refused.h"

static void plan_refused(const clnorm_desc *desc, clnorm_status status, const char *one, const char *other)
{
	clnorm_plan *plan = (clnorm_plan *)&plan;
	EXPECT_SAYS(clnorm_plan_create(device_get()->ctx, desc, &plan), status, one, other);
	ck_assert_ptr_eq(plan, (clnorm_plan *)&plan);
}

START_TEST(words)
{
	clnorm_desc desc = refused_desc();
	desc.dtype = (clnorm_dtype)CLNORM_DTYPE_COUNT;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "dtype", "4");
	desc = refused_desc();
	desc.dtype = (clnorm_dtype)-1;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "dtype", "");
	desc = refused_desc();
	desc.layout = (clnorm_layout)7;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "layout", "7");
	desc = refused_desc();
	desc.affine = (clnorm_affine)5;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "affine", "5");
	desc = refused_desc();
	desc.activation = (clnorm_activation)99;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "activation", "99");
	desc = refused_desc();
	desc.ops = 0;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "ops", "0");
	desc.ops = 64 | CLNORM_OP_FORWARD;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "ops", "41");
	desc = refused_desc();
	desc.flags = 1u << 20;
	plan_refused(&desc, CLNORM_BAD_ARGUMENT, "flags", "100000");
}
END_TEST

START_TEST(numbers)
{
	static const double epsilons[] = {-1e-9, -1, NAN, INFINITY, -INFINITY, 1e39};
	static const double slopes[] = {NAN, INFINITY, -INFINITY, -1e39};
	for (size_t i = 0; i < sizeof(epsilons) / sizeof(epsilons[0]); i++) {
		clnorm_desc desc = refused_desc();
		desc.epsilon = epsilons[i];
		plan_refused(&desc, CLNORM_BAD_ARGUMENT, "epsilon",
		             i < 1   ? "1e-09"
		             : i < 2 ? "-1"
		             : i < 3 ? "nan"
		             : i < 5 ? "inf"
		                     : "1e+39");
	}
	for (size_t i = 0; i < sizeof(slopes) / sizeof(slopes[0]); i++) {
		clnorm_desc desc = refused_desc();
		desc.activation = CLNORM_ACT_LEAKY_RELU;
		desc.slope = slopes[i];
		plan_refused(&desc, CLNORM_BAD_ARGUMENT, "slope", i == 0 ? "nan" : i < 3 ? "inf" : "-1e+39");
	}
}
END_TEST

START_TEST(shapes)
{
	const size_t dims[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	clnorm_desc desc;
	static const unsigned ranks[] = {0, 1, 9, 1000};
	static const char *const rank_texts[] = {"0", "1", "9", "1000"};
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		desc = clnorm_desc_nd(ranks[i], dims);
		plan_refused(&desc, CLNORM_BAD_SHAPE, "rank", rank_texts[i]);
	}
	desc = clnorm_desc_2d(SIZE_MAX / 2, 3, 5, 7);
	plan_refused(&desc, CLNORM_BAD_SHAPE, "3, 5, 7", "size_t");
	desc = clnorm_desc_2d(1, 1, (size_t)1 << 32, (size_t)1 << 32);
	plan_refused(&desc, CLNORM_BAD_SHAPE, "4294967296", "size_t");
	desc = clnorm_desc_1d(1, 1, SIZE_MAX / 4 + 1);
	plan_refused(&desc, CLNORM_BAD_SHAPE, "4611686018427387904", "size_t");
	desc = clnorm_desc_1d(SIZE_MAX / 8, 8, 0);
	plan_refused(&desc, CLNORM_BAD_SHAPE, "8, 0", "size_t");
	desc = clnorm_desc_2d(4, 3, 1, 1);
	desc.flags = CLNORM_STRICT_SPATIAL;
	plan_refused(&desc, CLNORM_BAD_SHAPE, "4, 3, 1, 1", "CLNORM_STRICT_SPATIAL");
	desc = clnorm_desc_nd(2, dims);
	desc.flags = CLNORM_STRICT_SPATIAL;
	plan_refused(&desc, CLNORM_BAD_SHAPE, "1, 2", "CLNORM_STRICT_SPATIAL");
}
END_TEST

START_TEST(variants)
{
	clnorm_desc desc = refused_desc();
	desc.variant = "no-such-variant";
	plan_refused(&desc, CLNORM_UNSUPPORTED, "no-such-variant", "");
	desc.variant = "";
	plan_refused(&desc, CLNORM_UNSUPPORTED, "", "");
	for (size_t i = 0; i < clnorm_variant_count(); i++) {
		const clnorm_variant_info *info = clnorm_variant_get(i);
		desc = refused_desc();
		desc.variant = info->name;
		desc.layout = info->layouts & (1u << CLNORM_NCHW) ? CLNORM_NHWC : CLNORM_NCHW;
		plan_refused(&desc, CLNORM_UNSUPPORTED, info->name, "layout");
	}
	desc = clnorm_desc_1d(1, 1, (size_t)1 << 30);
	desc.variant = "resident";
	plan_refused(&desc, CLNORM_UNSUPPORTED, "resident", "");
	desc.variant = "pack";
	plan_refused(&desc, CLNORM_UNSUPPORTED, "pack", "");
	if (!device_get()->info.fp64) {
		desc = refused_desc();
		desc.dtype = CLNORM_F64;
		plan_refused(&desc, CLNORM_UNSUPPORTED, "f64", "cl_khr_fp64");
	}
}
END_TEST

START_TEST(nulls)
{
	const struct device *device = device_get();
	clnorm_desc desc = refused_desc();
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	clnorm_device_info info;
	size_t count = 7;
	EXPECT_STATUS(clnorm_plan_create(NULL, &desc, &plan), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_plan_create(device->ctx, NULL, &plan), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_plan_create(device->ctx, &desc, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_context_create(NULL, device->id, &ctx), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_context_create(device->cl, NULL, &ctx), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_context_create(device->cl, device->id, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_context_open("", NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_context_info(NULL, &info), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_context_info(device->ctx, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_device_list(3, NULL, &count), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_device_list(0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_device_find("", NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_plan_prepare(NULL, device->queue), CLNORM_BAD_ARGUMENT);
	ck_assert_uint_eq(count, 7);
	ck_assert_ptr_null(ctx);
	ck_assert_ptr_null(plan);
	ck_assert_ptr_null(clnorm_plan_variant(NULL, CLNORM_OP_FORWARD));
	ck_assert_str_eq(clnorm_plan_explain(NULL, CLNORM_OP_FORWARD), "");
	ck_assert_ptr_null(clnorm_context_cl(NULL));
	clnorm_plan_destroy(NULL);
}
END_TEST

START_TEST(arguments)
{
	const struct device *device = device_get();
	cl_event event = NULL;
	refused_args.y.mem = refused_args.mean.mem = refused_args.rstd.mem = refused_args.moments.mem = NULL;
	refused_check(CLNORM_BAD_ARGUMENT, "y", "moments");
	refused_args.workspace = refused_trial.at_x.view;
	refused_check(CLNORM_BAD_ARGUMENT, "workspace", "CLNORM_CALLER_WORKSPACE");
	EXPECT_STATUS(clnorm_forward(NULL, device->queue, &refused_args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_forward(refused_plan, NULL, &refused_args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_forward(refused_plan, device->queue, NULL, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_forward(refused_plan, device->queue, &refused_args, 2, NULL, NULL), CLNORM_BAD_ARGUMENT, "2",
	            "event");
	EXPECT_STATUS(clnorm_forward(refused_plan, device->queue, &refused_args, 0, &event, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_forward(refused_plan, refused_other_queue, &refused_args, 0, NULL, NULL),
	            CLNORM_BAD_ARGUMENT, "queue", "context");
	EXPECT_SAYS(clnorm_plan_prepare(refused_plan, refused_other_queue), CLNORM_BAD_ARGUMENT, "queue", "context");
	EXPECT_STATUS(clnorm_plan_prepare(refused_plan, NULL), CLNORM_BAD_ARGUMENT);
	ck_assert(place_is_poisoned(&refused_trial.at_y));
}
END_TEST

START_TEST(parameters_without_affine)
{
	clnorm_desc desc = refused_desc();
	clnorm_plan *kept = refused_plan;
	desc.affine = CLNORM_AFFINE_NONE;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &refused_plan));
	refused_args.beta.mem = NULL;
	refused_check(CLNORM_BAD_ARGUMENT, "gamma", "affine");
	refused_args.gamma.mem = NULL;
	refused_check(CLNORM_BAD_ARGUMENT, "beta", "affine");
	clnorm_plan_destroy(refused_plan);
	refused_plan = kept;
}
END_TEST

START_TEST(wrong_order)
{
	const struct device *device = device_get();
	clnorm_desc desc = refused_desc();
	clnorm_plan *plan = NULL;
	clnorm_apply_args apply = {
		.x = refused_args.x, .y = refused_args.y, .mean = refused_args.mean, .rstd = refused_args.rstd};
	EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &plan));
	EXPECT_SAYS(clnorm_apply(plan, device->queue, &apply, 0, NULL, NULL), CLNORM_BAD_ORDER, "clnorm_apply", "ops");
	ck_assert_ptr_null(clnorm_plan_variant(plan, CLNORM_OP_APPLY));
	ck_assert_str_eq(clnorm_plan_explain(plan, CLNORM_OP_APPLY), "");
	clnorm_plan_destroy(plan);
	desc.ops = CLNORM_OP_APPLY;
	EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &plan));
	EXPECT_SAYS(clnorm_forward(plan, device->queue, &refused_args, 0, NULL, NULL), CLNORM_BAD_ORDER,
	            "clnorm_forward", "ops");
	clnorm_plan_destroy(plan);
	ck_assert(place_is_poisoned(&refused_trial.at_y));
}
END_TEST

START_TEST(apply_statistics)
{
	const struct device *device = device_get();
	cl_command_queue queue = device->queue;
	clnorm_apply_args apply = {.x = refused_args.x, .y = refused_args.y};
	EXPECT_SAYS(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "mean", "moments");
	apply.mean = refused_args.mean;
	EXPECT_STATUS(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	apply.moments = refused_args.moments;
	EXPECT_STATUS(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	apply.rstd = refused_args.rstd;
	EXPECT_STATUS(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	apply.mean.mem = apply.rstd.mem = NULL;
	apply.parts = 1000;
	EXPECT_SAYS(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_BAD_BUFFER, "moments", "24000");
	apply.parts = SIZE_MAX / 2;
	ck_assert_int_ne(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_OK);
	apply.parts = 1;
	apply.y.mem = NULL;
	ck_assert_int_ne(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_OK);
	apply.y = (clnorm_view){refused_args.moments.mem, refused_args.moments.offset};
	ck_assert_int_ne(clnorm_apply(refused_plan, queue, &apply, 0, NULL, NULL), CLNORM_OK);
	EXPECT_CL(clFinish(queue));
	ck_assert(place_is_poisoned(&refused_trial.at_y));
	ck_assert(place_is_poisoned(&refused_trial.at_moments));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("badinput");
	TCase *descs = tcase_create("descriptions"), *calls = tcase_create("calls");
	tcase_add_test(descs, words);
	tcase_add_test(descs, numbers);
	tcase_add_test(descs, shapes);
	tcase_add_test(descs, variants);
	tcase_add_test(descs, nulls);
	suite_add_tcase(suite, descs);
	tcase_add_checked_fixture(calls, refused_setup, refused_teardown);
	tcase_add_test(calls, arguments);
	tcase_add_test(calls, parameters_without_affine);
	tcase_add_test(calls, wrong_order);
	tcase_add_test(calls, apply_statistics);
	suite_add_tcase(suite, calls);
	return device_main(suite, NULL);
}
