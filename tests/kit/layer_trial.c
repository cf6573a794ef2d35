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
#include "tests/kit/values.h"

static double *doubles(size_t count)
{
	double *values = calloc(count + 1, sizeof(*values));
	ck_assert_ptr_nonnull(values);
	return values;
}

/* Sizes in the order of memory. */
static unsigned layer_trial_dims(const struct layer_trial *trial, size_t dims[8])
{
	const clnorm_desc *desc = &trial->desc;
	unsigned rank = desc->spatial_rank + 2, channels = clnorm_layout_channel_axis(desc->layout, rank), at = 0;
	dims[0] = desc->n;
	for (unsigned axis = 1; axis < rank; axis++) {
		dims[axis] = axis == channels ? desc->c : desc->spatial[at++];
	}
	return rank;
}

clnorm_tensor *layer_trial_tensor(const struct layer_trial *trial)
{
	size_t dims[8];
	unsigned rank = layer_trial_dims(trial, dims);
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, trial->desc.dtype, rank, dims, &tensor));
	return tensor;
}

static clnorm_tensor *tensor_of(const struct layer_trial *trial, const double *values)
{
	clnorm_tensor *tensor = layer_trial_tensor(trial);
	EXPECT_OK(clnorm_tensor_upload_from(tensor, device_get()->queue, CLNORM_F64, values));
	return tensor;
}

void layer_trial_oracle(struct layer_trial *trial)
{
	oracle_forward(&trial->desc, trial->x, trial->gamma, trial->beta, NULL, trial->y, trial->mean, trial->rstd);
	oracle_backward(&trial->desc, trial->x, trial->dy, trial->gamma, trial->beta, NULL, trial->dx, trial->dgamma,
	                trial->dbeta);
}

void layer_trial_init(struct layer_trial *trial, const clnorm_desc *desc, enum cases_data data, unsigned seed)
{
	size_t c = desc->c;
	clnorm_dtype wide = clnorm_dtype_statistics(desc->dtype);
	*trial = (struct layer_trial){.desc = *desc, .data = data, .seed = seed};
	trial->spatial = cases_spatial(desc);
	trial->instances = desc->n * c;
	trial->count = trial->instances * trial->spatial;
	double **arrays[] = {&trial->x, &trial->dy, &trial->y, &trial->dx};
	for (size_t i = 0; i < 4; i++) {
		*arrays[i] = doubles(trial->count);
	}
	trial->gamma = doubles(c);
	trial->beta = doubles(c);
	trial->dgamma = doubles(c);
	trial->dbeta = doubles(c);
	trial->mean = doubles(trial->instances);
	trial->rstd = doubles(trial->instances);
	cases_fill(desc, data, seed, trial->x);
	cases_normal(seed + 1, 0, 1, trial->count, trial->dy);
	cases_normal(seed + 2, 1, 0.5, c, trial->gamma);
	cases_normal(seed + 3, 0, 0.5, c, trial->beta);
	place_round(desc->dtype, trial->x, trial->count);
	place_round(desc->dtype, trial->dy, trial->count);
	place_round(wide, trial->gamma, c);
	place_round(wide, trial->beta, c);
	trial->at_x = tensor_of(trial, trial->x);
	trial->at_dy = tensor_of(trial, trial->dy);
	layer_trial_oracle(trial);
}

void layer_trial_clear(struct layer_trial *trial)
{
	double *arrays[] = {trial->x,    trial->dy,   trial->gamma, trial->beta,   trial->y,
	                    trial->mean, trial->rstd, trial->dx,    trial->dgamma, trial->dbeta};
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		free(arrays[i]);
	}
	clnorm_tensor_destroy(trial->at_x);
	clnorm_tensor_destroy(trial->at_dy);
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

void layer_trial_heal(const clnorm_layer *layer)
{
	for (unsigned part = 0; device_is_small() && part < CLNORM_LAYER_PARTS; part++) {
		cl_mem mem = clnorm_layer_view(layer, (clnorm_layer_part)part).mem;
		if (mem) {
			heal(mem);
		}
	}
}

void layer_trial_fill(clnorm_tensor *tensor, double value)
{
	EXPECT_OK(clnorm_tensor_fill(tensor, device_get()->queue, value));
	if (device_is_small()) {
		heal(clnorm_tensor_view(tensor).mem);
	}
}

void layer_trial_write(clnorm_layer *layer, clnorm_layer_part part, const double *values)
{
	EXPECT_OK(clnorm_layer_write(layer, device_get()->queue, part, CLNORM_F64, values));
	layer_trial_heal(layer);
}

clnorm_layer *layer_trial_layer(const struct layer_trial *trial, bool affine, const char *name)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	options.epsilon = trial->desc.epsilon;
	options.affine = affine;
	options.name = name;
	options.dtype = trial->desc.dtype;
	options.layout = trial->desc.layout;
	options.activation = trial->desc.activation;
	options.slope = trial->desc.slope;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, trial->desc.c, &options, &layer));
	layer_trial_write(layer, CLNORM_GAMMA, trial->gamma);
	layer_trial_write(layer, CLNORM_BETA, trial->beta);
	return layer;
}

double *layer_trial_part(const clnorm_layer *layer, clnorm_layer_part part)
{
	double *values = doubles(clnorm_layer_parameter_count(layer) / 2);
	EXPECT_OK(clnorm_layer_read(layer, device_get()->queue, part, CLNORM_F64, values));
	return values;
}

static double *trial_values(const struct layer_trial *trial, const clnorm_tensor *tensor)
{
	ck_assert_uint_eq(clnorm_tensor_count(tensor), trial->count);
	return values_of(tensor);
}

static void number_check(const struct layer_trial *trial, const char *what, size_t i, double got, double right,
                         double tolerance)
{
	ck_assert_msg(fabs(got - right) <= tolerance,
	              "%s[%zu] = %.17g, exact %.17g, error %.3g, allowed %.3g: %s %s %s", what, i, got, right,
	              fabs(got - right), tolerance, clnorm_dtype_name(trial->desc.dtype),
	              clnorm_layout_name(trial->desc.layout), cases_data_name(trial->data));
}

/* An activation's steepest slope is 1.13 or less; exp and erfc of OpenCL add up to 18 ulp of y. */
static bool is_curved(const struct layer_trial *trial)
{
	return trial->desc.activation == CLNORM_ACT_SILU || trial->desc.activation == CLNORM_ACT_GELU;
}

void layer_trial_check_y(const struct layer_trial *trial, const clnorm_tensor *y)
{
	clnorm_dtype dtype = trial->desc.dtype;
	double *got = trial_values(trial, y);
	double ulp = dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	for (size_t instance = 0; instance < trial->instances; instance++) {
		double gamma = trial->gamma[instance % trial->desc.c], beta = trial->beta[instance % trial->desc.c];
		for (size_t s = 0; s < trial->spatial; s++) {
			size_t i = cases_index(&trial->desc, instance, s);
			double xhat = (trial->x[i] - trial->mean[instance]) * trial->rstd[instance];
			double size = fmax(1, fabs(gamma * xhat) + fabs(beta));
			double error = compare_bound(dtype) * size;
			error = is_curved(trial) ? 1.13 * error + 18 * ulp * fabs(trial->y[i]) : error;
			number_check(trial, "y", i, got[i], trial->y[i],
			             error + compare_half_ulp(dtype, fabs(trial->y[i]) + error));
		}
	}
	free(got);
}

/* A bound on |g|, g = dy*act'(z). */
static double steepest(const struct layer_trial *trial)
{
	return is_curved(trial) ? 1.13 : 1;
}

/* The contract's 1e-6, in double the same share of its rounding; curved activations bring their own derivatives'
 * error. */
static double gradient_bound(const struct layer_trial *trial)
{
	double bound = is_curved(trial) ? 4e-6 : 1e-6;
	return trial->desc.dtype == CLNORM_F64 ? ldexp(bound, -29) : bound;
}

void layer_trial_check_dx(const struct layer_trial *trial, const clnorm_tensor *dx)
{
	double *got = trial_values(trial, dx);
	for (size_t instance = 0; instance < trial->instances; instance++) {
		double largest = 0;
		for (size_t s = 0; s < trial->spatial; s++) {
			largest = fmax(largest, fabs(trial->dy[cases_index(&trial->desc, instance, s)]));
		}
		double bound = gradient_bound(trial) * fabs(trial->gamma[instance % trial->desc.c]) *
		               trial->rstd[instance] * steepest(trial) * largest;
		for (size_t s = 0; s < trial->spatial; s++) {
			size_t i = cases_index(&trial->desc, instance, s);
			double rounding = compare_half_ulp(trial->desc.dtype, fabs(trial->dx[i]) + bound);
			number_check(trial, "dx", i, got[i], trial->dx[i], bound + rounding);
		}
	}
	free(got);
}

/* Sums over a channel of |g*xhat| and |g|, |g| taken as large as it may be. */
static void channel_sums(const struct layer_trial *trial, size_t c, double *dgamma, double *dbeta)
{
	*dgamma = *dbeta = 0;
	for (size_t n = 0; n < trial->desc.n; n++) {
		for (size_t s = 0; s < trial->spatial; s++) {
			size_t instance = n * trial->desc.c + c, i = cases_index(&trial->desc, instance, s);
			double g = steepest(trial) * fabs(trial->dy[i]);
			*dgamma += g * fabs(trial->x[i] - trial->mean[instance]) * trial->rstd[instance];
			*dbeta += g;
		}
	}
}

void layer_trial_check_gradients(const struct layer_trial *trial, const clnorm_layer *layer, double scale,
                                 double momentum, const double *old)
{
	size_t channels = trial->desc.c;
	double *dgamma = layer_trial_part(layer, CLNORM_DGAMMA), *dbeta = layer_trial_part(layer, CLNORM_DBETA);
	double ulp = trial->desc.dtype == CLNORM_F64 ? DBL_EPSILON : FLT_EPSILON;
	for (size_t c = 0; c < channels; c++) {
		double sums[2], old_gamma = momentum != 0 ? momentum * old[c] : 0;
		double old_beta = momentum != 0 ? momentum * old[channels + c] : 0;
		double right_gamma = scale * trial->dgamma[c] + old_gamma,
		       right_beta = scale * trial->dbeta[c] + old_beta;
		channel_sums(trial, c, &sums[0], &sums[1]);
		double bound = fabs(scale) * gradient_bound(trial);
		number_check(trial, "dgamma", c, dgamma[c], right_gamma,
		             bound * sums[0] + ulp * (fabs(right_gamma) + fabs(old_gamma)));
		number_check(trial, "dbeta", c, dbeta[c], right_beta,
		             bound * sums[1] + ulp * (fabs(right_beta) + fabs(old_beta)));
	}
	free(dgamma);
	free(dbeta);
}

void layer_trial_check_gradients_are(const clnorm_layer *layer, const double *values)
{
	size_t channels = clnorm_layer_parameter_count(layer) / 2;
	double *dgamma = layer_trial_part(layer, CLNORM_DGAMMA), *dbeta = layer_trial_part(layer, CLNORM_DBETA);
	for (size_t c = 0; c < channels; c++) {
		ck_assert_msg(dgamma[c] == (values ? values[c] : 0), "dgamma[%zu] is %g", c, dgamma[c]);
		ck_assert_msg(dbeta[c] == (values ? values[channels + c] : 0), "dbeta[%zu] is %g", c, dbeta[c]);
	}
	free(dgamma);
	free(dbeta);
}
