/* image.c: pictures as three planes of floats from 0 to 1, read from and written to PNG files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include "fail.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLOURS = 3 };

struct image image_make(size_t width, size_t height)
{
	float *planes = need_memory(COLOURS * width * height, sizeof(*planes));
	return (struct image){width, height, planes};
}

void image_clear(struct image *image)
{
	free(image->planes);
	*image = (struct image){0};
}

struct image image_crop(const struct image *image, size_t size)
{
	const size_t width = image->width < size ? image->width : size;
	const size_t height = image->height < size ? image->height : size;
	const size_t left = (image->width - width) / 2, top = (image->height - height) / 2;
	struct image crop = image_make(width, height);
	for (size_t row = 0; row < COLOURS * height; row++) {
		const size_t from = row / height * image->height + top + row % height;
		memcpy(crop.planes + row * width, image->planes + from * image->width + left, width * sizeof(float));
	}
	return crop;
}

/* Whatever the file holds comes as 16 bits of red, green and blue. */
static void ask_for_colours(png_structp png, png_infop info)
{
	png_set_expand_16(png);
	png_set_strip_alpha(png);
	png_set_gray_to_rgb(png);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

/* Rows of 16-bit pixels, one after another, to planes. */
static void planes_fill(struct image *image, const png_byte *pixels)
{
	const size_t count = image->width * image->height;
	for (size_t i = 0; i < count; i++) {
		for (size_t colour = 0; colour < COLOURS; colour++) {
			const png_byte *at = pixels + (i * COLOURS + colour) * 2;
			image->planes[colour * count + i] = (float)(at[0] * 256 + at[1]) / 65535;
		}
	}
}

static void stop(png_structp png, png_const_charp reason)
{
	fail("%s: %s", (const char *)png_get_error_ptr(png), reason);
}

static void pass(png_structp png, png_const_charp reason)
{
	(void)png;
	(void)reason;
}

void image_read(struct image *image, const char *path)
{
	char name[4096];
	snprintf(name, sizeof(name), "%s", path);
	FILE *file = fopen(path, "rb");
	if (!file) {
		fail("%s: cannot be read", path);
	}
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, name, stop, pass);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info) {
		fail("%s: no memory to read it", path);
	}
	png_init_io(png, file);
	png_read_info(png, info);
	ask_for_colours(png, info);
	*image = image_make(png_get_image_width(png, info), png_get_image_height(png, info));
	png_byte *pixels = need_memory(image->width * image->height, 2 * COLOURS);
	png_byte **rows = need_memory(image->height, sizeof(*rows));
	for (size_t row = 0; row < image->height; row++) {
		rows[row] = pixels + row * image->width * 2 * COLOURS;
	}
	png_read_image(png, rows);
	planes_fill(image, pixels);
	free(rows);
	free(pixels);
	png_destroy_read_struct(&png, &info, NULL);
	fclose(file);
}

static png_byte byte_of(float value)
{
	return (png_byte)(255 * (value > 0 ? value < 1 ? value : 1 : 0) + 0.5f);
}

void image_write(const struct image *image, const char *path)
{
	const size_t count = image->width * image->height;
	png_byte *pixels = need_memory(count, COLOURS);
	png_image picture = {.version = PNG_IMAGE_VERSION,
	                     .width = (png_uint_32)image->width,
	                     .height = (png_uint_32)image->height,
	                     .format = PNG_FORMAT_RGB};
	for (size_t i = 0; i < COLOURS * count; i++) {
		pixels[i] = byte_of(image->planes[i % COLOURS * count + i / COLOURS]);
	}
	if (!png_image_write_to_file(&picture, path, 0, pixels, 0, NULL)) {
		fail("%s: %s", path, picture.message);
	}
	free(pixels);
}
