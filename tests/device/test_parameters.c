/* test_parameters.c: gamma, beta and their gradients: places, values, update, description; rows of the reference
 * module's feature table among them. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/expect.h"
#include "tests/kit/layer_trial.h"
#include "tests/kit/place.h"

static const char *const part_names[] = {"gamma", "beta", "dgamma", "dbeta"};

static clnorm_layer *layer_make(size_t c, clnorm_dtype dtype)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	options.dtype = dtype;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, c, &options, &layer));
	return layer;
}

/* Normal numbers in all four parts, rounded to the parameters' type; values is [4C]. */
/* Of a layer that keeps no running statistics. */
enum { PARTS = CLNORM_RUNNING_MEAN };

static void layer_fill(clnorm_layer *layer, unsigned seed, double *values)
{
	size_t c = clnorm_layer_parameter_count(layer) / 2;
	cases_normal(seed, 0, 1, 4 * c, values);
	place_round(clnorm_layer_parameter_bytes(layer) == 16 * c ? CLNORM_F64 : CLNORM_F32, values, 4 * c);
	for (unsigned part = 0; part < PARTS; part++) {
		layer_trial_write(layer, (clnorm_layer_part)part, values + part * c);
	}
}

static void layer_holds(const clnorm_layer *layer, const double *values)
{
	size_t c = clnorm_layer_parameter_count(layer) / 2;
	for (unsigned part = 0; part < PARTS; part++) {
		double *got = layer_trial_part(layer, (clnorm_layer_part)part);
		ck_assert_msg(memcmp(got, values + part * c, c * sizeof(*got)) == 0, "%s differs", part_names[part]);
		free(got);
	}
}

static void updated_check(const clnorm_layer *layer, const double *values, double rate, double ulp)
{
	size_t c = clnorm_layer_parameter_count(layer) / 2;
	for (unsigned part = CLNORM_GAMMA; part <= CLNORM_BETA; part++) {
		double *got = layer_trial_part(layer, (clnorm_layer_part)part);
		for (size_t i = 0; i < c; i++) {
			double step = rate * values[(part + 2) * c + i], right = values[part * c + i] + step;
			ck_assert_double_eq_tol(got[i], right, ulp * (fabs(step) + fabs(right)));
		}
		free(got);
	}
}

/* Plus the rate times the gradient, wherever the four parts are; gradients stay. */
START_TEST(parameter_update)
{
	static const double rates[] = {0.1, 0.1, -2, 0, 1e-3};
	for (int dtype = CLNORM_F32; dtype <= CLNORM_F64; dtype += CLNORM_F64) {
		double values[4 * 70];
		if (dtype == CLNORM_F64 && !device_get()->info.fp64) {
			continue;
		}
		clnorm_layer *layer = layer_make(70, (clnorm_dtype)dtype);
		struct place apart;
		place_init(&apart, dtype == CLNORM_F64 ? CLNORM_F64 : CLNORM_F32, 70, 3);
		for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
			layer_fill(layer, 90, values);
			EXPECT_OK(clnorm_layer_update(layer, device_queue(), rates[i]));
			updated_check(layer, values, rates[i], dtype == CLNORM_F64 ? 0x1p-52 : 0x1p-23);
			EXPECT_OK(clnorm_layer_bind(layer, device_queue(), i % 2 ? CLNORM_BETA : CLNORM_DBETA,
			                            apart.view));
			layer_trial_heal(layer);
			layer_fill(layer, 91, values); /* where dbeta was, other numbers are left */
			EXPECT_OK(clnorm_layer_update(layer, device_queue(), rates[i]));
			updated_check(layer, values, rates[i], dtype == CLNORM_F64 ? 0x1p-52 : 0x1p-23);
			layer_trial_check_gradients_are(layer, values + 140);
			free(place_bytes(&apart, "after an update"));
			EXPECT_OK(clnorm_layer_bind(layer, device_queue(), i % 2 ? CLNORM_BETA : CLNORM_DBETA,
			                            (clnorm_view){NULL, 0}));
			layer_trial_heal(layer);
		}
		clnorm_layer_destroy(layer);
		place_clear(&apart);
	}
}
END_TEST

START_TEST(bad_rates)
{
	double values[12];
	clnorm_layer *layer = layer_make(3, CLNORM_F32);
	layer_fill(layer, 90, values);
	EXPECT_SAYS(clnorm_layer_update(layer, device_queue(), NAN), CLNORM_BAD_ARGUMENT, "learning rate", "finite");
	EXPECT_STATUS(clnorm_layer_update(layer, device_queue(), INFINITY), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_layer_update(layer, device_queue(), -1e300), CLNORM_BAD_ARGUMENT, "-1e+300", "f32");
	EXPECT_STATUS(clnorm_layer_update(NULL, device_queue(), 1), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_update(layer, NULL, 1), CLNORM_BAD_ARGUMENT);
	layer_holds(layer, values);
	clnorm_layer_destroy(layer);
}
END_TEST

START_TEST(zero_gradients)
{
	double values[12];
	clnorm_layer *layer = layer_make(3, CLNORM_F32);
	values[0] = NAN;
	layer_fill(layer, 90, values);
	layer_trial_write(layer, CLNORM_DBETA, (const double[]){NAN, INFINITY, 1});
	EXPECT_OK(clnorm_layer_zero_gradients(layer, device_queue()));
	layer_trial_heal(layer);
	memset(values + 6, 0, 6 * sizeof(values[0]));
	layer_holds(layer, values);
	EXPECT_STATUS(clnorm_layer_zero_gradients(NULL, device_queue()), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_zero_gradients(layer, NULL), CLNORM_BAD_ARGUMENT);
	clnorm_layer_destroy(layer);
}
END_TEST

/* As an optimizer with one block for all parameters and one for all gradients does it: values move along, passes and
 * update work there, and nothing around is touched. */
START_TEST(shared_parameter_buffers)
{
	struct layer_trial trial;
	struct place parameters, gradients;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 20);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	place_init(&parameters, CLNORM_F32, 6, 5);
	place_init(&gradients, CLNORM_F32, 6, 9);
	for (unsigned part = 0; part < PARTS; part++) {
		clnorm_view view = part < CLNORM_DGAMMA ? parameters.view : gradients.view;
		view.offset += part % 2 * 3;
		EXPECT_OK(clnorm_layer_bind(layer, device_queue(), (clnorm_layer_part)part, view));
		layer_trial_heal(layer);
		ck_assert_ptr_eq(clnorm_layer_view(layer, (clnorm_layer_part)part).mem, view.mem);
		ck_assert_uint_eq(clnorm_layer_view(layer, (clnorm_layer_part)part).offset, view.offset);
	}
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	layer_trial_check_y(&trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	EXPECT_OK(clnorm_layer_update(layer, device_queue(), 0.5));
	double *now = place_load(&parameters, "parameters"), *slopes = place_load(&gradients, "gradients");
	for (size_t i = 0; i < 6; i++) {
		double old = i < 3 ? trial.gamma[i] : trial.beta[i - 3];
		ck_assert_double_eq_tol(now[i], old + 0.5 * slopes[i], 1e-5);
	}
	clnorm_layer_destroy(layer);
	free(now);
	free(slopes);
	now = place_load(&parameters, "parameters of a destroyed layer");
	free(now);
	place_clear(&parameters);
	place_clear(&gradients);
	layer_trial_clear(&trial);
}
END_TEST

/* Without a queue, what is there already counts; mem NULL leads home; the caller may let go of the buffer. */
START_TEST(bind_without_moving)
{
	double values[12];
	static const double given[3] = {7, 8, 9};
	struct place place;
	clnorm_layer *layer = layer_make(3, CLNORM_F32);
	layer_fill(layer, 90, values);
	clnorm_view home = clnorm_layer_view(layer, CLNORM_GAMMA);
	place_init(&place, CLNORM_F32, 3, 1);
	place_store(&place, given);
	EXPECT_OK(clnorm_layer_bind(layer, NULL, CLNORM_GAMMA, place.view));
	layer_trial_heal(layer);
	place_clear(&place);
	double *got = layer_trial_part(layer, CLNORM_GAMMA);
	ck_assert_int_eq(memcmp(got, given, sizeof(given)), 0);
	EXPECT_OK(clnorm_layer_bind(layer, device_queue(), CLNORM_GAMMA, (clnorm_view){NULL, 0}));
	layer_trial_heal(layer);
	ck_assert_ptr_eq(clnorm_layer_view(layer, CLNORM_GAMMA).mem, home.mem);
	EXPECT_OK(clnorm_layer_bind(layer, device_queue(), CLNORM_GAMMA, home));
	layer_trial_heal(layer);
	memcpy(values, given, sizeof(given));
	layer_holds(layer, values);
	ck_assert_ptr_null(clnorm_layer_view(NULL, CLNORM_GAMMA).mem);
	ck_assert_ptr_null(clnorm_layer_view(layer, CLNORM_LAYER_PARTS).mem);
	free(got);
	clnorm_layer_destroy(layer);
}
END_TEST

START_TEST(bad_places)
{
	double values[12];
	struct place place;
	clnorm_layer *layer = layer_make(3, CLNORM_F32);
	clnorm_view home = clnorm_layer_view(layer, CLNORM_GAMMA);
	layer_fill(layer, 90, values);
	place_init(&place, CLNORM_F32, 8, 0);
	size_t elements = 8 + PLACE_TAIL;
	EXPECT_OK(clnorm_layer_bind(layer, device_queue(), CLNORM_BETA, (clnorm_view){place.mem, 2}));
	layer_trial_heal(layer);
	clnorm_view small = {place.mem, elements - 2}, far = {place.mem, (size_t)-1},
		    wraps = {place.mem, ((size_t)-1) / 4 + 2};
	EXPECT_SAYS(clnorm_layer_bind(layer, device_queue(), CLNORM_GAMMA, small), CLNORM_BAD_BUFFER, "gamma", "3");
	EXPECT_STATUS(clnorm_layer_bind(layer, device_queue(), CLNORM_GAMMA, far), CLNORM_BAD_BUFFER);
	EXPECT_STATUS(clnorm_layer_bind(layer, NULL, CLNORM_GAMMA, wraps), CLNORM_BAD_BUFFER);
	EXPECT_SAYS(clnorm_layer_bind(layer, NULL, CLNORM_GAMMA, (clnorm_view){place.mem, 4}), CLNORM_BAD_OVERLAP,
	            "gamma", "beta");
	EXPECT_STATUS(clnorm_layer_bind(layer, device_queue(), CLNORM_DBETA, home), CLNORM_BAD_OVERLAP);
	EXPECT_SAYS(clnorm_layer_bind(layer, device_queue(), CLNORM_BETA, (clnorm_view){place.mem, 4}),
	            CLNORM_BAD_OVERLAP, "beta", "old place");
	EXPECT_STATUS(clnorm_layer_bind(layer, device_queue(), CLNORM_LAYER_PARTS, home), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_bind(NULL, device_queue(), CLNORM_GAMMA, home), CLNORM_BAD_ARGUMENT);
	layer_holds(layer, values);
	EXPECT_OK(clnorm_layer_bind(layer, NULL, CLNORM_BETA, (clnorm_view){place.mem, 4}));
	layer_trial_heal(layer);
	clnorm_layer_destroy(layer);
	place_clear(&place);
}
END_TEST

START_TEST(bad_values)
{
	double values[12];
	clnorm_layer *layer = layer_make(3, CLNORM_F32);
	layer_fill(layer, 90, values);
	EXPECT_STATUS(clnorm_layer_write(layer, device_queue(), CLNORM_GAMMA, CLNORM_F32, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_write(layer, device_queue(), CLNORM_GAMMA, CLNORM_DTYPE_COUNT, values),
	              CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_write(layer, device_queue(), CLNORM_LAYER_PARTS, CLNORM_F32, values),
	              CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_write(layer, NULL, CLNORM_GAMMA, CLNORM_F32, values), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_write(NULL, device_queue(), CLNORM_GAMMA, CLNORM_F32, values), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_read(layer, device_queue(), CLNORM_GAMMA, CLNORM_F32, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_read(NULL, device_queue(), CLNORM_GAMMA, CLNORM_F32, values), CLNORM_BAD_ARGUMENT);
	layer_holds(layer, values);
	clnorm_layer_destroy(layer);
}
END_TEST

/* Another layer continues with the same bits. */
START_TEST(weights_save_load)
{
	double values[12];
	char path[] = "/tmp/clnorm-test-XXXXXX";
	clnorm_layer *layer = layer_make(3, CLNORM_F32), *other = layer_make(3, CLNORM_F32);
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	layer_fill(layer, 90, values);
	clnorm_status st = clnorm_layer_save(layer, device_queue(), path);
	if (st != CLNORM_NOT_BUILT) {
		EXPECT_OK(st);
		EXPECT_OK(clnorm_layer_load(other, device_queue(), path));
		memset(values + 6, 0, 6 * sizeof(values[0]));
		layer_holds(other, values);
	}
	unlink(path);
	clnorm_layer_destroy(layer);
	clnorm_layer_destroy(other);
}
END_TEST

START_TEST(blueprint_size_info)
{
	static const char wanted[] =
		"{\"classname\": \"InstanceNorm2D\", \"scheme\": {\"numOfMaps\": 32, \"epsilon\": 1e-05, \"affine\": "
		"true, "
		"\"name\": null}, \"numOfParams\": 64, \"paramSize\": 256, \"dtype\": \"f32\", \"layout\": \"nchw\", "
		"\"activation\": \"none\"}";
	char text[512], tiny[20];
	clnorm_layer *layer = layer_make(32, CLNORM_F32);
	ck_assert_uint_eq(clnorm_layer_parameter_count(layer), 64);
	ck_assert_uint_eq(clnorm_layer_parameter_bytes(layer), 256);
	ck_assert_uint_eq(clnorm_layer_json(layer, sizeof(text), text), strlen(wanted));
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(clnorm_layer_json(layer, 0, NULL), strlen(wanted));
	memset(tiny, 'x', sizeof(tiny));
	ck_assert_uint_eq(clnorm_layer_json(layer, 10, tiny), strlen(wanted));
	ck_assert_int_eq(memcmp(tiny, wanted, 9), 0);
	ck_assert(tiny[9] == '\0' && tiny[10] == 'x');
	ck_assert_uint_eq(clnorm_layer_json(NULL, sizeof(text), text), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(clnorm_layer_parameter_count(NULL), 0);
	ck_assert_uint_eq(clnorm_layer_parameter_bytes(NULL), 0);
	clnorm_layer_destroy(layer);

	clnorm_layer_options options = clnorm_layer_defaults();
	options.activation = CLNORM_ACT_LEAKY_RELU;
	options.slope = 1.0 / 3;
	options.epsilon = 1e-5 / 3;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, 3, &options, &layer));
	clnorm_layer_json(layer, sizeof(text), text);
	ck_assert_msg(strstr(text, "\"activation\": \"leaky-relu:0.3333333333333333\"}"), "%s", text);
	ck_assert_msg(strstr(text, "\"epsilon\": 3.3333333333333337e-06,"), "%s", text);
	clnorm_layer_destroy(layer);

	EXPECT_OK(clnorm_layer_create(device_get()->ctx, 1, 0.1, false, "a \"quoted\\ name", &layer));
	clnorm_layer_json(layer, sizeof(text), text);
	ck_assert_msg(strstr(text, "\"epsilon\": 0.1, \"affine\": false, \"name\": \"a \\\"quoted\\\\ name\"}"), "%s",
	              text);
	clnorm_layer_destroy(layer);
	EXPECT_OK(clnorm_layer_create(device_get()->ctx, 1, 1.0 / 3, false, "", &layer));
	clnorm_layer_json(layer, sizeof(text), text);
	ck_assert_msg(strstr(text, "0.3333333333333333, ") && strstr(text, "\"name\": \"\""), "%s", text);
	clnorm_layer_destroy(layer);
}
END_TEST

/* What ONNX's InstanceNormalization takes: scale, B and epsilon, one to one. */
START_TEST(export)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 6);
	float scale[3], b[3];
	layer_trial_init(&trial, &desc, DATA_NORMAL, 21);
	clnorm_layer *layer = layer_trial_layer(&trial, true, "export");
	EXPECT_OK(clnorm_layer_read(layer, device_queue(), CLNORM_GAMMA, CLNORM_F32, scale));
	EXPECT_OK(clnorm_layer_read(layer, device_queue(), CLNORM_BETA, CLNORM_F32, b));
	for (size_t i = 0; i < 3; i++) {
		ck_assert((double)scale[i] == trial.gamma[i] && (double)b[i] == trial.beta[i]);
	}
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Each layer has its context and takes its queue; another context's queue, tensor or buffer is refused. */
START_TEST(device_choice)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	clnorm_context *other = NULL;
	clnorm_layer *layer = NULL;
	const clnorm_tensor *y = NULL;
	double values[12];
	const char *choice = getenv("CLNORM_TEST_DEVICE");
	EXPECT_STATUS(clnorm_context_open("no such device", &other), CLNORM_NO_DEVICE);
	EXPECT_OK(clnorm_context_open(choice ? choice : "", &other));
	layer_trial_init(&trial, &desc, DATA_NORMAL, 22);
	EXPECT_OK(clnorm_layer_create(other, 3, CLNORM_DEFAULT_EPSILON, true, NULL, &layer));
	EXPECT_SAYS(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y), CLNORM_BAD_ARGUMENT, "queue",
	            "another");
	EXPECT_SAYS(clnorm_layer_forward(layer, clnorm_context_queue(other), trial.at_x, &y), CLNORM_BAD_BUFFER, "x",
	            "another");
	EXPECT_SAYS(clnorm_layer_bind(layer, NULL, CLNORM_GAMMA, clnorm_tensor_view(trial.at_x)), CLNORM_BAD_BUFFER,
	            "gamma", "another");
	EXPECT_OK(clnorm_layer_read(layer, clnorm_context_queue(other), CLNORM_GAMMA, CLNORM_F64, values));
	ck_assert(values[0] == 1);
	clnorm_layer_destroy(layer);
	clnorm_context_destroy(other);
	layer_trial_clear(&trial);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parameters");
	TCase *rows = tcase_create("rows of the feature table");
	TCase *others = tcase_create("others");
	tcase_add_test(rows, parameter_update);
	tcase_add_test(rows, shared_parameter_buffers);
	tcase_add_test(rows, weights_save_load);
	tcase_add_test(rows, blueprint_size_info);
	tcase_add_test(rows, export);
	tcase_add_test(rows, device_choice);
	tcase_add_test(others, bad_rates);
	tcase_add_test(others, zero_gradients);
	tcase_add_test(others, bind_without_moving);
	tcase_add_test(others, bad_places);
	tcase_add_test(others, bad_values);
	suite_add_tcase(suite, rows);
	suite_add_tcase(suite, others);
	return device_main(suite, NULL);
}
