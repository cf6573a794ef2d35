/* test_folder.c: the program cache's folder: whose it may be, what else lies there, how it is told of; with the fake
 * OpenCL. SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clnorm/clnorm.h>

#include "device/entry.h"
#include "tests/kit/cache_folder.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

static const char key[] = "a key";
static const char data[] = "what a driver made of it";

START_TEST(folders_of_others_are_refused)
{
	clnorm_cache_info info;
	char link[80];
	ck_assert_int_eq(chmod(cache_folder_folder, 0777), 0);
	cache_folder_plan_once();
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert(!info.on);
	ck_assert_str_eq(info.reason, "others may write in the folder");
	ck_assert_int_eq(clnorm_cache_clear(NULL), CLNORM_BAD_FILE);
	cache_folder_empty();

	snprintf(link, sizeof(link), "%s.link", cache_folder_folder);
	ck_assert_int_eq(symlink(cache_folder_folder, link), 0);
	char full[4200];
	snprintf(full, sizeof(full), "%s.link", getenv("CLNORM_CACHE_DIR"));
	setenv("CLNORM_CACHE_DIR", full, 1);
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert(!info.on);
	unlink(link);
}
END_TEST

START_TEST(unusable_folder_is_no_failure)
{
	setenv("CLNORM_CACHE_DIR", "/dev/null/nowhere", 1);
	cache_folder_plan_once();
	unsetenv("CLNORM_CACHE_DIR");
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "relative", 1);
	cache_folder_plan_once();
}
END_TEST

START_TEST(described_and_cleared)
{
	clnorm_cache_info info;
	size_t removed = 0;
	cache_folder_plan_once();
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert(info.on);
	ck_assert_uint_eq(info.entries, 1);
	ck_assert_uint_gt(info.bytes, 0);
	ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_OK);
	ck_assert_uint_eq(removed, 1);
	ck_assert_int_eq(clnorm_cache_describe(NULL, NULL), CLNORM_BAD_ARGUMENT);
}
END_TEST

/* A file of the folder that is old enough for anything to be tidied away. */
static void lay_file(const char *name)
{
	char path[200];
	struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
	snprintf(path, sizeof(path), "%s/%s", cache_folder_folder, name);
	int file = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, data, sizeof(data)), sizeof(data));
	ck_assert_int_eq(futimens(file, times), 0);
	close(file);
}

static int lie_there(const char *name)
{
	char path[200];
	struct stat facts;
	snprintf(path, sizeof(path), "%s/%s", cache_folder_folder, name);
	return lstat(path, &facts) == 0;
}

START_TEST(files_of_others_stay)
{
	static const char *const names[] = {"notes.txt", "backup.program", ".new-letter", ".program-letters",
	                                    "0123456789abcdef0123456789abcdeX.program"};
	static const char left[] = ".program-abc123", linked[] = "0123456789abcdef0123456789abcdef.program";
	char path[200];
	size_t removed = 0;
	clnorm_cache_info info;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
		lay_file(names[i]);
	}
	lay_file(left);
	snprintf(path, sizeof(path), "%s/%s", cache_folder_folder, linked);
	ck_assert_int_eq(symlink("notes.txt", path), 0);
	cache_folder_plan_once();
	cln_entry_store(cache_folder_folder, key, data, sizeof(data), 200); /* and removes all else that it may */
	ck_assert(!lie_there(left));
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert_uint_eq(info.entries, 1);
	ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_OK);
	ck_assert_uint_eq(removed, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
		ck_assert_msg(lie_there(names[i]), "%s", names[i]);
		snprintf(path, sizeof(path), "%s/%s", cache_folder_folder, names[i]);
		unlink(path);
	}
	ck_assert(lie_there(linked));
	snprintf(path, sizeof(path), "%s/%s", cache_folder_folder, linked);
	unlink(path);
}
END_TEST

/* Of another time, by whole seconds. */
START_TEST(old_entry_goes_first)
{
	static const char old[] = "0123456789abcdef0123456789abcdef.program", other[] = "another key";
	size_t bytes;
	lay_file(old);
	cln_entry_store(cache_folder_folder, key, data, sizeof(data), 1000);
	ck_assert(lie_there(old));
	cln_entry_store(cache_folder_folder, other, data, sizeof(data), 2 * 80);
	ck_assert(!lie_there(old));
	void *first = cln_entry_load(cache_folder_folder, key, &bytes),
	     *second = cln_entry_load(cache_folder_folder, other, &bytes);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(second);
	free(first);
	free(second);
}
END_TEST

/* As on a full disk: a part of the file can be written. */
START_TEST(half_an_entry_is_none)
{
	struct rlimit whole, half;
	size_t entries, bytes;
	unsigned long long all;
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &whole), 0);
	signal(SIGXFSZ, SIG_IGN);
	half = (struct rlimit){.rlim_cur = 50, .rlim_max = whole.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &half), 0);
	cln_entry_store(cache_folder_folder, key, data, sizeof(data), 1000);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &whole), 0);
	cln_entry_count(cache_folder_folder, &entries, &all);
	ck_assert_uint_eq(entries, 0);
	ck_assert_ptr_null(cln_entry_load(cache_folder_folder, key, &bytes));
}
END_TEST

START_TEST(nothing_is_made_by_asking)
{
	clnorm_cache_info info;
	size_t removed = 9;
	char full[4200], link[80];
	struct stat facts;
	snprintf(full, sizeof(full), "%s/deeper/down", cache_folder_path);
	setenv("CLNORM_CACHE_DIR", full, 1);
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert(info.on);
	ck_assert_str_eq(info.reason, "");
	ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_OK);
	ck_assert_uint_eq(removed, 0);
	ck_assert_int_ne(lstat(full, &facts), 0);

	/* A link above the folder is as good as what it leads to. */
	snprintf(link, sizeof(link), "%s/link", cache_folder_folder);
	ck_assert_int_eq(symlink(".", link), 0);
	snprintf(full, sizeof(full), "%s/link/deeper", cache_folder_path);
	setenv("CLNORM_CACHE_DIR", full, 1);
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert(info.on);
	ck_assert_str_eq(info.reason, "");
	unlink(link);
}
END_TEST

/* An owner without the right to write, unless it is root, who may anything. */
START_TEST(read_only_folder_is_told)
{
	clnorm_cache_info info;
	cache_folder_plan_once();
	ck_assert_int_eq(chmod(cache_folder_folder, 0500), 0);
	ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
	ck_assert(info.on);
	ck_assert_uint_eq(info.entries, 1);
	ck_assert_str_eq(info.reason, geteuid() == 0 ? "" : "the folder cannot be written in");
	fakecl_calls_clear();
	cache_folder_plan_once();
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
	ck_assert_int_eq(clnorm_cache_clear(NULL), geteuid() == 0 ? CLNORM_OK : CLNORM_BAD_FILE);
}
END_TEST

/* Nobody makes a folder there, whatever his rights: nothing is kept, and so it is said. */
START_TEST(folder_that_cannot_be_made)
{
	static const char *const folders[] = {"/proc/nowhere", "/proc/self/nowhere/deeper", "/dev/null/nowhere"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); ++i) {
		clnorm_cache_info info;
		setenv("CLNORM_CACHE_DIR", folders[i], 1);
		ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
		ck_assert(!info.on);
		ck_assert_msg(strstr(info.reason, "the folder cannot be made") == info.reason, "%s", info.reason);
	}
}
END_TEST

START_TEST(switches)
{
	static const struct {
		const char *cache, *bytes;
		bool on;
	} cases[] = {{"on", NULL, true},   {"1", "4096", true},  {"Yes", "", true},    {"true", "1G", true},
	             {"off", NULL, false}, {"0", "4096", false}, {"none", "9", false}, {"on", "0", false}};
	clnorm_cache_info info;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
		setenv("CLNORM_CACHE", cases[i].cache, 1);
		setenv("CLNORM_CACHE_BYTES", cases[i].bytes ? cases[i].bytes : "", 1);
		ck_assert_int_eq(clnorm_cache_describe(NULL, &info), CLNORM_OK);
		ck_assert_msg(info.on == cases[i].on, "case %zu: %s", i, info.reason);
		ck_assert_int_eq(info.reason[0] == '\0', info.on);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("folder");
	TCase *tcase = tcase_create("folder");
	tcase_add_checked_fixture(tcase, cache_folder_open, cache_folder_close);
	tcase_add_test(tcase, folders_of_others_are_refused);
	tcase_add_test(tcase, unusable_folder_is_no_failure);
	tcase_add_test(tcase, described_and_cleared);
	tcase_add_test(tcase, files_of_others_stay);
	tcase_add_test(tcase, old_entry_goes_first);
	tcase_add_test(tcase, half_an_entry_is_none);
	tcase_add_test(tcase, nothing_is_made_by_asking);
	tcase_add_test(tcase, read_only_folder_is_told);
	tcase_add_test(tcase, folder_that_cannot_be_made);
	tcase_add_test(tcase, switches);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
