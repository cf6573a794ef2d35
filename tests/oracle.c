/* oracle.c: what is right: values and gradients in long double, by other formulas than the library's.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include <check.h>

#include "oracle.h"

/* A sum in pairs, pairs of pairs and so on: level k holds the sum of 2^k terms where bit k of count is set. The error
 * grows with the logarithm of the count. */
struct cascade {
	long double level[64];
	size_t count;
};

static void cascade_add(struct cascade *sum, long double term)
{
	unsigned k = 0;
	for (size_t bits = sum->count; bits & 1; bits >>= 1) {
		term += sum->level[k++];
	}
	sum->level[k] = term;
	sum->count++;
}

static long double cascade_total(const struct cascade *sum)
{
	long double total = 0;
	for (unsigned k = 0; k < 64; k++) {
		total += sum->count >> k & 1 ? sum->level[k] : 0;
	}
	return total;
}

/* The inputs of a call, one number of which may be moved. */
struct inputs {
	const clnorm_desc *desc;
	const double *array[4]; /* by enum oracle_input */
	enum oracle_input moved;
	size_t moved_index;
	long double moved_by; /* 0: none is */
};

/* What a missing array stands for is 1 for gamma and 0 for the others. */
static long double input_at(const struct inputs *in, enum oracle_input which, size_t index)
{
	const double *array = in->array[which];
	long double value = array ? array[index] : which == ORACLE_GAMMA;
	return in->moved == which && in->moved_index == index ? value + in->moved_by : value;
}

static size_t spatial_of(const clnorm_desc *desc)
{
	size_t count = 1;
	for (unsigned i = 0; i < desc->spatial_rank; i++) {
		count *= desc->spatial[i];
	}
	return count;
}

/* Where element s of an instance is. */
static size_t element_index(const clnorm_desc *desc, size_t instance, size_t s)
{
	size_t spatial = spatial_of(desc);
	if (desc->layout == CLNORM_NCHW) {
		return instance * spatial + s;
	}
	return (instance / desc->c * spatial + s) * desc->c + instance % desc->c;
}

/* Where gamma and beta of an instance are. */
static size_t parameter_index(const clnorm_desc *desc, size_t instance)
{
	return desc->affine == CLNORM_AFFINE_INSTANCE ? instance : instance % desc->c;
}

static long double *numbers_new(size_t count)
{
	long double *numbers = calloc(count + 1, sizeof(*numbers));
	if (!numbers) {
		ck_abort_msg("no memory for %zu numbers", count);
	}
	return numbers;
}

/* One instance, gathered. */
struct plane {
	size_t instance, count;
	long double *d;          /* x - (mean + lacks) */
	long double mean, lacks; /* lacks: what a long double cannot hold of the mean */
	long double sigma;       /* sqrt(var + epsilon) */
};

static void plane_init(struct plane *plane, const struct inputs *in, size_t instance)
{
	size_t count = spatial_of(in->desc);
	struct cascade sum = {.count = 0}, rest = {.count = 0}, squares = {.count = 0};
	long double *d = numbers_new(count);
	bool equal = true;
	for (size_t s = 0; s < count; s++) {
		d[s] = input_at(in, ORACLE_X, element_index(in->desc, instance, s));
		equal = equal && d[s] == d[0];
		cascade_add(&sum, d[s]);
	}
	/* Equal elements have no variance at all, however the division rounds. */
	long double mean = equal ? d[0] : cascade_total(&sum) / count;
	for (size_t s = 0; s < count; s++) {
		d[s] -= mean;
		cascade_add(&rest, d[s]);
	}
	/* What the mean lacks: at mean/sigma = 1e4 a long double alone is no better than 5e-16 of sigma. */
	long double lacks = equal ? 0 : cascade_total(&rest) / count;
	for (size_t s = 0; s < count; s++) {
		d[s] -= lacks;
		cascade_add(&squares, d[s] * d[s]);
	}
	*plane = (struct plane){instance, count, d,
	                        mean,     lacks, sqrtl(cascade_total(&squares) / count + in->desc->epsilon)};
}

static void plane_clear(struct plane *plane)
{
	free(plane->d);
}

/* (x - mean)/sigma; 0 where nothing varies and epsilon is 0. */
static long double normal_at(const struct plane *plane, size_t s)
{
	return plane->sigma == 0 ? 0 : plane->d[s] / plane->sigma;
}

static long double before_activation(const struct inputs *in, const struct plane *plane, size_t s)
{
	size_t parameter = parameter_index(in->desc, plane->instance);
	return input_at(in, ORACLE_GAMMA, parameter) * normal_at(plane, s) + input_at(in, ORACLE_BETA, parameter) +
	       input_at(in, ORACLE_RESIDUAL, element_index(in->desc, plane->instance, s));
}

static long double activation_value(const clnorm_desc *desc, long double z)
{
	switch (desc->activation) {
	case CLNORM_ACT_RELU:
		return z < 0 ? 0 : z;
	case CLNORM_ACT_LEAKY_RELU:
		return z < 0 ? desc->slope * z : z;
	case CLNORM_ACT_SILU:
		return z / (1 + expl(-z));
	case CLNORM_ACT_GELU:
		return z * (1 + erfl(z / sqrtl(2))) / 2;
	default:
		return z;
	}
}

static long double activation_derivative(const clnorm_desc *desc, long double z)
{
	long double share;
	switch (desc->activation) {
	case CLNORM_ACT_RELU:
		return z > 0;
	case CLNORM_ACT_LEAKY_RELU:
		return z > 0 ? 1 : desc->slope;
	case CLNORM_ACT_SILU:
		share = (1 + tanhl(z / 2)) / 2;
		return share + z * share * (1 - share);
	case CLNORM_ACT_GELU:
		return (1 + erfl(z / sqrtl(2)) + z * sqrtl(2 / acosl(-1)) * expl(-z * z / 2)) / 2;
	default:
		return 1;
	}
}

double oracle_derivative(const clnorm_desc *desc, double z)
{
	return (double)activation_derivative(desc, z);
}

void oracle_forward(const clnorm_desc *desc, const double *x, const double *gamma, const double *beta,
                    const double *residual, double *y, double *mean, double *rstd)
{
	struct inputs in = {.desc = desc, .array = {x, gamma, beta, residual}};
	size_t instances = spatial_of(desc) ? desc->n * desc->c : 0;
	for (size_t i = 0; i < instances; i++) {
		struct plane plane;
		plane_init(&plane, &in, i);
		for (size_t s = 0; y && s < plane.count; s++) {
			y[element_index(desc, i, s)] =
				(double)activation_value(desc, before_activation(&in, &plane, s));
		}
		if (mean) {
			mean[i] = (double)(plane.mean + plane.lacks);
		}
		if (rstd) {
			rstd[i] = plane.sigma == 0 ? 0 : (double)(1 / plane.sigma);
		}
		plane_clear(&plane);
	}
}

struct oracle_moments oracle_moments(const clnorm_desc *desc, const double *x, size_t instance)
{
	struct inputs in = {.desc = desc, .array = {x}};
	struct cascade squares = {.count = 0};
	struct plane plane;
	plane_init(&plane, &in, instance);
	for (size_t s = 0; s < plane.count; s++) {
		cascade_add(&squares, plane.d[s] * plane.d[s]);
	}
	plane_clear(&plane);
	double mean = (double)plane.mean;
	return (struct oracle_moments){mean, (double)cascade_total(&squares), plane.mean - mean + plane.lacks};
}

/* The gradient of an instance: dx, and what it adds to the gradients of its gamma and beta. */
static void plane_backward(const struct inputs *in, const struct plane *plane, const double *dy, double *dx,
                           long double *dgamma, long double *dbeta)
{
	size_t count = plane->count;
	long double gamma = input_at(in, ORACLE_GAMMA, parameter_index(in->desc, plane->instance));
	long double *g = numbers_new(count);
	struct cascade sum_g = {.count = 0}, sum_gd = {.count = 0};
	for (size_t s = 0; s < count; s++) {
		g[s] = dy[element_index(in->desc, plane->instance, s)] *
		       activation_derivative(in->desc, before_activation(in, plane, s));
		cascade_add(&sum_g, g[s]);
		cascade_add(&sum_gd, g[s] * plane->d[s]);
	}
	long double along_d = cascade_total(&sum_gd);
	/* With respect to the variance and the mean, which both sum over all elements. */
	long double dvar = -gamma * along_d / (2 * plane->sigma * plane->sigma * plane->sigma);
	long double dmean = -gamma * cascade_total(&sum_g) / plane->sigma;
	for (size_t s = 0; dx && s < count; s++) {
		long double all = gamma * g[s] / plane->sigma + dvar * 2 * plane->d[s] / count + dmean / count;
		dx[element_index(in->desc, plane->instance, s)] = plane->sigma == 0 ? 0 : (double)all;
	}
	*dgamma += plane->sigma == 0 ? 0 : along_d / plane->sigma;
	*dbeta += cascade_total(&sum_g);
	free(g);
}

void oracle_backward(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                     const double *beta, const double *residual, double *dx, double *dgamma, double *dbeta)
{
	struct inputs in = {.desc = desc, .array = {x, gamma, beta, residual}};
	size_t instances = desc->n * desc->c;
	size_t parameters = desc->affine == CLNORM_AFFINE_INSTANCE ? instances : desc->c;
	long double *sums = numbers_new(2 * parameters);
	for (size_t i = 0; spatial_of(desc) && i < instances; i++) {
		size_t parameter = parameter_index(desc, i);
		struct plane plane;
		plane_init(&plane, &in, i);
		plane_backward(&in, &plane, dy, dx, &sums[parameter], &sums[parameters + parameter]);
		plane_clear(&plane);
	}
	for (size_t i = 0; i < parameters; i++) {
		if (dgamma) {
			dgamma[i] = (double)sums[i];
		}
		if (dbeta) {
			dbeta[i] = (double)sums[parameters + i];
		}
	}
	free(sums);
}

/* Whether a number of the inputs has a part in an instance. */
static bool plane_uses(const clnorm_desc *desc, size_t instance, enum oracle_input input, size_t index)
{
	if (input == ORACLE_GAMMA || input == ORACLE_BETA) {
		return parameter_index(desc, instance) == index;
	}
	size_t spatial = spatial_of(desc);
	size_t n = index / (desc->c * spatial);
	size_t c = desc->layout == CLNORM_NCHW ? index / spatial % desc->c : index % desc->c;
	return n * desc->c + c == instance;
}

/* sum(dy*y) over the instances that the moved number has a part in. */
static long double loss(const struct inputs *in, const double *dy)
{
	struct cascade sum = {.count = 0};
	for (size_t i = 0; i < in->desc->n * in->desc->c; i++) {
		if (!plane_uses(in->desc, i, in->moved, in->moved_index)) {
			continue;
		}
		struct plane plane;
		plane_init(&plane, in, i);
		for (size_t s = 0; s < plane.count; s++) {
			long double y = activation_value(in->desc, before_activation(in, &plane, s));
			cascade_add(&sum, dy[element_index(in->desc, i, s)] * y);
		}
		plane_clear(&plane);
	}
	return cascade_total(&sum);
}

/* A step on whose scale the loss is smooth. */
static long double step_of(const struct inputs *in)
{
	long double scale = fmaxl(1, fabsl(input_at(in, in->moved, in->moved_index)));
	for (size_t i = 0; in->moved == ORACLE_X && i < in->desc->n * in->desc->c; i++) {
		if (plane_uses(in->desc, i, ORACLE_X, in->moved_index)) {
			struct plane plane;
			plane_init(&plane, in, i);
			scale = plane.sigma;
			plane_clear(&plane);
		}
	}
	return scale * 0x1p-12L;
}

double oracle_difference(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                         const double *beta, const double *residual, enum oracle_input input, size_t index)
{
	static const int weights[] = {1, -8, 0, 8, -1};
	struct inputs in = {.desc = desc, .array = {x, gamma, beta, residual}, .moved = input, .moved_index = index};
	long double step = step_of(&in);
	long double total = 0;
	for (int k = 0; k < 5; k++) {
		in.moved_by = (k - 2) * step;
		total += weights[k] ? weights[k] * loss(&in, dy) : 0;
	}
	return (double)(total / (12 * step));
}
