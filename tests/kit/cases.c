/* cases.c: the tables of shapes and of input data that the device tests loop over.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/kit/cases.h"
#include "tests/kit/device.h"
#include "tests/kit/random.h"
#include "tests/kit/random_data.h"

/* Spatial sizes around every switch point: vectors of 4, 8 and 16, teams, blocks, chunks, registers; and odd planes. */
static const struct cases_shape small_shapes[] = {
	{3, {5, 3, 1}},       {3, {1, 3, 2}},
	{3, {2, 3, 3}},       {4, {5, 3, 4, 4}},
	{4, {3, 4, 5, 5}},    {4, {5, 3, 4, 6}},
	{3, {2, 2, 15}},      {3, {3, 2, 17}},
	{4, {1, 5, 7, 7}},    {3, {2, 3, 31}},
	{3, {1, 3, 63}},      {3, {1, 3, 64}},
	{3, {1, 3, 65}},      {3, {2, 2, 70}},
	{5, {2, 2, 3, 5, 7}}, {3, {1, 2, 127}},
	{3, {1, 2, 128}},     {3, {1, 2, 129}},
	{3, {2, 1, 255}},     {4, {1, 2, 16, 16}},
	{3, {1, 2, 257}},     {8, {2, 1, 1, 2, 1, 3, 1, 5}},
	{2, {4, 3}},          {3, {33, 5, 2}},
	{3, {2, 17, 18}},     {3, {3, 5, 47}},
};

static const struct cases_shape default_shapes[] = {
	{4, {1, 512, 31, 31}},   {3, {2, 3, 1000}},          {3, {2, 3, 1023}},   {4, {2, 3, 32, 32}},
	{3, {2, 3, 1025}},       {3, {1, 5, 2047}},          {3, {1, 5, 2048}},   {3, {1, 5, 2049}},
	{3, {2, 3, 4095}},       {5, {2, 3, 16, 16, 16}},    {3, {2, 3, 4097}},   {3, {1, 3, 8191}},
	{3, {1, 3, 8192}},       {3, {1, 3, 8193}},          {3, {1, 2, 16385}},  {4, {1, 2, 256, 256}},
	{3, {1, 2, 65537}},      {3, {1, 1, 131071}},        {3, {64, 1024, 2}},  {3, {1, 65537, 2}},
	{6, {2, 3, 5, 4, 3, 7}}, {7, {1, 2, 3, 2, 5, 2, 7}}, {4, {2, 33, 9, 11}}, {4, {1, 1, 257, 513}},
	{3, {70, 1, 961}},       {4, {1, 64, 28, 28}},
};

static const struct cases_shape long_shapes[] = {
	{3, {1, 1, 262143}},  {3, {1, 2, 262144}},    {3, {1, 1, 524289}},  {4, {1, 1, 1024, 1024}},
	{3, {1, 1, 2097151}}, {3, {1, 1, 4194304}},   {3, {1, 1, 4194303}}, {4, {1, 3, 1080, 1920}},
	{3, {3200000, 2, 2}}, {4, {3, 5, 513, 1025}}, {3, {1, 131071, 2}},
};

/* For interpreters, and then for devices. All variants apply to the first one. */
static const struct cases_shape small_core[] = {
	{3, {2, 3, 45}}, {3, {2, 3, 1}}, {4, {5, 3, 4, 4}}, {3, {1, 3, 131}}, {3, {2, 2, 300}},
};

static const struct cases_shape default_core[] = {
	{3, {2, 3, 45}},      {3, {2, 3, 2053}},  {3, {2, 35, 37}},   {4, {5, 3, 4, 4}},
	{4, {1, 64, 31, 31}}, {3, {1, 3, 16411}}, {3, {1, 3, 70001}}, {3, {2, 3, 1}},
};

/* More elements than these take one kind of data. */
#define MANY_ELEMENTS 100000

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

size_t cases_shape_count(void)
{
	if (device_is_small()) {
		return COUNT(small_shapes);
	}
	return COUNT(small_shapes) + COUNT(default_shapes) + (device_is_long() ? COUNT(long_shapes) : 0);
}

const struct cases_shape *cases_shape(size_t i)
{
	if (i < COUNT(small_shapes)) {
		return &small_shapes[i];
	}
	i -= COUNT(small_shapes);
	return i < COUNT(default_shapes) ? &default_shapes[i] : &long_shapes[i - COUNT(default_shapes)];
}

size_t cases_core_count(void)
{
	return device_is_small() ? COUNT(small_core) : COUNT(default_core);
}

const struct cases_shape *cases_core(size_t i)
{
	return device_is_small() ? &small_core[i] : &default_core[i];
}

const struct cases_shape *cases_large(void)
{
	static const struct cases_shape large = {4, {1, 3, 1080, 1920}};
	return &large;
}

bool cases_is_due(int turn, size_t k)
{
	return !device_is_small() || ((size_t)turn + k) % 3 == 0 || k + 1 == cases_shape_count();
}

const char *cases_data_name(enum cases_data data)
{
	if (data >= DATA_COUNT) {
		return random_data_name(data);
	}
	static const char *const names[] = {"normal", "offset",  "narrow",  "fine",     "constant", "border",
	                                    "ramp",   "checker", "outlier", "denormal", "large",    "exact"};
	_Static_assert(COUNT(names) == DATA_COUNT, "a name for each kind of data");
	return names[data];
}

bool cases_data_fits(enum cases_data data, clnorm_dtype dtype)
{
	return dtype != CLNORM_F16 || (data != DATA_OUTLIER && data != DATA_LARGE && data != DATA_CONSTANT);
}

clnorm_desc cases_desc(const struct cases_shape *shape)
{
	return clnorm_desc_nd(shape->rank, shape->dims);
}

const char *cases_shape_name(const struct cases_shape *shape)
{
	static char names[8][192];
	static unsigned turn;
	char *name = names[turn++ % 8];
	size_t length = 0;
	for (unsigned i = 0; i < shape->rank; i++) {
		length += (size_t)snprintf(name + length, sizeof(names[0]) - length, "%s%zu", i ? "x" : "",
		                           shape->dims[i]);
	}
	return name;
}

size_t cases_spatial(const clnorm_desc *desc)
{
	size_t s = 1;
	for (unsigned i = 0; i < desc->spatial_rank; i++) {
		s *= desc->spatial[i];
	}
	return s;
}

/* The tests' own word on where elements lie. */
bool cases_is_channels_last(const clnorm_desc *desc)
{
	return desc->layout == CLNORM_NHWC;
}

size_t cases_index(const clnorm_desc *desc, size_t instance, size_t s)
{
	size_t spatial = cases_spatial(desc);
	if (cases_is_channels_last(desc)) {
		return (instance / desc->c * spatial + s) * desc->c + instance % desc->c;
	}
	return instance * spatial + s;
}

size_t cases_groups(const clnorm_desc *desc)
{
	return desc->groups ? desc->groups : desc->c;
}

size_t cases_sets(const clnorm_desc *desc)
{
	return desc->n * cases_groups(desc);
}

size_t cases_runs(const clnorm_desc *desc)
{
	return desc->c ? desc->c / cases_groups(desc) : 0;
}

size_t cases_set(const clnorm_desc *desc, size_t instance)
{
	return instance / cases_runs(desc);
}

size_t cases_instance(const clnorm_desc *desc, size_t index)
{
	size_t spatial = cases_spatial(desc);
	if (cases_is_channels_last(desc)) {
		return index / (spatial * desc->c) * desc->c + index % desc->c;
	}
	return index / spatial;
}

unsigned cases_data_step(const clnorm_desc *desc)
{
	bool is_large = desc->n * desc->c * cases_spatial(desc) > MANY_ELEMENTS;
	return is_large ? DATA_COUNT : device_is_small() ? 3 : 1;
}

void cases_normal(unsigned seed, double mean, double deviation, size_t count, double *values)
{
	uint64_t state = seed;
	for (size_t i = 0; i < count; i++) {
		values[i] = mean + deviation * random_normal(&state);
	}
}

/* Element s of a set of `count`, a channel after the other. */
static double data_value(enum cases_data data, uint64_t *state, size_t set, size_t s, size_t count)
{
	static const double constants[] = {1e10, 0, 1, -2.778e-19, 16777217, -3e8, 0.1};
	double sign = set % 2 ? -1 : 1;
	switch (data) {
	case DATA_OFFSET:
		return sign * 1e4 + random_normal(state);
	case DATA_NARROW:
		return sign * 5 + 0.1 * random_normal(state);
	case DATA_FINE:
		return 100 + 0.01 * random_normal(state);
	case DATA_CONSTANT:
		return constants[set % COUNT(constants)];
	case DATA_BORDER:
		return s < count / 3 ? 0 : 1e4 + random_normal(state);
	case DATA_RAMP:
		return (double)s / (double)count - 1.0 / 3;
	case DATA_CHECKER:
		return (s + set) % 2 ? 512 : -512;
	case DATA_OUTLIER:
		return s == 0 ? 1e5 : random_normal(state);
	case DATA_DENORMAL:
		return 1e-40 * random_normal(state);
	case DATA_LARGE:
		return 1e15 * random_normal(state);
	case DATA_EXACT:
		return 16 + (s % 2 ? -1 : 1) * ldexp(1, (int)(s / 2 % 5) - 2);
	default:
		return random_normal(state);
	}
}

void cases_fill(const clnorm_desc *desc, enum cases_data data, unsigned seed, double *x)
{
	size_t spatial = cases_spatial(desc), runs = cases_runs(desc), count = runs * spatial;
	for (size_t i = 0; desc->c > 0 && i < cases_sets(desc); i++) {
		uint64_t state = (uint64_t)seed << 40 ^ (uint64_t)i << 8;
		struct random_data drawn;
		if (data >= DATA_COUNT) {
			random_data_init(&drawn, data, desc->dtype, &state, count);
		}
		for (size_t k = 0; k < count; k++) {
			x[cases_index(desc, i * runs + k / spatial, k % spatial)] =
				data < DATA_COUNT ? data_value(data, &state, i, k, count)
						  : random_data_value(&drawn, &state, k);
		}
	}
}
