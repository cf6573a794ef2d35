/* random.c: numbers from a seed, the same everywhere.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/kit/random.h"

/* SplitMix64: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", figure 17. */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

double random_uniform(uint64_t *state)
{
	return ((double)(random_next(state) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller 1958, "A note on the generation of random normal deviates". */
double random_normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(random_uniform(state)));
	return radius * cos(6.283185307179586 * random_uniform(state));
}

unsigned random_below(uint64_t *state, unsigned count)
{
	return (unsigned)(random_next(state) % count);
}
