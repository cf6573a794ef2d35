/* test_npy_header.c: the dictionaries of .npy files that are taken, and of many that are not, each with its true
 * reason. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/main.h"
#include "tools/data/npy_header.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct good_header {
	const char *text;
	clnorm_dtype dtype;
	bool is_big, is_fortran;
	unsigned rank;
	size_t dims[TOOL_RANK_MAX];
} good_headers[] = {
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (5, 3, 4, 4), }",
         CLNORM_F32,
         false,
         false,
         4,
         {5, 3, 4, 4}},
	{"{'shape': (2, 3), 'descr': '<f8', 'fortran_order': True}\n", CLNORM_F64, false, true, 2, {2, 3}},
	{" { \"fortran_order\" : False,\n\t\"shape\":(7,),\"descr\":\">f2\" , }  \n", CLNORM_F16, true, false, 1, {7}},
	{"{'descr':'<f4','fortran_order':False,'shape':()}", CLNORM_F32, false, false, 0, {0}},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L), }", CLNORM_F32, false, false, 2, {3, 4}},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}", CLNORM_F32, false, false, 2, {0, 3}},
	{"{u'descr': u'<f4', u'fortran_order': False, u'shape': (0, 3)}", CLNORM_F32, false, false, 2, {0, 3}},
	{"{'descr': '>f4', 'fortran_order': False, 'shape': (1,2,3,4,5,6,7,8)}",
         CLNORM_F32,
         true,
         false,
         8,
         {1, 2, 3, 4, 5, 6, 7, 8}},
};

START_TEST(header_good)
{
	const struct good_header *good = &good_headers[_i];
	struct tool_npy_header got;
	ck_assert_msg(tool_npy_header_parse(good->text, strlen(good->text), false, &got), "%s: %s", good->text,
	              tool_report_text());
	ck_assert_int_eq(got.dtype, good->dtype);
	ck_assert_int_eq(got.is_swapped, good->is_big == tool_array_is_little_endian());
	ck_assert_int_eq(got.is_fortran, good->is_fortran);
	ck_assert_uint_eq(got.rank, good->rank);
	for (unsigned i = 0; i < got.rank; ++i) {
		ck_assert_uint_eq(got.dims[i], good->dims[i]);
	}
}
END_TEST

/* Each with a word that the reason must have. */
static const struct bad_header {
	const char *text, *word;
} bad_headers[] = {
	{"", "no dictionary"},
	{"{", "quoted word"},
	{"{}", "no key 'descr'"},
	{"{'descr'", "at key"},
	{"{'descr':", "quoted word"},
	{"{'descr': '<f4", "no end"},
	{"{'descr': '<f4'", "comma"},
	{"{'descr': '<f4', 'fortran_order': False}", "no key 'shape'"},
	{"{'descr': '<f4', 'shape': (1,2)}", "no key 'fortran_order'"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,2)} x", "follows"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,2), 'more': 1}", "unknown key"},
	{"{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,2)}", "at key"},
	{"{'descr': '<f4' 'fortran_order': False, 'shape': (1,2)}", "comma"},
	{"{'descr': '<f4',, 'fortran_order': False, 'shape': (1,2)}", "quoted word"},
	{"{'descr': '<i4', 'fortran_order': False, 'shape': (1,2)}", "integers"},
	{"{'descr': '|u1', 'fortran_order': False, 'shape': (1,2)}", "unsigned"},
	{"{'descr': '|b1', 'fortran_order': False, 'shape': (1,2)}", "booleans"},
	{"{'descr': '|O', 'fortran_order': False, 'shape': (1,2)}", "objects"},
	{"{'descr': '<c8', 'fortran_order': False, 'shape': (1,2)}", "complex"},
	{"{'descr': '<f16', 'fortran_order': False, 'shape': (1,2)}", "floats of another size"},
	{"{'descr': '<V2', 'fortran_order': False, 'shape': (1,2)}", "raw"},
	{"{'descr': '<U7', 'fortran_order': False, 'shape': (1,2)}", "text"},
	{"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,2)}", "dates"},
	{"{'descr': '', 'fortran_order': False, 'shape': (1,2)}", "something else"},
	{"{'descr': '<', 'fortran_order': False, 'shape': (1,2)}", "something else"},
	{"{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,2)}", "records"},
	{"{'descr': '<f4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'fortran_order': False, 'shape': (1,)}", "no word"},
	{"{'descr': '<f\\x34', 'fortran_order': False, 'shape': (1,2)}", "no word"},
	{"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,2)}", "True or False"},
	{"{'descr': '<f4', 'fortran_order': 'False', 'shape': (1,2)}", "True or False"},
	{"{'descr': '<f4', 'fortran_order': Fals", "True or False"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (3)}", "tuple"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': [3, 4]}", "tuple"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}", "whole numbers"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1.5, 4)}", "no end"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1e3, 4)}", "no end"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4", "no end"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,", "whole numbers"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", "whole numbers"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 4)}", "too large"},
	{"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "dimensions"},
	{"__import__('os').system('true')", "no dictionary"},
};

START_TEST(header_bad)
{
	const struct bad_header *bad = &bad_headers[_i];
	struct tool_npy_header got = {.rank = 77};
	ck_assert_msg(!tool_npy_header_parse(bad->text, strlen(bad->text), false, &got), "taken: %s", bad->text);
	ck_assert_msg(strstr(tool_report_text(), bad->word) != NULL, "%s: %s", bad->text, tool_report_text());
	ck_assert_uint_eq(got.rank, 77);
}
END_TEST

/* A header that ends anywhere is refused, and read no further; the copy has no byte behind it, which a sanitizer sees.
 */
START_TEST(header_cut)
{
	const char *whole = good_headers[0].text;
	for (size_t length = 0; length + 1 < strlen(whole); ++length) {
		struct tool_npy_header got;
		char *cut = malloc(length > 0 ? length : 1);
		ck_assert_ptr_nonnull(cut);
		memcpy(cut, whole, length);
		ck_assert_msg(!tool_npy_header_parse(cut, length, false, &got), "taken with %zu bytes", length);
		free(cut);
	}
}
END_TEST

/* ---- Element types ----------------------------------------------------------------------------------------------- */

/* A dictionary with this value for descr. */
static bool parse(const char *descr, bool raw_is_bf16, struct tool_npy_header *header)
{
	char text[512];
	snprintf(text, sizeof text, "{'descr': %s, 'fortran_order': False, 'shape': (1, 2), }", descr);
	return tool_npy_header_parse(text, strlen(text), raw_is_bf16, header);
}

/* What numpy.dtype() takes, so that numpy.load() does. */
static const struct {
	const char *descr;
	clnorm_dtype dtype;
} good_types[] = {
	{"'<f'", CLNORM_F32},      {"'=f4'", CLNORM_F32},    {"'f4'", CLNORM_F32},        {"'|f4'", CLNORM_F32},
	{"'float32'", CLNORM_F32}, {"'single'", CLNORM_F32}, {"'<e'", CLNORM_F16},        {"'float16'", CLNORM_F16},
	{"'half'", CLNORM_F16},    {"'d'", CLNORM_F64},      {"'double'", CLNORM_F64},    {"'float'", CLNORM_F64},
	{"'float64'", CLNORM_F64}, {"u'<f4'", CLNORM_F32},   {"'bfloat16'", CLNORM_BF16},
};

START_TEST(types)
{
	struct tool_npy_header got;
	ck_assert_msg(parse(good_types[_i].descr, false, &got), "%s", tool_report_text());
	ck_assert_int_eq(got.dtype, good_types[_i].dtype);
	ck_assert(!got.is_swapped || good_types[_i].descr[1] == '<');
}
END_TEST

/* Each type that NumPy can write, with the words that say what it is. */
static const struct {
	const char *descr, *words;
} bad_types[] = {
	{"'|b1'", "holds booleans ('|b1')"},
	{"'?'", "holds booleans ('?')"},
	{"'bool'", "holds booleans"},
	{"'|i1'", "holds integers ('|i1')"},
	{"'<i8'", "holds integers ('<i8')"},
	{"'int32'", "holds integers"},
	{"'b'", "holds integers ('b')"},
	{"'|u1'", "holds unsigned integers"},
	{"'uint16'", "holds unsigned integers"},
	{"'<c8'", "holds complex numbers ('<c8')"},
	{"'<c32'", "holds complex numbers"},
	{"'complex64'", "holds complex numbers"},
	{"'<f16'", "holds floats of another size ('<f16')"},
	{"'|f1'", "holds floats of another size"},
	{"'float128'", "holds floats of another size"},
	{"'longdouble'", "holds floats of another size"},
	{"'float8_e4m3fn'", "holds floats of another size"},
	{"'|S2'", "holds text ('|S2')"},
	{"'<U3'", "holds text ('<U3')"},
	{"'|T16'", "holds text"},
	{"'|O'", "holds Python objects ('|O')"},
	{"'object'", "holds Python objects"},
	{"'<M8[ns]'", "holds dates ('<M8[ns]')"},
	{"'datetime64[D]'", "holds dates"},
	{"'<m8'", "holds durations"},
	{"'timedelta64[us]'", "holds durations"},
	{"'|V3'", "holds raw records ('|V3')"},
	{"'<V1'", "holds raw records"},
	{"'<V2'", "holds raw records of 2 bytes ('<V2'); with --dtype bf16 they are read as bf16"},
	{"[('a', '<f4'), ('b', '|S2')]", "holds records of named fields ([('a', '<f4'), ('b', '|S2')]"},
	{"('<f4', (2,))", "holds arrays as elements (('<f4', (2,))"},
	{"'bfloat'", "holds something else ('bfloat')"},
};

START_TEST(refused_types)
{
	struct tool_npy_header got;
	ck_assert_msg(!parse(bad_types[_i].descr, false, &got), "taken: %s", bad_types[_i].descr);
	ck_assert_msg(strstr(tool_report_text(), bad_types[_i].words) != NULL, "%s: %s", bad_types[_i].descr,
	              tool_report_text());
}
END_TEST

/* What is raw, and of 2 bytes, is bfloat16 where the caller says so; nothing else becomes it. */
START_TEST(raw_halves)
{
	static const char *const descrs[] = {"'<V2'", "'|V2'", "'V2'", "'>V2'"};
	struct tool_npy_header got;
	for (size_t i = 0; i < COUNT(descrs); ++i) {
		ck_assert_msg(parse(descrs[i], true, &got), "%s", tool_report_text());
		ck_assert_int_eq(got.dtype, CLNORM_BF16);
		ck_assert_int_eq(got.is_swapped, (descrs[i][1] == '>') == tool_array_is_little_endian() &&
		                                         (descrs[i][1] == '>' || descrs[i][1] == '<'));
	}
	ck_assert(parse("'<f2'", true, &got));
	ck_assert_int_eq(got.dtype, CLNORM_F16);
	ck_assert(!parse("'<V4'", true, &got));
	ck_assert(!parse("'<i2'", true, &got));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("npy_header");
	TCase *headers = tcase_create("headers");
	tcase_add_loop_test(headers, header_good, 0, COUNT(good_headers));
	tcase_add_loop_test(headers, header_bad, 0, COUNT(bad_headers));
	tcase_add_loop_test(headers, types, 0, COUNT(good_types));
	tcase_add_loop_test(headers, refused_types, 0, COUNT(bad_types));
	tcase_add_test(headers, raw_halves);
	tcase_add_test(headers, header_cut);
	suite_add_tcase(suite, headers);
	return main_run(suite);
}
