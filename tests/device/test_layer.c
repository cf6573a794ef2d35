/* test_layer.c: a layer's passes and modes: the rows of the reference module's feature table, each a test of its name.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/layer_trial.h"
#include "tests/kit/place.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static clnorm_status layer_make(size_t c, double epsilon, const char *name, clnorm_layer **layer)
{
	return clnorm_layer_create(device_get()->ctx, c, epsilon, true, name, layer);
}

/* One whole step, compared with the oracle. */
static void step_check(const struct layer_trial *trial, clnorm_layer *layer)
{
	const clnorm_tensor *y = NULL, *dx = NULL;
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial->at_x, &y));
	layer_trial_check_y(trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial->at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(trial, dx);
	layer_trial_check_gradients(trial, layer, 1, 0, NULL);
}

START_TEST(constructor)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	EXPECT_OK(layer_make(3, CLNORM_DEFAULT_EPSILON, NULL, &layer));
	double *gamma = layer_trial_part(layer, CLNORM_GAMMA), *beta = layer_trial_part(layer, CLNORM_BETA);
	for (size_t c = 0; c < 3; c++) {
		ck_assert(gamma[c] == 1 && beta[c] == 0);
	}
	layer_trial_check_gradients_are(layer, NULL);
	ck_assert(clnorm_layer_is_training(layer));
	ck_assert(options.epsilon == 1e-5 && options.affine && !options.name);
	free(gamma);
	free(beta);
	clnorm_layer_destroy(layer);
	clnorm_layer_destroy(NULL);
	layer = NULL;
	EXPECT_SAYS(layer_make(0, 1e-5, NULL, &layer), CLNORM_BAD_SHAPE, "channel", "0");
	EXPECT_STATUS(layer_make((size_t)-1, 1e-5, NULL, &layer), CLNORM_BAD_SHAPE);
	EXPECT_SAYS(layer_make(3, -1e-5, NULL, &layer), CLNORM_BAD_ARGUMENT, "epsilon", "-1e-05");
	EXPECT_STATUS(layer_make(3, NAN, NULL, &layer), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(layer_make(3, INFINITY, NULL, &layer), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(layer_make(3, 1e-5, "a/b", &layer), CLNORM_BAD_ARGUMENT, "name", "'/'");
	EXPECT_SAYS(layer_make(3, 1e-5, "a\nb", &layer), CLNORM_BAD_ARGUMENT, "name", "control");
	EXPECT_STATUS(layer_make(3, 1e-5, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_create(NULL, 3, 1e-5, true, NULL, &layer), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_create_with(device_get()->ctx, 3, NULL, &layer), CLNORM_BAD_ARGUMENT);
	options.dtype = CLNORM_DTYPE_COUNT;
	EXPECT_STATUS(clnorm_layer_create_with(device_get()->ctx, 3, &options, &layer), CLNORM_BAD_ARGUMENT);
	options = clnorm_layer_defaults();
	options.layout = CLNORM_LAYOUT_COUNT;
	EXPECT_STATUS(clnorm_layer_create_with(device_get()->ctx, 3, &options, &layer), CLNORM_BAD_ARGUMENT);
	options = clnorm_layer_defaults();
	options.activation = CLNORM_ACTIVATION_COUNT;
	EXPECT_STATUS(clnorm_layer_create_with(device_get()->ctx, 3, &options, &layer), CLNORM_BAD_ARGUMENT);
	options = clnorm_layer_defaults();
	options.slope = NAN;
	EXPECT_STATUS(clnorm_layer_create_with(device_get()->ctx, 3, &options, &layer), CLNORM_BAD_ARGUMENT);
	ck_assert_ptr_null(layer);
}
END_TEST

/* Out of place: x is what it was. */
START_TEST(forward)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL;
	layer_trial_init(&trial, &desc, DATA_OFFSET, 1);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	layer_trial_check_y(&trial, y);
	ck_assert_uint_eq(clnorm_tensor_rank(y), 4);
	ck_assert_uint_eq(clnorm_tensor_dim(y, 3), 4);
	double *x = malloc(trial.count * sizeof(*x));
	EXPECT_OK(clnorm_tensor_download_to(trial.at_x, device_queue(), CLNORM_F64, x));
	ck_assert_int_eq(memcmp(x, trial.x, trial.count * sizeof(*x)), 0);
	free(x);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* rstd is 1/sqrt(var + epsilon), neither the variance nor its root. */
START_TEST(saved_state)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 5);
	const clnorm_tensor *y = NULL;
	double mean[12], rstd[12];
	desc.epsilon = 0.5;
	layer_trial_init(&trial, &desc, DATA_NARROW, 2);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_STATUS(clnorm_layer_statistics(layer, device_queue(), mean, rstd), CLNORM_BAD_ORDER);
	ck_assert_ptr_null(clnorm_layer_moments(layer));
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	EXPECT_OK(clnorm_layer_statistics(layer, device_queue(), mean, rstd));
	for (size_t i = 0; i < 12; i++) {
		ck_assert_double_eq_tol(mean[i], trial.mean[i], 1e-6 * fabs(trial.mean[i]));
		ck_assert_double_eq_tol(rstd[i], trial.rstd[i], 1e-6 * trial.rstd[i]);
	}
	EXPECT_OK(clnorm_layer_statistics(layer, device_queue(), NULL, rstd));
	EXPECT_OK(clnorm_layer_statistics(layer, device_queue(), mean, NULL));
	ck_assert_uint_eq(clnorm_tensor_count(clnorm_layer_moments(layer)), 12 * CLNORM_MOMENTS_WIDTH);
	EXPECT_STATUS(clnorm_layer_statistics(NULL, device_queue(), mean, rstd), CLNORM_BAD_ARGUMENT);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* affine = false uses the stored gamma too. */
START_TEST(input_gradient)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 5);
	layer_trial_init(&trial, &desc, DATA_NORMAL, 3);
	for (int affine = 0; affine < 2; affine++) {
		const clnorm_tensor *y = NULL, *dx = NULL;
		clnorm_layer *layer = layer_trial_layer(&trial, affine, NULL);
		EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
		EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_DX, NULL, &dx));
		layer_trial_check_dx(&trial, dx);
		clnorm_layer_destroy(layer);
	}
	layer_trial_clear(&trial);
}
END_TEST

/* Sums over n, h and w: N = 300 is no mean. */
START_TEST(parameter_gradients)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(device_is_small() ? 7 : 300, 3, 2, 3);
	layer_trial_init(&trial, &desc, DATA_NORMAL, 4);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	step_check(&trial, layer);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

START_TEST(accumulation)
{
	static const clnorm_accumulate ways[] = {{1, 0},    {0.5, 0}, {-2, 0}, {1, 1},
	                                         {0.25, 1}, {2, 0.9}, {0, 1},  {0, 0}};
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	double old[6], nans[6];
	const clnorm_tensor *y = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 5);
	cases_normal(50, 0, 10, 6, old);
	place_round(CLNORM_F32, old, 6);
	for (size_t i = 0; i < 6; i++) {
		nans[i] = NAN;
	}
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	for (size_t i = 0; i < COUNT(ways); i++) {
		const double *before = ways[i].momentum == 0 ? nans : old;
		layer_trial_write(layer, CLNORM_DGAMMA, before);
		layer_trial_write(layer, CLNORM_DBETA, before + 3);
		EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_PARAMETERS, &ways[i],
		                                NULL));
		layer_trial_check_gradients(&trial, layer, ways[i].scale, ways[i].momentum, before);
	}
	clnorm_accumulate bad = {NAN, 0};
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, &bad, &y),
	            CLNORM_BAD_ARGUMENT, "scale", "nan");
	bad = (clnorm_accumulate){1, INFINITY};
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, &bad, &y),
	            CLNORM_BAD_ARGUMENT, "momentum", "inf");
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* The parameters are there and are applied where they are not 1 and 0, but are never trained. */
START_TEST(affine_false)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	clnorm_accumulate add = {1, 1};
	layer_trial_init(&trial, &desc, DATA_NORMAL, 6);
	clnorm_layer *layer = layer_trial_layer(&trial, false, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	layer_trial_check_y(&trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, &add, &dx));
	layer_trial_check_dx(&trial, dx);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_PARAMETERS, NULL, NULL));
	layer_trial_check_gradients_are(layer, NULL);
	EXPECT_OK(clnorm_layer_update(layer, device_queue(), 1));
	double *gamma = layer_trial_part(layer, CLNORM_GAMMA);
	ck_assert_int_eq(memcmp(gamma, trial.gamma, 3 * sizeof(*gamma)), 0);
	ck_assert_uint_eq(clnorm_layer_parameter_count(layer), 6);
	free(gamma);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Each alone, in either order, after one forward pass; and nothing that was not asked for is written. */
START_TEST(skip_dx_skip_params)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 5);
	const clnorm_tensor *y = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 7);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_PARAMETERS, NULL, NULL));
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_PARAMETERS, NULL, &dx));
	ck_assert_ptr_null(dx);
	EXPECT_OK(clnorm_layer_zero_gradients(layer, device_queue()));
	layer_trial_heal(layer);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_DX, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	layer_trial_check_gradients_are(layer, NULL);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_PARAMETERS, NULL, NULL));
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	layer_trial_check_dx(&trial, dx);
	EXPECT_STATUS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, 0, NULL, &dx), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, 8, NULL, &dx), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_DX, NULL, NULL),
	            CLNORM_BAD_ARGUMENT, "dx", "NULL");
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

static void *bytes_of(const clnorm_tensor *tensor)
{
	void *bytes = malloc(clnorm_tensor_bytes(tensor) + 1);
	EXPECT_OK(clnorm_tensor_download(tensor, device_queue(), bytes));
	return bytes;
}

/* The same bits; parameter gradients stay as they are, dx comes. */
START_TEST(eval_mode)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	static const double old[6] = {1, 2, 3, 4, 5, 6};
	layer_trial_init(&trial, &desc, DATA_NORMAL, 8);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	void *trained = bytes_of(y);
	clnorm_layer_set_training(layer, false);
	ck_assert(!clnorm_layer_is_training(layer));
	EXPECT_STATUS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx),
	              CLNORM_BAD_ORDER);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	void *evaluated = bytes_of(y);
	ck_assert_int_eq(memcmp(trained, evaluated, clnorm_tensor_bytes(y)), 0);
	layer_trial_write(layer, CLNORM_DGAMMA, old);
	layer_trial_write(layer, CLNORM_DBETA, old + 3);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_PARAMETERS, NULL, NULL));
	layer_trial_check_gradients_are(layer, old);
	clnorm_layer_set_training(layer, true);
	step_check(&trial, layer);
	ck_assert(!clnorm_layer_is_training(NULL));
	clnorm_layer_set_training(NULL, true);
	free(trained);
	free(evaluated);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

START_TEST(reset)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 9);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	step_check(&trial, layer);
	clnorm_layer_reset(layer);
	clnorm_layer_reset(NULL);
	ck_assert_ptr_null(clnorm_layer_moments(layer));
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx),
	            CLNORM_BAD_ORDER, "forward", "reset");
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	double *gamma = layer_trial_part(layer, CLNORM_GAMMA);
	ck_assert_int_eq(memcmp(gamma, trial.gamma, 3 * sizeof(*gamma)), 0);
	step_check(&trial, layer);
	free(gamma);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

START_TEST(calling_order)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 10);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx),
	            CLNORM_BAD_ORDER, "forward", "made");
	ck_assert_ptr_null(dx);
	layer_trial_check_gradients_are(layer, NULL);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Data of any dtype that the device takes; parameters, statistics and gradients float32, for f64 float64. */
START_TEST(dtype)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 5);
	const clnorm_tensor *y = NULL;
	desc.dtype = (clnorm_dtype)_i;
	if (desc.dtype == CLNORM_F64 && !device_get()->info.fp64) {
		return;
	}
	layer_trial_init(&trial, &desc, DATA_NARROW, 11);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	step_check(&trial, layer);
	ck_assert_uint_eq(clnorm_layer_parameter_bytes(layer), desc.dtype == CLNORM_F64 ? 64 : 32);
	clnorm_layer_destroy(layer);

	trial.desc.dtype = desc.dtype == CLNORM_F16 ? CLNORM_F32 : CLNORM_F16;
	layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_SAYS(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y), CLNORM_BAD_ARGUMENT,
	            clnorm_dtype_name(desc.dtype), clnorm_dtype_name(trial.desc.dtype));
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Both passes of every shape in the table of the reference module's tests, and of their data's hard relatives. */
START_TEST(tests_to_reproduce)
{
	static const struct cases_shape shapes[] = {{4, {5, 3, 4, 4}}, {4, {3, 4, 5, 5}}, {4, {5, 3, 4, 6}}};
	static const enum cases_data kinds[] = {DATA_NORMAL, DATA_OFFSET, DATA_NARROW, DATA_FINE, DATA_RAMP};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct layer_trial trial;
		clnorm_desc desc = cases_desc(&shapes[_i]);
		layer_trial_init(&trial, &desc, kinds[i], 12 + (unsigned)i);
		clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
		step_check(&trial, layer);
		clnorm_layer_destroy(layer);
		layer_trial_clear(&trial);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layer");
	TCase *rows = tcase_create("rows of the feature table");
	tcase_add_test(rows, constructor);
	tcase_add_test(rows, forward);
	tcase_add_test(rows, saved_state);
	tcase_add_test(rows, input_gradient);
	tcase_add_test(rows, parameter_gradients);
	tcase_add_test(rows, accumulation);
	tcase_add_test(rows, affine_false);
	tcase_add_test(rows, skip_dx_skip_params);
	tcase_add_test(rows, eval_mode);
	tcase_add_test(rows, reset);
	tcase_add_test(rows, calling_order);
	tcase_add_loop_test(rows, dtype, 0, CLNORM_DTYPE_COUNT);
	tcase_add_loop_test(rows, tests_to_reproduce, 0, 3);
	suite_add_tcase(suite, rows);
	return device_main(suite, NULL);
}
