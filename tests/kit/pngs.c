/* pngs.c: PNG files of every kind, made by libpng.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/pngs.h"

#include <check.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct png_kind png_kinds[PNG_KINDS] = {
	{PNG_COLOR_TYPE_GRAY, 8, false, false, 1, 8},       {PNG_COLOR_TYPE_GRAY, 16, false, false, 1, 16},
	{PNG_COLOR_TYPE_GRAY, 1, false, false, 1, 8},       {PNG_COLOR_TYPE_GRAY, 4, true, false, 1, 8},
	{PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, false, 2, 8}, {PNG_COLOR_TYPE_GRAY_ALPHA, 16, true, false, 2, 16},
	{PNG_COLOR_TYPE_RGB, 8, false, false, 3, 8},        {PNG_COLOR_TYPE_RGB, 16, false, false, 3, 16},
	{PNG_COLOR_TYPE_RGB, 8, true, false, 3, 8},         {PNG_COLOR_TYPE_RGB, 8, false, true, 4, 8},
	{PNG_COLOR_TYPE_RGB_ALPHA, 8, false, false, 4, 8},  {PNG_COLOR_TYPE_RGB_ALPHA, 16, true, false, 4, 16},
	{PNG_COLOR_TYPE_PALETTE, 8, false, false, 3, 8},    {PNG_COLOR_TYPE_PALETTE, 2, false, true, 4, 8},
	{PNG_COLOR_TYPE_GRAY, 8, false, true, 2, 8},
};

/* Sample k of the file's pixel (x, y), in the file's bits. */
static unsigned raw_sample(const struct png_kind *kind, unsigned x, unsigned y, unsigned k)
{
	unsigned range = kind->bits == 16 ? 65535 : (1U << kind->bits) - 1;
	unsigned value = y * 7919 + x * 613 + k * 104729;
	return kind->colour_type == PNG_COLOR_TYPE_PALETTE ? value % 4 : value % (range + 1);
}

static const png_color palette[4] = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}, {100, 110, 120}};

static size_t row_bytes(const struct png_kind *kind, unsigned width, unsigned channels)
{
	return ((size_t)width * channels * (size_t)kind->bits + 7) / 8;
}

static void pack_row(const struct png_kind *kind, unsigned width, unsigned channels, unsigned y, unsigned char *row)
{
	memset(row, 0, row_bytes(kind, width, channels));
	for (unsigned i = 0; i < width * channels; ++i) {
		unsigned value = raw_sample(kind, i / channels, y, i % channels);
		if (kind->bits == 16) {
			row[2 * i] = (unsigned char)(value >> 8);
			row[2 * i + 1] = (unsigned char)value;
		} else {
			unsigned at = i * (unsigned)kind->bits;
			row[at / 8] = (unsigned char)(row[at / 8] | value << (8 - (unsigned)kind->bits - at % 8));
		}
	}
}

static void set_colours(const struct png_kind *kind, png_structp png, png_infop info)
{
	png_byte transparencies[2] = {0, 128};
	png_color_16 transparent = {.red = 1, .green = 2, .blue = 3, .gray = 1};
	bool has_palette = kind->colour_type == PNG_COLOR_TYPE_PALETTE;
	if (has_palette) {
		png_set_PLTE(png, info, palette, 4);
	}
	if (kind->has_transparent_colour) {
		png_set_tRNS(png, info, has_palette ? transparencies : NULL, has_palette ? 2 : 0,
		             has_palette ? NULL : &transparent);
	}
}

void png_kind_write(const struct png_kind *kind, unsigned width, unsigned height, const char *path)
{
	static const unsigned channels_of[] = {[PNG_COLOR_TYPE_GRAY] = 1,
	                                       [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
	                                       [PNG_COLOR_TYPE_RGB] = 3,
	                                       [PNG_COLOR_TYPE_RGB_ALPHA] = 4,
	                                       [PNG_COLOR_TYPE_PALETTE] = 1};
	FILE *file = fopen(path, "wb");
	unsigned channels = channels_of[kind->colour_type];
	unsigned char *row = malloc(row_bytes(kind, width, channels));
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(row);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	ck_assert_int_eq(setjmp(png_jmpbuf(png)), 0);
	png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
	png_set_compression_level(png, 1);
	png_init_io(png, file);
	png_set_IHDR(png, info, width, height, kind->bits, kind->colour_type,
	             kind->is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
	             PNG_FILTER_TYPE_DEFAULT);
	set_colours(kind, png, info);
	png_write_info(png, info);
	for (int passes = png_set_interlace_handling(png); passes > 0; --passes) {
		for (unsigned y = 0; y < height; ++y) {
			pack_row(kind, width, channels, y, row);
			png_write_row(png, row);
		}
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	free(row);
	ck_assert_int_eq(fclose(file), 0);
}

unsigned png_kind_sample(const struct png_kind *kind, unsigned x, unsigned y, unsigned k)
{
	if (kind->colour_type == PNG_COLOR_TYPE_PALETTE) {
		unsigned i = raw_sample(kind, x, y, 0);
		const png_byte values[4] = {palette[i].red, palette[i].green, palette[i].blue,
		                            (png_byte)(i == 0   ? 0
		                                       : i == 1 ? 128
		                                                : 255)};
		return values[k];
	}
	if (kind->has_transparent_colour && k == kind->channels - 1) {
		bool is_grey = kind->channels == 2;
		bool is_it = raw_sample(kind, x, y, 0) == 1 &&
		             (is_grey || (raw_sample(kind, x, y, 1) == 2 && raw_sample(kind, x, y, 2) == 3));
		return is_it ? 0 : 255;
	}
	unsigned value = raw_sample(kind, x, y, k);
	return kind->bits < 8 ? value * (255 / ((1U << kind->bits) - 1)) : value;
}
