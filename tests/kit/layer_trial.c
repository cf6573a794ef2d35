/* layer_trial.c: one step of a layer on made-up data: inputs on the device, what is right beside them, and comparisons.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare.h"
#include "tests/kit/expect.h"
#include "tests/kit/layer_trial.h"
#include "tests/kit/oracle.h"

static double *doubles(size_t count)
{
	double *values = calloc(count + 1, sizeof(*values));
	ck_assert_ptr_nonnull(values);
	return values;
}

/* Sizes in the order of memory. */
static unsigned lesson_dims(const struct lesson *lesson, size_t dims[8])
{
	const clnorm_desc *desc = &lesson->desc;
	unsigned rank = desc->spatial_rank + 2, channels = clnorm_layout_channel_axis(desc->layout, rank), at = 0;
	dims[0] = desc->n;
	for (unsigned axis = 1; axis < rank; axis++) {
		dims[axis] = axis == channels ? desc->c : desc->spatial[at++];
	}
	return rank;
}

clnorm_tensor *lesson_tensor(const struct lesson *lesson)
{
	size_t dims[8];
	unsigned rank = lesson_dims(lesson, dims);
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, lesson->desc.dtype, rank, dims, &tensor));
	return tensor;
}

static clnorm_tensor *tensor_of(const struct lesson *lesson, const double *values)
{
	clnorm_tensor *tensor = lesson_tensor(lesson);
	EXPECT_OK(clnorm_tensor_upload_from(tensor, device_get()->queue, CLNORM_F64, values));
	return tensor;
}

void lesson_oracle(struct lesson *lesson)
{
	oracle_forward(&lesson->desc, lesson->x, lesson->gamma, lesson->beta, NULL, lesson->y, lesson->mean,
	               lesson->rstd);
	oracle_backward(&lesson->desc, lesson->x, lesson->dy, lesson->gamma, lesson->beta, NULL, lesson->dx,
	                lesson->dgamma, lesson->dbeta);
}

void lesson_init(struct lesson *lesson, const clnorm_desc *desc, enum cases_data data, unsigned seed)
{
	size_t c = desc->c;
	clnorm_dtype wide = clnorm_dtype_statistics(desc->dtype);
	*lesson = (struct lesson){.desc = *desc, .data = data, .seed = seed};
	lesson->spatial = cases_spatial(desc);
	lesson->instances = desc->n * c;
	lesson->count = lesson->instances * lesson->spatial;
	double **arrays[] = {&lesson->x, &lesson->dy, &lesson->y, &lesson->dx};
	for (size_t i = 0; i < 4; i++) {
		*arrays[i] = doubles(lesson->count);
	}
	lesson->gamma = doubles(c);
	lesson->beta = doubles(c);
	lesson->dgamma = doubles(c);
	lesson->dbeta = doubles(c);
	lesson->mean = doubles(lesson->instances);
	lesson->rstd = doubles(lesson->instances);
	cases_fill(desc, data, seed, lesson->x);
	cases_normal(seed + 1, 0, 1, lesson->count, lesson->dy);
	cases_normal(seed + 2, 1, 0.5, c, lesson->gamma);
	cases_normal(seed + 3, 0, 0.5, c, lesson->beta);
	place_round(desc->dtype, lesson->x, lesson->count);
	place_round(desc->dtype, lesson->dy, lesson->count);
	place_round(wide, lesson->gamma, c);
	place_round(wide, lesson->beta, c);
	lesson->at_x = tensor_of(lesson, lesson->x);
	lesson->at_dy = tensor_of(lesson, lesson->dy);
	lesson_oracle(lesson);
}

void lesson_clear(struct lesson *lesson)
{
	double *arrays[] = {lesson->x,    lesson->dy,   lesson->gamma, lesson->beta,   lesson->y,
	                    lesson->mean, lesson->rstd, lesson->dx,    lesson->dgamma, lesson->dbeta};
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		free(arrays[i]);
	}
	clnorm_tensor_destroy(lesson->at_x);
	clnorm_tensor_destroy(lesson->at_dy);
}

/* Writes a buffer whole with its own contents, where it was written in part. */
static void heal(cl_mem mem)
{
	cl_command_queue queue = device_get()->queue;
	size_t bytes = 0;
	EXPECT_CL(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof(bytes), &bytes, NULL));
	void *image = malloc(bytes);
	EXPECT_CL(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, bytes, image, 0, NULL, NULL));
	EXPECT_CL(clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, bytes, image, 0, NULL, NULL));
	free(image);
}

void lesson_heal(const clnorm_layer *layer)
{
	for (unsigned part = 0; device_is_small() && part < CLNORM_LAYER_PARTS; part++) {
		heal(clnorm_layer_view(layer, (clnorm_layer_part)part).mem);
	}
}

void lesson_fill(clnorm_tensor *tensor, double value)
{
	EXPECT_OK(clnorm_tensor_fill(tensor, device_get()->queue, value));
	if (device_is_small()) {
		heal(clnorm_tensor_view(tensor).mem);
	}
}

void lesson_write(clnorm_layer *layer, clnorm_layer_part part, const double *values)
{
	EXPECT_OK(clnorm_layer_write(layer, device_get()->queue, part, CLNORM_F64, values));
	lesson_heal(layer);
}

clnorm_layer *lesson_layer(const struct lesson *lesson, bool affine, const char *name)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	options.epsilon = lesson->desc.epsilon;
	options.affine = affine;
	options.name = name;
	options.dtype = lesson->desc.dtype;
	options.layout = lesson->desc.layout;
	options.activation = lesson->desc.activation;
	options.slope = lesson->desc.slope;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, lesson->desc.c, &options, &layer));
	lesson_write(layer, CLNORM_GAMMA, lesson->gamma);
	lesson_write(layer, CLNORM_BETA, lesson->beta);
	return layer;
}

double *lesson_part(const clnorm_layer *layer, clnorm_layer_part part)
{
	double *values = doubles(clnorm_layer_parameter_count(layer) / 2);
	EXPECT_OK(clnorm_layer_read(layer, device_get()->queue, part, CLNORM_F64, values));
	return values;
}

static double *values_of(const struct lesson *lesson, const clnorm_tensor *tensor)
{
	double *values = doubles(lesson->count);
	ck_assert_uint_eq(clnorm_tensor_count(tensor), lesson->count);
	EXPECT_OK(clnorm_tensor_download_to(tensor, device_get()->queue, CLNORM_F64, values));
	return values;
}

static void number_check(const struct lesson *lesson, const char *what, size_t i, double got, double right,
                         double tolerance)
{
	ck_assert_msg(fabs(got - right) <= tolerance,
	              "%s[%zu] = %.17g, exact %.17g, error %.3g, allowed %.3g: %s %s %s", what, i, got, right,
	              fabs(got - right), tolerance, clnorm_dtype_name(lesson->desc.dtype),
	              clnorm_layout_name(lesson->desc.layout), cases_data_name(lesson->data));
}

/* An activation's steepest slope is 1.13 or less; exp and erfc of OpenCL add up to 18 ulp of y. */
static bool is_curved(const struct lesson *lesson)
{
	return lesson->desc.activation == CLNORM_ACT_SILU || lesson->desc.activation == CLNORM_ACT_GELU;
}

void lesson_check_y(const struct lesson *lesson, const clnorm_tensor *y)
{
	clnorm_dtype dtype = lesson->desc.dtype;
	double *got = values_of(lesson, y);
	double ulp = dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	for (size_t instance = 0; instance < lesson->instances; instance++) {
		double gamma = lesson->gamma[instance % lesson->desc.c], beta = lesson->beta[instance % lesson->desc.c];
		for (size_t s = 0; s < lesson->spatial; s++) {
			size_t i = cases_index(&lesson->desc, instance, s);
			double xhat = (lesson->x[i] - lesson->mean[instance]) * lesson->rstd[instance];
			double size = fmax(1, fabs(gamma * xhat) + fabs(beta));
			double error = compare_bound(dtype) * size;
			error = is_curved(lesson) ? 1.13 * error + 18 * ulp * fabs(lesson->y[i]) : error;
			number_check(lesson, "y", i, got[i], lesson->y[i],
			             error + compare_half_ulp(dtype, fabs(lesson->y[i]) + error));
		}
	}
	free(got);
}

/* A bound on |g|, g = dy*act'(z). */
static double steepest(const struct lesson *lesson)
{
	return is_curved(lesson) ? 1.13 : 1;
}

/* The contract's 1e-6, in double the same share of its rounding; curved activations bring their own derivatives'
 * error. */
static double gradient_bound(const struct lesson *lesson)
{
	double bound = is_curved(lesson) ? 4e-6 : 1e-6;
	return lesson->desc.dtype == CLNORM_F64 ? ldexp(bound, -29) : bound;
}

void lesson_check_dx(const struct lesson *lesson, const clnorm_tensor *dx)
{
	double *got = values_of(lesson, dx);
	for (size_t instance = 0; instance < lesson->instances; instance++) {
		double largest = 0;
		for (size_t s = 0; s < lesson->spatial; s++) {
			largest = fmax(largest, fabs(lesson->dy[cases_index(&lesson->desc, instance, s)]));
		}
		double bound = gradient_bound(lesson) * fabs(lesson->gamma[instance % lesson->desc.c]) *
		               lesson->rstd[instance] * steepest(lesson) * largest;
		for (size_t s = 0; s < lesson->spatial; s++) {
			size_t i = cases_index(&lesson->desc, instance, s);
			double rounding = compare_half_ulp(lesson->desc.dtype, fabs(lesson->dx[i]) + bound);
			number_check(lesson, "dx", i, got[i], lesson->dx[i], bound + rounding);
		}
	}
	free(got);
}

/* Sums over a channel of |g*xhat| and |g|, |g| taken as large as it may be. */
static void channel_sums(const struct lesson *lesson, size_t c, double *dgamma, double *dbeta)
{
	*dgamma = *dbeta = 0;
	for (size_t n = 0; n < lesson->desc.n; n++) {
		for (size_t s = 0; s < lesson->spatial; s++) {
			size_t instance = n * lesson->desc.c + c, i = cases_index(&lesson->desc, instance, s);
			double g = steepest(lesson) * fabs(lesson->dy[i]);
			*dgamma += g * fabs(lesson->x[i] - lesson->mean[instance]) * lesson->rstd[instance];
			*dbeta += g;
		}
	}
}

void lesson_check_gradients(const struct lesson *lesson, const clnorm_layer *layer, double scale, double momentum,
                            const double *old)
{
	size_t channels = lesson->desc.c;
	double *dgamma = lesson_part(layer, CLNORM_DGAMMA), *dbeta = lesson_part(layer, CLNORM_DBETA);
	double ulp = lesson->desc.dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	for (size_t c = 0; c < channels; c++) {
		double sums[2], old_gamma = momentum != 0 ? momentum * old[c] : 0;
		double old_beta = momentum != 0 ? momentum * old[channels + c] : 0;
		double right_gamma = scale * lesson->dgamma[c] + old_gamma,
		       right_beta = scale * lesson->dbeta[c] + old_beta;
		channel_sums(lesson, c, &sums[0], &sums[1]);
		double bound = fabs(scale) * gradient_bound(lesson);
		number_check(lesson, "dgamma", c, dgamma[c], right_gamma,
		             bound * sums[0] + ulp * (fabs(right_gamma) + fabs(old_gamma)));
		number_check(lesson, "dbeta", c, dbeta[c], right_beta,
		             bound * sums[1] + ulp * (fabs(right_beta) + fabs(old_beta)));
	}
	free(dgamma);
	free(dbeta);
}

void lesson_check_gradients_are(const clnorm_layer *layer, const double *values)
{
	size_t channels = clnorm_layer_parameter_count(layer) / 2;
	double *dgamma = lesson_part(layer, CLNORM_DGAMMA), *dbeta = lesson_part(layer, CLNORM_DBETA);
	for (size_t c = 0; c < channels; c++) {
		ck_assert_msg(dgamma[c] == (values ? values[c] : 0), "dgamma[%zu] is %g", c, dgamma[c]);
		ck_assert_msg(dbeta[c] == (values ? values[channels + c] : 0), "dbeta[%zu] is %g", c, dbeta[c]);
	}
	free(dgamma);
	free(dbeta);
}
