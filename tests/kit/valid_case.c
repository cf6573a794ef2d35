/* valid_case.c: a problem with valid elements, and its right answer in double, by the definitions alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/valid_case.h"

#include <math.h>
#include <stdlib.h>

#include <check.h>

#include "tests/kit/cases.h"
#include "tests/kit/compare.h"
#include "tests/kit/place.h"

static void *array(size_t count, size_t bytes)
{
	void *made = calloc(count + 1, bytes);
	ck_assert_ptr_nonnull(made);
	return made;
}

static double *numbers(size_t count)
{
	return array(count, sizeof(double));
}

/* A few bits of i that follow no pattern of shapes. */
static unsigned scramble(size_t i)
{
	unsigned bits = (unsigned)i * 2654435761u;
	bits ^= bits >> 15;
	return (bits * 2246822519u) >> 16;
}

void valid_case_describe(clnorm_desc *desc, enum valid_kind kind)
{
	bool of_samples = kind == VALID_HALF || kind == VALID_ABSENT,
	     of_channels = kind == VALID_HALF || kind == VALID_VOXEL;
	desc->valid = kind == VALID_LENGTHS ? CLNORM_VALID_LENGTHS : CLNORM_VALID_MASK;
	desc->mask_n = of_samples ? desc->n : 1;
	desc->mask_c = of_channels ? desc->c : 1;
}

static unsigned char mask_byte(const struct valid_case *c, size_t n, size_t channel, size_t s, size_t spatial)
{
	unsigned chance = scramble((n * c->desc.mask_c + channel) * spatial + s);
	switch (c->kind) {
	case VALID_ONES:
		return 1;
	case VALID_HALF:
		return (unsigned char)(chance % 2 * (1 + chance % 255));
	case VALID_THIRTY:
		return chance % 10 < 3;
	case VALID_ABSENT:
		return (n + 1 < c->desc.n || n == 0) && s >= 2 && chance % 4 != 0;
	default:
		return s == spatial / 2 && channel % 3 != 2;
	}
}

static void make_lengths(struct valid_case *c)
{
	size_t axis = c->desc.spatial[0];
	const cl_uint lengths[] = {(cl_uint)(axis / 2 + 1), 0, 1, 0xffffffffu, (cl_uint)axis};
	for (size_t n = 0; n < c->desc.n; n++) {
		c->lengths[n] = lengths[n % 5];
	}
}

/* The mask has the order of x, of mask_c channels. */
static size_t mask_index(const struct valid_case *c, size_t n, size_t channel, size_t s)
{
	clnorm_desc of_mask = c->desc;
	of_mask.c = c->desc.mask_c;
	n = c->desc.mask_n > 1 ? n : 0;
	channel = c->desc.mask_c > 1 ? channel : 0;
	return cases_index(&of_mask, n * of_mask.c + channel, s);
}

static void make_valid(struct valid_case *c)
{
	size_t spatial = cases_spatial(&c->desc), unit = spatial / c->desc.spatial[0];
	for (size_t i = 0; c->mask && i < c->desc.mask_n * c->desc.mask_c * spatial; i++) {
		size_t s = i % spatial, channel = i / spatial % c->desc.mask_c, n = i / spatial / c->desc.mask_c;
		c->mask[mask_index(c, n, channel, s)] = mask_byte(c, n, channel, s, spatial);
	}
	for (size_t i = 0; i < c->count; i++) {
		size_t instance = i / spatial, s = i % spatial, n = instance / c->desc.c,
		       channel = instance % c->desc.c;
		c->valid[cases_index(&c->desc, instance, s)] =
			c->mask ? c->mask[mask_index(c, n, channel, s)] != 0 : s / unit < c->lengths[n];
	}
}

static void make_inputs(struct valid_case *c, double offset)
{
	cases_normal(1, 0, 1, c->count, c->x);
	cases_normal(2, 0.2, 1, c->count, c->dy);
	cases_normal(3, 0, 1, c->count, c->residual);
	cases_normal(4, 1.2, 0.4, c->params, c->gamma);
	cases_normal(5, 0, 1, c->params, c->beta);
	for (size_t i = 0; i < c->count; i++) {
		size_t instance = cases_instance(&c->desc, i);
		c->x[i] += offset * (double)(1 + cases_set(&c->desc, instance) % 3) + 0.3 * (double)(instance % 5);
		if (c->padded && !c->valid[i]) {
			c->x[i] = i % 2 ? NAN : INFINITY;
		}
	}
	for (size_t p = 0; p < c->params; p += 3) {
		c->gamma[p] = -c->gamma[p];
	}
	place_round(c->desc.dtype, c->x, c->count);
	place_round(c->desc.dtype, c->dy, c->count);
	place_round(c->desc.dtype, c->residual, c->count);
	place_round(clnorm_dtype_statistics(c->desc.dtype), c->gamma, c->params);
	place_round(clnorm_dtype_statistics(c->desc.dtype), c->beta, c->params);
}

/* One set: its statistics, and its sums of gamma*g and gamma*g*xhat. */
struct valid_set {
	double count, mean, rstd, degrees;
	double sum_g, sum_gx, most_g;
};

/* Of element k of a set: where it is, and its numbers. */
struct element {
	size_t i, parameter;
	double xhat, gamma, z, g;
	bool valid, in_sums;
};

static struct element element_of(const struct valid_case *c, const struct valid_set *set, size_t which, size_t k)
{
	size_t spatial = cases_spatial(&c->desc), runs = cases_runs(&c->desc), groups = cases_groups(&c->desc);
	size_t instance = which / groups * c->desc.c + which % groups * runs + k / spatial;
	struct element e = {.i = cases_index(&c->desc, instance, k % spatial)};
	e.parameter = instance % c->params;
	e.valid = c->valid[e.i];
	e.xhat = (c->x[e.i] - set->mean) * set->rstd;
	e.gamma = c->gamma[e.parameter];
	e.z = e.gamma * e.xhat + c->beta[e.parameter] + c->residual[e.i];
	e.g = c->desc.activation == CLNORM_ACT_RELU && !(e.z > 0) ? 0 : c->dy[e.i];
	e.in_sums = e.valid || (c->desc.outside == CLNORM_OUTSIDE_NORMALIZE && isfinite(c->x[e.i]));
	return e;
}

static void measure(const struct valid_case *c, struct valid_set *set, size_t which, size_t length)
{
	double squares = 0, deviation;
	*set = (struct valid_set){.rstd = 0};
	for (size_t k = 0; k < length; k++) {
		struct element e = element_of(c, set, which, k);
		set->count += e.valid;
		set->mean += e.valid ? c->x[e.i] : 0;
	}
	set->mean = set->count > 0 ? set->mean / set->count : 0;
	for (size_t k = 0; k < length; k++) {
		struct element e = element_of(c, set, which, k);
		squares += e.valid ? (c->x[e.i] - set->mean) * (c->x[e.i] - set->mean) : 0;
	}
	set->degrees = set->count > c->desc.ddof ? set->count - c->desc.ddof : 0;
	deviation = sqrt((set->degrees > 0 ? squares / set->degrees : 0) + c->desc.epsilon);
	if (deviation < c->desc.min_std) {
		deviation = c->desc.min_std;
		set->degrees = 0; /* a constant has no gradient */
	}
	set->rstd = set->count > 0 && deviation > 0 ? 1 / deviation : 0;
}

/* As compare_bound(); of doubles no closer than sums of doubles are. */
static double bound_of(clnorm_dtype dtype)
{
	return dtype == CLNORM_F64 ? 1e-12 : compare_bound(dtype);
}

static void solve_forward(struct valid_case *c, struct element e)
{
	double y = c->desc.activation == CLNORM_ACT_RELU && e.z < 0 ? 0 : e.z;
	double size = fabs(e.z - c->beta[e.parameter] - c->residual[e.i]) + fabs(c->beta[e.parameter]) +
	              fabs(c->residual[e.i]);
	c->y[e.i] = e.valid || c->desc.outside == CLNORM_OUTSIDE_NORMALIZE ? y
	            : c->desc.outside == CLNORM_OUTSIDE_KEEP               ? c->x[e.i]
	                                                                   : 0;
	c->y_allowed[e.i] = bound_of(c->desc.dtype) * fmax(1, size) + compare_half_ulp(c->desc.dtype, c->y[e.i]);
}

static void add_sums(struct valid_case *c, struct valid_set *set, struct element e)
{
	if (!e.in_sums) {
		return;
	}
	set->sum_g += e.gamma * e.g;
	set->sum_gx += e.gamma * e.g * e.xhat;
	set->most_g = fmax(set->most_g, fabs(e.gamma * e.g));
	c->dbeta[e.parameter] += e.g;
	c->dgamma[e.parameter] += e.g * e.xhat;
	c->gradient_allowed[e.parameter] += 2 * bound_of(c->desc.dtype) * (fabs(e.g) + fabs(e.g * e.xhat));
}

static void solve_backward(struct valid_case *c, const struct valid_set *set, struct element e)
{
	double mean_g = set->count > 0 ? set->sum_g / set->count : 0;
	double mean_gx = set->degrees > 0 ? set->sum_gx / set->degrees : 0;
	double dx = set->rstd * (e.gamma * e.g - (e.valid ? mean_g + e.xhat * mean_gx : 0));
	double size = set->rstd * (set->most_g + (e.valid ? fabs(mean_g) + 2 * fabs(e.xhat * mean_gx) : 0));
	if (!e.valid && c->desc.outside != CLNORM_OUTSIDE_NORMALIZE) {
		dx = c->desc.outside == CLNORM_OUTSIDE_KEEP ? c->dy[e.i] : 0;
		size = 0;
	}
	c->dx[e.i] = dx;
	c->dx_allowed[e.i] = 2 * bound_of(c->desc.dtype) * size + compare_half_ulp(c->desc.dtype, dx);
}

static void solve(struct valid_case *c)
{
	size_t length = cases_runs(&c->desc) * cases_spatial(&c->desc);
	for (size_t which = 0; which < c->sets; which++) {
		struct valid_set set;
		measure(c, &set, which, length);
		c->mean[which] = set.mean;
		c->rstd[which] = set.rstd;
		for (size_t k = 0; k < length; k++) {
			struct element e = element_of(c, &set, which, k);
			solve_forward(c, e);
			add_sums(c, &set, e);
		}
		for (size_t k = 0; k < length; k++) {
			solve_backward(c, &set, element_of(c, &set, which, k));
		}
	}
}

void valid_case_init(struct valid_case *c, const clnorm_desc *desc, enum valid_kind kind, bool padded, double offset)
{
	*c = (struct valid_case){.desc = *desc, .kind = kind, .padded = padded};
	c->count = desc->n * desc->c * cases_spatial(desc);
	c->sets = cases_sets(desc);
	c->params = desc->affine == CLNORM_AFFINE_INSTANCE ? desc->n * desc->c : desc->c;
	c->mask_bytes = desc->mask_n * desc->mask_c * cases_spatial(desc);
	c->mask = kind == VALID_LENGTHS ? NULL : array(c->mask_bytes, 1);
	c->lengths = kind == VALID_LENGTHS ? array(desc->n, sizeof(cl_uint)) : NULL;
	c->valid = array(c->count, sizeof(bool));
	double **elements[] = {&c->x, &c->dy, &c->residual, &c->y, &c->dx, &c->y_allowed, &c->dx_allowed};
	double **parameters[] = {&c->gamma, &c->beta, &c->dgamma, &c->dbeta, &c->gradient_allowed};
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		*elements[i] = numbers(c->count);
	}
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		*parameters[i] = numbers(c->params);
	}
	c->mean = numbers(c->sets);
	c->rstd = numbers(c->sets);
	if (c->lengths) {
		make_lengths(c);
	}
	make_valid(c);
	make_inputs(c, offset);
	solve(c);
}

void valid_case_clear(struct valid_case *c)
{
	void *all[] = {c->mask,
	               c->lengths,
	               c->valid,
	               c->x,
	               c->dy,
	               c->residual,
	               c->gamma,
	               c->beta,
	               c->y,
	               c->mean,
	               c->rstd,
	               c->dx,
	               c->dgamma,
	               c->dbeta,
	               c->y_allowed,
	               c->dx_allowed,
	               c->gradient_allowed};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		free(all[i]);
	}
}

bool valid_case_counts(const struct valid_case *c, size_t i)
{
	return c->valid[i] || !c->padded || c->desc.outside != CLNORM_OUTSIDE_NORMALIZE;
}
