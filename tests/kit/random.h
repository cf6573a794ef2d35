/* random.h: numbers from a seed, the same everywhere.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>

/* The next 64 bits; any state will do to begin with. */
uint64_t random_next(uint64_t *state);
/* Between 0 and 1, never either. */
double random_uniform(uint64_t *state);
/* Of mean 0 and standard deviation 1. */
double random_normal(uint64_t *state);
/* One of 0 .. count-1. */
unsigned random_below(uint64_t *state, unsigned count);

#endif
