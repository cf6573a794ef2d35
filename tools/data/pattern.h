/* pattern.h: made-up input data: pseudo-random numbers, and sets of them that are hard to normalize.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PATTERN_H
#define TOOL_PATTERN_H

#include <clnorm/clnorm.h>

enum tool_pattern {
	TOOL_PATTERN_NOISE = 0,  /* mean 0, std about 1 */
	TOOL_PATTERN_LARGE_MEAN, /* noise on a mean as large as the numerics contract promises to bear */
	TOOL_PATTERN_DARK,       /* the first third is zero: a picture with a black border */
	TOOL_PATTERN_RAMP,       /* from -1 to 1 */
	TOOL_PATTERN_CONSTANT,   /* one value all over a set */
	TOOL_PATTERN_COUNT
};

/* 64 bits that look random; the same for the same seed and place. */
unsigned long long tool_pattern_bits(unsigned long long seed, unsigned long long place);

/* Noise: the sum of four uniform numbers, mean 0 and variance 1. */
double tool_pattern_noise(unsigned long long seed, unsigned long long place);

/* "noise", "large mean", ... */
const char *tool_pattern_name(enum tool_pattern pattern);

/* Fills x [N,C,S] of the description's shape, in its layout. Where the dtype cannot hold noise on a mean of 1e4, the
 * mean is less. */
void tool_pattern_fill(enum tool_pattern pattern, unsigned long long seed, const clnorm_desc *desc, double *x);

/* Fills count floats with noise. */
void tool_pattern_fill_floats(unsigned long long seed, float *values, size_t count);

#endif
