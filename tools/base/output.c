/* output.c: output files that are written whole or not at all: a temporary file in the same folder, then a rename.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/output.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

/* ---- Temporary files ------------------------------------------------------------------------------------------ */

/* In static memory, where a signal handler can read the names at any time. */
static struct {
	volatile sig_atomic_t is_used;
	char name[PATH_MAX];
} temporaries[TOOL_OUTPUT_MAX];

/* A process that a driver forks has our handlers, but not our files. */
static pid_t owner;

static void remove_temporaries(void)
{
	if (getpid() != owner) {
		return;
	}
	for (size_t i = 0; i < TOOL_OUTPUT_MAX; ++i) {
		if (temporaries[i].is_used) {
			unlink(temporaries[i].name);
		}
	}
}

static void on_signal(int signal_number)
{
	remove_temporaries();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void watch_ends(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT};
	static bool is_watching;
	owner = getpid();
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !is_watching; ++i) {
		struct sigaction now;
		/* A signal that the shell told us to ignore (nohup) stays ignored. */
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
			now.sa_handler = on_signal;
			sigaction(numbers[i], &now, NULL);
		}
	}
	if (!is_watching) {
		atexit(remove_temporaries); /* a driver's compiler may call exit() on an error */
	}
	is_watching = true;
}

/* The number of a free slot, or -1. */
static int find_slot(void)
{
	for (int i = 0; i < TOOL_OUTPUT_MAX; ++i) {
		if (!temporaries[i].is_used) {
			return i;
		}
	}
	return -1;
}

/* A new file beside target, with the target's permissions, or those of any new file. */
static bool open_temporary(struct tool_output *made, mode_t mode)
{
	const char *slash = strrchr(made->target, '/');
	int folder_length = slash == NULL ? 0 : (int)(slash - made->target) + 1;
	int i = find_slot();
	if (i < 0) {
		return tool_report_fail("too many outputs at once");
	}
	int length = snprintf(temporaries[i].name, PATH_MAX, "%.*s.clnorm-XXXXXX", folder_length, made->target);
	if (length < 0 || length >= PATH_MAX) {
		return tool_report_fail("cannot write: %s", strerror(ENAMETOOLONG));
	}
	temporaries[i].is_used = 1; /* before the file is there, so that no signal finds it unknown */
	int fd = mkstemp(temporaries[i].name);
	if (fd < 0) {
		temporaries[i].is_used = 0;
		return tool_report_fail("cannot write: %s", strerror(errno));
	}
	made->slot = i + 1;
	if (fchmod(fd, mode) != 0 || (made->file = fdopen(fd, "wb")) == NULL) {
		tool_report_fail("cannot write: %s", strerror(errno));
		close(fd);
		return false;
	}
	return true;
}

/* ---- Outputs --------------------------------------------------------------------------------------------------- */

static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return (mode_t)(S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH) & ~mask;
}

/* A file that is not there yet, under the one name that its folder has; NULL with errno where there is no such folder.
 */
static char *resolve_new(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
	char *named = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	char *folder = named != NULL ? realpath(named, NULL) : NULL, *target = NULL;
	if (folder != NULL) {
		size_t bytes = strlen(folder) + strlen(base) + 2;
		target = malloc(bytes);
		if (target != NULL) {
			snprintf(target, bytes, "%s/%s", folder, base);
		}
	}
	free(folder);
	free(named);
	return target;
}

/* The target of path, and its permissions: an existing file is replaced where its link leads and keeps its mode. */
static bool resolve_target(const char *path, char **target, mode_t *mode)
{
	struct stat facts;
	size_t length = strlen(path);
	if (length == 0 || path[length - 1] == '/') {
		return tool_report_fail("names no file");
	}
	bool is_there = stat(path, &facts) == 0;
	if (is_there && !S_ISREG(facts.st_mode)) {
		return tool_report_fail(S_ISDIR(facts.st_mode) ? "is a folder" : "is not a regular file");
	}
	if (is_there && access(path, W_OK) != 0) {
		return tool_report_fail("cannot write: %s", strerror(errno));
	}
	if (!is_there && lstat(path, &facts) == 0) {
		return tool_report_fail("is a link that leads nowhere");
	}
	*mode = is_there ? facts.st_mode & 0777 : new_file_mode();
	*target = is_there ? realpath(path, NULL) : resolve_new(path);
	return *target != NULL || tool_report_fail("cannot write: %s", strerror(errno));
}

bool tool_output_create(const char *path, struct tool_output *output)
{
	struct tool_output made = {.path = path};
	mode_t mode = 0;
	watch_ends();
	if (!resolve_target(path, &made.target, &mode) || !open_temporary(&made, mode)) {
		tool_output_clear(&made);
		return tool_report_about(path);
	}
	*output = made;
	return true;
}

bool tool_output_finish(struct tool_output *output)
{
	int code = 0;
	if (fflush(output->file) != 0 || ferror(output->file) != 0 || fsync(fileno(output->file)) != 0) {
		code = errno;
	}
	if (fclose(output->file) != 0 && code == 0) {
		code = errno;
	}
	output->file = NULL;
	return code == 0 || tool_report_fail("%s: cannot write: %s", output->path, strerror(code));
}

bool tool_output_publish(struct tool_output *output)
{
	if (rename(temporaries[output->slot - 1].name, output->target) != 0) {
		return tool_report_fail("%s: cannot write: %s", output->path, strerror(errno));
	}
	temporaries[output->slot - 1].is_used = 0;
	output->slot = 0;
	return true;
}

void tool_output_clear(struct tool_output *output)
{
	if (output->file != NULL) {
		fclose(output->file);
	}
	if (output->slot != 0) {
		unlink(temporaries[output->slot - 1].name);
		temporaries[output->slot - 1].is_used = 0;
	}
	free(output->target);
	*output = (struct tool_output){0};
}

/* The same folder and name, or the same file under two names. */
bool tool_output_is_same(const struct tool_output *one, const struct tool_output *other)
{
	struct stat a, b;
	if (strcmp(one->target, other->target) == 0) {
		return true;
	}
	return stat(one->target, &a) == 0 && stat(other->target, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}
