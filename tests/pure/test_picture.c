/* test_picture.c: PNG files of every kind and size read and written, and broken ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tests/kit/pngs.h"
#include "tools/data/picture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { WIDTH = 5, HEIGHT = 3 };

static const struct tool_chunks none = {0};

/* A sanitizer maps more than any limit on memory allows. */
#if defined(__SANITIZE_ADDRESS__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

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

static unsigned sample_of(const struct tool_picture *picture, size_t i)
{
	return picture->bits == 8 ? ((const uint8_t *)picture->samples)[i] : ((const uint16_t *)picture->samples)[i];
}

static void check_read(const struct png_kind *kind, unsigned width, unsigned height)
{
	struct tool_picture picture = {0};
	ck_assert_msg(tool_picture_load(path, &picture), "%s", tool_report_text());
	ck_assert_uint_eq(picture.width, width);
	ck_assert_uint_eq(picture.height, height);
	ck_assert_uint_eq(picture.channels, kind->channels);
	ck_assert_uint_eq(picture.bits, kind->read_bits);
	for (unsigned i = 0; i < width * height * kind->channels; ++i) {
		unsigned pixel = i / kind->channels, k = i % kind->channels;
		if (sample_of(&picture, i) != png_kind_sample(kind, pixel % width, pixel / width, k)) {
			ck_abort_msg("sample %u is %u", i, sample_of(&picture, i));
		}
	}
	tool_picture_clear(&picture);
}

START_TEST(kind_read)
{
	png_kind_write(&png_kinds[_i], WIDTH, HEIGHT, path);
	check_read(&png_kinds[_i], WIDTH, HEIGHT);
}
END_TEST

/* More than the million a side that libpng takes unless it is told, either way: bytes, bits, interlaced, 16 bits, a
 * palette. */
static const int long_kinds[] = {0, 2, 3, 11, 13};

START_TEST(long_sides)
{
	const struct png_kind *kind = &png_kinds[long_kinds[_i]];
	png_kind_write(kind, 1, 1000001, path);
	check_read(kind, 1, 1000001);
	png_kind_write(kind, 1000003, 1, path);
	check_read(kind, 1000003, 1);
}
END_TEST

/* What is written is read back to the same samples: each form, and more than a million a side. */
START_TEST(round_trip)
{
	unsigned channels = (unsigned)_i % 4 + 1, bits = _i / 4 % 2 == 0 ? 8 : 16;
	struct tool_picture form = {.width = 33, .height = 9, .channels = channels, .bits = bits}, made, read;
	if (_i >= 8) {
		form.width = _i == 8 ? 1 : 1000002;
		form.height = _i == 8 ? 1000002 : 1;
	}
	ck_assert(tool_picture_create(&form, &made));
	size_t count = form.width * form.height * channels, bytes = count * bits / 8;
	for (size_t i = 0; i < bytes; ++i) {
		((unsigned char *)made.samples)[i] = (unsigned char)(i * i + 3 * i);
	}
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_msg(tool_picture_write(file, &made, &none), "%s", tool_report_text());
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
	png_kind_write(&png_kinds[_i], WIDTH, HEIGHT, path);
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
	png_kind_write(&png_kinds[_i], WIDTH, HEIGHT, path);
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
static void write_promise(const struct png_kind *kind, unsigned long width, unsigned long height)
{
	unsigned char bytes[2048];
	png_kind_write(kind, WIDTH, HEIGHT, path);
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
	write_promise(&png_kinds[_i], 100000, 100000);
	expect_word("cannot hold 100000 x 100000 pixels");
}
END_TEST

/* A file of 200 MB, of which a disk has one block: large enough for 10^12 pixels of a bit each, which are 7 TB as
 * bytes, floats and halves, and two rows of libpng's. */
START_TEST(broken_room)
{
	write_promise(&png_kinds[2], 1000000, 1000000);
	ck_assert_int_eq(truncate(path, 200000000), 0);
	expect_word("needs 7000002000000 bytes of memory");
}
END_TEST

/* Sides to the limit of the format, in a file of 80 bytes and in one that is long enough. */
START_TEST(broken_sides)
{
	write_promise(&png_kinds[2], 2147483647, 2147483647);
	expect_word("cannot hold 2147483647 x 2147483647 pixels");
	write_promise(&png_kinds[2], 2147483647, 1);
	expect_word("cannot hold 2147483647 x 1 pixels of 268435456 bytes");
	write_promise(&png_kinds[6], 1, 2147483647);
	expect_word("cannot hold 1 x 2147483647 pixels of 6442450941 bytes");
	write_promise(&png_kinds[6], 2147483647, 1000);
	ck_assert_int_eq(truncate(path, 7000000000), 0);
	expect_word("needs 45110041488882 bytes of memory");
	write_promise(&png_kinds[2], 2147483648, 1);
	expect_word("is broken");
}
END_TEST

/* Memory that is not there is told as such: of the samples, and of libpng's own rows. */
START_TEST(broken_memory)
{
	const struct rlimit limit = {300 << 20, 300 << 20};
	png_kind_write(&png_kinds[2], 200000000, 2, path);
	ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
	expect_word("no memory for 400000000 bytes");
	png_kind_write(&png_kinds[2], 200000000, 1, path);
	expect_word("no memory for 2000000");
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
	ck_assert_msg(tool_picture_write(file, &made, &none), "%s", tool_report_text());
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
	tcase_add_loop_test(whole, kind_read, 0, PNG_KINDS);
	tcase_add_loop_test(whole, round_trip, 0, 10);
	tcase_add_loop_test(whole, long_sides, 0, COUNT(long_kinds));
	tcase_add_test(whole, sample_scale);
	tcase_add_test(whole, large);
	tcase_set_timeout(whole, 60);
	tcase_add_loop_test(broken, broken_cut, 0, PNG_KINDS);
	tcase_add_loop_test(broken, broken_byte, 0, PNG_KINDS);
	tcase_add_loop_test(broken, broken_promise, 0, PNG_KINDS);
	tcase_add_test(broken, broken_room);
	tcase_add_test(broken, broken_sides);
	if (!IS_SANITIZED) {
		tcase_add_test(broken, broken_memory);
	}
	suite_add_tcase(suite, whole);
	suite_add_tcase(suite, broken);
	return main_run(suite);
}
