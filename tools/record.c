/* record.c: the file that clnorm-tune writes: where it goes, whether it can, and merging with what is there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a regular file begins as a record does. */
static bool begins_as_record(const char *path)
{
	static const char first[] = "clnorm-tuning ";
	char head[sizeof first - 1];
	FILE *file = fopen(path, "rb");
	size_t got = file != NULL ? fread(head, 1, sizeof head, file) : 0;
	if (file != NULL) {
		fclose(file);
	}
	return got == sizeof head && memcmp(head, first, sizeof head) == 0;
}

/* Whether what is at the path may be written over. */
static bool check_old(clnorm_context *ctx, const struct tool_record *record, const struct stat *facts)
{
	char reason[512];
	bool is_taken;
	if (!S_ISREG(facts->st_mode)) {
		return tool_report_fail("%s: is %s", record->path,
		                        S_ISDIR(facts->st_mode) ? "a folder" : "no regular file");
	}
	if (facts->st_size == 0) {
		return true;
	}
	if (!begins_as_record(record->path)) {
		return tool_report_fail("%s: is there and is no tuning record", record->path);
	}
	is_taken = record->is_own || tool_report_status(clnorm_tuning_load(ctx, record->path));
	clnorm_tuning_clear(ctx);
	snprintf(reason, sizeof reason, "%.511s", is_taken ? "" : tool_report_text());
	return is_taken || tool_report_fail("%s; it is not written over", reason);
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

/* By the folder, as the file is a new one each time. A folder that is not there yet, or whose disk knows no locks, does
 * without. */
static void lock(struct tool_record *record)
{
	char folder[sizeof record->path];
	find_folder(record->path, folder, sizeof folder);
	record->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (record->lock >= 0 && flock(record->lock, LOCK_EX) != 0 && errno == EINTR) {
	}
}

void tool_record_open(clnorm_context *ctx, struct tool_record *record)
{
	struct stat facts;
	lock(record);
	clnorm_tuning_clear(ctx);
	bool is_old = stat(record->path, &facts) == 0 && facts.st_size > 0;
	if (is_old && !tool_report_status(clnorm_tuning_load(ctx, record->path))) {
		tool_report_note("the record is made anew: %s", tool_report_text());
	}
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
