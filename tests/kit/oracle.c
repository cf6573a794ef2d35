/* oracle.c: what is right: values and gradients in long double, by other formulas than the library's.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include <check.h>

#include "tests/kit/cases.h"
#include "tests/kit/oracle.h"

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

/* What shares statistics, gathered: a channel of a sample after the other. */
struct plane {
	size_t first, spatial, count; /* the first instance; elements of each, and of all */
	long double *d;          /* x - (mean + lacks) */
	long double mean, lacks; /* lacks: what a long double cannot hold of the mean */
	long double sigma;       /* sqrt(var + epsilon) */
};

/* Where element k of a set is, which begins with this instance. */
static size_t member_index(const clnorm_desc *desc, size_t first, size_t k)
{
	size_t spatial = cases_spatial(desc);
	return cases_index(desc, first + k / spatial, k % spatial);
}

static void plane_init(struct plane *plane, const struct inputs *in, size_t set)
{
	size_t spatial = cases_spatial(in->desc), count = cases_runs(in->desc) * spatial;
	size_t first = set * cases_runs(in->desc);
	struct cascade sum = {.count = 0}, rest = {.count = 0}, squares = {.count = 0};
	long double *d = numbers_new(count);
	bool equal = true;
	for (size_t s = 0; s < count; s++) {
		d[s] = input_at(in, ORACLE_X, member_index(in->desc, first, s));
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
	long double sigma = sqrtl(cascade_total(&squares) / count + in->desc->epsilon);
	*plane = (struct plane){first, spatial, count, d, mean, lacks, sigma};
}

static void plane_clear(struct plane *plane)
{
	free(plane->d);
}

/* The parameter of element k. */
static size_t member_parameter(const clnorm_desc *desc, const struct plane *plane, size_t k)
{
	return parameter_index(desc, plane->first + k / plane->spatial);
}

/* (x - mean)/sigma; 0 where nothing varies and epsilon is 0. */
static long double normal_at(const struct plane *plane, size_t s)
{
	return plane->sigma == 0 ? 0 : plane->d[s] / plane->sigma;
}

static long double before_activation(const struct inputs *in, const struct plane *plane, size_t s)
{
	size_t parameter = member_parameter(in->desc, plane, s);
	return input_at(in, ORACLE_GAMMA, parameter) * normal_at(plane, s) + input_at(in, ORACLE_BETA, parameter) +
	       input_at(in, ORACLE_RESIDUAL, member_index(in->desc, plane->first, s));
}

long double oracle_activation(const clnorm_desc *desc, long double z)
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
	size_t sets = cases_spatial(desc) && desc->c ? cases_sets(desc) : 0;
	for (size_t i = 0; i < sets; i++) {
		struct plane plane;
		plane_init(&plane, &in, i);
		for (size_t s = 0; y && s < plane.count; s++) {
			y[member_index(desc, plane.first, s)] =
				(double)oracle_activation(desc, before_activation(&in, &plane, s));
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

struct oracle_moments oracle_moments(const clnorm_desc *desc, const double *x, size_t set)
{
	struct inputs in = {.desc = desc, .array = {x}};
	struct cascade squares = {.count = 0};
	struct plane plane;
	plane_init(&plane, &in, set);
	for (size_t s = 0; s < plane.count; s++) {
		cascade_add(&squares, plane.d[s] * plane.d[s]);
	}
	plane_clear(&plane);
	double mean = (double)plane.mean;
	return (struct oracle_moments){mean, (double)cascade_total(&squares), plane.mean - mean + plane.lacks};
}

/* The gradient of a set: dx, and what it adds to the gradients of its gammas and betas. */
static void plane_backward(const struct inputs *in, const struct plane *plane, const double *dy, double *dx,
                           long double *dgamma, long double *dbeta)
{
	size_t count = plane->count;
	long double *g = numbers_new(count), sigma = plane->sigma;
	struct cascade sum_g = {.count = 0}, sum_gd = {.count = 0};
	struct cascade run_g = {.count = 0}, run_gd = {.count = 0};
	for (size_t k = 0; k < count; k++) {
		size_t parameter = member_parameter(in->desc, plane, k);
		long double gamma = input_at(in, ORACLE_GAMMA, parameter);
		g[k] = dy[member_index(in->desc, plane->first, k)] *
		       activation_derivative(in->desc, before_activation(in, plane, k));
		cascade_add(&run_g, g[k]);
		cascade_add(&run_gd, g[k] * plane->d[k]);
		/* From here on with respect to what is scaled. */
		g[k] *= gamma;
		cascade_add(&sum_g, g[k]);
		cascade_add(&sum_gd, g[k] * plane->d[k]);
		if ((k + 1) % plane->spatial == 0) {
			dgamma[parameter] += sigma == 0 ? 0 : cascade_total(&run_gd) / sigma;
			dbeta[parameter] += cascade_total(&run_g);
			run_g.count = run_gd.count = 0;
		}
	}
	/* With respect to the variance and the mean, which both sum over all elements. */
	long double dvar = -cascade_total(&sum_gd) / (2 * sigma * sigma * sigma);
	long double dmean = -cascade_total(&sum_g) / sigma;
	for (size_t k = 0; dx && k < count; k++) {
		long double all = g[k] / sigma + dvar * 2 * plane->d[k] / count + dmean / count;
		dx[member_index(in->desc, plane->first, k)] = sigma == 0 ? 0 : (double)all;
	}
	free(g);
}

void oracle_backward(const clnorm_desc *desc, const double *x, const double *dy, const double *gamma,
                     const double *beta, const double *residual, double *dx, double *dgamma, double *dbeta)
{
	struct inputs in = {.desc = desc, .array = {x, gamma, beta, residual}};
	size_t parameters = desc->affine == CLNORM_AFFINE_INSTANCE ? desc->n * desc->c : desc->c;
	long double *sums = numbers_new(2 * parameters);
	for (size_t i = 0; cases_spatial(desc) && desc->c && i < cases_sets(desc); i++) {
		struct plane plane;
		plane_init(&plane, &in, i);
		plane_backward(&in, &plane, dy, dx, sums, sums + parameters);
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

/* Whether a number of the inputs has a part in a set. */
static bool plane_uses(const clnorm_desc *desc, size_t set, enum oracle_input input, size_t index)
{
	size_t runs = cases_runs(desc);
	if (input == ORACLE_GAMMA || input == ORACLE_BETA) {
		/* Neighbouring parameters, as the set's instances are neighbours. */
		size_t first = parameter_index(desc, set * runs);
		return index >= first && index - first < runs;
	}
	return cases_instance(desc, index) / runs == set;
}

/* sum(dy*y) over the sets that the moved number has a part in. */
static long double loss(const struct inputs *in, const double *dy)
{
	struct cascade sum = {.count = 0};
	for (size_t i = 0; i < cases_sets(in->desc); i++) {
		if (!plane_uses(in->desc, i, in->moved, in->moved_index)) {
			continue;
		}
		struct plane plane;
		plane_init(&plane, in, i);
		for (size_t s = 0; s < plane.count; s++) {
			long double y = oracle_activation(in->desc, before_activation(in, &plane, s));
			cascade_add(&sum, dy[member_index(in->desc, plane.first, s)] * y);
		}
		plane_clear(&plane);
	}
	return cascade_total(&sum);
}

/* A step on whose scale the loss is smooth. */
static long double step_of(const struct inputs *in)
{
	long double scale = fmaxl(1, fabsl(input_at(in, in->moved, in->moved_index)));
	for (size_t i = 0; in->moved == ORACLE_X && i < cases_sets(in->desc); i++) {
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
