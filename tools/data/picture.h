/* picture.h: PNG pictures of 8 or 16 bits a sample: read from any bytes, and written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PICTURE_H
#define TOOL_PICTURE_H

#include "tools/base/input.h"
#include "tools/data/chunks.h"

#include <stdint.h>

struct tool_picture {
	size_t width, height;
	unsigned channels; /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha */
	unsigned bits;     /* 8 or 16 */
	void *samples; /* height rows of width pixels of channels; uint8_t, or uint16_t in this machine's byte order */
	struct tool_chunks chunks; /* what its result is to carry too */
};

/* Reads an opened PNG with sides of up to 2^31 - 1. Palettes become RGB, fewer bits become 8, transparent colours
 * become alpha, interlaced rows come in order; sample values are otherwise as stored. Memory for pixels is asked for
 * where the file is long enough to hold them, and the system has it. Broken or cut files give a reason, and nothing is
 * printed.
 */
TOOL_CHECKED bool tool_picture_read(struct tool_input *input, struct tool_picture *picture);

/* The same from a path; reasons begin with it. */
TOOL_CHECKED bool tool_picture_load(const char *path, struct tool_picture *picture);

/* Writes the picture with these chunks; its own are not. */
TOOL_CHECKED bool tool_picture_write(FILE *file, const struct tool_picture *picture, const struct tool_chunks *chunks);

/* A picture of the same form with uninitialized samples and no chunks. */
TOOL_CHECKED bool tool_picture_create(const struct tool_picture *form, struct tool_picture *picture);

/* Frees; an empty picture is fine; the picture is empty afterwards. */
void tool_picture_clear(struct tool_picture *picture);

/* Channels without alpha: 1 or 3. */
unsigned tool_picture_colours(const struct tool_picture *picture);

/* Sample i on the scale 0 to 255, whatever the bits. */
float tool_picture_get(const struct tool_picture *picture, size_t i);

/* Stores a value of the scale 0 to 255: rounded, cut to the range; NaN becomes 0. */
void tool_picture_set(struct tool_picture *picture, size_t i, float value);

/* Copies sample i as it is from a picture of the same form. */
void tool_picture_copy(struct tool_picture *picture, const struct tool_picture *from, size_t i);

#endif
