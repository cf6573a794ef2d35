/* test_picture.c: PNG files of every kind, made here by libpng itself, and broken ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tools/picture.h"
#include "main.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { WIDTH = 5, HEIGHT = 3 };

static char path[] = "/tmp/clnorm-picture-XXXXXX";

static void make_path(void)
{
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_path(void)
{
	unlink(path);
}

/* ---- Making ------------------------------------------------------------------------------------------------------ */

/* What a file is, and what it must be read as. */
static const struct kind {
	int colour_type, bits;
	bool is_interlaced, has_transparent_colour;
	unsigned channels, read_bits;
} kinds[] = {
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
static unsigned raw_sample(const struct kind *kind, int x, int y, int k)
{
	unsigned range = kind->bits == 16 ? 65535 : (1U << kind->bits) - 1;
	unsigned value = (unsigned)(y * 7919 + x * 613 + k * 104729);
	return kind->colour_type == PNG_COLOR_TYPE_PALETTE ? value % 4 : value % (range + 1);
}

static const png_color palette[4] = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}, {100, 110, 120}};

static void pack_row(const struct kind *kind, int channels, int y, unsigned char *row)
{
	memset(row, 0, WIDTH * 8);
	for (int i = 0; i < WIDTH * channels; ++i) {
		unsigned value = raw_sample(kind, i / channels, y, i % channels);
		if (kind->bits == 16) {
			row[2 * i] = (unsigned char)(value >> 8);
			row[2 * i + 1] = (unsigned char)value;
		} else {
			int at = i * kind->bits;
			row[at / 8] = (unsigned char)(row[at / 8] | value << (8 - kind->bits - at % 8));
		}
	}
}

static void write_kind(const struct kind *kind)
{
	static const int channels_of[] = {[PNG_COLOR_TYPE_GRAY] = 1,
	                                  [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
	                                  [PNG_COLOR_TYPE_RGB] = 3,
	                                  [PNG_COLOR_TYPE_RGB_ALPHA] = 4,
	                                  [PNG_COLOR_TYPE_PALETTE] = 1};
	unsigned char rows[HEIGHT][WIDTH * 8];
	png_bytep pointers[HEIGHT];
	png_byte transparencies[2] = {0, 128};
	png_color_16 transparent = {.red = 1, .green = 2, .blue = 3, .gray = 1};
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	ck_assert_int_eq(setjmp(png_jmpbuf(png)), 0);
	png_init_io(png, file);
	png_set_IHDR(png, info, WIDTH, HEIGHT, kind->bits, kind->colour_type,
	             kind->is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
	             PNG_FILTER_TYPE_DEFAULT);
	bool has_palette = kind->colour_type == PNG_COLOR_TYPE_PALETTE;
	if (has_palette) {
		png_set_PLTE(png, info, palette, 4);
	}
	if (kind->has_transparent_colour) {
		png_set_tRNS(png, info, has_palette ? transparencies : NULL, has_palette ? 2 : 0,
		             has_palette ? NULL : &transparent);
	}
	for (int y = 0; y < HEIGHT; ++y) {
		pack_row(kind, channels_of[kind->colour_type], y, rows[y]);
		pointers[y] = rows[y];
	}
	png_set_rows(png, info, pointers);
	png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
	png_destroy_write_struct(&png, &info);
	ck_assert_int_eq(fclose(file), 0);
}

static size_t read_bytes(unsigned char *bytes, size_t room)
{
	FILE *file = fopen(path, "rb");
	ck_assert_ptr_nonnull(file);
	size_t count = fread(bytes, 1, room, file);
	ck_assert_uint_lt(count, room);
	fclose(file);
	return count;
}

static void write_bytes(const unsigned char *bytes, size_t count)
{
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
	ck_assert_int_eq(fclose(file), 0);
}

/* ---- Reading ------------------------------------------------------------------------------------------------------
 */

/* What sample k of the picture's pixel must be, in the picture's bits. */
static unsigned wanted_sample(const struct kind *kind, int x, int y, int k)
{
	if (kind->colour_type == PNG_COLOR_TYPE_PALETTE) {
		unsigned i = raw_sample(kind, x, y, 0);
		const png_byte values[4] = {palette[i].red, palette[i].green, palette[i].blue,
		                            (png_byte)(i == 0   ? 0
		                                       : i == 1 ? 128
		                                                : 255)};
		return values[k];
	}
	if (kind->has_transparent_colour && k == (int)kind->channels - 1) {
		bool is_grey = kind->channels == 2;
		bool is_it = raw_sample(kind, x, y, 0) == 1 &&
		             (is_grey || (raw_sample(kind, x, y, 1) == 2 && raw_sample(kind, x, y, 2) == 3));
		return is_it ? 0 : 255;
	}
	unsigned value = raw_sample(kind, x, y, k);
	return kind->bits < 8 ? value * (255 / ((1U << kind->bits) - 1)) : value;
}

static unsigned sample_of(const struct tool_picture *picture, size_t i)
{
	return picture->bits == 8 ? ((const uint8_t *)picture->samples)[i] : ((const uint16_t *)picture->samples)[i];
}

START_TEST(kind_read)
{
	const struct kind *kind = &kinds[_i];
	struct tool_picture picture = {0};
	write_kind(kind);
	ck_assert_msg(tool_picture_load(path, &picture), "%s", tool_report_text());
	ck_assert_uint_eq(picture.width, WIDTH);
	ck_assert_uint_eq(picture.height, HEIGHT);
	ck_assert_uint_eq(picture.channels, kind->channels);
	ck_assert_uint_eq(picture.bits, kind->read_bits);
	for (int i = 0; i < WIDTH * HEIGHT * (int)kind->channels; ++i) {
		int pixel = i / (int)kind->channels, k = i % (int)kind->channels;
		ck_assert_uint_eq(sample_of(&picture, (size_t)i), wanted_sample(kind, pixel % WIDTH, pixel / WIDTH, k));
	}
	tool_picture_clear(&picture);
}
END_TEST

/* What is written is read back to the same samples. */
START_TEST(round_trip)
{
	unsigned channels = (unsigned)_i % 4 + 1, bits = _i < 4 ? 8 : 16;
	struct tool_picture form = {.width = 33, .height = 9, .channels = channels, .bits = bits}, made, read;
	ck_assert(tool_picture_create(&form, &made));
	size_t count = form.width * form.height * channels, bytes = count * bits / 8;
	for (size_t i = 0; i < bytes; ++i) {
		((unsigned char *)made.samples)[i] = (unsigned char)(i * i + 3 * i);
	}
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_msg(tool_picture_write(file, &made), "%s", tool_report_text());
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_msg(tool_picture_load(path, &read), "%s", tool_report_text());
	ck_assert_uint_eq(read.channels, channels);
	ck_assert_uint_eq(read.bits, bits);
	ck_assert_int_eq(memcmp(made.samples, read.samples, bytes), 0);
	tool_picture_clear(&made);
	tool_picture_clear(&read);
}
END_TEST

/* Samples on the scale 0 to 255 and back: every value of 8 bits and of 16. */
START_TEST(sample_scale)
{
	struct tool_picture narrow = {.width = 256, .height = 1, .channels = 1, .bits = 8}, eight;
	struct tool_picture wide = {.width = 65536, .height = 1, .channels = 1, .bits = 16}, sixteen;
	ck_assert(tool_picture_create(&narrow, &eight));
	ck_assert(tool_picture_create(&wide, &sixteen));
	for (size_t i = 0; i < 65536; ++i) {
		((uint16_t *)sixteen.samples)[i] = (uint16_t)i;
		tool_picture_set(&sixteen, i, tool_picture_get(&sixteen, i));
		ck_assert_uint_eq(sample_of(&sixteen, i), i);
	}
	for (size_t i = 0; i < 256; ++i) {
		tool_picture_set(&eight, i, (float)i);
		ck_assert_float_eq(tool_picture_get(&eight, i), (float)i);
	}
	const struct {
		float value;
		unsigned wanted;
	} cut[] = {{-1, 0}, {-1e30f, 0}, {0.49f, 0}, {0.51f, 1}, {254.6f, 255}, {256, 255}, {1e30f, 255}, {NAN, 0}};
	for (size_t i = 0; i < COUNT(cut); ++i) {
		tool_picture_set(&eight, 0, cut[i].value);
		ck_assert_uint_eq(sample_of(&eight, 0), cut[i].wanted);
	}
	tool_picture_clear(&eight);
	tool_picture_clear(&sixteen);
}
END_TEST

/* ---- Broken files -------------------------------------------------------------------------------------------------
 */

static void expect_refusal(void)
{
	struct tool_picture picture = {.width = 77};
	ck_assert(!tool_picture_load(path, &picture));
	ck_assert_msg(strncmp(tool_report_text(), path, strlen(path)) == 0, "no path in: %s", tool_report_text());
	ck_assert_uint_gt(strlen(tool_report_text()), strlen(path) + 2);
	ck_assert_uint_eq(picture.width, 77);
}

START_TEST(broken_cut)
{
	unsigned char bytes[2048];
	write_kind(&kinds[_i]);
	size_t count = read_bytes(bytes, sizeof bytes);
	for (size_t cut = 0; cut < count; ++cut) {
		write_bytes(bytes, cut);
		expect_refusal();
	}
}
END_TEST

/* Every byte changed, one at a time: a picture or a reason, and never a word on stderr, which a tool prints to alone.
 */
START_TEST(broken_byte)
{
	unsigned char bytes[2048];
	write_kind(&kinds[_i]);
	size_t count = read_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < count; ++i) {
		struct tool_picture picture = {0};
		unsigned char kept = bytes[i];
		bytes[i] = (unsigned char)(kept ^ (1U << i % 8));
		write_bytes(bytes, count);
		if (tool_picture_load(path, &picture)) {
			tool_picture_clear(&picture);
		} else {
			ck_assert_uint_gt(strlen(tool_report_text()), strlen(path) + 2);
		}
		bytes[i] = kept;
	}
}
END_TEST

/* The file of a kind with another size in its header: with a right checksum, so that only what the file can hold and
 * what memory can tells. */
static void write_promise(const struct kind *kind, unsigned long width, unsigned long height)
{
	unsigned char bytes[2048];
	write_kind(kind);
	size_t count = read_bytes(bytes, sizeof bytes);
	for (int i = 0; i < 4; ++i) {
		bytes[16 + i] = (unsigned char)(width >> (24 - 8 * i));
		bytes[20 + i] = (unsigned char)(height >> (24 - 8 * i));
	}
	unsigned long crc = 0xffffffffUL;
	for (size_t i = 12; i < 29; ++i) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; ++bit) {
			crc = crc & 1 ? 0xedb88320UL ^ (crc >> 1) : crc >> 1;
		}
	}
	crc ^= 0xffffffffUL;
	for (int i = 0; i < 4; ++i) {
		bytes[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
	}
	write_bytes(bytes, count);
}

static void expect_word(const char *word)
{
	expect_refusal();
	ck_assert_msg(strstr(tool_report_text(), word) != NULL, "no '%s' in: %s", word, tool_report_text());
}

START_TEST(broken_promise)
{
	write_promise(&kinds[_i], 100000, 100000);
	expect_word("cannot hold 100000 x 100000 pixels");
}
END_TEST

/* A file of 200 MB, of which a disk has one block: large enough for 10^12 pixels of a bit each, which are 7 TB as
 * bytes, floats and halves. */
START_TEST(broken_room)
{
	write_promise(&kinds[2], 1000000, 1000000);
	ck_assert_int_eq(truncate(path, 200000000), 0);
	expect_word("needs 7000000000000 bytes of memory");
}
END_TEST

/* One colour packs by a factor of a thousand, and is a picture all the same. */
START_TEST(large)
{
	const struct tool_picture form = {.width = 8000, .height = 8000, .channels = 1, .bits = 8};
	const size_t bytes = form.width * form.height;
	struct tool_picture made, read;
	ck_assert(tool_picture_create(&form, &made));
	memset(made.samples, 77, bytes);
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_msg(tool_picture_write(file, &made), "%s", tool_report_text());
	ck_assert_int_lt(ftell(file), (long)bytes / 500);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_msg(tool_picture_load(path, &read), "%s", tool_report_text());
	ck_assert_int_eq(memcmp(made.samples, read.samples, bytes), 0);
	tool_picture_clear(&made);
	tool_picture_clear(&read);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("picture");
	TCase *whole = tcase_create("whole"), *broken = tcase_create("broken");
	tcase_add_checked_fixture(whole, make_path, remove_path);
	tcase_add_checked_fixture(broken, make_path, remove_path);
	tcase_set_timeout(broken, 60);
	tcase_add_loop_test(whole, kind_read, 0, COUNT(kinds));
	tcase_add_loop_test(whole, round_trip, 0, 8);
	tcase_add_test(whole, sample_scale);
	tcase_add_test(whole, large);
	tcase_set_timeout(whole, 60);
	tcase_add_loop_test(broken, broken_cut, 0, COUNT(kinds));
	tcase_add_loop_test(broken, broken_byte, 0, COUNT(kinds));
	tcase_add_loop_test(broken, broken_promise, 0, COUNT(kinds));
	tcase_add_test(broken, broken_room);
	suite_add_tcase(suite, whole);
	suite_add_tcase(suite, broken);
	return main_run(suite);
}
