/* picture.c: PNG pictures of 8 or 16 bits a sample: read from any bytes, and written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/picture.h"

#include "tools/data/array.h"
#include "tools/data/room.h"

#include <png.h>

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Deflate makes at most 1032 bytes of one; a file that promises more pixels than that is cut short or a trap. */
#define INFLATION_MAX 1032

/* What one call of libpng works on. It is reached through a pointer, so a longjmp leaves none of it undefined. */
struct work {
	png_structp png;
	png_infop info;
	FILE *file;
	struct tool_picture *picture;
	struct tool_chunks chunks;     /* of a file that is read */
	char damaged[TOOL_CHUNK_NAME]; /* the chunk that was last found to have a wrong checksum */
	bool is_out_of_room;           /* the kept reason says how much memory was refused */
	int code;                      /* errno at the error */
	char reason[200];
};

static void on_error(png_structp png, png_const_charp text)
{
	struct work *work = png_get_error_ptr(png);
	work->code = errno;
	snprintf(work->reason, sizeof work->reason, "%s", text);
	png_longjmp(png, 1);
}

/* A warning is about a chunk that pixels do not need. "NAME: CRC error" comes before the chunk itself, which tells
 * nothing of it. */
static void on_warning(png_structp png, png_const_charp text)
{
	struct work *work = png_get_error_ptr(png);
	if (strstr(text, ": CRC error") == text + sizeof work->damaged - 1) {
		memcpy(work->damaged, text, sizeof work->damaged - 1);
	}
}

/* libpng's own words for a refused allocation are "out of memory", and after some it goes on. */
static png_voidp allocate(png_structp png, png_alloc_size_t bytes)
{
	struct work *work = png_get_mem_ptr(png);
	void *memory = malloc(bytes);
	if (memory == NULL) {
		work->is_out_of_room = true;
		tool_report_fail("no memory for %zu bytes", (size_t)bytes);
	}
	return memory;
}

static void release(png_structp png, png_voidp memory)
{
	(void)png;
	free(memory);
}

/* Says why libpng gave up; `otherwise` stands for what is neither memory nor the file system. */
static bool explain(const struct work *work, const char *action, const char *otherwise)
{
	if (work->is_out_of_room) {
		return false;
	}
	if (ferror(work->file)) {
		return tool_report_fail("%s: %s", action, strerror(work->code));
	}
	return tool_report_fail("%s: %s", otherwise, work->reason);
}

/* libpng takes no more than a million a side unless it is told. */
static void raise_limits(png_structp png)
{
	png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
}

static size_t row_bytes(const struct tool_picture *picture)
{
	return picture->width * picture->channels * (picture->bits / 8);
}

static png_bytep row_of(const struct tool_picture *picture, size_t y)
{
	return (png_bytep)picture->samples + y * row_bytes(picture);
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

/* libpng calls this for each chunk that it is not to interpret. 1: done; 0: a critical one, which is an error; -1: an
 * error of ours. */
static int on_chunk(png_structp png, png_unknown_chunkp chunk)
{
	struct work *work = png_get_user_chunk_ptr(png);
	const char *name = (const char *)chunk->name;
	const struct tool_chunk_place place = {
		.has_palette = png_get_valid(png, work->info, PNG_INFO_PLTE) != 0,
		.is_same_form = png_get_color_type(png, work->info) != PNG_COLOR_TYPE_PALETTE &&
	                        png_get_bit_depth(png, work->info) >= 8,
	};
	if ((chunk->name[0] & 0x20) == 0) {
		return 0;
	}
	if (strcmp(work->damaged, name) == 0) {
		work->damaged[0] = '\0';
		++work->chunks.damaged;
		return 1;
	}
	if (tool_chunks_add(&work->chunks, &place, name, chunk->data, chunk->size)) {
		return 1;
	}
	work->is_out_of_room = true;
	return -1;
}

/* All chunks that have no part in the pixels come to us, whether this libpng knows them or not. None is longer than the
 * file, so that one that says it is costs nothing. */
static void take_chunks(struct work *work, const struct tool_input *input)
{
	unsigned char names[TOOL_CHUNK_NAMES_MAX * TOOL_CHUNK_NAME];
	int count;
	tool_chunks_names(names, &count);
	png_set_keep_unknown_chunks(work->png, PNG_HANDLE_CHUNK_ALWAYS, names, count);
	png_set_read_user_chunk_fn(work->png, work, on_chunk);
	png_set_chunk_cache_max(work->png, 0);
	png_set_chunk_malloc_max(work->png, (png_alloc_size_t)input->bytes);
}

/* The picture's form as it will be read: 8 or 16 bits of grey or RGB, with alpha where there is transparency. */
static void set_form(struct work *work)
{
	struct tool_picture *picture = work->picture;
	int type = png_get_color_type(work->png, work->info);
	bool has_alpha = (type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(work->png, work->info, PNG_INFO_tRNS) != 0;
	picture->width = png_get_image_width(work->png, work->info);
	picture->height = png_get_image_height(work->png, work->info);
	picture->bits = png_get_bit_depth(work->png, work->info) == 16 ? 16 : 8;
	picture->channels = ((type & PNG_COLOR_MASK_COLOR) != 0 ? 3U : 1U) + has_alpha;
}

/* Whether a file of this size can hold the pixels that its header promises. */
static bool check_promise(const struct work *work, const struct tool_input *input)
{
	const struct tool_picture *picture = work->picture;
	double promised = (double)png_get_rowbytes(work->png, work->info) * (double)picture->height;
	return promised / INFLATION_MAX <= (double)input->bytes ||
	       tool_report_fail("is cut short: a file of %llu bytes cannot hold %zu x %zu pixels of %.0f bytes",
	                        input->bytes, picture->width, picture->height, promised);
}

/* What whoever reads a picture will surely need: the samples and libpng's two rows of them, the tensor of floats that
 * they become, and its copy in the device's type. A file of a megabyte may truly hold 10 GB of one colour. */
static double least_bytes(const struct tool_picture *picture)
{
	size_t sample_bytes = picture->bits / 8, colour_bytes = sizeof(float) + clnorm_dtype_bytes(CLNORM_F16);
	size_t pixel_bytes = picture->channels * sample_bytes + tool_picture_colours(picture) * colour_bytes;
	double width = (double)picture->width;
	return width * (double)picture->height * (double)pixel_bytes +
	       2 * width * (double)(picture->channels * sample_bytes);
}

/* Asks libpng for the picture's form; returns how often it goes through the rows. */
static int set_transformations(struct work *work)
{
	png_set_expand(work->png);
	if (work->picture->bits == 16 && tool_array_is_little_endian()) {
		png_set_swap(work->png);
	}
	int passes = png_set_interlace_handling(work->png);
	png_read_update_info(work->png, work->info);
	if (png_get_rowbytes(work->png, work->info) != row_bytes(work->picture)) {
		png_error(work->png, "rows of another length");
	}
	return passes;
}

/* All that can longjmp while reading. */
static bool decode(struct work *work, const struct tool_input *input)
{
	if (setjmp(png_jmpbuf(work->png)) != 0) {
		return explain(work, "cannot read", "is broken, or cut short");
	}
	raise_limits(work->png);
	take_chunks(work, input);
	png_init_io(work->png, work->file);
	png_read_info(work->png, work->info);
	set_form(work);
	if (!check_promise(work, input) || !tool_room_check(least_bytes(work->picture)) ||
	    !tool_picture_create(work->picture, work->picture)) {
		return false;
	}
	for (int passes = set_transformations(work); passes > 0; --passes) {
		for (size_t y = 0; y < work->picture->height; ++y) {
			png_read_row(work->png, row_of(work->picture, y), NULL);
		}
	}
	work->chunks.has_pixels = true;
	png_read_end(work->png, work->info);
	return true;
}

bool tool_picture_read(struct tool_input *input, struct tool_picture *picture)
{
	struct tool_picture loaded = {0};
	struct work work = {.picture = &loaded, .file = input->file};
	bool is_done = false;
	work.png =
		png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning, &work, allocate, release);
	TOOL_TRY(work.png != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	work.info = png_create_info_struct(work.png);
	TOOL_TRY(work.info != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	TOOL_TRY(decode(&work, input));
	*picture = loaded;
	picture->chunks = work.chunks;
	loaded = (struct tool_picture){0};
	work.chunks = (struct tool_chunks){0};
	is_done = true;
done:
	png_destroy_read_struct(&work.png, &work.info, NULL);
	tool_chunks_clear(&work.chunks);
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

/* The chunks from byte `first` to byte `end` of them. */
static void put_chunks(struct work *work, const struct tool_chunks *chunks, size_t first, size_t end)
{
	struct tool_chunk chunk;
	for (size_t at = first; at < end && tool_chunks_next(chunks, &at, &chunk);) {
		png_write_chunk(work->png, (png_const_bytep)chunk.name, chunk.data, chunk.length);
	}
}

/* All that can longjmp while writing. */
static bool encode(struct work *work, const struct tool_chunks *chunks)
{
	static const int colour_types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
	                                   PNG_COLOR_TYPE_RGB_ALPHA};
	const struct tool_picture *picture = work->picture;
	if (setjmp(png_jmpbuf(work->png)) != 0) {
		return explain(work, "cannot write", "cannot write");
	}
	raise_limits(work->png);
	png_init_io(work->png, work->file);
	png_set_IHDR(work->png, work->info, (png_uint_32)picture->width, (png_uint_32)picture->height,
	             (int)picture->bits, colour_types[picture->channels - 1], PNG_INTERLACE_NONE,
	             PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(work->png, work->info); /* no more than the size and colours, as nothing else is set */
	put_chunks(work, chunks, 0, chunks->before);
	if (picture->bits == 16 && tool_array_is_little_endian()) {
		png_set_swap(work->png);
	}
	for (size_t y = 0; y < picture->height; ++y) {
		png_write_row(work->png, row_of(picture, y));
	}
	put_chunks(work, chunks, chunks->before, chunks->used);
	png_write_end(work->png, work->info);
	return true;
}

bool tool_picture_write(FILE *file, const struct tool_picture *picture, const struct tool_chunks *chunks)
{
	struct tool_picture written = *picture; /* a work's picture is not const; this one stays as it is */
	struct work work = {.picture = &written, .file = file};
	bool is_done = false;
	work.png =
		png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning, &work, allocate, release);
	TOOL_TRY(work.png != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	work.info = png_create_info_struct(work.png);
	TOOL_TRY(work.info != NULL || tool_report_fail("cannot start libpng: %s", work.reason));
	is_done = encode(&work, chunks);
done:
	png_destroy_write_struct(&work.png, &work.info);
	return is_done;
}

/* ---- Samples --------------------------------------------------------------------------------------------------- */

bool tool_picture_create(const struct tool_picture *form, struct tool_picture *picture)
{
	struct tool_picture made = *form;
	made.chunks = (struct tool_chunks){0};
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
	tool_chunks_clear(&picture->chunks);
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
