/* record.c: the file that clnorm-tune writes: where it goes, whether it can, and merging with what is there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/tune/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A record is read and written in milliseconds, on a slow disk in a second. */
#define LONGEST_SECONDS 20
#define TRIES_A_SECOND 20

/* Whether a regular file begins as a record does. */
static bool check_beginning(const char *path)
{
	static const char first[] = "clnorm-tuning ";
	char head[sizeof first - 1];
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		return tool_report_fail("%s: cannot be read: %s", path, strerror(errno));
	}
	size_t got = fread(head, 1, sizeof head, file);
	fclose(file);
	return (got == sizeof head && memcmp(head, first, sizeof head) == 0) ||
	       tool_report_fail("%s: is there and is no tuning record", path);
}

/* Takes over what the file holds, which is not empty. */
static bool load(clnorm_context *ctx, const char *path)
{
	return check_beginning(path) && tool_report_status(clnorm_tuning_load(ctx, path));
}

static bool leave_old(void)
{
	char reason[512];
	snprintf(reason, sizeof reason, "%.511s", tool_report_text());
	return tool_report_fail("%s; it is not written over", reason);
}

/* Whether what is at the path may be written over. */
static bool check_old(clnorm_context *ctx, const struct tool_record *record, const struct stat *facts)
{
	if (!S_ISREG(facts->st_mode)) {
		return tool_report_fail("%s: is %s", record->path,
		                        S_ISDIR(facts->st_mode) ? "a folder" : "no regular file");
	}
	bool is_taken = record->is_own || facts->st_size == 0 || load(ctx, record->path);
	clnorm_tuning_clear(ctx);
	return is_taken || leave_old();
}

/* The folder that a path lies in. */
static void cut_to_folder(char *path)
{
	char *slash = strrchr(path, '/');
	if (slash == NULL) {
		strcpy(path, ".");
	} else {
		slash[slash == path] = '\0';
	}
}

/* The folder that the file lies in, wherever links lead; there, the path may name no file yet. */
static void find_folder(const char *path, char *folder, size_t capacity)
{
	char *target = realpath(path, NULL);
	snprintf(folder, capacity, "%s", target != NULL ? target : path);
	free(target);
	cut_to_folder(folder);
}

/* Whether a file can be put there, in place of one that may be there: it is made beside it and renamed. Of the user's
 * own record the folders that are missing are made too. */
static bool check_place(const struct tool_record *record, bool is_there)
{
	char folder[sizeof record->path];
	struct stat facts;
	bool is_good;
	find_folder(record->path, folder, sizeof folder);
	while (record->is_own && strcmp(folder, ".") != 0 && access(folder, F_OK) != 0 && errno == ENOENT) {
		cut_to_folder(folder);
	}
	is_good = stat(folder, &facts) == 0;
	if (is_good && !S_ISDIR(facts.st_mode)) {
		errno = ENOTDIR;
		is_good = false;
	}
	is_good = is_good && access(folder, W_OK | X_OK) == 0 && (!is_there || access(record->path, W_OK) == 0);
	return is_good || tool_report_fail("%s: cannot be written: %s", record->path, strerror(errno));
}

bool tool_record_find(clnorm_context *ctx, const char *output, struct tool_record *record)
{
	clnorm_tuning_info info;
	struct stat facts;
	if (!tool_report_status(clnorm_tuning_describe(ctx, &info))) {
		return false;
	}
	const char *path = output != NULL ? output : info.path;
	*record = (struct tool_record){.is_own = output == NULL, .lock = -1};
	if (path[0] == '\0') {
		return tool_report_fail("there is no place for the record: %s; --output names one", info.reason);
	}
	if (strlen(path) >= sizeof record->path) {
		return tool_report_fail("--output: the path is too long");
	}
	strcpy(record->path, path);
	clnorm_tuning_clear(ctx);
	bool is_there = stat(path, &facts) == 0;
	if (is_there && !check_old(ctx, record, &facts)) {
		return false;
	}
	if (!is_there && lstat(path, &facts) == 0) {
		return tool_report_fail("%s: is a link that leads nowhere", path);
	}
	return check_place(record, is_there);
}

static void make_folders(char *folder)
{
	for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0700); /* what cannot be made shows when the record is saved */
		*slash = '/';
	}
	mkdir(folder, 0700);
}

/* By the folder, as the file is a new one each time. Whoever holds it writes one file, so that a long wait is for
 * somebody else; a disk that knows no locks does without. */
static void lock(struct tool_record *record)
{
	const struct timespec pause = {.tv_nsec = 1000000000 / TRIES_A_SECOND};
	char folder[sizeof record->path];
	find_folder(record->path, folder, sizeof folder);
	if (record->is_own) {
		make_folders(folder);
	}
	record->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int tries = 0; record->lock >= 0 && flock(record->lock, LOCK_EX | LOCK_NB) != 0; ++tries) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			return;
		}
		if (tries == LONGEST_SECONDS * TRIES_A_SECOND) {
			tool_report_note("%s: locked for %d seconds: not waited for any more", folder, LONGEST_SECONDS);
			return;
		}
		nanosleep(&pause, NULL);
	}
}

bool tool_record_open(clnorm_context *ctx, struct tool_record *record)
{
	struct stat facts;
	lock(record);
	clnorm_tuning_clear(ctx);
	if (stat(record->path, &facts) != 0 || facts.st_size == 0 || load(ctx, record->path)) {
		return true;
	}
	if (!record->is_own) {
		return leave_old();
	}
	tool_report_note("the record is made anew: %s", tool_report_text());
	return true;
}

bool tool_record_save(clnorm_context *ctx, const struct tool_record *record)
{
	return tool_report_status(clnorm_tuning_save(ctx, record->is_own ? NULL : record->path));
}

void tool_record_close(struct tool_record *record)
{
	if (record->lock >= 0) {
		close(record->lock);
	}
	record->lock = -1;
}
