/* test_records.c: the user's own tuning record: found, taken, refused with a reason; hostile files; with the fake
 * OpenCL. SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

/* A folder of the test's own; the record's path in it, as the library says. */
static char folder[4200], path[600];

static clnorm_context *open_context(clnorm_tuning_info *info)
{
	clnorm_context *ctx = NULL;
	EXPECT_OK(clnorm_context_open("", &ctx));
	EXPECT_OK(clnorm_tuning_describe(ctx, info));
	return ctx;
}

static void setup(void)
{
	char here[4000], name[] = "test_records.XXXXXX";
	clnorm_tuning_info info;
	ck_assert_ptr_nonnull(mkdtemp(name));
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	snprintf(folder, sizeof(folder), "%s/%s", here, name);
	setenv("CLNORM_TUNING_DIR", folder, 1);
	fakecl_reset();
	clnorm_context_destroy(open_context(&info));
	ck_assert_int_eq(strncmp(info.path, folder, strlen(folder)), 0);
	snprintf(path, sizeof(path), "%s", info.path);
}

static void teardown(void)
{
	remove(path);
	rmdir(folder);
	ck_assert_int_eq(fakecl_live_total(), 0);
}

static clnorm_desc small_desc(void)
{
	return clnorm_desc_2d(2, 3, 8, 8);
}

static void save_one(void)
{
	clnorm_tuning_info info;
	clnorm_desc desc = small_desc();
	clnorm_context *ctx = open_context(&info);
	EXPECT_OK(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, "rows units=3", 20, 10));
	EXPECT_OK(clnorm_tuning_save(ctx, NULL));
	clnorm_context_destroy(ctx);
}

/* Whether a plan of a new context says that it is tuned. */
static bool is_tuned(void)
{
	clnorm_tuning_info info;
	clnorm_desc desc = small_desc();
	clnorm_plan *plan = NULL;
	clnorm_context *ctx = open_context(&info);
	EXPECT_OK(clnorm_plan_create(ctx, &desc, &plan));
	bool tuned = strstr(clnorm_plan_explain(plan, CLNORM_OP_FORWARD), ", tuned") != NULL;
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	return tuned;
}

/* The file is there and is not taken, for this reason; plans are made as without. */
static void expect_ignored(const char *why)
{
	clnorm_tuning_info info;
	clnorm_context_destroy(open_context(&info));
	ck_assert(info.found && !info.loaded);
	ck_assert_uint_eq(info.entries, 0);
	ck_assert_msg(strstr(info.reason, why) != NULL, "no '%s' in: %s", why, info.reason);
	ck_assert(!is_tuned());
}

static void write_file(const char *chars, size_t length)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(chars, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

/* A file's name is of small ASCII letters, digits and dashes: the same for every program that looks for it. */
START_TEST(name)
{
	clnorm_tuning_info info;
	fakecl_world()->devices[0].name = "AMD Instinct MI250 (\xc3\x84)";
	clnorm_context_destroy(open_context(&info));
	const char *file = info.path + strlen(folder) + 1, *last = strstr(file, "amd-instinct-mi250-");
	ck_assert_msg(last == file && strlen(file) == strlen("amd-instinct-mi250-12345678.tuning"), "%s", info.path);
}
END_TEST

START_TEST(saved_and_taken)
{
	clnorm_tuning_info info;
	struct stat facts;
	clnorm_context_destroy(open_context(&info));
	ck_assert(!info.found && !info.loaded);
	ck_assert_str_eq(info.reason, "it is not there");
	ck_assert_str_eq(clnorm_last_error(), "");
	ck_assert(!is_tuned());
	save_one();
	ck_assert(is_tuned());
	clnorm_context_destroy(open_context(&info));
	ck_assert(info.found && info.loaded);
	ck_assert_uint_eq(info.entries, 1);
	ck_assert_str_eq(info.reason, "");
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert(S_ISREG(facts.st_mode));
}
END_TEST

/* Another context's record by an explicit call, and merged when it is saved. */
START_TEST(loaded_by_name)
{
	char other[700];
	clnorm_tuning_info info;
	clnorm_desc desc = clnorm_desc_2d(1, 1, 5, 5);
	snprintf(other, sizeof(other), "%s.other", path);
	save_one();
	ck_assert_int_eq(rename(path, other), 0);
	clnorm_context *ctx = open_context(&info);
	ck_assert_uint_eq(info.entries, 0);
	EXPECT_OK(clnorm_tuning_put(ctx, &desc, CLNORM_OP_BACKWARD, "rows-split", 20, 10));
	EXPECT_OK(clnorm_tuning_load(ctx, other));
	EXPECT_OK(clnorm_tuning_describe(ctx, &info));
	ck_assert_uint_eq(info.entries, 2);
	EXPECT_OK(clnorm_tuning_save(ctx, other));
	EXPECT_SAYS(clnorm_tuning_load(ctx, path), CLNORM_BAD_FILE, path, "not there");
	EXPECT_SAYS(clnorm_tuning_save(ctx, folder), CLNORM_BAD_FILE, folder, "folder");
	clnorm_context_destroy(ctx);
	ctx = open_context(&info);
	EXPECT_OK(clnorm_tuning_load(ctx, other));
	EXPECT_OK(clnorm_tuning_describe(ctx, &info));
	ck_assert_uint_eq(info.entries, 2);
	clnorm_context_destroy(ctx);
	remove(other);
}
END_TEST

START_TEST(another_device)
{
	char kept[600];
	clnorm_tuning_info info;
	save_one();
	memcpy(kept, path, sizeof(kept));
	fakecl_world()->devices[0].compute_units += 1;
	clnorm_context_destroy(open_context(&info));
	ck_assert(!info.found);
	ck_assert_str_ne(info.path, kept);
	/* The other's file under this one's name. */
	memcpy(path, info.path, sizeof(info.path));
	ck_assert_int_eq(rename(kept, path), 0);
	expect_ignored("it is for units");
}
END_TEST

/* Every bit of the file: ignored, and replaced by the next record that is saved. */
START_TEST(damaged)
{
	static char bytes[4096];
	save_one();
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	size_t length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t at = 0; at < length; at++) {
		bytes[at] ^= (char)(1 << at % 8);
		write_file(bytes, length);
		expect_ignored("");
		bytes[at] ^= (char)(1 << at % 8);
	}
	write_file(bytes, length / 2);
	expect_ignored("no end");
	save_one();
	ck_assert(is_tuned());
}
END_TEST

START_TEST(hostile_files)
{
	static char large[(1 << 20) + 1];
	char target[700];
	write_file("", 0);
	expect_ignored("cut off");
	memset(large, 'x', sizeof(large));
	write_file(large, sizeof(large));
	expect_ignored("too large");
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	expect_ignored("no regular file");
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0); /* a reader that waits would wait for ever */
	expect_ignored("no regular file");
	ck_assert_int_eq(remove(path), 0);
	save_one();
	snprintf(target, sizeof(target), "%s.target", path);
	ck_assert_int_eq(rename(path, target), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert(is_tuned());
	ck_assert_int_eq(remove(target), 0);
	ck_assert(!is_tuned());
	ck_assert_int_eq(remove(path), 0);
	save_one();
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
		expect_ignored("another user's");
	} else {
		ck_assert_int_eq(chmod(path, 0), 0);
		expect_ignored("cannot be read");
	}
}
END_TEST

START_TEST(switched_off)
{
	clnorm_tuning_info info;
	save_one();
	setenv("CLNORM_TUNING_DIR", "", 1);
	clnorm_context *ctx = open_context(&info);
	ck_assert(!info.found && !info.loaded);
	ck_assert_str_eq(info.path, "");
	ck_assert_str_eq(info.reason, "CLNORM_TUNING_DIR is empty");
	EXPECT_SAYS(clnorm_tuning_save(ctx, NULL), CLNORM_BAD_FILE, "no place", "empty");
	clnorm_context_destroy(ctx);
	setenv("CLNORM_TUNING_DIR", "here", 1);
	clnorm_context_destroy(open_context(&info));
	ck_assert_str_eq(info.reason, "CLNORM_TUNING_DIR is no absolute path");
}
END_TEST

/* The folder is made, with its parents, for the user alone. */
START_TEST(folder_is_made)
{
	char home[4300], made[4400];
	struct stat facts;
	clnorm_tuning_info info;
	snprintf(home, sizeof(home), "%s/a", folder);
	unsetenv("CLNORM_TUNING_DIR");
	setenv("XDG_DATA_HOME", home, 1);
	save_one();
	ck_assert(is_tuned());
	snprintf(made, sizeof(made), "%s/clnorm", home);
	ck_assert_int_eq(stat(made, &facts), 0);
	ck_assert_int_eq(facts.st_mode & 0777, 0700);
	clnorm_context_destroy(open_context(&info));
	ck_assert(remove(info.path) == 0 && remove(made) == 0 && remove(home) == 0);
	setenv("XDG_DATA_HOME", "/proc/nowhere", 1);
	clnorm_context *ctx = open_context(&info);
	EXPECT_SAYS(clnorm_tuning_save(ctx, NULL), CLNORM_BAD_FILE, "/proc/nowhere/clnorm", "cannot be made");
	clnorm_context_destroy(ctx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("records");
	TCase *files = tcase_create("files");
	tcase_set_timeout(files, 60);
	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, name);
	tcase_add_test(files, saved_and_taken);
	tcase_add_test(files, loaded_by_name);
	tcase_add_test(files, another_device);
	tcase_add_test(files, damaged);
	tcase_add_test(files, hostile_files);
	tcase_add_test(files, switched_off);
	tcase_add_test(files, folder_is_made);
	suite_add_tcase(suite, files);
	return main_run(suite);
}
