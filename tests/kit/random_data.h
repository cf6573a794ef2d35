/* random_data.h: kinds of input that an instance draws its own numbers for: level, deviation, period, place of an
 * outlier. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WILD_H
#define TESTS_WILD_H

#include <stdint.h>

#include "tests/kit/cases.h"

/* enum cases_data from DATA_WILD on. Deviations are drawn from 1e-3 to 1e3, and |mean|/deviation from 0 to 1e4, with
 * numbers that the dtype can hold. */
enum wild_data {
	WILD_NORMAL = DATA_WILD,
	WILD_TWO_LEVELS, /* two values, by chance */
	WILD_SORTED,     /* in rising or falling order */
	WILD_SINE,
	WILD_EXPONENTIAL, /* a ramp of the exponent, over up to 20 powers of e, either way */
	WILD_OUTLIER,     /* one element anywhere, up to 1e6 deviations off */
	WILD_LAST,        /* all equal but the last */
	WILD_BEGINNING,   /* the first elements unlike the rest, up to 1e4 deviations off */
	WILD_BLOCKS,      /* blocks in turn around two levels, up to 1e4 deviations apart */
	WILD_STAIRS,      /* blocks of equal values */
	WILD_PERIODIC,    /* the same few values again and again, so that roundings repeat */
	WILD_BORDER,      /* the first third constant, like a picture's border */
	WILD_TINY,        /* deviations down to 1e-30, squares below the smallest float */
	WILD_MASK,        /* one value, and in a few places another, the first one perhaps among them */
	WILD_HUGE,        /* deviations up to 1e12 */
	WILD_END
};

#define WILD_PERIOD 64

struct wild {
	enum cases_data data;
	double mean, deviation;
	size_t spatial, block, at;
	double jump, rate;
	double values[WILD_PERIOD];
	unsigned period;
};

const char *wild_name(enum cases_data data);

/* Draws what the instance is like; then its elements, in order. */
void wild_init(struct wild *wild, enum cases_data data, clnorm_dtype dtype, uint64_t *state, size_t spatial);
double wild_value(const struct wild *wild, uint64_t *state, size_t s);

#endif
