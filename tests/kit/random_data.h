/* random_data.h: kinds of input that an instance draws its own numbers for: level, deviation, period, place of an
 * outlier. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RANDOM_DATA_H
#define TESTS_RANDOM_DATA_H

#include <stdint.h>

#include "tests/kit/cases.h"

/* enum cases_data from DATA_RANDOM on. Deviations are drawn from 1e-3 to 1e3, and |mean|/deviation from 0 to 1e4, with
 * numbers that the dtype can hold. */
enum random_data_kind {
	RANDOM_NORMAL = DATA_RANDOM,
	RANDOM_TWO_LEVELS, /* two values, by chance */
	RANDOM_SORTED,     /* in rising or falling order */
	RANDOM_SINE,
	RANDOM_EXPONENTIAL, /* a ramp of the exponent, over up to 20 powers of e, either way */
	RANDOM_OUTLIER,     /* one element anywhere, up to 1e6 deviations off */
	RANDOM_LAST,        /* all equal but the last */
	RANDOM_BEGINNING,   /* the first elements unlike the rest, up to 1e4 deviations off */
	RANDOM_BLOCKS,      /* blocks in turn around two levels, up to 1e4 deviations apart */
	RANDOM_STAIRS,      /* blocks of equal values */
	RANDOM_PERIODIC,    /* the same few values again and again, so that roundings repeat */
	RANDOM_BORDER,      /* the first third constant, like a picture's border */
	RANDOM_TINY,        /* deviations down to 1e-30, squares below the smallest float */
	RANDOM_MASK,        /* one value, and in a few places another, the first one perhaps among them */
	RANDOM_HUGE,        /* deviations up to 1e12 */
	RANDOM_END
};

#define RANDOM_PERIOD 64

struct random_data {
	enum cases_data data;
	double mean, deviation;
	size_t spatial, block, at;
	double jump, rate;
	double values[RANDOM_PERIOD];
	unsigned period;
};

const char *random_data_name(enum cases_data data);

/* Draws what the instance is like; then its elements, in order. */
void random_data_init(struct random_data *drawn, enum cases_data data, clnorm_dtype dtype, uint64_t *state,
                      size_t spatial);
double random_data_value(const struct random_data *drawn, uint64_t *state, size_t s);

#endif
