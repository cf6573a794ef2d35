/* test_output.c: output files appear whole or not at all, and nothing else is left in the folder.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tools/base/output.h"

static char folder[] = "/tmp/clnorm-output-XXXXXX";

static void make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	tool_report_begin("test_output");
}

static void remove_folder(void)
{
	DIR *list = opendir(folder);
	for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
		if (unlink(entry->d_name) != 0) {
			rmdir(entry->d_name); /* fails for . and .., as it should */
		}
	}
	closedir(list);
	rmdir(folder);
}

static int count_files(void)
{
	int count = -2; /* . and .. */
	DIR *list = opendir(folder);
	while (readdir(list) != NULL) {
		++count;
	}
	closedir(list);
	return count;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void expect_content(const char *path, const char *wanted)
{
	char got[64] = "";
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_lt(fread(got, 1, sizeof got - 1, file), sizeof got);
	fclose(file);
	ck_assert_str_eq(got, wanted);
}

START_TEST(publish)
{
	struct tool_output output = {0};
	struct stat facts;
	mode_t mask = umask(027);
	ck_assert_msg(tool_output_create("new", &output), "%s", tool_report_text());
	ck_assert_int_ne(access("new", F_OK), 0);
	fputs("whole", output.file);
	ck_assert_msg(tool_output_finish(&output), "%s", tool_report_text());
	ck_assert_int_ne(access("new", F_OK), 0);
	ck_assert_msg(tool_output_publish(&output), "%s", tool_report_text());
	tool_output_clear(&output);
	expect_content("new", "whole");
	ck_assert_int_eq(count_files(), 1);
	ck_assert_int_eq(stat("new", &facts), 0);
	ck_assert_uint_eq(facts.st_mode & 0777, 0640);
	umask(mask);
}
END_TEST

/* An old file stays as it is until the end, then keeps its permissions; a link keeps leading to it. */
START_TEST(replace)
{
	struct tool_output output = {0};
	struct stat facts;
	write_file("old", "before");
	ck_assert_int_eq(chmod("old", 0604), 0);
	ck_assert_int_eq(symlink("old", "link"), 0);
	ck_assert_msg(tool_output_create("link", &output), "%s", tool_report_text());
	fputs("after", output.file);
	expect_content("old", "before");
	ck_assert(tool_output_finish(&output));
	ck_assert(tool_output_publish(&output));
	tool_output_clear(&output);
	expect_content("old", "after");
	ck_assert_int_eq(lstat("link", &facts), 0);
	ck_assert(S_ISLNK(facts.st_mode));
	ck_assert_int_eq(stat("old", &facts), 0);
	ck_assert_uint_eq(facts.st_mode & 0777, 0604);
	ck_assert_int_eq(count_files(), 2);
}
END_TEST

START_TEST(give_up)
{
	struct tool_output output = {0};
	write_file("old", "before");
	ck_assert(tool_output_create("old", &output));
	ck_assert_int_eq(count_files(), 2);
	fputs("half", output.file);
	tool_output_clear(&output);
	ck_assert_int_eq(count_files(), 1);
	expect_content("old", "before");
	ck_assert(tool_output_create("old", &output));
	ck_assert(tool_output_finish(&output));
	tool_output_clear(&output);
	ck_assert_int_eq(count_files(), 1);
	expect_content("old", "before");
	tool_output_clear(&output);
}
END_TEST

START_TEST(refuse)
{
	static const struct {
		const char *path, *word;
	} rows[] = {
		{"", "names no file"},
		{"sub", "is a folder"},
		{"sub/", "names no file"},
		{"absent/file", "No such file"},
		{"/dev/null", "is not a regular file"},
		{"pipe", "is not a regular file"},
		{"dangling", "leads nowhere"},
		{"file/below", "Not a directory"},
	};
	ck_assert_int_eq(mkdir("sub", 0755), 0);
	ck_assert_int_eq(mkfifo("pipe", 0600), 0);
	ck_assert_int_eq(symlink("nothing", "dangling"), 0);
	write_file("file", "");
	int before = count_files();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
		struct tool_output output = {0};
		ck_assert_msg(!tool_output_create(rows[i].path, &output), "taken: '%s'", rows[i].path);
		ck_assert_msg(strstr(tool_report_text(), rows[i].word) != NULL, "%s", tool_report_text());
		ck_assert_int_eq(count_files(), before);
	}
	if (geteuid() != 0) { /* root may write anything */
		struct tool_output output = {0};
		ck_assert_int_eq(chmod("file", 0444), 0);
		ck_assert(!tool_output_create("file", &output));
	}
}
END_TEST

START_TEST(same_file)
{
	struct tool_output one = {0}, other = {0}, third = {0};
	write_file("old", "");
	ck_assert_int_eq(link("old", "twin"), 0);
	ck_assert(tool_output_create("old", &one));
	ck_assert(tool_output_create("twin", &other));
	ck_assert(tool_output_create("new", &third));
	ck_assert(tool_output_is_same(&one, &other));
	ck_assert(!tool_output_is_same(&one, &third));
	tool_output_clear(&one);
	tool_output_clear(&other);
	tool_output_clear(&third);
}
END_TEST

/* A file that is not there yet has no number to be known by, only names. */
START_TEST(same_new_file)
{
	static const char *const paths[] = {"./new", "sub/../new", "linked/../new", ".//new"};
	struct tool_output one = {0}, other = {0};
	ck_assert_int_eq(mkdir("sub", 0755), 0);
	ck_assert_int_eq(symlink("sub", "linked"), 0);
	ck_assert(tool_output_create("new", &one));
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; ++i) {
		ck_assert_msg(tool_output_create(paths[i], &other), "%s", tool_report_text());
		ck_assert_msg(tool_output_is_same(&one, &other), "%s", paths[i]);
		tool_output_clear(&other);
	}
	ck_assert(tool_output_create("sub/new", &other));
	ck_assert(!tool_output_is_same(&one, &other));
	tool_output_clear(&other);
	tool_output_clear(&one);
}
END_TEST

/* A file size limit is as good as a full disk. */
START_TEST(full_disk)
{
	struct tool_output output = {0};
	struct rlimit limit = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
	write_file("old", "before");
	ck_assert(tool_output_create("old", &output));
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 4096;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 100000; ++i) {
		fputc('x', output.file);
	}
	bool is_done = tool_output_finish(&output);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert(!is_done);
	ck_assert_msg(strstr(tool_report_text(), "old: cannot write") != NULL, "%s", tool_report_text());
	tool_output_clear(&output);
	expect_content("old", "before");
	ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* A program in the middle of an output. */
static pid_t fork_writer(void (*end)(int number), int number)
{
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct tool_output output = {0};
		signal(number, SIG_DFL); /* Check has handlers of its own */
		if (!tool_output_create("never", &output)) {
			_exit(99);
		}
		fputs("half", output.file);
		fflush(output.file);
		end(number);
		_exit(98);
	}
	return child;
}

static void end_by_signal(int number)
{
	raise(number);
}

/* A program that is interrupted leaves nothing, and says by its exit what ended it. */
START_TEST(interrupt)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGABRT};
	int status = 0;
	pid_t child = fork_writer(end_by_signal, numbers[_i]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), numbers[_i]);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

static void end_by_exit(int number)
{
	(void)number;
	exit(7);
}

/* So does a driver that calls exit(), but not a process that it has forked, which has no outputs. */
static void end_by_fork(int number)
{
	(void)number;
	pid_t child = fork();
	if (child == 0) {
		exit(0);
	}
	waitpid(child, NULL, 0);
	_exit(count_files());
}

START_TEST(driver_exits)
{
	int status = 0;
	pid_t child = fork_writer(end_by_exit, SIGTERM);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	ck_assert_int_eq(count_files(), 0);
	child = fork_writer(end_by_fork, SIGTERM);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output");
	TCase *all = tcase_create("all");
	tcase_add_checked_fixture(all, make_folder, remove_folder);
	tcase_add_test(all, publish);
	tcase_add_test(all, replace);
	tcase_add_test(all, give_up);
	tcase_add_test(all, refuse);
	tcase_add_test(all, same_file);
	tcase_add_test(all, full_disk);
	tcase_add_test(all, same_new_file);
	tcase_add_loop_test(all, interrupt, 0, 6);
	tcase_add_test(all, driver_exits);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
