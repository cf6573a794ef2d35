/* pngs.h: PNG files of every kind, made by libpng.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PNGS_H
#define TESTS_PNGS_H

#include <stdbool.h>
#include <stddef.h>

/* What a file is, and what it must be read as. */
struct png_kind {
	int colour_type, bits;
	bool is_interlaced, has_transparent_colour;
	unsigned channels, read_bits;
};

#define PNG_KINDS 15
extern const struct png_kind png_kinds[PNG_KINDS];

/* Writes a file of this kind and size, whose samples are numbers of their place. */
void png_kind_write(const struct png_kind *kind, unsigned width, unsigned height, const char *path);

/* What sample k of the pixel must be read as, in the bits of the picture. */
unsigned png_kind_sample(const struct png_kind *kind, unsigned x, unsigned y, unsigned k);

#endif
