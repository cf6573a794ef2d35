/* test_cache.c: the program cache: hits, damage, hostile folders, many processes; with the fake OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <clnorm/clnorm.h>

#include "device/entry.h"
#include "tests/kit/cache_folder.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

/* The one entry's path. */
static void entry_path(char *path, size_t capacity)
{
	DIR *dir = opendir(cache_folder_folder);
	struct dirent *item;
	int found = 0;
	ck_assert_ptr_nonnull(dir);
	while ((item = readdir(dir)) != NULL) {
		if (strstr(item->d_name, ".program")) {
			snprintf(path, capacity, "%s/%.40s", cache_folder_folder, item->d_name);
			found++;
		}
	}
	closedir(dir);
	ck_assert_int_eq(found, 1);
}

static size_t file_bytes(const char *path)
{
	struct stat facts;
	return stat(path, &facts) == 0 ? (size_t)facts.st_size : 0;
}

static void flip(const char *path, size_t at)
{
	unsigned char byte;
	int file = open(path, O_RDWR);
	ck_assert_int_eq(pread(file, &byte, 1, (off_t)at), 1);
	byte ^= 0x10;
	ck_assert_int_eq(pwrite(file, &byte, 1, (off_t)at), 1);
	close(file);
}

START_TEST(second_process_compiles_nothing)
{
	cache_folder_plan_once();
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 0);
	fakecl_calls_clear();
	cache_folder_plan_once();
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
	ck_assert_uint_eq(fakecl_calls_of("clGetProgramInfo"), 0);
}
END_TEST

START_TEST(another_device_compiles_anew)
{
	cache_folder_plan_once();
	fakecl_world()->devices[0].name = "Another device";
	fakecl_calls_clear();
	cache_folder_plan_once();
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 0);
}
END_TEST

START_TEST(off_keeps_nothing)
{
	size_t entries;
	unsigned long long bytes;
	setenv("CLNORM_CACHE", "off", 1);
	cache_folder_plan_once();
	cln_entry_count(cache_folder_folder, &entries, &bytes);
	ck_assert_uint_eq(entries, 0);
}
END_TEST

START_TEST(refused_binary_is_replaced)
{
	cache_folder_plan_once();
	fakecl_fail_name("clCreateProgramWithBinary", CL_INVALID_BINARY);
	cache_folder_plan_once();
	fakecl_fail_name(NULL, 0);
	fakecl_calls_clear();
	cache_folder_plan_once();
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
}
END_TEST

/* Head and key byte by byte, the program in steps: the driver never sees a damaged entry, and it is replaced. */
START_TEST(damaged_entry_is_replaced)
{
	char path[200];
	cache_folder_plan_once();
	entry_path(path, sizeof(path));
	size_t bytes = file_bytes(path);
	for (size_t at = 0; at < bytes; at += at < 400 ? 7 : 997) {
		flip(path, at);
		fakecl_calls_clear();
		cache_folder_plan_once();
		ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 0);
		ck_assert_uint_eq(file_bytes(path), bytes);
	}
	fakecl_calls_clear();
	cache_folder_plan_once();
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 1);
}
END_TEST

static const char key[] = "a key";
static const char data[] = "what a driver made of it";

static void *load(size_t *bytes)
{
	return cln_entry_load(cache_folder_folder, key, bytes);
}

START_TEST(every_flipped_byte_is_seen)
{
	char path[200];
	size_t bytes, got;
	cln_entry_store(cache_folder_folder, key, data, sizeof(data), 1 << 20);
	entry_path(path, sizeof(path));
	bytes = file_bytes(path);
	for (size_t at = 0; at < bytes; ++at) {
		flip(path, at);
		ck_assert_ptr_null(load(&got));
		ck_assert_uint_eq(file_bytes(path), 0);
		cln_entry_store(cache_folder_folder, key, data, sizeof(data), 1 << 20);
		void *whole = load(&got);
		ck_assert_ptr_nonnull(whole);
		ck_assert_uint_eq(got, sizeof(data));
		ck_assert_mem_eq(whole, data, sizeof(data));
		free(whole);
	}
}
END_TEST

START_TEST(every_cut_is_seen)
{
	char path[200];
	size_t got;
	cln_entry_store(cache_folder_folder, key, data, sizeof(data), 1 << 20);
	entry_path(path, sizeof(path));
	for (size_t bytes = file_bytes(path); bytes-- > 0;) {
		ck_assert_int_eq(truncate(path, (off_t)bytes), 0);
		ck_assert_ptr_null(load(&got));
		cln_entry_store(cache_folder_folder, key, data, sizeof(data), 1 << 20);
		ck_assert_int_eq(truncate(path, (off_t)(bytes + 1)), 0);
	}
}
END_TEST

/* The limit holds, and what goes is what was used longest ago. */
START_TEST(oldest_entries_go_first)
{
	enum { KEPT = 4 };
	static char block[1000];
	char keys[10][8];
	size_t entries, got;
	unsigned long long bytes;
	for (int i = 0; i < 10; ++i) {
		snprintf(keys[i], sizeof(keys[i]), "key %d", i);
		cln_entry_store(cache_folder_folder, keys[i], block, sizeof(block), KEPT * 1100);
		free(cln_entry_load(cache_folder_folder, keys[0], &got)); /* the first stays in use */
	}
	cln_entry_count(cache_folder_folder, &entries, &bytes);
	ck_assert_uint_le(bytes, KEPT * 1100);
	ck_assert_uint_eq(entries, KEPT);
	void *first = cln_entry_load(cache_folder_folder, keys[0], &got);
	ck_assert_ptr_nonnull(first);
	free(first);
	ck_assert_ptr_null(cln_entry_load(cache_folder_folder, keys[5], &got));
}
END_TEST

/* What each process does: it keeps and looks up the same keys as the others, and sees whole entries or none. */
static int hammer(void)
{
	char name[16], text[64];
	for (int i = 0; i < 200; ++i) {
		size_t bytes = 0;
		snprintf(name, sizeof(name), "key %d", i % 7);
		snprintf(text, sizeof(text), "the program of %s", name);
		char *got = cln_entry_load(cache_folder_folder, name, &bytes);
		if (got && (bytes != sizeof(text) || strcmp(got, text) != 0)) {
			return 1;
		}
		free(got);
		cln_entry_store(cache_folder_folder, name, text, sizeof(text), 800);
	}
	return 0;
}

START_TEST(many_processes_share_it)
{
	enum { PROCESSES = 8 };
	for (int i = 0; i < PROCESSES; ++i) {
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) {
			_exit(hammer());
		}
	}
	for (int i = 0; i < PROCESSES; ++i) {
		int status = 0;
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache");
	TCase *tcase = tcase_create("cache");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, cache_folder_open, cache_folder_close);
	tcase_add_test(tcase, second_process_compiles_nothing);
	tcase_add_test(tcase, another_device_compiles_anew);
	tcase_add_test(tcase, off_keeps_nothing);
	tcase_add_test(tcase, refused_binary_is_replaced);
	tcase_add_test(tcase, damaged_entry_is_replaced);
	tcase_add_test(tcase, every_flipped_byte_is_seen);
	tcase_add_test(tcase, every_cut_is_seen);
	tcase_add_test(tcase, oldest_entries_go_first);
	tcase_add_test(tcase, many_processes_share_it);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
