/* random_data.c: kinds of input that an instance draws its own numbers for: level, deviation, period, place of an
 * outlier. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/kit/random.h"
#include "tests/kit/random_data.h"

const char *random_data_name(enum cases_data data)
{
	static const char *const names[] = {"drawn normal", "two levels",  "sorted",   "sine",
	                                    "exponential",  "one outlier", "last",     "beginning",
	                                    "blocks",       "stairs",      "periodic", "constant border",
	                                    "tiny",         "mask",        "huge"};
	_Static_assert(sizeof(names) / sizeof(names[0]) == RANDOM_END - DATA_RANDOM, "a name for each kind of data");
	return names[data - DATA_RANDOM];
}

/* 10^u, u between the two. */
static double power_between(uint64_t *state, double least, double most)
{
	return pow(10, least + (most - least) * random_uniform(state));
}

static double sign_of_chance(uint64_t *state)
{
	return random_next(state) & 1 ? 1 : -1;
}

/* What keeps the largest value below 65504 in f16. */
static double largest_of(clnorm_dtype dtype)
{
	return dtype == CLNORM_F16 ? 3e4 : 1e30;
}

static double deviation_of(enum cases_data data, clnorm_dtype dtype, uint64_t *state)
{
	if (dtype == CLNORM_F16) {
		return power_between(state, -1, 2);
	}
	switch ((int)data) {
	case RANDOM_TINY:
		return power_between(state, -30, -3);
	case RANDOM_HUGE:
		return power_between(state, 3, 12);
	default:
		return power_between(state, -3, 3);
	}
}

void random_data_init(struct random_data *drawn, enum cases_data data, clnorm_dtype dtype, uint64_t *state,
                      size_t spatial)
{
	double largest = largest_of(dtype);
	*drawn = (struct random_data){.data = data, .spatial = spatial, .deviation = deviation_of(data, dtype, state)};
	double ratio = power_between(state, -1, 4) * sign_of_chance(state) * (random_next(state) % 4 != 0);
	drawn->mean = fmax(-largest / 4, fmin(ratio * drawn->deviation, largest / 4));
	drawn->jump = power_between(state, 0, (int)data == RANDOM_OUTLIER ? 6 : 4) * sign_of_chance(state);
	drawn->jump = fmax(-largest / drawn->deviation / 4, fmin(drawn->jump, largest / drawn->deviation / 4));
	drawn->rate = (1 + 19 * random_uniform(state)) * sign_of_chance(state);
	drawn->block = (size_t)1 << random_below(state, 15);
	drawn->block += random_next(state) % 3 == 0;
	drawn->at = random_next(state) % 4 == 0 ? spatial - 1 : random_next(state) % spatial;
	drawn->period = 1 + random_below(state, RANDOM_PERIOD);
	for (unsigned i = 0; i < RANDOM_PERIOD; i++) {
		drawn->values[i] = random_normal(state);
	}
}

/* In deviations from the mean. */
static double random_data_deviation(const struct random_data *w, uint64_t *state, size_t s)
{
	double position = ((double)s + 0.5) / (double)w->spatial;
	switch ((int)w->data) {
	case RANDOM_TWO_LEVELS:
		return random_uniform(state) < 0.3 ? w->values[0] : w->values[1];
	case RANDOM_SORTED:
		return copysign(1, w->rate) * log(position / (1 - position)) / 1.8;
	case RANDOM_SINE:
		return sin(6.283185307179586 * (double)w->period * position);
	case RANDOM_EXPONENTIAL:
		return exp(w->rate * position - fmax(w->rate, 0));
	case RANDOM_OUTLIER:
		return s == w->at ? w->jump : random_normal(state);
	case RANDOM_LAST:
		return s + 1 == w->spatial ? w->jump : w->values[0];
	case RANDOM_BEGINNING:
		return random_normal(state) + (s < w->block ? w->jump : 0);
	case RANDOM_BLOCKS:
		return random_normal(state) + (s / w->block % 2 ? w->jump : 0);
	case RANDOM_STAIRS:
		return w->values[s / w->block % RANDOM_PERIOD];
	case RANDOM_PERIODIC:
		return w->values[s % w->period];
	case RANDOM_MASK:
		return random_below(state, (unsigned)w->block) == 0 || (s == 0 && w->period % 2) ? w->jump
		                                                                                 : w->values[0];
	case RANDOM_BORDER:
		return s < w->spatial / 3 ? w->jump : random_normal(state);
	default:
		return random_normal(state);
	}
}

double random_data_value(const struct random_data *drawn, uint64_t *state, size_t s)
{
	return drawn->mean + drawn->deviation * random_data_deviation(drawn, state, s);
}
