/* image.h: pictures as three planes of floats from 0 to 1, read from and written to PNG files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_IMAGE_H
#define TRAIN_IMAGE_H

#include <stddef.h>

struct image {
	size_t width, height;
	float *planes; /* [3, height, width]: red, green, blue */
};

/* Any PNG: grey becomes colour, alpha is dropped, 8 and 16 bits are kept as they are precise. */
void image_read(struct image *image, const char *path);
/* 8 bits a colour; values past 0 and 1 are cut. */
void image_write(const struct image *image, const char *path);
/* The part of `size` times `size` pixels in the middle, or all of it where it is smaller. */
struct image image_crop(const struct image *image, size_t size);
/* Black, of this size. */
struct image image_make(size_t width, size_t height);
void image_clear(struct image *image);

#endif
