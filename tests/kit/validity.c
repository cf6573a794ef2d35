/* validity.c: masks and lengths of every kind for a description, and which elements are valid by them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <check.h>

#include "tests/kit/cases.h"
#include "tests/kit/validity.h"

static const char *const names[VALIDITY_COUNT] = {
	"a random mask", "masks of one element", "a ball",           "masks empty in turn",
	"an empty mask", "a whole mask",         "random lengths",   "lengths of 0",
	"lengths of 1",  "whole lengths",        "lengths past all",
};

const char *validity_name(enum validity_kind kind)
{
	return names[kind];
}

bool validity_is_lengths(enum validity_kind kind)
{
	return kind >= VALIDITY_LENGTHS;
}

/* A linear congruential generator (Knuth's MMIX), of whose bits the upper ones are drawn. */
static unsigned draw(unsigned long long *state, unsigned below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((*state >> 33) % below);
}

/* Whether element s of plane k of a mask is valid. */
static bool is_in(enum validity_kind kind, size_t k, size_t s, size_t spatial, unsigned long long *state)
{
	size_t centre = (k * 5 + 2) % (spatial ? spatial : 1), distance = s > centre ? s - centre : centre - s;
	bool coin = draw(state, 2) != 0;
	switch (kind) {
	case VALIDITY_RANDOM:
		return coin;
	case VALIDITY_ONE:
		return s == centre;
	case VALIDITY_BALL:
		return distance <= spatial / 64;
	case VALIDITY_EMPTY:
		return k % 2 == 1 && coin;
	default:
		return kind == VALIDITY_WHOLE;
	}
}

/* The mask as a tensor of its own: what the description is with the mask's samples and channels. */
static clnorm_desc mask_desc(const clnorm_desc *desc)
{
	clnorm_desc mask = *desc;
	mask.n = desc->mask_n;
	mask.c = desc->mask_c;
	return mask;
}

static void make_mask(struct validity *validity, clnorm_desc *desc, enum validity_kind kind, enum validity_shape shape,
                      unsigned seed)
{
	unsigned long long state = seed;
	desc->valid = CLNORM_VALID_MASK;
	desc->mask_n = shape == VALIDITY_FULL || shape == VALIDITY_OF_SAMPLES ? desc->n : 1;
	desc->mask_c = shape == VALIDITY_FULL || shape == VALIDITY_OF_CHANNELS ? desc->c : 1;
	clnorm_desc mask = mask_desc(desc);
	size_t spatial = cases_spatial(desc);
	validity->mask_count = mask.n * mask.c * spatial;
	validity->mask = calloc(validity->mask_count + 1, 1);
	ck_assert_ptr_nonnull(validity->mask);
	for (size_t k = 0; k < mask.n * mask.c; k++) {
		for (size_t s = 0; s < spatial; s++) {
			static const unsigned char bytes[] = {1, 255, 128, 2, 16};
			size_t at = cases_index(&mask, k, s);
			validity->mask[at] = is_in(kind, k, s, spatial, &state) ? bytes[at % sizeof bytes] : 0;
		}
	}
}

static void make_lengths(struct validity *validity, clnorm_desc *desc, enum validity_kind kind, unsigned seed)
{
	unsigned long long state = seed;
	cl_uint extent = (cl_uint)desc->spatial[0];
	desc->valid = CLNORM_VALID_LENGTHS;
	validity->lengths = calloc(desc->n + 1, sizeof validity->lengths[0]);
	ck_assert_ptr_nonnull(validity->lengths);
	for (size_t n = 0; n < desc->n; n++) {
		validity->lengths[n] = kind == VALIDITY_LENGTHS_0      ? 0
		                       : kind == VALIDITY_LENGTHS_1    ? 1
		                       : kind == VALIDITY_LENGTHS_ALL  ? extent
		                       : kind == VALIDITY_LENGTHS_PAST ? (n % 2 ? extent + 3 : 0xffffffffu)
		                                                       : draw(&state, extent + 1);
	}
}

void validity_init(struct validity *validity, clnorm_desc *desc, enum validity_kind kind, enum validity_shape shape,
                   unsigned seed)
{
	*validity = (struct validity){.mask = NULL};
	if (validity_is_lengths(kind)) {
		make_lengths(validity, desc, kind, seed);
	} else {
		make_mask(validity, desc, kind, shape, seed);
	}
}

void validity_clear(struct validity *validity)
{
	free(validity->mask);
	free(validity->lengths);
	*validity = (struct validity){.mask = NULL};
}

bool validity_at(const struct validity *validity, const clnorm_desc *desc, size_t instance, size_t s)
{
	size_t n = instance / desc->c, c = instance % desc->c;
	if (validity->lengths) {
		/* The outermost coordinate, what is left when the others are divided out from the innermost on. */
		size_t outermost = s;
		for (unsigned i = desc->spatial_rank; i-- > 1;) {
			outermost /= desc->spatial[i];
		}
		return outermost < validity->lengths[n];
	}
	if (!validity->mask) {
		return true;
	}
	clnorm_desc mask = mask_desc(desc);
	return validity->mask[cases_index(&mask, n % mask.n * mask.c + c % mask.c, s)] != 0;
}
