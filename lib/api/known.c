/* known.c: a problem whose answer is known: inputs, right outputs from the reference in double, and what they may be
 * off by. SPDX-License-Identifier: Apache-2.0 */
#include "api/known.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <clnorm/clnorm.h>

#include "base/desc.h"
#include "base/strides.h"
#include "base/types.h"

/* Means of sets are some 8 deviations apart, so that what comes of a neighbour's is far off. */
#define MEAN_STEP 8.0
/* Of an activation with a kink, no argument is nearer to it than this. */
#define KINK_DISTANCE 0.01
/* Times what the contract allows (clnorm/clnorm.h): the search is for answers of other elements or of none, which are
 * off by thousands of it; a driver with an ulp too many in exp() is no reason to refuse it. */
#define SLACK 16.0
/* What the data below stay under: |dy| times the steepest slope, 1.13; the means of |g| and |g*xhat|; |gamma|; |z|. */
#define MOST_G 2.0
#define MEAN_G 1.0
#define MOST_GAMMA 1.5
#define MOST_Z 5.0

static const char *const names[CLN_KNOWN_ARRAYS] = {"x", "residual", "dy",   "gamma", "beta",   "moments",
                                                    "y", "mean",     "rstd", "dx",    "dgamma", "dbeta"};

const char *cln_known_array_name(enum cln_known_name name)
{
	return names[name];
}

/* A number from -1 to 1 that looks drawn, the same everywhere. */
static double noise(size_t i, unsigned kind)
{
	uint32_t h = (uint32_t)i * 2654435761u + kind * 40503u;
	h = (h ^ h >> 15) * 2246822519u;
	h = (h ^ h >> 13) * 3266489917u;
	return (double)(h ^ h >> 16) / 2147483648.0 - 1;
}

static double rounded(clnorm_dtype dtype, double value)
{
	const struct cln_dtype_facts *facts = cln_dtype_facts(dtype);
	double stored = 0;
	facts->set(&stored, 0, value);
	return facts->get(&stored, 0);
}

static size_t runs_of(const clnorm_desc *desc)
{
	return desc->c / cln_desc_groups(desc);
}

/* The set of an element of a tensor, and where element k of a set is, a channel after the other. */
static size_t set_of(const clnorm_desc *desc, size_t i)
{
	struct cln_place at = cln_desc_place(desc, i);
	return at.n * cln_desc_groups(desc) + at.c / runs_of(desc);
}

static size_t element_at(const clnorm_desc *desc, size_t set, size_t k)
{
	struct cln_steps steps = cln_desc_steps(desc, (clnorm_strides){0, 0});
	size_t length = cln_desc_spatial(desc), instance = set * runs_of(desc) + k / length;
	return instance / desc->c * steps.n + instance % desc->c * steps.c + k % length * steps.s;
}

static bool is_tensor(enum cln_known_name name)
{
	return name == CLN_KNOWN_X || name == CLN_KNOWN_RESIDUAL || name == CLN_KNOWN_DY || name == CLN_KNOWN_Y ||
	       name == CLN_KNOWN_DX;
}

static size_t count_of(const clnorm_desc *desc, enum cln_known_name name)
{
	switch (name) {
	case CLN_KNOWN_PARTS:
		return cln_desc_sets(desc) * CLN_KNOWN_THIRDS * CLNORM_MOMENTS_WIDTH;
	case CLN_KNOWN_MEAN:
	case CLN_KNOWN_RSTD:
		return cln_desc_sets(desc);
	default:
		return is_tensor(name) ? cln_desc_elements(desc) : cln_desc_parameters(desc);
	}
}

static double *values_of(const struct cln_known *known, enum cln_known_name name)
{
	return known->arrays[name].values;
}

/* Counts and types of all arrays, and their memory. */
static clnorm_status arrays_init(struct cln_known *known)
{
	size_t all = 0, at = 0;

	for (int i = 0; i < CLN_KNOWN_ARRAYS; ++i) {
		clnorm_dtype dtype = known->desc.dtype;
		known->arrays[i].count = count_of(&known->desc, (enum cln_known_name)i);
		known->arrays[i].dtype = is_tensor((enum cln_known_name)i) ? dtype : clnorm_dtype_statistics(dtype);
		all += known->arrays[i].count;
	}
	known->memory = malloc(all * sizeof(double));
	if (!known->memory) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a known instance of %zu numbers", all);
	}
	for (int i = 0; i < CLN_KNOWN_ARRAYS; ++i) {
		known->arrays[i].values = known->memory + at;
		at += known->arrays[i].count;
	}
	return CLNORM_OK;
}

static void fill_tensors(struct cln_known *known)
{
	const clnorm_desc *desc = &known->desc;
	double length = (double)cln_desc_spatial(desc);

	for (size_t i = 0; i < known->arrays[CLN_KNOWN_X].count; ++i) {
		struct cln_place at = cln_desc_place(desc, i);
		size_t set = set_of(desc, i), instance = at.n * desc->c + at.c;
		double offset = MEAN_STEP * ((double)(set * 5 % 7) - 3);
		double scale = 0.5 + 0.5 * (double)(set % 3);
		double ramp = 3 * (double)at.s / length - 1.5;
		values_of(known, CLN_KNOWN_X)[i] = rounded(desc->dtype, offset + scale * (ramp + noise(i, 0)));
		values_of(known, CLN_KNOWN_RESIDUAL)[i] = rounded(desc->dtype, noise(i, 1));
		values_of(known, CLN_KNOWN_DY)[i] =
			rounded(desc->dtype, noise(i, 2) + 0.25 * (double)(instance % 4));
	}
}

static void fill_parameters(struct cln_known *known)
{
	for (size_t p = 0; p < known->arrays[CLN_KNOWN_GAMMA].count; ++p) {
		values_of(known, CLN_KNOWN_GAMMA)[p] = (p % 3 == 2 ? -1 : 1) * (0.75 + 0.25 * (double)(p % 4));
		values_of(known, CLN_KNOWN_BETA)[p] = 0.125 * (double)(p % 5) - 0.25;
	}
}

/* Moments of the set's elements from .. to-1, as a device keeps them: the mean in two numbers. */
static void put_part(const struct cln_known *known, size_t set, size_t from, size_t to, double *part)
{
	const clnorm_desc *desc = &known->desc;
	const double *x = values_of(known, CLN_KNOWN_X);
	clnorm_dtype dtype = known->arrays[CLN_KNOWN_PARTS].dtype;
	long double count = (long double)(to - from), sum = 0, rest = 0, m2 = 0;

	for (size_t s = from; s < to; ++s) {
		sum += x[element_at(desc, set, s)];
	}
	part[0] = (double)count;
	part[1] = rounded(dtype, (double)(sum / count));
	for (size_t s = from; s < to; ++s) {
		rest += x[element_at(desc, set, s)] - part[1];
	}
	part[2] = rounded(dtype, (double)(rest / count));
	for (size_t s = from; s < to; ++s) {
		long double d = x[element_at(desc, set, s)] - part[1] - rest / count;
		m2 += d * d;
	}
	part[3] = rounded(dtype, (double)m2);
}

static void fill_parts(struct cln_known *known)
{
	size_t length = runs_of(&known->desc) * cln_desc_spatial(&known->desc);
	double *part = values_of(known, CLN_KNOWN_PARTS);

	for (size_t i = 0; i < cln_desc_sets(&known->desc); ++i) {
		for (size_t k = 0; k < CLN_KNOWN_THIRDS; ++k, part += CLNORM_MOMENTS_WIDTH) {
			put_part(known, i, length * k / CLN_KNOWN_THIRDS, length * (k + 1) / CLN_KNOWN_THIRDS, part);
		}
	}
}

static clnorm_status answer_forward(struct cln_known *known, const clnorm_desc *desc)
{
	return clnorm_reference_forward(desc, values_of(known, CLN_KNOWN_X), values_of(known, CLN_KNOWN_GAMMA),
	                                values_of(known, CLN_KNOWN_BETA), values_of(known, CLN_KNOWN_RESIDUAL),
	                                values_of(known, CLN_KNOWN_Y), values_of(known, CLN_KNOWN_MEAN),
	                                values_of(known, CLN_KNOWN_RSTD));
}

/* A last digit of z must not decide whether the gradient passes. */
static clnorm_status leave_kink(struct cln_known *known)
{
	clnorm_status st = CLNORM_OK;
	clnorm_desc plain = known->desc;
	const double *z = values_of(known, CLN_KNOWN_Y);
	double *residual = values_of(known, CLN_KNOWN_RESIDUAL);

	plain.activation = CLNORM_ACT_NONE;
	CLN_TRY(answer_forward(known, &plain));
	for (size_t i = 0; i < known->arrays[CLN_KNOWN_Y].count; ++i) {
		if (fabs(z[i]) < KINK_DISTANCE) {
			residual[i] = rounded(plain.dtype, residual[i] + 4 * KINK_DISTANCE);
		}
	}
done:
	return st;
}

clnorm_status cln_known_init(struct cln_known *known, const clnorm_desc *desc)
{
	clnorm_status st = CLNORM_OK;

	*known = (struct cln_known){.desc = *desc};
	CLN_TRY(arrays_init(known));
	fill_tensors(known);
	fill_parameters(known);
	if (desc->activation == CLNORM_ACT_RELU || desc->activation == CLNORM_ACT_LEAKY_RELU) {
		CLN_TRY(leave_kink(known));
	}
	CLN_TRY(answer_forward(known, desc));
	if (desc->ops & CLNORM_OP_APPLY) {
		fill_parts(known);
	}
	if (desc->ops & CLNORM_OP_BACKWARD) {
		CLN_TRY(clnorm_reference_backward(desc, values_of(known, CLN_KNOWN_X), values_of(known, CLN_KNOWN_DY),
		                                  values_of(known, CLN_KNOWN_GAMMA), values_of(known, CLN_KNOWN_BETA),
		                                  values_of(known, CLN_KNOWN_RESIDUAL), values_of(known, CLN_KNOWN_DX),
		                                  values_of(known, CLN_KNOWN_DGAMMA),
		                                  values_of(known, CLN_KNOWN_DBETA)));
	}
done:
	return st;
}

void cln_known_clear(struct cln_known *known)
{
	free(known->memory);
	*known = (struct cln_known){.memory = NULL};
}

/* The contract's number: of y, and of mean and rstd with which y is made. */
static double bound_of(clnorm_dtype dtype)
{
	return SLACK * (dtype == CLNORM_F64 ? ldexp(5e-7, -29) : 5e-7);
}

double cln_known_tolerance(const struct cln_known *known, enum cln_known_name name, size_t i)
{
	const clnorm_desc *desc = &known->desc;
	const struct cln_known_array *array = &known->arrays[name];
	size_t set = is_tensor(name) ? set_of(desc, i) : i;
	double bound = bound_of(desc->dtype), stored = fabs(array->values[i]) * cln_dtype_facts(array->dtype)->rounding;
	double terms = (double)known->arrays[CLN_KNOWN_X].count / (double)known->arrays[CLN_KNOWN_GAMMA].count;
	const double *rstd = values_of(known, CLN_KNOWN_RSTD);

	switch (name) {
	case CLN_KNOWN_MEAN:
		return bound / rstd[set] + stored;
	case CLN_KNOWN_RSTD:
		return bound * rstd[set] + stored;
	case CLN_KNOWN_DX:
		return 2 * bound * rstd[set] * MOST_GAMMA * MOST_G + stored;
	case CLN_KNOWN_DGAMMA:
	case CLN_KNOWN_DBETA:
		return 2 * bound * terms * MEAN_G + stored;
	default:
		return bound * MOST_Z + stored;
	}
}
