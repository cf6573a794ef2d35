/* validity.h: masks and lengths of every kind for a description, and which elements are valid by them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VALIDITY_H
#define TESTS_VALIDITY_H

#include <clnorm/clnorm.h>

enum validity_kind {
	VALIDITY_RANDOM = 0, /* masks: each element by a coin */
	VALIDITY_ONE,        /* one spatial element of each plane of the mask */
	VALIDITY_BALL,       /* the neighbourhood of one: some 3 % of a large plane */
	VALIDITY_EMPTY,      /* every other plane of the mask has none, the rest go by a coin */
	VALIDITY_NONE,       /* no element at all */
	VALIDITY_WHOLE,      /* every element */
	VALIDITY_LENGTHS,    /* lengths: drawn, from 0 to the extent */
	VALIDITY_LENGTHS_0,
	VALIDITY_LENGTHS_1,
	VALIDITY_LENGTHS_ALL,
	VALIDITY_LENGTHS_PAST, /* past the extent, which counts as all of it */
	VALIDITY_COUNT
};

/* The shape of a mask: of every sample and channel, or the same for all samples, all channels, both. */
enum validity_shape { VALIDITY_FULL = 0, VALIDITY_OF_CHANNELS, VALIDITY_OF_SAMPLES, VALIDITY_SPATIAL, VALIDITY_SHAPES };

struct validity {
	unsigned char *mask; /* NULL with lengths; bytes of many values that are not 0 */
	cl_uint *lengths;    /* NULL with a mask */
	size_t mask_count;   /* bytes of the mask */
};

const char *validity_name(enum validity_kind kind);
bool validity_is_lengths(enum validity_kind kind);

/* Makes them, and sets valid, mask_n and mask_c of the description. shape is of masks alone. A description without a
 * spatial axis takes no lengths. */
void validity_init(struct validity *validity, clnorm_desc *desc, enum validity_kind kind, enum validity_shape shape,
                   unsigned seed);
void validity_clear(struct validity *validity);

/* Whether element s of an instance is valid: by the mask or the lengths, found by another way than the library's. */
bool validity_at(const struct validity *validity, const clnorm_desc *desc, size_t instance, size_t s);

#endif
