/* strided.c: where the elements of a tensor lie that has gaps; bytes to there and from there.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/kit/cases.h"
#include "tests/kit/strided.h"

struct strided strided_of(const clnorm_desc *desc, clnorm_strides strides)
{
	size_t spatial = cases_spatial(desc);
	bool is_last = cases_is_channels_last(desc);
	struct strided strided = {
		.count = desc->n * desc->c * spatial,
		.block = is_last ? desc->c : spatial,
		.blocks = is_last ? spatial : desc->c,
	};
	strided.inner = strides.inner > 0 ? strides.inner : strided.block;
	strided.sample = strides.sample > 0 ? strides.sample : desc->c * spatial;
	return strided;
}

struct strided strided_line(size_t count)
{
	return (struct strided){.count = count, .block = count, .blocks = 1};
}

/* Where block number i begins. */
static size_t block_at(const struct strided *s, size_t i)
{
	return i / s->blocks * s->sample + i % s->blocks * s->inner;
}

size_t strided_at(const struct strided *strided, size_t i)
{
	return block_at(strided, i / strided->block) + i % strided->block;
}

size_t strided_span(const struct strided *strided)
{
	size_t span = 0;
	for (size_t i = 0; i < strided->count; i += strided->block) {
		size_t end = strided_at(strided, i) + strided->block;
		span = end > span ? end : span;
	}
	return span;
}

void strided_scatter(const struct strided *strided, size_t bytes, const void *packed, void *to)
{
	const unsigned char *from = packed;
	unsigned char *image = to;
	for (size_t i = 0; i < strided->count; i += strided->block) {
		memcpy(image + strided_at(strided, i) * bytes, from + i * bytes, strided->block * bytes);
	}
}

void strided_gather(const struct strided *strided, size_t bytes, const void *from, void *packed)
{
	const unsigned char *image = from;
	unsigned char *to = packed;
	for (size_t i = 0; i < strided->count; i += strided->block) {
		memcpy(to + i * bytes, image + strided_at(strided, i) * bytes, strided->block * bytes);
	}
}
