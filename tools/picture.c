/* picture.c: PNG pictures of 8 or 16 bits a sample: read from any bytes, and written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "picture.h"

#include "array.h"
#include "room.h"

#include <png.h>

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Deflate makes at most 1032 bytes of one; a file that promises more pixels than that is cut short or a trap. */
#define INFLATION_MAX 1032

/* What one call of libpng works on. It is reached through a pointer, so a longjmp leaves none of it undefined. */
struct work {
	png_structp png;
	png_infop info;
	png_bytepp rows;
	struct tool_picture *picture;
	char reason[200];
};

static void on_error(png_structp png, png_const_charp text)
{
	struct work *work = png_get_error_ptr(png);
	snprintf(work->reason, sizeof work->reason, "%s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text; /* a warning is about a chunk that pixels do not need */
}

static size_t row_bytes(const struct tool_picture *picture)
{
	return picture->width * picture->channels * (picture->bits / 8);
}

/* libpng wants a pointer a row. */
static bool make_rows(struct work *work)
{
	const struct tool_picture *picture = work->picture;
	work->rows = malloc(picture->height * sizeof work->rows[0]);
	if (work->rows == NULL) {
		return tool_report_fail("no memory for %zu row pointers", picture->height);
	}
	for (size_t y = 0; y < picture->height; ++y) {
		work->rows[y] = (png_bytep)picture->samples + y * row_bytes(picture);
	}
	return true;
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

/* Asks for 8 or 16 bits of grey or RGB, with alpha where there is transparency; fills the picture's form. */
static void set_transformations(struct work *work)
{
	png_set_expand(work->png);
	if (png_get_bit_depth(work->png, work->info) == 16 && tool_array_is_little_endian()) {
		png_set_swap(work->png);
	}
	png_set_interlace_handling(work->png);
	png_read_update_info(work->png, work->info);
	work->picture->width = png_get_image_width(work->png, work->info);
	work->picture->height = png_get_image_height(work->png, work->info);
	work->picture->channels = png_get_channels(work->png, work->info);
	work->picture->bits = png_get_bit_depth(work->png, work->info);
}

/* Whether a file of this size can hold the pixels that its header promises. */
static bool check_promise(const struct work *work, const struct tool_input *input)
{
	png_uint_32 width = png_get_image_width(work->png, work->info);
	png_uint_32 height = png_get_image_height(work->png, work->info);
	double promised = (double)png_get_rowbytes(work->png, work->info) * height;
	return promised / INFLATION_MAX <= (double)input->bytes ||
	       tool_report_fail("is cut short: a file of %llu bytes cannot hold %lu x %lu pixels of %.0f bytes",
	                        input->bytes, (unsigned long)width, (unsigned long)height, promised);
}

/* What whoever reads a picture will surely need: the samples, the tensor of floats that they become, and its copy in
 * the device's type. A file of a megabyte may truly hold 10 GB of one colour. */
static double least_bytes(const struct tool_picture *picture)
{
	size_t sample_bytes = picture->bits / 8, colour_bytes = sizeof(float) + clnorm_dtype_bytes(CLNORM_F16);
	size_t pixel_bytes = picture->channels * sample_bytes + tool_picture_colours(picture) * colour_bytes;
	return (double)picture->width * (double)picture->height * (double)pixel_bytes;
}

/* All that can longjmp while reading. */
static bool decode(struct work *work, struct tool_input *input)
{
	if (setjmp(png_jmpbuf(work->png)) != 0) {
		return tool_report_fail("is broken, or cut short: %s", work->reason);
	}
	png_init_io(work->png, input->file);
	png_read_info(work->png, work->info);
	if (!check_promise(work, input)) {
		return false;
	}
	set_transformations(work);
	if (!tool_room_check(least_bytes(work->picture)) || !tool_picture_create(work->picture, work->picture) ||
	    !make_rows(work)) {
		return false;
	}
	png_read_image(work->png, work->rows);
	png_read_end(work->png, NULL);
	return true;
}

bool tool_picture_read(struct tool_input *input, struct tool_picture *picture)
{
	struct tool_picture loaded = {0};
	struct work work = {.picture = &loaded};
	bool is_done = false;
	work.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning);
	TOOL_TRY(work.png != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	work.info = png_create_info_struct(work.png);
	TOOL_TRY(work.info != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	TOOL_TRY(decode(&work, input));
	*picture = loaded;
	loaded = (struct tool_picture){0};
	is_done = true;
done:
	png_destroy_read_struct(&work.png, &work.info, NULL);
	free(work.rows);
	tool_picture_clear(&loaded);
	return is_done;
}

bool tool_picture_load(const char *path, struct tool_picture *picture)
{
	struct tool_input input = {0};
	if (!tool_input_open(path, &input)) {
		return false;
	}
	bool is_done = tool_picture_read(&input, picture) || tool_report_about(path);
	tool_input_clear(&input);
	return is_done;
}

/* ---- Writing ------------------------------------------------------------------------------------------------- */

static bool encode(struct work *work, FILE *file)
{
	static const int colour_types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
	                                   PNG_COLOR_TYPE_RGB_ALPHA};
	const struct tool_picture *picture = work->picture;
	if (setjmp(png_jmpbuf(work->png)) != 0) {
		return tool_report_fail("cannot write: %s", work->reason);
	}
	png_init_io(work->png, file);
	png_set_IHDR(work->png, work->info, (png_uint_32)picture->width, (png_uint_32)picture->height,
	             (int)picture->bits, colour_types[picture->channels - 1], PNG_INTERLACE_NONE,
	             PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(work->png, work->info);
	if (picture->bits == 16 && tool_array_is_little_endian()) {
		png_set_swap(work->png);
	}
	png_write_image(work->png, work->rows);
	png_write_end(work->png, work->info);
	return true;
}

bool tool_picture_write(FILE *file, const struct tool_picture *picture)
{
	struct tool_picture written = *picture; /* libpng's row pointers are not const; the samples stay as they are */
	struct work work = {.picture = &written};
	bool is_done = false;
	work.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning);
	TOOL_TRY(work.png != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	work.info = png_create_info_struct(work.png);
	TOOL_TRY(work.info != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	TOOL_TRY(make_rows(&work));
	TOOL_TRY(encode(&work, file));
	is_done = true;
done:
	png_destroy_write_struct(&work.png, &work.info);
	free(work.rows);
	return is_done;
}

/* ---- Samples --------------------------------------------------------------------------------------------------- */

bool tool_picture_create(const struct tool_picture *form, struct tool_picture *picture)
{
	struct tool_picture made = *form;
	size_t bytes_a_row = row_bytes(form); /* under 2^31 * 8: libpng takes no wider picture */
	if (bytes_a_row != 0 && form->height > SIZE_MAX / bytes_a_row) {
		return tool_report_fail("has more bytes than this machine can count");
	}
	made.samples = malloc(bytes_a_row * form->height);
	if (made.samples == NULL) {
		return tool_report_fail("no memory for %zu bytes", bytes_a_row * form->height);
	}
	*picture = made;
	return true;
}

void tool_picture_clear(struct tool_picture *picture)
{
	free(picture->samples);
	*picture = (struct tool_picture){0};
}

unsigned tool_picture_colours(const struct tool_picture *picture)
{
	return picture->channels < 3 ? 1 : 3;
}

float tool_picture_get(const struct tool_picture *picture, size_t i)
{
	if (picture->bits == 8) {
		return (float)((const uint8_t *)picture->samples)[i];
	}
	return (float)((const uint16_t *)picture->samples)[i] / 257.0f; /* 65535 = 255 * 257 */
}

void tool_picture_set(struct tool_picture *picture, size_t i, float value)
{
	float scale = picture->bits == 8 ? 1.0f : 257.0f, largest = picture->bits == 8 ? 255.0f : 65535.0f;
	float rounded = value * scale + 0.5f;
	unsigned cut = !(rounded > 0.0f) ? 0 : rounded >= largest ? (unsigned)largest : (unsigned)rounded;
	if (picture->bits == 8) {
		((uint8_t *)picture->samples)[i] = (uint8_t)cut;
	} else {
		((uint16_t *)picture->samples)[i] = (uint16_t)cut;
	}
}

void tool_picture_copy(struct tool_picture *picture, const struct tool_picture *from, size_t i)
{
	size_t sample_bytes = picture->bits / 8;
	memcpy((char *)picture->samples + i * sample_bytes, (const char *)from->samples + i * sample_bytes,
	       sample_bytes);
}
