/* cases.h: the tables of shapes and of input data that the device tests loop over.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <clnorm/types.h>

/* Numbers are mean, standard deviation; each set, which is what shares statistics, draws its own values. */
enum cases_data {
	DATA_NORMAL = 0, /* 0, 1 */
	DATA_OFFSET,     /* +-1e4, 1 */
	DATA_NARROW,     /* +-5, 0.1 */
	DATA_FINE,       /* 100, 0.01 */
	DATA_CONSTANT,   /* one value: up to 1e10, and tiny ones */
	DATA_BORDER,     /* first third 0, then 1e4, 1 */
	DATA_RAMP,       /* i/S - 1/3 */
	DATA_CHECKER,    /* +-512 in turn */
	DATA_OUTLIER,    /* 0, 1, but the first element is 1e5 */
	DATA_DENORMAL,   /* 0, 1e-40: below the smallest normal float */
	DATA_LARGE,      /* 0, 1e15 */
	DATA_EXACT,      /* pairs mean +- delta, powers of two: the mean is exact in any order of summation */
	DATA_COUNT,
	/* From here on, tests/kit/random_data.h: each set draws its own mean, deviation and whatever else there is. */
	DATA_RANDOM = DATA_COUNT
};

struct cases_shape {
	unsigned rank;
	size_t dims[8];
};

const char *cases_data_name(enum cases_data data);
/* Whether the type can hold such values; f16 ends at 65504. */
bool cases_data_fits(enum cases_data data, clnorm_dtype dtype);

/* The shapes that the environment asks for (small, default or long). */
size_t cases_shape_count(void);
const struct cases_shape *cases_shape(size_t i);
/* A short list of shapes that reach each part of a kernel: tails, one block, several blocks, several chunks. */
size_t cases_core_count(void);
const struct cases_shape *cases_core(size_t i);

/* Larger than any last-level cache. */
const struct cases_shape *cases_large(void);

/* Whether test `turn` of a loop tries shape k: always, but in a small run every third, each in turn, and the last. */
bool cases_is_due(int turn, size_t k);

/* The description of a shape, with the defaults of clnorm_desc_nd(). */
clnorm_desc cases_desc(const struct cases_shape *shape);
/* "2x3x961", in a buffer that the next eight calls leave alone. */
const char *cases_shape_name(const struct cases_shape *shape);

/* Elements of an instance, and index of element s of instance (n,c), n*C + c = instance. */
size_t cases_spatial(const clnorm_desc *desc);
bool cases_is_channels_last(const clnorm_desc *desc);
size_t cases_index(const clnorm_desc *desc, size_t instance, size_t s);
/* The instance that the element of this index belongs to. */
size_t cases_instance(const clnorm_desc *desc, size_t index);

/* Sets of a sample, N*G of them in all; channels of each, which lie side by side; the set that an instance is of. */
size_t cases_groups(const clnorm_desc *desc);
size_t cases_sets(const clnorm_desc *desc);
size_t cases_runs(const clnorm_desc *desc);
size_t cases_set(const clnorm_desc *desc, size_t instance);

/* The step from one kind of data to the next where all kinds are tried: past the last one for a large shape. */
unsigned cases_data_step(const clnorm_desc *desc);

/* Fills x [N,C,S] in the description's layout; the same seed gives the same values of a set whatever N is. */
void cases_fill(const clnorm_desc *desc, enum cases_data data, unsigned seed, double *x);
/* count normal numbers of this mean and standard deviation. */
void cases_normal(unsigned seed, double mean, double deviation, size_t count, double *values);

#endif
