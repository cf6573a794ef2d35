/* test_shapes.c: the benchmark's shapes: from texts and from CSV files, and what is refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/data/shapes.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char path[] = "/tmp/clnorm-shapes-XXXXXX";

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

static void write_text(const char *text)
{
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(text_good)
{
	static const struct {
		const char *text;
		unsigned rank;
		size_t dims[TOOL_RANK_MAX];
	} texts[] = {
		{"5,3", 2, {5, 3}},
		{"4,64,256,256", 4, {4, 64, 256, 256}},
		{"1,2,3,4,5,6,7,8", 8, {1, 2, 3, 4, 5, 6, 7, 8}},
	};
	struct tool_shapes shapes = {0};
	for (size_t i = 0; i < COUNT(texts); ++i) {
		ck_assert_msg(tool_shapes_add_text(&shapes, texts[i].text), "%s", tool_report_text());
		ck_assert_uint_eq(shapes.count, i + 1);
		const struct tool_shape *shape = &shapes.items[i];
		ck_assert_str_eq(shape->id, texts[i].text);
		ck_assert_uint_eq(shape->rank, texts[i].rank);
		ck_assert_int_eq(memcmp(shape->dims, texts[i].dims, shape->rank * sizeof shape->dims[0]), 0);
		ck_assert_int_eq(shape->affine, CLNORM_AFFINE_CHANNEL);
	}
	tool_shapes_clear(&shapes);
	ck_assert_uint_eq(shapes.count, 0);
}
END_TEST

START_TEST(text_bad)
{
	static const char *const texts[] = {"",
	                                    "5",
	                                    "5,",
	                                    ",5",
	                                    "5,0",
	                                    "0,3,4",
	                                    "5,-3",
	                                    "5,3.0",
	                                    "5 ,3",
	                                    "5x3",
	                                    "a,b",
	                                    "5,3,",
	                                    "1,2,3,4,5,6,7,8,9",
	                                    "18446744073709551616,3",
	                                    "99999999999999999999,3",
	                                    "4294967296,4294967296"};
	for (size_t i = 0; i < COUNT(texts); ++i) {
		struct tool_shapes shapes = {0};
		ck_assert_msg(!tool_shapes_add_text(&shapes, texts[i]), "taken: '%s'", texts[i]);
		ck_assert_uint_gt(strlen(tool_report_text()), 0);
		ck_assert_uint_eq(shapes.count, 0);
	}
}
END_TEST

/* Columns in an order of their own, a comment, an empty line, DOS line ends, no end of line at the end. */
START_TEST(file_good)
{
	struct tool_shapes shapes = {0};
	write_text("# real shapes\n\nset,id,activation,n,c,spatial,affine\r\n"
	           "s,a,leaky-relu:0.2,5,3,4x4,none\r\n"
	           "g,b,,1,512,31999,instance\n"
	           "# in between\n"
	           "s,c,gelu,2,32,16x17x18,channel\n"
	           "s,d,none,7,9,,");
	ck_assert_msg(tool_shapes_add_file(&shapes, path), "%s", tool_report_text());
	ck_assert_uint_eq(shapes.count, 4);
	const struct tool_shape *s = shapes.items;
	ck_assert_str_eq(s[0].id, "a");
	ck_assert_uint_eq(s[0].rank, 4);
	ck_assert_uint_eq(s[0].dims[3], 4);
	ck_assert_int_eq(s[0].affine, CLNORM_AFFINE_NONE);
	ck_assert_int_eq(s[0].activation, CLNORM_ACT_LEAKY_RELU);
	ck_assert_double_eq(s[0].slope, 0.2);
	ck_assert(!s[0].is_large && s[1].is_large && !s[2].is_large);
	ck_assert_int_eq(s[1].affine, CLNORM_AFFINE_INSTANCE);
	ck_assert_int_eq(s[1].activation, CLNORM_ACT_NONE);
	ck_assert_uint_eq(s[1].dims[2], 31999);
	ck_assert_uint_eq(s[2].rank, 5);
	ck_assert_int_eq(s[2].activation, CLNORM_ACT_GELU);
	ck_assert_uint_eq(s[3].rank, 2);
	ck_assert_int_eq(s[3].affine, CLNORM_AFFINE_CHANNEL);
	clnorm_desc desc = tool_shapes_desc(&s[2]);
	ck_assert_uint_eq(desc.spatial_rank, 3);
	ck_assert_uint_eq(desc.spatial[2], 18);
	ck_assert_int_eq(desc.activation, CLNORM_ACT_GELU);
	tool_shapes_clear(&shapes);
}
END_TEST

/* Groups of a row's own, of none, and as --groups gives them to those of none. */
START_TEST(groups)
{
	struct tool_shapes shapes = {0};
	write_text("id,n,c,spatial,groups\na,2,6,4,3\nb,4096,768,,1\nc,1,6,4,0\nd,1,6,4,\ne,1,6,4,6\n");
	ck_assert_msg(tool_shapes_add_file(&shapes, path), "%s", tool_report_text());
	static const size_t before[] = {3, 1, 0, 0, 6}, after[] = {3, 1, 2, 2, 6};
	for (size_t i = 0; i < COUNT(before); i++) {
		ck_assert_uint_eq(shapes.items[i].groups, before[i]);
		ck_assert_uint_eq(tool_shapes_desc(&shapes.items[i]).groups, before[i]);
	}
	ck_assert(tool_shapes_have_groups(&shapes));
	ck_assert(tool_shapes_set_groups(&shapes, 0));
	ck_assert_uint_eq(shapes.items[2].groups, 0);
	ck_assert(tool_shapes_set_groups(&shapes, 2));
	for (size_t i = 0; i < COUNT(after); i++) {
		ck_assert_uint_eq(shapes.items[i].groups, after[i]);
	}
	tool_shapes_clear(&shapes);
	ck_assert(!tool_shapes_have_groups(&shapes));
	ck_assert(tool_shapes_add_text(&shapes, "2,6,4") && !tool_shapes_have_groups(&shapes));
	ck_assert(!tool_shapes_set_groups(&shapes, 4));
	ck_assert_str_eq(tool_report_text(), "2,6,4: --groups is 4; it must divide C, which is 6");
	tool_shapes_clear(&shapes);
}
END_TEST

/* The same two rows as spreadsheets write them. */
static const char *const same_files[] = {
	"id,n,c,spatial\na,1,2,3x4\nb,5,6,\n",
	"\xef\xbb\xbfid,n,c,spatial\r\na,1,2,3x4\r\n,,,\r\nb,5,6,\r\n",
	"\xef\xbb\xbf# a comment\n\"id\",\"n\",\"c\",\"spatial\"\n\"a\",\"1\",\"2\",\"3x4\"\n\"b\",5,\"6\",\"\"\n",
	"id,n,c,spatial\ra,1,2,3x4\rb,5,6,",
	"id,note,n,c,spatial\na,\"say \"\"a\"\", b\",1,2,3x4\nb,5\" wide,5,6,\n",
	"id,x,x,n,c,spatial\na,,,1,2,3x4\nb,,,5,6,\n",
	"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,id,n,c,spatial\n"
	",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,a,1,2,3x4\n,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,b,5,6,\n",
};

START_TEST(file_same)
{
	struct tool_shapes shapes = {0};
	write_text(same_files[_i]);
	ck_assert_msg(tool_shapes_add_file(&shapes, path), "%s: %s", same_files[_i], tool_report_text());
	ck_assert_uint_eq(shapes.count, 2);
	const struct tool_shape *s = shapes.items;
	ck_assert_str_eq(s[0].id, "a");
	ck_assert_uint_eq(s[0].rank, 4);
	ck_assert_uint_eq(s[0].dims[0], 1);
	ck_assert_uint_eq(s[0].dims[3], 4);
	ck_assert_str_eq(s[1].id, "b");
	ck_assert_uint_eq(s[1].rank, 2);
	ck_assert_uint_eq(s[1].dims[1], 6);
	tool_shapes_clear(&shapes);
}
END_TEST

/* An id is text: a comma and quotes in it are its own, and so is every letter past ASCII. */
START_TEST(file_ids)
{
	struct tool_shapes shapes = {0};
	write_text("id,n,c,spatial\n\"a, \"\"b\"\"\",1,2,3\n\xc3\xa4\xe2\x82\xac,1,2,3\n");
	ck_assert_msg(tool_shapes_add_file(&shapes, path), "%s", tool_report_text());
	ck_assert_str_eq(shapes.items[0].id, "a, \"b\"");
	ck_assert_str_eq(shapes.items[1].id, "\xc3\xa4\xe2\x82\xac");
	tool_shapes_clear(&shapes);
}
END_TEST

/* What work a shape is besides its sizes, in the words of a file. */
START_TEST(names_of_work)
{
	static const char *const activations[] = {"none", "relu", "leaky-relu:0.01", "silu", "gelu", "leaky-relu:0.25"};
	static const char *const affines[] = {"none", "channel", "instance"};
	struct tool_shapes shapes = {0};
	char text[CLNORM_ACTIVATION_BYTES];
	write_text("id,n,c,spatial,activation,affine\na,1,2,3,none,none\nb,1,2,3,relu,channel\n"
	           "c,1,2,3,leaky-relu,instance\nd,1,2,3,silu,\ne,1,2,3,gelu,\nf,1,2,3,leaky-relu:0.25,\n");
	ck_assert_msg(tool_shapes_add_file(&shapes, path), "%s", tool_report_text());
	for (size_t i = 0; i < COUNT(activations); ++i) {
		const struct tool_shape *shape = &shapes.items[i];
		ck_assert_str_eq(clnorm_activation_print(text, shape->activation, shape->slope), activations[i]);
		ck_assert_str_eq(tool_shapes_affine(&shapes.items[i]), affines[i < 3 ? i : 1]);
	}
	tool_shapes_clear(&shapes);
}
END_TEST

static const struct {
	const char *text, *word;
} bad_files[] = {
	{"", ":1: no line names the columns"},
	{"# nothing\n", ":2: no line names the columns"},
	{"id,n,c\n", ":1: the first line names no column 'spatial'"},
	{"id,n,c,spatial\na,1\n", ":2: has no field for column 'c'"},
	{"id,n,c,spatial\n", ":2: no shape follows the line that names the columns"},
	{"\xef\xbb\xbfid,n,c,spatial\r# none\r", ":3: no shape follows"},
	{"id,n,c,spatial\r", ":2: no shape follows"},
	{"id,n,c,n,spatial\na,1,2,3,4\n", ":1: the first line names column 'n' twice"},
	{"id,n,c,spatial,set,set\na,1,2,3,s,g\n", ":1: the first line names column 'set' twice"},
	{"id,n,c,\"spatial\na,1,2,4\n", ":1: the quotes of field 4"},
	{"id,n,c,spatial\n\"a\"b,1,2,4\n", ":2: the quotes of field 1"},
	{"id,n,c,spatial\na,\"1,2\",2,4\n", ":2: '1,2' is not a size of 1 or more"},
	{"id,n,c,spatial\na,1,2,4\n\x1b[31mred,1,2,4\n", ":3: the id holds a control character, byte 0x1b"},
	{"id,n,c,spatial\n,1,2,4\n", ":2: the id is empty"},
	{"id,n,c,spatial\n0123456789012345678901234567890123456789012345678901234567890123,1,2,4\n",
         ":2: the id has 64 bytes; at most 63 are kept"},
	{"id,n,c,spatial\nwi\tde,1,2,4\n", ":2: the id holds a control character, byte 0x09"},
	{"id,n,c,spatial\n\x7f,1,2,4\n", ":2: the id holds a control character, byte 0x7f"},
	{"id,n,c,spatial\nx\xc2\x9b"
         "1m,1,2,4\n",
         ":2: the id holds a control character, byte 0x9b"},
	{"id,n,c,spatial\na,99999999999999999999,2,4\n", ":2: 99999999999999999999 is too large"},
	{"id,n,c,spatial\na,1,2,4x18446744073709551616\n", ":2: 18446744073709551616 is too large"},
	{"id,n,c,spatial\na,1,2,4y4\n", ":2: '4y4'"},
	{"id,n,c,spatial\na,1,2,\nb,0,2,4\n", ":3: '0'"},
	{"id,n,c,spatial\na,one,2,4\n", ":2: 'one'"},
	{"id,n,c,spatial\na,1,2,1x2x3x4x5x6x7\n", ":2: '1x2x3x4x5x6x7' has too many"},
	{"id,n,c,spatial,affine\na,1,2,4,some\n", ":2: affine 'some'"},
	{"id,n,c,spatial,activation\na,1,2,4,tanh\n", ":2: activation 'tanh'"},
	{"id,n,c,spatial\na,4294967296,4294967296,4\n", ":2: shape"},
	{"id,n,c,spatial,groups\na,1,8,4,4\nb,1,8,4,3\n", ":3: groups is 3; it must divide C, which is 8"},
	{"id,n,c,spatial,groups\na,1,8,4,16\n", ":2: groups is 16; it must divide C, which is 8"},
	{"id,n,c,spatial,groups\na,1,8,4,-1\n", ":2: groups '-1' is not a whole number of 0 or more"},
	{"id,n,c,spatial,groups\na,1,8,4,2.0\n", ":2: groups '2.0' is not"},
	{"id,n,c,spatial,groups\na,1,8,4,two\n", ":2: groups 'two' is not"},
	{"id,n,c,spatial,groups\na,1,8,4,18446744073709551616\n", ":2: 18446744073709551616 is too large"},
	{"id,n,c,spatial,groups\na,1,8,4\n", ":2: has no field for column 'groups'"},
};

START_TEST(file_bad)
{
	struct tool_shapes shapes = {0};
	write_text(bad_files[_i].text);
	ck_assert_msg(!tool_shapes_add_file(&shapes, path), "taken: %s", bad_files[_i].text);
	ck_assert_msg(strstr(tool_report_text(), bad_files[_i].word) != NULL, "no '%s' in: %s", bad_files[_i].word,
	              tool_report_text());
	tool_shapes_clear(&shapes);
}
END_TEST

START_TEST(file_long_line)
{
	struct tool_shapes shapes = {0};
	char text[4096];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	write_text(text);
	ck_assert(!tool_shapes_add_file(&shapes, path));
	ck_assert_msg(strstr(tool_report_text(), ":1: is longer than 1023 bytes") != NULL, "%s", tool_report_text());
	text[1023] = '\0';
	write_text(text);
	ck_assert(!tool_shapes_add_file(&shapes, path));
	ck_assert_msg(strstr(tool_report_text(), ":1: the first line names no") != NULL, "%s", tool_report_text());
	ck_assert(!tool_shapes_add_file(&shapes, "/nonexistent.csv"));
}
END_TEST

/* UTF-16, say. */
START_TEST(file_no_text)
{
	static const char words[] = "\xff\xfei\0d\0,\0";
	struct tool_shapes shapes = {0};
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(words, 1, sizeof words, file), sizeof words);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(!tool_shapes_add_file(&shapes, path));
	ck_assert_msg(strstr(tool_report_text(), ":1: holds a byte of 0") != NULL, "%s", tool_report_text());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shapes");
	TCase *texts = tcase_create("texts"), *files = tcase_create("files");
	tcase_add_test(texts, text_good);
	tcase_add_test(texts, text_bad);
	tcase_add_checked_fixture(files, make_path, remove_path);
	tcase_add_test(files, groups);
	tcase_add_test(files, file_good);
	tcase_add_loop_test(files, file_same, 0, COUNT(same_files));
	tcase_add_test(files, file_ids);
	tcase_add_test(files, names_of_work);
	tcase_add_loop_test(files, file_bad, 0, COUNT(bad_files));
	tcase_add_test(files, file_long_line);
	tcase_add_test(files, file_no_text);
	suite_add_tcase(suite, texts);
	suite_add_tcase(suite, files);
	return main_run(suite);
}
