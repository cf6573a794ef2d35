/* test_numbers.c: .npy files of whole numbers, booleans and floats: their values, whatever the type and byte order.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/data/numbers.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char path[] = "/tmp/clnorm-numbers-XXXXXX";

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

/* Reads a file of version 1.0 with this element type, shape and data. */
static bool load(const char *type, const char *order, const char *shape, const void *data, size_t bytes,
                 struct tool_numbers *numbers)
{
	char dictionary[200];
	struct tool_input input = {0};
	int length = snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }",
	                      type, order, shape);
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	fwrite("\x93NUMPY\x01\x00", 1, 8, file);
	fputc(length, file);
	fputc(0, file);
	fwrite(dictionary, 1, (size_t)length, file);
	fwrite(data, 1, bytes, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(tool_input_open(path, &input));
	bool is_read = tool_numbers_read(&input, numbers);
	tool_input_clear(&input);
	return is_read;
}

/* Two numbers each, in hexadecimal: what they are, and whether they are not 0. */
static const struct {
	const char *type;
	size_t bytes; /* of both */
	const char *data;
	enum tool_npy_kind kind;
	double first, second; /* of whole numbers */
	bool is_set[2];
} rows[] = {
	{"|b1", 2, "\x00\x01", TOOL_NPY_BOOLEAN, 0, 1, {false, true}},
	{"?", 2, "\x01\x00", TOOL_NPY_BOOLEAN, 1, 0, {true, false}},
	{"|u1", 2, "\x00\xff", TOOL_NPY_UNSIGNED, 0, 255, {false, true}},
	{"uint8", 2, "\x80\x00", TOOL_NPY_UNSIGNED, 128, 0, {true, false}},
	{"|i1", 2, "\x80\xff", TOOL_NPY_SIGNED, -128, -1, {true, true}},
	{"<u2", 4, "\x00\x01\x00\x00", TOOL_NPY_UNSIGNED, 256, 0, {true, false}},
	{">u2", 4, "\x00\x01\x01\x00", TOOL_NPY_UNSIGNED, 1, 256, {true, true}},
	{"<i2", 4, "\xfe\xff\xff\x7f", TOOL_NPY_SIGNED, -2, 32767, {true, true}},
	{"<u4", 8, "\xff\xff\xff\xff\x00\x00\x00\x80", TOOL_NPY_UNSIGNED, 4294967295.0, 2147483648.0, {true, true}},
	{">i4", 8, "\xff\xff\xfe\xd4\x00\x00\x00\x00", TOOL_NPY_SIGNED, -300, 0, {true, false}},
	{"<i8",
         16,
         "\x00\x00\x00\x00\x00\x00\x00\x80\x05\x00\x00\x00\x00\x00\x00\x00",
         TOOL_NPY_SIGNED,
         -0x1p63,
         5,
         {true, true}},
	{">u8",
         16,
         "\x00\x00\x00\x01\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff",
         TOOL_NPY_UNSIGNED,
         0x1p32,
         0x1p64,
         {true, true}},
	{"<f2", 4, "\x00\x80\x00\x3c", TOOL_NPY_FLOAT, 0, 0, {false, true}},
	{"bfloat16", 4, "\x00\x00\x01\x80", TOOL_NPY_FLOAT, 0, 0, {false, true}},
	{">f4", 8, "\x80\x00\x00\x00\x7f\xc0\x00\x00", TOOL_NPY_FLOAT, 0, 0, {false, true}},
	{"<f8",
         16,
         "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00",
         TOOL_NPY_FLOAT,
         0,
         0,
         {false, true}},
};

START_TEST(values)
{
	struct tool_numbers numbers = {0};
	ck_assert_msg(load(rows[_i].type, "False", "(2,)", rows[_i].data, rows[_i].bytes, &numbers), "%s: %s",
	              rows[_i].type, tool_report_text());
	ck_assert(numbers.count == 2 && numbers.header.rank == 1 && numbers.header.kind == rows[_i].kind);
	for (size_t i = 0; i < 2; ++i) {
		ck_assert_msg(tool_numbers_is_set(&numbers, i) == rows[_i].is_set[i], "%s: %zu", rows[_i].type, i);
	}
	if (rows[_i].kind != TOOL_NPY_FLOAT) {
		ck_assert_double_eq(tool_numbers_whole(&numbers, 0), rows[_i].first);
		ck_assert_double_eq(tool_numbers_whole(&numbers, 1), rows[_i].second);
	}
	tool_numbers_clear(&numbers);
}
END_TEST

/* The first axis runs fastest in the file, the last one in memory. */
START_TEST(orders)
{
	static const unsigned char bytes[] = {1, 2, 3, 4, 5, 6};
	struct tool_numbers numbers = {0};
	ck_assert(load("|u1", "True", "(2, 3)", bytes, 6, &numbers));
	ck_assert_int_eq(memcmp(numbers.data, "\x01\x03\x05\x02\x04\x06", 6), 0);
	tool_numbers_clear(&numbers);
	ck_assert(load("|u1", "False", "()", bytes, 1, &numbers));
	ck_assert(numbers.header.rank == 0 && numbers.count == 1);
	tool_numbers_clear(&numbers);
	ck_assert(load("<i8", "False", "(0, 7)", bytes, 0, &numbers));
	ck_assert(numbers.count == 0);
	tool_numbers_clear(&numbers);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *type, *shape, *one, *other;
		size_t bytes;
	} bad[] = {
		{"<S2", "(2,)", "text", "numbers or booleans", 4},
		{"|V2", "(2,)", "raw records", "numbers", 4},
		{"<c8", "(2,)", "complex", "numbers", 16},
		{"|O", "(2,)", "objects", "numbers", 16},
		{"<u4", "(2,)", "cut short", "(2,) of u32 has 8", 7},
		{"|b1", "(2,)", "too long", "(2,) of bool has 2", 3},
		{"<i2", "(2, 2)", "cut short", "of i16 has 8", 2},
	};
	char data[16] = {0};
	for (size_t i = 0; i < COUNT(bad); ++i) {
		struct tool_numbers numbers = {.count = 77};
		ck_assert_msg(!load(bad[i].type, "False", bad[i].shape, data, bad[i].bytes, &numbers), "%s",
		              bad[i].type);
		ck_assert_msg(strstr(tool_report_text(), bad[i].one) != NULL &&
		                      strstr(tool_report_text(), bad[i].other) != NULL,
		              "%s: %s", bad[i].type, tool_report_text());
		ck_assert_uint_eq(numbers.count, 77);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("numbers");
	TCase *files = tcase_create("files");
	tcase_add_checked_fixture(files, make_path, remove_path);
	tcase_add_loop_test(files, values, 0, (int)COUNT(rows));
	tcase_add_test(files, orders);
	tcase_add_test(files, refused);
	suite_add_tcase(suite, files);
	return main_run(suite);
}
