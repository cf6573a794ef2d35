/* test_text.c: the growable string: appends, growth, failed memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "base/text.h"
#include "tests/kit/main.h"

START_TEST(empty)
{
	struct cln_text text = {0};
	ck_assert_str_eq(cln_text_chars(&text), "");
	ck_assert_int_eq(cln_text_check(&text), CLNORM_OK);
	cln_text_append(&text, "abc", 0);
	cln_text_append(&text, NULL, 0);
	ck_assert_str_eq(cln_text_chars(&text), "");
	cln_text_add(&text, "%s", "");
	ck_assert_str_eq(cln_text_chars(&text), "");
	cln_text_clear(&text);
	cln_text_clear(&text);
}
END_TEST

START_TEST(appends)
{
	struct cln_text text = {0};
	cln_text_add(&text, "-DWG=%d", 64);
	cln_text_append(&text, " -DX; ignored", 4);
	cln_text_add(&text, " %s%c", "-DY", '!');
	ck_assert_str_eq(cln_text_chars(&text), "-DWG=64 -DX -DY!");
	ck_assert_uint_eq(text.length, strlen("-DWG=64 -DX -DY!"));
	ck_assert_int_eq(cln_text_check(&text), CLNORM_OK);
	cln_text_clear(&text);
	ck_assert_str_eq(cln_text_chars(&text), "");
	ck_assert_uint_eq(text.length, 0);
	cln_text_add(&text, "again");
	ck_assert_str_eq(cln_text_chars(&text), "again");
	cln_text_clear(&text);
}
END_TEST

/* Bytes go in as they are, a NUL among them, and one stands behind them. */
START_TEST(bytes)
{
	struct cln_text text = {0};
	cln_text_append(&text, "a\0b", 3);
	cln_text_append(&text, "\xff", 1);
	ck_assert_uint_eq(text.length, 4);
	ck_assert_int_eq(memcmp(cln_text_chars(&text), "a\0b\xff", 5), 0);
	cln_text_clear(&text);
}
END_TEST

/* One append of every length up to past a few doublings, after another of a length around the first. */
START_TEST(grows)
{
	static const size_t befores[] = {0, 1, 60, 125, 126, 127, 128, 129, 255};
	char chars[700];
	memset(chars, 'x', sizeof(chars));
	for (size_t length = 1; length < sizeof(chars); length++) {
		struct cln_text text = {0};
		cln_text_append(&text, chars, befores[_i]);
		cln_text_add(&text, "%.*s", (int)length, chars);
		cln_text_add(&text, "|");
		ck_assert_uint_eq(text.length, befores[_i] + length + 1);
		ck_assert_uint_eq(strlen(cln_text_chars(&text)), text.length);
		ck_assert_int_eq(cln_text_chars(&text)[text.length - 1], '|');
		ck_assert_int_eq(cln_text_check(&text), CLNORM_OK);
		cln_text_clear(&text);
	}
}
END_TEST

START_TEST(many)
{
	struct cln_text text = {0};
	for (int i = 0; i < 10000; i++) {
		cln_text_add(&text, "%05d\n", i);
	}
	ck_assert_uint_eq(text.length, 60000);
	for (int i = 0; i < 10000; i++) {
		int value = 0;
		for (int k = 0; k < 5; k++) {
			value = 10 * value + cln_text_chars(&text)[6 * i + k] - '0';
		}
		ck_assert_int_eq(value, i);
	}
	cln_text_clear(&text);
}
END_TEST

/* A length that no memory can hold: the text is cut there, stays cut, and says so until it is cleared. */
START_TEST(memory_runs_out)
{
	static const size_t lengths[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 5, SIZE_MAX / 2};
	struct cln_text text = {0};
	cln_text_add(&text, "kept");
	cln_text_append(&text, "not read", lengths[_i]);
	ck_assert(text.failed);
	cln_text_add(&text, "%s", "left out");
	cln_text_append(&text, "left out", 8);
	ck_assert_str_eq(cln_text_chars(&text), "kept");
	ck_assert_int_eq(cln_text_check(&text), CLNORM_OUT_OF_MEMORY);
	ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "memory"));
	cln_text_clear(&text);
	ck_assert_int_eq(cln_text_check(&text), CLNORM_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *all = tcase_create("text");
	tcase_add_test(all, empty);
	tcase_add_test(all, appends);
	tcase_add_test(all, bytes);
	tcase_add_loop_test(all, grows, 0, 9);
	tcase_add_test(all, many);
	tcase_add_loop_test(all, memory_runs_out, 0, 4);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
