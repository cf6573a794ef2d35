/* pattern.c: made-up input data: pseudo-random numbers, and sets of them that are hard to normalize.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/pattern.h"

#include "tools/data/extent.h"

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over a counter: any place can be asked for by itself. */
unsigned long long tool_pattern_bits(unsigned long long seed, unsigned long long place)
{
	unsigned long long z = seed * 0xd1342543de82ef95ULL + (place + 1) * 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Each quarter of the bits is a uniform number; four of them have variance 4/12 of their range squared. */
double tool_pattern_noise(unsigned long long seed, unsigned long long place)
{
	const double root_3 = 1.7320508075688772;
	unsigned long long bits = tool_pattern_bits(seed, place);
	double sum = (double)(bits & 0xffff) + (double)(bits >> 16 & 0xffff) + (double)(bits >> 32 & 0xffff) +
	             (double)(bits >> 48);
	return (sum / 65535.0 - 2.0) * root_3;
}

const char *tool_pattern_name(enum tool_pattern pattern)
{
	static const char *const names[TOOL_PATTERN_COUNT] = {"noise", "large mean", "dark third", "ramp", "constant"};
	return names[pattern];
}

/* Largest mean on which noise keeps its shape: some hundred steps of the type to one std. */
static double large_mean(clnorm_dtype dtype)
{
	static const double means[CLNORM_DTYPE_COUNT] = {
		[CLNORM_F32] = 1e4, [CLNORM_F16] = 30, [CLNORM_BF16] = 5, [CLNORM_F64] = 1e4};
	return means[dtype];
}

void tool_pattern_fill(enum tool_pattern pattern, unsigned long long seed, const clnorm_desc *desc, double *x)
{
	struct tool_extent extent = tool_extent_of(desc);
	double mean = large_mean(desc->dtype);
	size_t length = extent.runs * extent.s;
	for (size_t i = 0; i < extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&extent, i, &instance, &place);
		size_t set = tool_extent_set(&extent, instance);
		place += instance % extent.runs * extent.s;
		double noise = tool_pattern_noise(seed, i);
		switch (pattern) {
		case TOOL_PATTERN_LARGE_MEAN:
			x[i] = noise + (set % 2 == 0 ? mean : -mean);
			break;
		case TOOL_PATTERN_DARK:
			x[i] = place < length / 3 ? 0.0 : noise + 3.0;
			break;
		case TOOL_PATTERN_RAMP:
			x[i] = 2.0 * (double)place / (double)length - 1.0;
			break;
		case TOOL_PATTERN_CONSTANT:
			x[i] = tool_pattern_noise(seed, set);
			break;
		default:
			x[i] = noise;
		}
	}
}

void tool_pattern_fill_floats(unsigned long long seed, float *values, size_t count)
{
	for (size_t i = 0; i < count; ++i) {
		values[i] = (float)tool_pattern_noise(seed, i);
	}
}
