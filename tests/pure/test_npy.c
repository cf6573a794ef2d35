/* test_npy.c: .npy files of every form that is taken, and of many that are not, down to bytes made to do harm.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/data/npy.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static char path[] = "/tmp/clnorm-npy-XXXXXX";

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

static void write_file(const void *bytes, size_t count)
{
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
	ck_assert_int_eq(fclose(file), 0);
}

/* Puts magic, version, length, dictionary and data together; returns the bytes. */
static size_t compose(unsigned char *bytes, unsigned version, const char *dictionary, const void *data,
                      size_t data_bytes)
{
	size_t length = strlen(dictionary), at = 0;
	memcpy(bytes, "\x93NUMPY", 6);
	bytes[6] = (unsigned char)version;
	bytes[7] = 0;
	for (at = 8; at < (version == 1 ? 10U : 12U); ++at) {
		bytes[at] = (unsigned char)(length >> (8 * (at - 8)));
	}
	memcpy(bytes + at, dictionary, length);
	memcpy(bytes + at + length, data, data_bytes);
	return at + length + data_bytes;
}

static void expect_refusal(const char *word)
{
	struct tool_array array = {.rank = 77};
	ck_assert_msg(!tool_npy_load(path, false, &array), "taken, though it should say: %s", word);
	ck_assert_msg(strstr(tool_report_text(), word) != NULL, "no '%s' in: %s", word, tool_report_text());
	ck_assert_msg(strncmp(tool_report_text(), path, strlen(path)) == 0, "no path in: %s", tool_report_text());
	ck_assert_uint_eq(array.rank, 77);
}

/* The same 2x3 numbers in both orders and byte orders. */
START_TEST(file_orders)
{
	static const struct {
		const char *dictionary;
		unsigned char data[24];
	} files[] = {
		{"{'descr':'<f4','fortran_order':False,'shape':(2,3)}",
	         {0, 0, 0x80, 0x3f, 0, 0, 0,    0x40, 0, 0, 0x40, 0x40,
	          0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40, 0, 0, 0xc0, 0x40}},
		{"{'descr':'>f4','fortran_order':False,'shape':(2,3)}",
	         {0x3f, 0x80, 0, 0, 0x40, 0,    0, 0, 0x40, 0x40, 0, 0,
	          0x40, 0x80, 0, 0, 0x40, 0xa0, 0, 0, 0x40, 0xc0, 0, 0}},
		{"{'descr':'<f4','fortran_order':True,'shape':(2,3)}",
	         {0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x40, 0, 0, 0,    0x40,
	          0, 0, 0xa0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0xc0, 0x40}},
		{"{'descr':'>f4','fortran_order':True,'shape':(2,3)}",
	         {0x3f, 0x80, 0, 0, 0x40, 0x80, 0, 0, 0x40, 0,    0, 0,
	          0x40, 0xa0, 0, 0, 0x40, 0x40, 0, 0, 0x40, 0xc0, 0, 0}},
	};
	unsigned char bytes[256];
	for (unsigned version = 1; version <= 3; ++version) {
		struct tool_array array = {0};
		write_file(bytes, compose(bytes, version, files[_i].dictionary, files[_i].data, 24));
		ck_assert_msg(tool_npy_load(path, false, &array), "%s", tool_report_text());
		ck_assert_uint_eq(array.count, 6);
		for (size_t i = 0; i < 6; ++i) {
			ck_assert_float_eq(((const float *)array.data)[i], (float)(i + 1));
		}
		tool_array_clear(&array);
	}
}
END_TEST

/* Three axes in Fortran order: value = 100 i + 10 j + k. */
START_TEST(file_fortran_rank_three)
{
	unsigned char bytes[1024];
	double data[2 * 3 * 4];
	struct tool_array array = {0};
	size_t at = 0;
	for (int k = 0; k < 4; ++k) {
		for (int j = 0; j < 3; ++j) {
			for (int i = 0; i < 2; ++i) {
				data[at++] = 100 * i + 10 * j + k;
			}
		}
	}
	if (!tool_array_is_little_endian()) {
		return; /* the numbers above are in this machine's order, the dictionary says little */
	}
	write_file(bytes, compose(bytes, 1, "{'descr':'<f8','fortran_order':True,'shape':(2,3,4)}", data, sizeof data));
	ck_assert_msg(tool_npy_load(path, false, &array), "%s", tool_report_text());
	for (size_t i = 0; i < array.count; ++i) {
		double wanted = (double)(100 * (i / 12) + 10 * (i / 4 % 3) + i % 4);
		ck_assert_double_eq(((const double *)array.data)[i], wanted);
	}
	tool_array_clear(&array);
}
END_TEST

START_TEST(file_round_trip)
{
	static const clnorm_dtype dtypes[] = {CLNORM_F32, CLNORM_F16, CLNORM_F64, CLNORM_BF16};
	static const struct {
		unsigned rank;
		size_t dims[TOOL_RANK_MAX];
	} shapes[] = {{0, {0}}, {1, {5}}, {2, {3, 0}}, {4, {2, 3, 5, 7}}, {8, {1, 2, 1, 2, 1, 2, 1, 2}}};
	for (size_t i = 0; i < COUNT(shapes); ++i) {
		struct tool_array made = {0}, read = {0};
		struct stat facts;
		ck_assert(tool_array_create(dtypes[_i], shapes[i].rank, shapes[i].dims, &made));
		size_t bytes = made.count * clnorm_dtype_bytes(made.dtype);
		for (size_t k = 0; k < bytes; ++k) {
			((unsigned char *)made.data)[k] = (unsigned char)(k * 37 + 11);
		}
		FILE *file = fopen(path, "wb");
		ck_assert_ptr_nonnull(file);
		ck_assert(tool_npy_write(file, &made));
		ck_assert_int_eq(fclose(file), 0);
		ck_assert_int_eq(stat(path, &facts), 0);
		ck_assert_uint_eq(((size_t)facts.st_size - bytes) % 64, 0);
		ck_assert_msg(tool_npy_load(path, true, &read), "%s", tool_report_text());
		ck_assert_int_eq(read.dtype, made.dtype);
		ck_assert_uint_eq(read.rank, made.rank);
		ck_assert_int_eq(memcmp(read.dims, made.dims, made.rank * sizeof made.dims[0]), 0);
		ck_assert_int_eq(memcmp(read.data, made.data, bytes), 0);
		tool_array_clear(&made);
		tool_array_clear(&read);
	}
}
END_TEST

START_TEST(file_sizes)
{
	static const unsigned char data[64];
	unsigned char bytes[512];
	const char *small = "{'descr':'<f4','fortran_order':False,'shape':(2,3)}";
	write_file(bytes, compose(bytes, 1, small, data, 23));
	expect_refusal("cut short");
	write_file(bytes, compose(bytes, 1, small, data, 25));
	expect_refusal("too long");
	/* Promises that must not become allocations. */
	write_file(bytes,
	           compose(bytes, 1, "{'descr':'<f4','fortran_order':False,'shape':(1000000,1000000)}", data, 64));
	expect_refusal("cut short");
	write_file(bytes, compose(bytes, 1, "{'descr':'<f8','fortran_order':False,'shape':(4294967296,4294967296)}",
	                          data, 64));
	expect_refusal("more bytes than this machine can count");
	write_file(bytes,
	           compose(bytes, 1, "{'descr':'<f8','fortran_order':False,'shape':(2305843009213693952,)}", data, 64));
	expect_refusal("more bytes than this machine can count");
	/* 2^61 + 1 doubles are 8 bytes where size_t wraps. */
	write_file(bytes,
	           compose(bytes, 1, "{'descr':'<f8','fortran_order':False,'shape':(2305843009213693953,)}", data, 8));
	expect_refusal("more bytes than this machine can count");
	/* 8 TB of which a disk has one block; the data that a header promises is all there, and memory is not. */
	size_t prefix = compose(bytes, 1, "{'descr':'<f8','fortran_order':False,'shape':(1000000,1000000)}", data, 0);
	write_file(bytes, prefix);
	if (truncate(path, (off_t)(prefix + 8000000000000)) == 0) {
		expect_refusal("needs 8000000000000 bytes of memory");
	}
	/* A zero makes the others harmless. */
	struct tool_array array = {0};
	const char *empty = "{'descr':'<f8','fortran_order':True,'shape':(4294967296,0,4294967296)}";
	write_file(bytes, compose(bytes, 1, empty, data, 0));
	ck_assert_msg(tool_npy_load(path, false, &array), "%s", tool_report_text());
	ck_assert_uint_eq(array.count, 0);
	tool_array_clear(&array);
}
END_TEST

START_TEST(file_prefixes)
{
	static const struct {
		unsigned char bytes[12];
		size_t count;
		const char *word;
	} files[] = {
		{{0}, 0, "cut short"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y'}, 6, "cut short"},
		{{0x93, 'N', 'U', 'M', 'P', 'X', 1, 0, 0, 0}, 10, "not a .npy file"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 0, 0, 0, 0}, 10, "version 0.0"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 4, 0, 0, 0}, 10, "version 4.0"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 7, 0, 0}, 10, "version 1.7"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0xff, 0xff}, 10, "cut short"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0, 0}, 10, "cut short"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0xff, 0xff, 0xff, 0xff}, 12, "promises a header"},
		{{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0}, 10, "no dictionary"},
	};
	write_file(files[_i].bytes, files[_i].count);
	expect_refusal(files[_i].word);
}
END_TEST

START_TEST(file_places)
{
	struct tool_array array;
	ck_assert(!tool_npy_load("/nonexistent/x.npy", false, &array));
	ck_assert_ptr_nonnull(strstr(tool_report_text(), "No such file"));
	ck_assert(!tool_npy_load("/tmp", false, &array));
	ck_assert_ptr_nonnull(strstr(tool_report_text(), "is a folder"));
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_refusal("not a regular file"); /* without waiting for a writer */
}
END_TEST

/* Bytes of a good file changed at random: whatever comes of it, it ends in a value or a reason. */
START_TEST(file_mutations)
{
	static const float data[6] = {1, 2, 3, 4, 5, 6};
	unsigned char whole[256], bytes[256];
	const char *dictionary = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n";
	size_t count = compose(whole, 2, dictionary, data, sizeof data);
	unsigned random = 12345;
	for (int round = 0; round < 2000; ++round) {
		struct tool_array array = {0};
		memcpy(bytes, whole, count);
		for (int k = 0; k < 1 + round % 3; ++k) {
			random = random * 1664525U + 1013904223U;
			bytes[6 + (random >> 8) % (count - 6)] = (unsigned char)(random >> 20);
		}
		write_file(bytes, round % 7 == 0 ? count - (random >> 9) % 40 : count);
		if (tool_npy_load(path, false, &array)) {
			tool_array_clear(&array);
		} else {
			ck_assert_uint_gt(strlen(tool_report_text()), strlen(path));
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("npy");
	TCase *files = tcase_create("files");
	tcase_add_checked_fixture(files, make_path, remove_path);
	tcase_set_timeout(files, 60);
	tcase_add_loop_test(files, file_orders, 0, 4);
	tcase_add_test(files, file_fortran_rank_three);
	tcase_add_loop_test(files, file_round_trip, 0, 4);
	tcase_add_test(files, file_sizes);
	tcase_add_loop_test(files, file_prefixes, 0, 10);
	tcase_add_test(files, file_places);
	tcase_add_test(files, file_mutations);
	suite_add_tcase(suite, files);
	return main_run(suite);
}
