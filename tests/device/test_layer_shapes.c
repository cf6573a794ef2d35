/* test_layer_shapes.c: a layer over shapes, layouts and hard data: more rows of the reference module's feature table.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/expect.h"
#include "tests/kit/layer_trial.h"
#include "tests/kit/values.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void step_check(const struct layer_trial *trial, clnorm_layer *layer)
{
	const clnorm_tensor *y = NULL, *dx = NULL;
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial->at_x, &y));
	layer_trial_check_y(trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial->at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(trial, dx);
	layer_trial_check_gradients(trial, layer, 1, 0, NULL);
}

static clnorm_tensor *tensor_make(clnorm_dtype dtype, const struct cases_shape *shape)
{
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, dtype, shape->rank, shape->dims, &tensor));
	layer_trial_fill(tensor, 1);
	return tensor;
}

/* Rank, C and dy's shape, each with both sides named; a refused call leaves the last forward pass in force. */
START_TEST(shape_checks)
{
	static const struct cases_shape wrong[] = {
		{1, {3}}, {4, {5, 4, 3, 4}}, {4, {5, 4, 4, 3}}, {2, {3, 5}}, {3, {3, 1, 3}}};
	static const struct cases_shape wrong_dy[] = {
		{4, {5, 3, 4, 5}}, {4, {4, 3, 4, 4}}, {3, {5, 3, 16}}, {5, {5, 3, 4, 4, 1}}, {4, {5, 4, 3, 4}}};
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 1);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	for (size_t i = 0; i < COUNT(wrong); i++) {
		clnorm_tensor *x = tensor_make(CLNORM_F32, &wrong[i]);
		EXPECT_SAYS(clnorm_layer_forward(layer, device_queue(), x, &y), CLNORM_BAD_SHAPE,
		            i ? "channels" : "rank 1", i ? "the layer has 3" : "2 to 8");
		clnorm_tensor_destroy(x);
	}
	for (size_t i = 0; i < COUNT(wrong_dy); i++) {
		clnorm_tensor *dy = tensor_make(CLNORM_F32, &wrong_dy[i]);
		EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), dy, CLNORM_WANT_ALL, NULL, &dx),
		            CLNORM_BAD_SHAPE, cases_shape_name(&wrong_dy[i]), "5x3x4x4");
		clnorm_tensor_destroy(dy);
	}
	clnorm_tensor *half = tensor_make(CLNORM_F16, &(struct cases_shape){4, {5, 3, 4, 4}});
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), half, CLNORM_WANT_ALL, NULL, &dx), CLNORM_BAD_ARGUMENT,
	            "dy is f16", "f32");
	EXPECT_STATUS(clnorm_layer_forward(layer, device_queue(), NULL, &y), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_forward(layer, device_queue(), half, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_forward(NULL, device_queue(), half, &y), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_forward(layer, NULL, trial.at_x, &y), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_backward(layer, device_queue(), NULL, CLNORM_WANT_ALL, NULL, &dx),
	              CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_backward(NULL, device_queue(), half, CLNORM_WANT_ALL, NULL, &dx),
	              CLNORM_BAD_ARGUMENT);
	clnorm_tensor_destroy(half);
	layer_trial_check_gradients_are(layer, NULL);
	layer_trial_check_y(&trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* y = beta and dx = 0, exactly; dgamma = 0, dbeta = sum of dy. */
START_TEST(hw_is_one)
{
	static const struct cases_shape shapes[] = {{4, {5, 3, 1, 1}}, {4, {1, 3, 1, 1}}, {2, {5, 3}}, {3, {5, 3, 1}}};
	struct layer_trial trial;
	clnorm_desc desc = cases_desc(&shapes[_i]);
	const clnorm_tensor *y = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 2);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	step_check(&trial, layer);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	double *values = values_of(y), *gradients = values_of(dx), *dgamma = layer_trial_part(layer, CLNORM_DGAMMA);
	for (size_t i = 0; i < trial.count; i++) {
		ck_assert(values[i] == trial.beta[i % 3] && gradients[i] == 0);
	}
	ck_assert(dgamma[0] == 0 && dgamma[1] == 0 && dgamma[2] == 0);
	free(values);
	free(gradients);
	free(dgamma);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* xhat = 0, so y = beta; with epsilon = 0 as well, where clnorm takes rstd = 0, and dx = 0. */
START_TEST(constant_plane)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	desc.epsilon = _i == 0 ? 1e-5 : 0;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 3);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	layer_trial_fill(trial.at_x, 12345.678);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	double *values = values_of(y), *gradients = values_of(dx), *dgamma = layer_trial_part(layer, CLNORM_DGAMMA);
	for (size_t i = 0; i < trial.count; i++) {
		ck_assert(values[i] == trial.beta[i / 16 % 3]);
		ck_assert(desc.epsilon > 0 ? isfinite(gradients[i]) : gradients[i] == 0);
	}
	ck_assert(dgamma[0] == 0 && dgamma[1] == 0 && dgamma[2] == 0);
	free(values);
	free(gradients);
	free(dgamma);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* One rule for all N: the backward pass takes the gamma of now. */
START_TEST(scale_changed_between_passes)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(_i == 0 ? 1 : 5, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	static const double gamma[] = {-3, 0.25, 7};
	layer_trial_init(&trial, &desc, DATA_NORMAL, 4);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	layer_trial_write(layer, CLNORM_GAMMA, gamma);
	memcpy(trial.gamma, gamma, sizeof(gamma));
	layer_trial_oracle(&trial);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* An activation in place over y, and dy over y: the backward pass reads neither y nor what became of it. x may be
 * destroyed by its owner. */
START_TEST(in_place)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 5);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	EXPECT_CL(clEnqueueCopyBuffer(device_queue(), clnorm_tensor_view(trial.at_dy).mem, clnorm_tensor_view(y).mem, 0,
	                              0, clnorm_tensor_bytes(y), 0, NULL, NULL));
	clnorm_tensor_destroy(trial.at_x);
	trial.at_x = NULL;
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), y, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* More shapes than a layer keeps, and the first ones again: each comes out right, whatever was given up in between. */
START_TEST(memory_pool)
{
	struct layer_trial lessons[CLNORM_LAYER_SHAPES + 2];
	clnorm_layer *layer = NULL;
	const clnorm_tensor *dx = NULL;
	for (size_t i = 0; i < COUNT(lessons); i++) {
		clnorm_desc desc = clnorm_desc_2d(2 + i % 2, 3, 4 + i, 5);
		layer_trial_init(&lessons[i], &desc, DATA_NARROW, 60 + (unsigned)i);
	}
	layer = layer_trial_layer(&lessons[0], true, NULL);
	for (size_t turn = 0; turn < COUNT(lessons) + 2; turn++) {
		struct layer_trial *trial = &lessons[turn % COUNT(lessons)];
		layer_trial_write(layer, CLNORM_GAMMA, trial->gamma);
		layer_trial_write(layer, CLNORM_BETA, trial->beta);
		step_check(trial, layer);
		if (turn % 3 == 1) {
			clnorm_layer_trim(layer);
			EXPECT_OK(
				clnorm_layer_backward(layer, device_queue(), trial->at_dy, CLNORM_WANT_DX, NULL, &dx));
			layer_trial_check_dx(trial, dx);
		}
	}
	clnorm_layer_reset(layer);
	clnorm_layer_trim(layer);
	clnorm_layer_trim(NULL);
	layer_trial_write(layer, CLNORM_GAMMA, lessons[0].gamma);
	layer_trial_write(layer, CLNORM_BETA, lessons[0].beta);
	step_check(&lessons[0], layer);
	clnorm_layer_destroy(layer);
	for (size_t i = 0; i < COUNT(lessons); i++) {
		layer_trial_clear(&lessons[i]);
	}
}
END_TEST

/* The reference module's backends: here any device, and the reference on the host, which must agree. */
START_TEST(backends)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 5);
	layer_trial_init(&trial, &desc, DATA_NORMAL, 6);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_reference_forward(&desc, trial.x, trial.gamma, trial.beta, NULL, trial.y, trial.mean,
	                                   trial.rstd));
	EXPECT_OK(clnorm_reference_backward(&desc, trial.x, trial.dy, trial.gamma, trial.beta, NULL, trial.dx,
	                                    trial.dgamma, trial.dbeta));
	step_check(&trial, layer);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Past the reference module: channels last, 1-D to 6-D, an activation; for (N, spatial..., C) in memory order. */
START_TEST(nhwc_1d_3d_activation)
{
	static const struct cases_shape shapes[] = {
		{3, {2, 3, 37}}, {4, {5, 3, 4, 6}}, {5, {2, 3, 3, 4, 5}}, {2, {7, 3}}, {8, {2, 3, 1, 2, 1, 3, 2, 2}}};
	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct layer_trial trial;
		clnorm_desc desc = cases_desc(&shapes[i]);
		desc.layout = (clnorm_layout)_i;
		desc.activation = (clnorm_activation)((i + 2 * (size_t)_i) % CLNORM_ACTIVATION_COUNT);
		desc.slope = 0.2;
		layer_trial_init(&trial, &desc, DATA_NARROW, 70 + (unsigned)i);
		clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
		step_check(&trial, layer);
		clnorm_layer_destroy(layer);
		layer_trial_clear(&trial);
	}
}
END_TEST

/* No element: success, an empty y and dx, zero parameter gradients, whatever was in them. */
START_TEST(empty)
{
	static const struct cases_shape shapes[] = {{4, {0, 3, 4, 4}}, {4, {2, 3, 0, 4}}};
	static const double old[] = {1, 2, 3, 4, 5, 6};
	struct layer_trial trial;
	clnorm_desc desc = cases_desc(&shapes[_i]);
	const clnorm_tensor *y = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 7);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	layer_trial_write(layer, CLNORM_DGAMMA, old);
	layer_trial_write(layer, CLNORM_DBETA, old + 3);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	ck_assert_uint_eq(clnorm_tensor_count(y), 0);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	ck_assert_uint_eq(clnorm_tensor_count(dx), 0);
	layer_trial_check_gradients_are(layer, NULL);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* An out-of-order queue could run a backward pass before its forward pass, so that every call refuses one. */
START_TEST(queues)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	const clnorm_tensor *y = NULL;
	cl_command_queue_properties properties = 0;
	cl_command_queue other = device_queue_create(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	double values[3];
	EXPECT_CL(clGetCommandQueueInfo(other, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL));
	layer_trial_init(&trial, &desc, DATA_NORMAL, 8);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	if (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) {
		EXPECT_SAYS(clnorm_layer_forward(layer, other, trial.at_x, &y), CLNORM_BAD_ARGUMENT, "out of order",
		            "in-order");
		EXPECT_STATUS(clnorm_layer_backward(layer, other, trial.at_dy, CLNORM_WANT_ALL, NULL, &y),
		              CLNORM_BAD_ARGUMENT);
		EXPECT_STATUS(clnorm_layer_zero_gradients(layer, other), CLNORM_BAD_ARGUMENT);
		EXPECT_STATUS(clnorm_layer_update(layer, other, 1), CLNORM_BAD_ARGUMENT);
		EXPECT_STATUS(clnorm_layer_read(layer, other, CLNORM_GAMMA, CLNORM_F64, values), CLNORM_BAD_ARGUMENT);
		EXPECT_STATUS(clnorm_layer_write(layer, other, CLNORM_GAMMA, CLNORM_F64, trial.gamma),
		              CLNORM_BAD_ARGUMENT);
	} else {
		EXPECT_OK(clnorm_layer_forward(layer, other, trial.at_x, &y));
		EXPECT_CL(clFinish(other));
	}
	EXPECT_CL(clReleaseCommandQueue(other));
	step_check(&trial, layer);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

struct worker {
	const struct layer_trial *trial;
	clnorm_layer *layer;
	cl_command_queue queue;
	char path[64];
	clnorm_status st;
	char message[256];
};

/* Without assertions: those belong to the main thread. */
static void *work(void *argument)
{
	struct worker *w = argument;
	const clnorm_tensor *y, *dx;
	for (int turn = 0; turn < 10 && w->st == CLNORM_OK; turn++) {
		w->st = clnorm_layer_forward(w->layer, w->queue, w->trial->at_x, &y);
		if (w->st == CLNORM_OK) {
			w->st = clnorm_layer_backward(w->layer, w->queue, w->trial->at_dy, CLNORM_WANT_ALL, NULL, &dx);
		}
		if (w->st == CLNORM_OK) {
			w->st = clnorm_layer_save(w->layer, w->queue, w->path);
			w->st = w->st == CLNORM_OK ? clnorm_layer_load(w->layer, w->queue, w->path) : w->st;
			w->st = w->st == CLNORM_NOT_BUILT ? CLNORM_OK : w->st;
		}
	}
	snprintf(w->message, sizeof(w->message), "%s", clnorm_last_error());
	clFinish(w->queue);
	return NULL;
}

/* Layers of one context in four threads, passes and weight files at once. */
START_TEST(threads)
{
	struct worker workers[4] = {0};
	pthread_t ids[4];
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(5, 3, 4, 4);
	if (device_is_small()) {
		return; /* the interpreter knows no threads */
	}
	layer_trial_init(&trial, &desc, DATA_NORMAL, 9);
	for (size_t i = 0; i < 4; i++) {
		workers[i].trial = &trial;
		workers[i].layer = layer_trial_layer(&trial, true, NULL);
		workers[i].queue = device_queue_create(0);
		strcpy(workers[i].path, "/tmp/clnorm-threads-XXXXXX");
		int fd = mkstemp(workers[i].path);
		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_create(&ids[i], NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(ids[i], NULL), 0);
		ck_assert_msg(workers[i].st == CLNORM_OK, "thread %zu: %s", i, workers[i].message);
		layer_trial_check_gradients(&trial, workers[i].layer, 1, 0, NULL);
		clnorm_layer_destroy(workers[i].layer);
		EXPECT_CL(clReleaseCommandQueue(workers[i].queue));
		unlink(workers[i].path);
	}
	layer_trial_clear(&trial);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layer shapes");
	TCase *rows = tcase_create("rows of the feature table");
	TCase *others = tcase_create("others");
	tcase_add_test(rows, shape_checks);
	tcase_add_loop_test(rows, hw_is_one, 0, 4);
	tcase_add_loop_test(rows, constant_plane, 0, 2);
	tcase_add_loop_test(rows, scale_changed_between_passes, 0, 2);
	tcase_add_test(rows, in_place);
	tcase_add_test(rows, memory_pool);
	tcase_add_test(rows, backends);
	tcase_add_loop_test(rows, nhwc_1d_3d_activation, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_loop_test(others, empty, 0, 2);
	tcase_add_test(others, queues);
	tcase_add_test(others, threads);
	suite_add_tcase(suite, rows);
	suite_add_tcase(suite, others);
	return device_main(suite, NULL);
}
