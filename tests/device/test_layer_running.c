/* test_layer_running.c: a layer's running statistics: PyTorch's numbers, evaluation with them, refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/values.h"

enum { N = 3, C = 2, H = 3, W = 4, ALL = N * C * H * W };

static clnorm_layer *layer_make(const clnorm_layer_options *options)
{
	static const double gamma[C] = {0.75, -1.5}, beta[C] = {0.25, -0.5};
	clnorm_layer *layer = NULL;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, C, options, &layer));
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_GAMMA, CLNORM_F64, gamma));
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_BETA, CLNORM_F64, beta));
	return layer;
}

static clnorm_layer_options tracking(void)
{
	clnorm_layer_options options = clnorm_layer_defaults();
	options.track_running_statistics = true;
	return options;
}

/* Sixteenths, the same everywhere; channels are scaled and moved apart by `apart`. */
static clnorm_tensor *batch(int k, double apart, clnorm_layout layout)
{
	const size_t first[] = {N, C, H, W}, last[] = {N, H, W, C};
	double values[ALL];
	clnorm_tensor *tensor = NULL;
	for (int i = 0; i < ALL; i++) {
		int c = i / (H * W) % C,
		    at = layout == CLNORM_NHWC ? i / (C * H * W) * C * H * W + i % (H * W) * C + c : i;
		values[at] = (((i * 37 + k * 53) % 64) / 16.0 - 2) * (1 + 0.5 * c) + apart * (c + 1) + 0.25 * k;
	}
	EXPECT_OK(
		clnorm_tensor_create(device_get()->ctx, CLNORM_F32, 4, layout == CLNORM_NHWC ? last : first, &tensor));
	EXPECT_OK(clnorm_tensor_upload_from(tensor, device_queue(), CLNORM_F64, values));
	return tensor;
}

static void part_check(const clnorm_layer *layer, clnorm_layer_part part, const double *right)
{
	double got[C];
	EXPECT_OK(clnorm_layer_read(layer, device_queue(), part, CLNORM_F64, got));
	for (size_t i = 0; i < C; i++) {
		values_near("part", "layer", i, got[i], right[i], 1e-6 * fmax(1, fabs(right[i])));
	}
}

/* Elements 20 to 27 of a tensor in the order of channels first. */
static void middle_check(const char *what, const clnorm_tensor *tensor, clnorm_layout layout, const double *right)
{
	double *got = values_of(tensor);
	for (size_t i = 20; i < 28; i++) {
		size_t c = i / (H * W) % C, s = i % (H * W), n = i / (C * H * W);
		size_t at = layout == CLNORM_NHWC ? (n * H * W + s) * C + c : i;
		values_near(what, "layer", i, got[at], right[i - 20], 2e-6 * fmax(1, fabs(right[i - 20])));
	}
	free(got);
}

/* Three steps and an evaluation of torch.nn.InstanceNorm2d(2, affine=True, track_running_stats=True), torch 2.15.0 on a
 * CPU, with weight (0.75, -1.5), bias (0.25, -0.5) and batches 0 to 3, dy 10 to 13. */
START_TEST(torch_numbers)
{
	static const double means[3][C] = {
		{0.0385416672, 0.0953124985}, {0.107256949, 0.219635412}, {0.192017362, 0.353401035}};
	static const double variances[3][C] = {
		{1.04462993, 1.23394001}, {1.08656442, 1.43709958}, {1.12329543, 1.61085224}};
	static const double y_right[8] = {1.11036003,  -1.94519496,  0.284534365, -2.77102065,
	                                  0.435810387, -0.679051876, 0.848722339, -0.266139925};
	static const double dx_right[8] = {0.424974561, 1.56106746,   -0.696428537, 0.439664423,
	                                   0.869419992, -0.383144706, 1.33333278,   0.0807681158};
	static const double dgamma[C] = {-7.66132259, -13.4452658}, dbeta[C] = {106.875, 110.8125};
	static const double evaluated[8] = {1.06258309, -3.03695607, -0.0454005115, -4.14493942,
	                                    0.60062331, 2.23704076,  1.0428983,     -0.151244134};
	static const double evaluated_dx[8] = {-2.62222791, -6.72176647, -3.73021126, -0.738655746,
	                                       2.69787717,  1.50373483,  3.14015222,  1.94600964};
	clnorm_layer_options options = tracking();
	const clnorm_tensor *y = NULL, *dx = NULL;
	options.layout = (clnorm_layout)_i;
	clnorm_layer *layer = layer_make(&options);
	for (int k = 0; k < 4; k++) {
		clnorm_tensor *x = batch(k, 0.5, options.layout), *dy = batch(k + 10, 0, options.layout);
		clnorm_layer_set_training(layer, k < 3);
		EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
		EXPECT_OK(clnorm_layer_backward(layer, device_queue(), dy, CLNORM_WANT_ALL, NULL, &dx));
		part_check(layer, CLNORM_RUNNING_MEAN, means[k < 3 ? k : 2]);
		part_check(layer, CLNORM_RUNNING_VARIANCE, variances[k < 3 ? k : 2]);
		clnorm_tensor_destroy(x);
		clnorm_tensor_destroy(dy);
		if (k >= 2) {
			middle_check("y", y, options.layout, k == 2 ? y_right : evaluated);
			middle_check("dx", dx, options.layout, k == 2 ? dx_right : evaluated_dx);
			part_check(layer, CLNORM_DGAMMA, dgamma);
			part_check(layer, CLNORM_DBETA, dbeta);
		}
	}
	clnorm_layer_destroy(layer);
}
END_TEST

/* Evaluation reads the statistics where and as they are, and leaves them alone. */
START_TEST(evaluation)
{
	static const double mean[C] = {1, -2}, variance[C] = {0.25, 4};
	clnorm_layer_options options = tracking();
	double got[N * C], rstd[N * C];
	const clnorm_tensor *y = NULL;
	clnorm_tensor *x = batch(1, 0.5, CLNORM_NCHW);
	options.epsilon = 0.5;
	clnorm_layer *layer = layer_make(&options);
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_RUNNING_MEAN, CLNORM_F64, mean));
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_RUNNING_VARIANCE, CLNORM_F64, variance));
	clnorm_layer_set_training(layer, false);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
	ck_assert_ptr_null(clnorm_layer_moments(layer));
	EXPECT_OK(clnorm_layer_statistics(layer, device_queue(), got, rstd));
	double *values = values_of(x), *out = values_of(y);
	for (size_t i = 0; i < N * C; i++) {
		values_near("mean", "layer", i, got[i], mean[i % C], 0);
		values_near("rstd", "layer", i, rstd[i], 1 / sqrt(variance[i % C] + 0.5), 1e-7);
	}
	for (size_t i = 0; i < ALL; i++) {
		size_t c = i / (H * W) % C;
		double right = (c ? -1.5 : 0.75) * (values[i] - mean[c]) / sqrt(variance[c] + 0.5) + (c ? -0.5 : 0.25);
		values_near("y", "layer", i, out[i], right, 1e-6 * fmax(1, fabs(right)));
	}
	part_check(layer, CLNORM_RUNNING_MEAN, mean);
	part_check(layer, CLNORM_RUNNING_VARIANCE, variance);
	free(values);
	free(out);
	clnorm_layer_destroy(layer);
	clnorm_tensor_destroy(x);
}
END_TEST

static double activated(clnorm_activation activation, double z)
{
	switch (activation) {
	case CLNORM_ACT_RELU:
		return fmax(z, 0);
	case CLNORM_ACT_LEAKY_RELU:
		return z > 0 ? z : 0.2 * z;
	case CLNORM_ACT_SILU:
		return z / (1 + exp(-z));
	case CLNORM_ACT_GELU:
		return z * erfc(-z / sqrt(2)) / 2;
	default:
		return z;
	}
}

/* dx of an evaluation is what central differences of dy*y make of it; gradients of gamma and beta stay. */
START_TEST(evaluation_backward)
{
	static const double mean[C] = {1, -2}, variance[C] = {0.25, 4}, old[C] = {7, 7};
	const double step = 0x1p-10;
	clnorm_layer_options options = tracking();
	const clnorm_tensor *y = NULL, *dx = NULL;
	options.layout = (clnorm_layout)(_i % CLNORM_LAYOUT_COUNT);
	options.activation = (clnorm_activation)(_i / CLNORM_LAYOUT_COUNT);
	options.slope = 0.2;
	clnorm_tensor *x = batch(1, 0.5, options.layout), *dy = batch(11, 0.25, options.layout);
	clnorm_layer *layer = layer_make(&options);
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_RUNNING_MEAN, CLNORM_F64, mean));
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_RUNNING_VARIANCE, CLNORM_F64, variance));
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_DGAMMA, CLNORM_F64, old));
	EXPECT_OK(clnorm_layer_write(layer, device_queue(), CLNORM_DBETA, CLNORM_F64, old));
	clnorm_layer_set_training(layer, false);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), dy, CLNORM_WANT_ALL, NULL, &dx));
	double *xs = values_of(x), *dys = values_of(dy), *got = values_of(dx);
	for (size_t i = 0; i < ALL; i++) {
		size_t c = options.layout == CLNORM_NHWC ? i % C : i / (H * W) % C;
		double scale = (c ? -1.5 : 0.75) / sqrt(variance[c] + 1e-5), beta = c ? -0.5 : 0.25;
		double z = scale * (xs[i] - mean[c]) + beta, slope = 0;
		ck_assert_msg(fabs(z) > 4 * step, "element %zu lies at the kink", i);
		for (int k = -2; k <= 2; k++) {
			static const int weights[] = {1, -8, 0, 8, -1};
			slope += weights[k + 2] * activated(options.activation, z + k * step) / (12 * step);
		}
		values_near("dx", clnorm_activation_name(options.activation), i, got[i], dys[i] * scale * slope,
		            2e-6 * fabs(dys[i] * scale));
	}
	part_check(layer, CLNORM_DGAMMA, old);
	part_check(layer, CLNORM_DBETA, old);
	part_check(layer, CLNORM_RUNNING_MEAN, mean);
	free(xs);
	free(dys);
	free(got);
	clnorm_layer_destroy(layer);
	clnorm_tensor_destroy(x);
	clnorm_tensor_destroy(dy);
}
END_TEST

/* A new layer's are mean 0 and variance 1; other dtypes keep them in their statistics type. */
START_TEST(dtypes)
{
	static const double zeros[C] = {0, 0}, ones[C] = {1, 1};
	const size_t dims[] = {N, C, H, W};
	clnorm_layer_options options = tracking();
	const clnorm_tensor *y = NULL;
	clnorm_tensor *x = NULL;
	options.dtype = (clnorm_dtype)_i;
	options.groups = C;
	options.momentum = 1;
	if (options.dtype == CLNORM_F64 && !device_get()->info.fp64) {
		return;
	}
	clnorm_layer *layer = layer_make(&options);
	part_check(layer, CLNORM_RUNNING_MEAN, zeros);
	part_check(layer, CLNORM_RUNNING_VARIANCE, ones);
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, options.dtype, 4, dims, &x));
	EXPECT_OK(clnorm_tensor_fill(x, device_queue(), 3));
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
	part_check(layer, CLNORM_RUNNING_MEAN, (const double[]){3, 3});
	part_check(layer, CLNORM_RUNNING_VARIANCE, zeros);
	clnorm_tensor_destroy(x);
	clnorm_layer_destroy(layer);
}
END_TEST

/* A shape is trained and evaluated in turn without another plan being made for it: y stays where it is. */
START_TEST(in_turn)
{
	clnorm_layer_options options = tracking();
	const clnorm_tensor *first = NULL, *y = NULL;
	clnorm_tensor *x = batch(0, 0.5, CLNORM_NCHW);
	clnorm_layer *layer = layer_make(&options);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &first));
	for (int i = 0; i < 4; i++) {
		clnorm_layer_set_training(layer, i % 2);
		EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
		ck_assert_ptr_eq(y, first);
	}
	clnorm_layer_destroy(layer);
	clnorm_tensor_destroy(x);
}
END_TEST

START_TEST(layer_refusals)
{
	static const double zeros[C] = {0, 0}, ones[C] = {1, 1};
	const size_t one_element[] = {N, C, 1, 1};
	clnorm_layer_options options = tracking();
	const clnorm_tensor *y = NULL;
	clnorm_tensor *x = batch(0, 0.5, CLNORM_NCHW), *point = NULL;
	clnorm_layer *layer = NULL;
	double values[C] = {7, 7};
	options.groups = 1;
	EXPECT_SAYS(clnorm_layer_create_with(device_get()->ctx, C, &options, &layer), CLNORM_UNSUPPORTED, "groups is 1",
	            "2 channels");
	options = tracking();
	options.momentum = INFINITY;
	EXPECT_SAYS(clnorm_layer_create_with(device_get()->ctx, C, &options, &layer), CLNORM_BAD_ARGUMENT, "momentum",
	            "inf");
	options = clnorm_layer_defaults();
	layer = layer_make(&options);
	EXPECT_SAYS(clnorm_layer_read(layer, device_queue(), CLNORM_RUNNING_MEAN, CLNORM_F64, values),
	            CLNORM_BAD_ARGUMENT, "running statistics", "track_running_statistics");
	EXPECT_STATUS(clnorm_layer_write(layer, device_queue(), CLNORM_RUNNING_VARIANCE, CLNORM_F64, values),
	              CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_bind(layer, device_queue(), CLNORM_RUNNING_MEAN, clnorm_tensor_view(x)),
	              CLNORM_BAD_ARGUMENT);
	ck_assert_ptr_null(clnorm_layer_view(layer, CLNORM_RUNNING_MEAN).mem);
	clnorm_layer_destroy(layer);
	options = tracking();
	layer = layer_make(&options);
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, CLNORM_F32, 4, one_element, &point));
	EXPECT_OK(clnorm_tensor_fill(point, device_queue(), 5));
	EXPECT_SAYS(clnorm_layer_forward(layer, device_queue(), point, &y), CLNORM_BAD_SHAPE, "(3, 2, 1, 1)",
	            "unbiased");
	part_check(layer, CLNORM_RUNNING_MEAN, zeros);
	part_check(layer, CLNORM_RUNNING_VARIANCE, ones);
	clnorm_layer_set_training(layer, false);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), point, &y));
	clnorm_tensor_destroy(point);
	clnorm_tensor_destroy(x);
	clnorm_layer_destroy(layer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("a layer's running statistics");
	TCase *layers = tcase_create("layers");
	tcase_add_loop_test(layers, torch_numbers, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_test(layers, evaluation);
	tcase_add_loop_test(layers, evaluation_backward, 0, CLNORM_LAYOUT_COUNT * CLNORM_ACTIVATION_COUNT);
	tcase_add_loop_test(layers, dtypes, 0, CLNORM_DTYPE_COUNT);
	tcase_add_test(layers, in_turn);
	tcase_add_test(layers, layer_refusals);
	suite_add_tcase(suite, layers);
	return device_main(suite, NULL);
}
