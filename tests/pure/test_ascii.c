/* test_ascii.c: letters and digits of names, in the C locale and in a Turkish one.
 * SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "tests/kit/main.h"

START_TEST(letters)
{
	for (int c = -128; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', above = c < 0 || c >= 128;
		ck_assert_int_eq(cln_ascii_is_letter((char)c), upper || lower || above);
		ck_assert_int_eq(cln_ascii_is_digit((char)c), c >= '0' && c <= '9');
		ck_assert_int_eq(cln_ascii_lower((char)c), upper ? (char)(c + 32) : (char)c);
	}
}
END_TEST

START_TEST(words)
{
	ck_assert(cln_ascii_is_same("INTEL Titan", "intel tITAN"));
	ck_assert(cln_ascii_is_same("", ""));
	ck_assert(!cln_ascii_is_same("intel", "intel "));
	ck_assert(!cln_ascii_is_same("intel ", "intel"));
	ck_assert(!cln_ascii_is_same("[", "{"));
	ck_assert(cln_ascii_contains("AMD Instinct MI250", "iNSTINCT"));
	ck_assert(cln_ascii_contains("ababac", "abac"));
	ck_assert(cln_ascii_contains("x", "X"));
	ck_assert(!cln_ascii_contains("AMD", "AMDx"));
	ck_assert(!cln_ascii_contains("AMD", ""));
	ck_assert(!cln_ascii_contains("", "a"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ascii");
	TCase *all = tcase_create("all");
	tcase_add_test(all, letters);
	tcase_add_test(all, words);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
