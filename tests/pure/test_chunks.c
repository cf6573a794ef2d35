/* test_chunks.c: which chunks the result of a PNG picture has, byte by byte; files are made and read here, not by
 * libpng. SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/data/picture.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char path[] = "/tmp/clnorm-chunks-XXXXXX";

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

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* Bytes of a file that grows, or of one that was read. */
static struct {
	unsigned char *bytes;
	size_t count, room;
} file;

/* Room for so many bytes; twice as many where there was none, as a file is put together piece by piece. */
static void make_room(size_t count)
{
	if (count > file.room) {
		file.room = 2 * count;
		file.bytes = realloc(file.bytes, file.room);
		ck_assert_ptr_nonnull(file.bytes);
	}
}

static void put(const void *bytes, size_t count)
{
	make_room(file.count + count);
	memcpy(file.bytes + file.count, bytes, count);
	file.count += count;
}

static void put_number(uint32_t value)
{
	const unsigned char bytes[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
	                               (unsigned char)(value >> 8), (unsigned char)value};
	put(bytes, 4);
}

static uint32_t number_at(size_t at)
{
	const unsigned char *from = file.bytes + at;
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* CRC-32 of ISO 3309, as PNG has it. */
static uint32_t checksum(const unsigned char *bytes, size_t count)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < count; ++i) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; ++bit) {
			crc = crc & 1 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
		}
	}
	return crc ^ 0xffffffff;
}

static void put_chunk(const char *name, const void *data, size_t length)
{
	put_number((uint32_t)length);
	put(name, 4);
	put(data, length);
	put_number(checksum(file.bytes + file.count - length - 4, length + 4));
}

/* The colour types that a picture of 2 x 1 pixels has here, at a depth, and its rows with their filters' bytes. */
static const struct form {
	unsigned char type, depth;
	size_t row_bytes;
} forms[] = {{0, 8, 3}, {2, 8, 7}, {3, 8, 3}, {0, 1, 2}, {6, 16, 17}, {3, 2, 2}};
enum { GREY, RGB, PALETTE, BIT, DEEP, PALETTE_2, FORMS };
_Static_assert(COUNT(forms) == FORMS, "a form for each name");

static void begin_file(const struct form *form)
{
	const unsigned char head[13] = {0, 0, 0, 2, 0, 0, 0, 1, form->depth, form->type};
	file.count = 0;
	put("\x89PNG\r\n\x1a\n", 8);
	put_chunk("IHDR", head, sizeof head);
}

/* A stored block of deflate (RFC 1951), in zlib's frame: all samples 0. */
static void put_pixels(const struct form *form)
{
	unsigned char data[64] = {0x78, 0x01, 1, (unsigned char)form->row_bytes, 0, (unsigned char)~form->row_bytes,
	                          0xff};
	size_t length = 7 + form->row_bytes;
	data[length + 1] = (unsigned char)form->row_bytes; /* Adler-32 of zeros: their number, and 1 */
	data[length + 3] = 1;
	put_chunk("IDAT", data, length + 4);
}

static void end_file(void)
{
	put_chunk("IEND", "", 0);
	FILE *stream = fopen(path, "wb");
	ck_assert_ptr_nonnull(stream);
	ck_assert_uint_eq(fwrite(file.bytes, 1, file.count, stream), file.count);
	ck_assert_int_eq(fclose(stream), 0);
}

/* Reads the picture, and writes its result over it, which is then in `file`; returns the damaged chunks there were. */
static size_t convert(void)
{
	struct tool_picture picture;
	ck_assert_msg(tool_picture_load(path, &picture), "%s", tool_report_text());
	FILE *stream = fopen(path, "w+b");
	ck_assert_ptr_nonnull(stream);
	ck_assert_msg(tool_picture_write(stream, &picture, &picture.chunks), "%s", tool_report_text());
	file.count = (size_t)ftell(stream);
	make_room(file.count);
	rewind(stream);
	ck_assert_uint_eq(fread(file.bytes, 1, file.count, stream), file.count);
	ck_assert_int_eq(fclose(stream), 0);
	size_t damaged = picture.chunks.damaged;
	tool_picture_clear(&picture);
	return damaged;
}

/* The next chunk of `file` at *at, which begins with 8, must be this one. */
static void expect_chunk(size_t *at, const char *name, const void *data, size_t length)
{
	ck_assert_uint_le(*at + 12, file.count);
	ck_assert_msg(memcmp(file.bytes + *at + 4, name, 4) == 0, "%.4s is there, not %s",
	              (const char *)file.bytes + *at + 4, name);
	size_t there = number_at(*at);
	ck_assert_uint_le(*at + 12 + there, file.count);
	ck_assert_uint_eq(number_at(*at + 8 + there), checksum(file.bytes + *at + 4, there + 4));
	if (data != NULL) {
		ck_assert_msg(there == length && memcmp(file.bytes + *at + 8, data, length) == 0, "%s: other bytes",
		              name);
	}
	*at += 12 + there;
}

/* ---- What is kept ------------------------------------------------------------------------------------------------ */

/* Where a row's chunk stands, and in the result of which forms it is, a bit for each. */
enum place { BEFORE_PALETTE, BEFORE_PIXELS, BEHIND_PIXELS };
enum { NEVER = 0, ALWAYS = (1 << FORMS) - 1, PLAIN = 1 << GREY | 1 << RGB | 1 << DEEP };
#define BYTES(text) text, sizeof(text) - 1
static const struct row {
	enum place place;
	int forms;
	const char *name, *data;
	size_t length;
} rows[] = {
	{BEFORE_PALETTE, ALWAYS, "cHRM",
         BYTES("\0\0z%\0\0\x80\x84\0\0\xfa\0\0\0\x80\xe8\0\0u0\0\0\xea`\0\0:\x98\0\0\27p")},
	{BEFORE_PALETTE, ALWAYS, "gAMA", BYTES("\0\0\xb1\x8f")},
	{BEFORE_PALETTE, ALWAYS, "iCCP", BYTES("a name\0\0x\x9c\3\0\0\0\0\1")},
	{BEFORE_PALETTE, ALWAYS, "sRGB", BYTES("\1")},
	{BEFORE_PALETTE, ALWAYS, "cICP", BYTES("\11\20\0\1")},
	{BEFORE_PALETTE, ALWAYS, "mDCV", BYTES("0123456789abcdefghijklmn")},
	{BEFORE_PALETTE, ALWAYS, "mDCv", BYTES("0123456789abcdefghijklmn")},
	{BEFORE_PALETTE, NEVER, "cLLI", BYTES("\0\1\2\3\4\5\6\7")},
	{BEFORE_PALETTE, NEVER, "cLLi", BYTES("\0\1\2\3\4\5\6\7")},
	{BEFORE_PALETTE, NEVER, "sBIT", BYTES("\5\6\5")},
	{BEFORE_PALETTE, ALWAYS, "eXIf", BYTES("MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0")},
	{BEFORE_PALETTE, NEVER, "acTL", BYTES("\0\0\0\1\0\0\0\0")},
	{BEFORE_PALETTE, ALWAYS, "tEXt", BYTES("Title\0before all")},
	{BEFORE_PALETTE, ALWAYS, "prAt", BYTES("private, safe to copy")},
	{BEFORE_PALETTE, NEVER, "prAT", BYTES("private, not safe to copy")},
	{BEFORE_PIXELS, PLAIN, "bKGD", BYTES("\0\1\0\2\0\3")},
	{BEFORE_PIXELS, NEVER, "hIST", BYTES("\0\1\0\2\0\3\0\4")},
	{BEFORE_PIXELS, NEVER, "sPLT", BYTES("old\0\10\1\2\3\4\0\1")},
	{BEFORE_PIXELS, NEVER, "pCAL", BYTES("metres\0\0\0\0\0\0\0\0\377\0\2m\0000\0001")},
	{BEFORE_PIXELS, ALWAYS, "pHYs", BYTES("\0\0\13\23\0\0\13\23\1")},
	{BEFORE_PIXELS, ALWAYS, "oFFs", BYTES("\0\0\0\5\377\377\377\373\0")},
	{BEFORE_PIXELS, ALWAYS, "sCAL", BYTES("\0011.5\0002.5")},
	{BEFORE_PIXELS, ALWAYS, "sTER", BYTES("\1")},
	{BEFORE_PIXELS, ALWAYS, "tEXt", BYTES("Software\0some camera")},
	{BEFORE_PIXELS, ALWAYS, "tEXt", BYTES("Software\0some camera")},
	{BEFORE_PIXELS, ALWAYS, "gIFg", BYTES("\0\0\1")},
	{BEFORE_PIXELS, ALWAYS, "nuLl", BYTES("")},
	{BEHIND_PIXELS, NEVER, "tIME", BYTES("\7\352\14\1\12\36\0")},
	{BEHIND_PIXELS, ALWAYS, "zTXt", BYTES("Comment\0\0x\x9c\3\0\0\0\0\1")},
	{BEHIND_PIXELS, ALWAYS, "iTXt", BYTES("XML:com.adobe.xmp\0\0\0\0\0<x/>")},
	{BEHIND_PIXELS, NEVER, "fcTL", BYTES("\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\0\1\0\12\0\0")},
	{BEHIND_PIXELS, NEVER, "fdAT", BYTES("\0\0\0\1x")},
	{BEHIND_PIXELS, NEVER, "dSIG", BYTES("signed")},
	{BEHIND_PIXELS, ALWAYS, "vpAg", BYTES("\0\0\0\2\0\0\0\1\0")},
	{BEHIND_PIXELS, NEVER, "iDOT", BYTES("offsets")},
};

static void put_rows(enum place place)
{
	for (size_t i = 0; i < COUNT(rows); ++i) {
		if (rows[i].place == place) {
			put_chunk(rows[i].name, rows[i].data, rows[i].length);
		}
	}
}

static void expect_rows(size_t *at, int form, enum place first, enum place last)
{
	for (size_t i = 0; i < COUNT(rows); ++i) {
		if (rows[i].place >= first && rows[i].place <= last && (rows[i].forms >> form & 1) != 0) {
			expect_chunk(at, rows[i].name, rows[i].data, rows[i].length);
		}
	}
}

static void put_palette(const struct form *form)
{
	static const unsigned char colours[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	if (form->type == 3) {
		put_chunk("PLTE", colours, sizeof colours);
		put_chunk("tRNS", "\x80", 1);
	}
}

START_TEST(kept)
{
	size_t at = 8;
	begin_file(&forms[_i]);
	put_rows(BEFORE_PALETTE);
	put_palette(&forms[_i]);
	put_rows(BEFORE_PIXELS);
	put_pixels(&forms[_i]);
	put_rows(BEHIND_PIXELS);
	end_file();
	ck_assert_uint_eq(convert(), 0);
	expect_chunk(&at, "IHDR", NULL, 0);
	expect_rows(&at, _i, BEFORE_PALETTE, BEFORE_PIXELS);
	expect_chunk(&at, "IDAT", NULL, 0);
	expect_rows(&at, _i, BEHIND_PIXELS, BEHIND_PIXELS);
	expect_chunk(&at, "IEND", "", 0);
	ck_assert_uint_eq(at, file.count);
}
END_TEST

/* Where decoders pass over a chunk, its result has none; of two the first counts. */
START_TEST(out_of_place)
{
	size_t at = 8;
	begin_file(&forms[PALETTE]);
	put_palette(&forms[PALETTE]);
	put_chunk("gAMA", "\0\0\1\0", 4);
	put_chunk("cICP", "\1\2\3\0", 4);
	put_chunk("pHYs", "\0\0\0\1\0\0\0\1\0", 9);
	put_chunk("pHYs", "\0\0\0\2\0\0\0\2\0", 9);
	put_chunk("eXIf", "II*\0", 4);
	put_pixels(&forms[PALETTE]);
	put_chunk("oFFs", "\0\0\0\1\0\0\0\1\0", 9);
	put_chunk("sRGB", "\0", 1);
	put_chunk("eXIf", "MM\0*", 4);
	put_chunk("tEXt", "a\0b", 3);
	end_file();
	ck_assert_uint_eq(convert(), 0);
	expect_chunk(&at, "IHDR", NULL, 0);
	expect_chunk(&at, "pHYs", "\0\0\0\1\0\0\0\1\0", 9);
	expect_chunk(&at, "eXIf", "II*\0", 4);
	expect_chunk(&at, "IDAT", NULL, 0);
	expect_chunk(&at, "tEXt", "a\0b", 3);
	expect_chunk(&at, "IEND", "", 0);
}
END_TEST

/* A chunk with a wrong checksum is left out, and counted; the next is not. */
START_TEST(damaged)
{
	size_t at = 8;
	begin_file(&forms[GREY]);
	put_chunk("tRNS", "\0\1", 2);
	file.bytes[file.count - 5] ^= 1;
	put_chunk("prAt", "1", 1);
	put_chunk("tEXt", "a\0b", 3);
	file.bytes[file.count - 5] ^= 1;
	put_chunk("tEXt", "c\0d", 3);
	put_pixels(&forms[GREY]);
	put_chunk("zzZz", "1", 1);
	file.bytes[file.count - 1] ^= 1;
	put_chunk("tEXt", "e\0f", 3);
	end_file();
	ck_assert_uint_eq(convert(), 2);
	expect_chunk(&at, "IHDR", NULL, 0);
	expect_chunk(&at, "prAt", "1", 1);
	expect_chunk(&at, "tEXt", "c\0d", 3);
	expect_chunk(&at, "IDAT", NULL, 0);
	expect_chunk(&at, "tEXt", "e\0f", 3);
	expect_chunk(&at, "IEND", "", 0);
}
END_TEST

/* libpng's own limits are 8 MB a chunk and 1000 of them. */
START_TEST(many_and_long)
{
	enum { MANY = 1500, LONG = 9000000 };
	unsigned char *text = malloc(LONG);
	size_t at = 8;
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', LONG);
	begin_file(&forms[RGB]);
	put_chunk("eXIf", text, LONG);
	for (int i = 0; i < MANY; ++i) {
		put_chunk("tEXt", text, (size_t)i);
	}
	put_pixels(&forms[RGB]);
	end_file();
	ck_assert_uint_eq(convert(), 0);
	expect_chunk(&at, "IHDR", NULL, 0);
	expect_chunk(&at, "eXIf", text, LONG);
	for (int i = 0; i < MANY; ++i) {
		expect_chunk(&at, "tEXt", text, (size_t)i);
	}
	expect_chunk(&at, "IDAT", NULL, 0);
	free(text);
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

static void expect_refusal(const char *word)
{
	struct tool_picture picture;
	ck_assert(!tool_picture_load(path, &picture));
	ck_assert_msg(strstr(tool_report_text(), word) != NULL, "no '%s' in: %s", word, tool_report_text());
}

/* A chunk that says it has 2^31 - 1 bytes, in a short file. */
START_TEST(promised)
{
	begin_file(&forms[GREY]);
	put_number(0x7fffffff);
	put("eXIf", 4);
	put_pixels(&forms[GREY]);
	end_file();
	expect_refusal("is broken, or cut short");
}
END_TEST

/* A chunk that one must know to see the picture. */
START_TEST(critical)
{
	begin_file(&forms[GREY]);
	put_chunk("CrIT", "x", 1);
	put_pixels(&forms[GREY]);
	end_file();
	expect_refusal("CrIT");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chunks");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, make_path, remove_path);
	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, kept, 0, FORMS);
	tcase_add_test(all, out_of_place);
	tcase_add_test(all, damaged);
	tcase_add_test(all, many_and_long);
	tcase_add_test(all, promised);
	tcase_add_test(all, critical);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
