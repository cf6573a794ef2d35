/* test_settings.c: the environment variables that the library reads.
 * SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "base/settings.h"
#include "tests/kit/main.h"

START_TEST(device)
{
	ck_assert_int_eq(unsetenv("CLNORM_DEVICE"), 0);
	ck_assert_str_eq(cln_settings_device(), "");
	ck_assert_int_eq(setenv("CLNORM_DEVICE", "0:1", 1), 0);
	ck_assert_str_eq(cln_settings_device(), "0:1");
	ck_assert_int_eq(setenv("CLNORM_DEVICE", "", 1), 0);
	ck_assert_str_eq(cln_settings_device(), "");
}
END_TEST

static void set(const char *name, const char *value)
{
	ck_assert_int_eq(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

START_TEST(folders)
{
	static const struct {
		const char *own, *shared, *home, *folder, *why_not; /* NULL: unset; no folder; any reason */
	} cases[] = {
		{"/a/b", "/c", "/d", "/a/b", NULL},
		{NULL, "/c", "/d", "/c/clnorm", NULL},
		{NULL, "c", "/d", "/d%s/clnorm", NULL},
		{NULL, NULL, "/d", "/d%s/clnorm", NULL},
		{NULL, NULL, NULL, NULL, "names a folder"},
		{NULL, "", "d", NULL, "names a folder"},
		{"a/b", "/c", "/d", NULL, "is no absolute path"},
		{"", "/c", "/d", NULL, "is empty"},
	};
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); ++i) {
		bool is_cache = i % 2;
		struct cln_text text = {0};
		const char *why_not = "";
		set(is_cache ? "CLNORM_CACHE_DIR" : "CLNORM_TUNING_DIR", cases[i / 2].own);
		set(is_cache ? "XDG_CACHE_HOME" : "XDG_DATA_HOME", cases[i / 2].shared);
		set("HOME", cases[i / 2].home);
		bool found = is_cache ? cln_settings_cache_folder(&text, &why_not)
		                      : cln_settings_tuning_folder(&text, &why_not);
		ck_assert_int_eq(found, cases[i / 2].folder != NULL);
		if (found) {
			char folder[64];
			snprintf(folder, sizeof(folder), cases[i / 2].folder, is_cache ? "/.cache" : "/.local/share");
			ck_assert_str_eq(cln_text_chars(&text), folder);
		} else {
			ck_assert_msg(strstr(why_not, cases[i / 2].why_not) != NULL, "case %zu: %s", i / 2, why_not);
		}
		cln_text_clear(&text);
	}
}
END_TEST

START_TEST(cache_bytes)
{
	static const struct {
		const char *text;
		unsigned long long bytes;
	} cases[] = {{NULL, 64ull << 20},
	             {"", 64ull << 20},
	             {"0", 0},
	             {"4096", 4096},
	             {"3K", 3072},
	             {"2M", 2ull << 20},
	             {"5G", 5ull << 30},
	             {"x", 64ull << 20},
	             {"-1", 64ull << 20},
	             {"1T", 64ull << 20},
	             {"1MB", 64ull << 20},
	             {"18446744073709551615", ULLONG_MAX},
	             {"18446744073709551615K", ULLONG_MAX}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
		set("CLNORM_CACHE_BYTES", cases[i].text);
		ck_assert_msg(cln_settings_cache_bytes() == cases[i].bytes, "case %zu: %llu", i,
		              cln_settings_cache_bytes());
	}
}
END_TEST

START_TEST(programs)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = {{NULL, 64}, {"", 64},   {"0", 0},   {"7", 7},    {"1000000", 1000000},
	             {"x", 64},  {"-1", 64}, {"7K", 64}, {"7.5", 64}, {"99999999999999999999", SIZE_MAX}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
		set("CLNORM_PROGRAMS", cases[i].text);
		ck_assert_msg(cln_settings_programs() == cases[i].count, "case %zu: %zu", i, cln_settings_programs());
	}
}
END_TEST

/* Words that are not understood are told, one after the other, with what counts; all others are not. */
START_TEST(faults)
{
	static const struct {
		const char *name, *good[5], *bad[5], *counts;
	} cases[] = {
		{"CLNORM_CACHE", {"on", "OFF", "1", "no", ""}, {"onn", "2", "offf", " on", "nope"}, "off counts"},
		{"CLNORM_CACHE_BYTES", {"0", "64K", "1G", "", "7"}, {"abc", "64k", "-1", "1.5G", "64MB"}, "64M counts"},
		{"CLNORM_PROBE",
	         {"on", "True", "off", "0", ""},
	         {"maybe", "onoff", "-", "none", "2"},
	         "known to be good"},
		{"CLNORM_PROGRAMS", {"0", "7", "64", "", "1000"}, {"abc", "-1", "64K", "1e3", " 7"}, "64 counts"},
	};
	char text[256] = "as it was";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
		for (size_t k = 0; k < 5; ++k) {
			set(cases[i].name, cases[i].good[k]);
			ck_assert_msg(!clnorm_setting_fault(0, text, sizeof(text)), "%s: %s", cases[i].name, text);
			set(cases[i].name, cases[i].bad[k]);
			ck_assert(clnorm_setting_fault(0, text, sizeof(text)));
			ck_assert_ptr_nonnull(strstr(text, cases[i].name));
			ck_assert_ptr_nonnull(strstr(text, cases[i].bad[k]));
			ck_assert_ptr_nonnull(strstr(text, cases[i].counts));
			ck_assert(!clnorm_setting_fault(1, text, sizeof(text)));
		}
		set(cases[i].name, NULL);
	}
	set("CLNORM_CACHE_BYTES", "abc");
	set("CLNORM_PROGRAMS", "xyz");
	ck_assert(clnorm_setting_fault(1, text, sizeof(text)) && strstr(text, "xyz"));
	ck_assert(clnorm_setting_fault(0, text, 10));
	ck_assert_str_eq(text, "CLNORM_CA");
	ck_assert(!clnorm_setting_fault(2, NULL, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *all = tcase_create("settings");
	tcase_add_test(all, device);
	tcase_add_test(all, folders);
	tcase_add_test(all, cache_bytes);
	tcase_add_test(all, programs);
	tcase_add_test(all, faults);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
