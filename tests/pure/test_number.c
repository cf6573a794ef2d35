/* test_number.c: decimal numbers in text, there and back, in the locales that this machine has.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "tests/kit/main.h"

/* With a comma, and the one with a point that every machine has. */
static const char *const locales[] = {"C", "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "ps_AF.UTF-8"};
#define LOCALES ((int)(sizeof(locales) / sizeof(locales[0])))

/* False where the machine does not have the locale. */
static bool locale_set(int i)
{
	return setlocale(LC_NUMERIC, locales[i]) != NULL;
}

START_TEST(good)
{
	static const struct {
		const char *chars;
		double value;
	} rows[] = {{"0", 0},         {"1", 1},      {"-1", -1},     {"+2", 2},        {"0.2", 0.2},
	            {".5", 0.5},      {"5.", 5},     {"1e-5", 1e-5}, {"1.25E+2", 125}, {"-0.010", -0.01},
	            {"1e308", 1e308}, {"1e-400", 0}, {"007", 7},     {"1.5e0", 1.5},   {"123456789.25", 123456789.25}};
	if (!locale_set(_i)) {
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double value = NAN;
		ck_assert_msg(cln_number_parse(rows[i].chars, &value), "%s is refused", rows[i].chars);
		ck_assert_msg(value == rows[i].value, "%s is read as %g", rows[i].chars, value);
	}
}
END_TEST

START_TEST(bad)
{
	static const char *const rows[] = {
		"",      " ",
		" 1",    "1 ",
		"1,5",   "0,2",
		"nan",   "inf",
		"-inf",  "0x10",
		"1e",    "e5",
		".",     "-",
		"+-1",   "1-2",
		"1.2.3", "1e999",
		"1f",    "1e5.0",
		"--1",   "1\n",
		"abc",   "1_000",
		"٣",     "0.00000000000000000000000000000000000000000000000000000000000000000001"};
	if (!locale_set(_i)) {
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double value = 7;
		ck_assert_msg(!cln_number_parse(rows[i], &value), "'%s' is read as %g", rows[i], value);
		ck_assert_msg(value == 7, "'%s' is refused and yet stored", rows[i]);
	}
}
END_TEST

START_TEST(there_and_back)
{
	static const double rows[] = {
		0,       0.1,  -0.2, 1.0 / 3, 1e-5, DBL_MAX, -DBL_MIN,           DBL_TRUE_MIN,
		FLT_MAX, 1e16, 1e17, 123456,  0.5,  1e-310,  3.0000000000000004, -2.2250738585072011e-308};
	if (!locale_set(_i)) {
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char chars[CLN_NUMBER_BYTES];
		double value = NAN;
		ck_assert_ptr_eq(cln_number_print(chars, rows[i], 17), chars);
		ck_assert_uint_lt(strlen(chars), CLN_NUMBER_BYTES);
		ck_assert_msg(cln_number_parse(chars, &value), "%s is refused", chars);
		ck_assert_msg(value == rows[i], "%s is read as another number", chars);
		float single = (float)fmin(fmax(rows[i], -FLT_MAX), FLT_MAX);
		(void)cln_number_print(chars, single, 9);
		ck_assert(cln_number_parse(chars, &value));
		ck_assert_msg((float)value == single, "%s is read as another float", chars);
	}
}
END_TEST

START_TEST(spelling)
{
	char chars[CLN_NUMBER_BYTES];
	if (!locale_set(_i)) {
		return;
	}
	ck_assert_str_eq(cln_number_print(chars, 0.25, 17), "0.25");
	ck_assert_str_eq(cln_number_print(chars, -1e-5, 9), "-1e-05");
	ck_assert_str_eq(cln_number_print(chars, 3, 17), "3");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("number");
	TCase *all = tcase_create("number");
	tcase_add_loop_test(all, good, 0, LOCALES);
	tcase_add_loop_test(all, bad, 0, LOCALES);
	tcase_add_loop_test(all, there_and_back, 0, LOCALES);
	tcase_add_loop_test(all, spelling, 0, LOCALES);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
