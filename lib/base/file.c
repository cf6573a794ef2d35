/* file.c: files that are read and replaced whole or not at all.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names that a killed process of the same id left behind, before we give up. */
#define MOST_TRIES 1000

static clnorm_status system_fail(const char *path, const char *what, int code)
{
	char words[128];
	if (strerror_r(code, words, sizeof(words)) != 0) {
		snprintf(words, sizeof(words), "error %d", code);
	}
	return cln_fail(CLNORM_BAD_FILE, "%s: %s: %s", path, what, words);
}

/* Where path leads and the mode that the new file gets; 0: that of any new file. */
static clnorm_status target_find(const char *path, char **target, mode_t *mode)
{
	struct stat facts;
	bool is_there = stat(path, &facts) == 0;

	if (is_there && !S_ISREG(facts.st_mode)) {
		return cln_fail(CLNORM_BAD_FILE, "%s: is %s", path,
		                S_ISDIR(facts.st_mode) ? "a folder" : "no regular file");
	}
	if (is_there && access(path, W_OK) != 0) {
		return system_fail(path, "cannot be written", errno);
	}
	if (!is_there && lstat(path, &facts) == 0) {
		return cln_fail(CLNORM_BAD_FILE, "%s: is a link that leads nowhere", path);
	}
	*mode = is_there ? facts.st_mode & 0777 : 0;
	*target = is_there ? realpath(path, NULL) : strdup(path);
	return *target ? CLNORM_OK : system_fail(path, "cannot be written", errno);
}

/* Length of the folder in front of a name, with its slash; 0 where there is none. */
static int folder_length(const char *target)
{
	const char *slash = strrchr(target, '/');
	return slash ? (int)(slash - target) + 1 : 0;
}

/* A new file beside the target. Threads and processes get names of their own. */
static clnorm_status temporary_create(const char *path, const char *target, mode_t mode, struct cln_text *name, int *fd)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned number;
	clnorm_status st = CLNORM_OK;

	for (int tries = 0; tries < MOST_TRIES && *fd < 0; ++tries) {
		pthread_mutex_lock(&lock);
		unsigned mine = ++number;
		pthread_mutex_unlock(&lock);
		cln_text_clear(name);
		cln_text_add(name, "%.*s.clnorm-%ld-%u", folder_length(target), target, (long)getpid(), mine);
		CLN_TRY(cln_text_check(name));
		*fd = open(name->chars, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (*fd < 0 && errno != EEXIST) {
			break;
		}
	}
	if (*fd < 0) {
		int code = errno;
		cln_text_clear(name);
		CLN_TRY(system_fail(path, "cannot be written", code));
	}
	if (mode != 0 && fchmod(*fd, mode) != 0) {
		CLN_TRY(system_fail(path, "cannot be written", errno));
	}
done:
	return st;
}

/* 0, or an errno. */
static int write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t written = write(fd, bytes, count);
		if (written < 0 && errno != EINTR) {
			return errno;
		}
		if (written > 0) {
			bytes += written;
			count -= (size_t)written;
		}
	}
	return fsync(fd) == 0 ? 0 : errno;
}

/* The rename itself on disk. It has happened whatever comes of this, so that failing is of no use. */
static void folder_sync(const char *target)
{
	struct cln_text folder = {0};
	cln_text_add(&folder, "%.*s.", folder_length(target), target);
	int fd = open(cln_text_chars(&folder), O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	cln_text_clear(&folder);
}

clnorm_status cln_file_replace(const char *path, const void *bytes, size_t count)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text name = {0};
	char *target = NULL;
	mode_t mode = 0;
	int fd = -1, code;

	CLN_TRY(target_find(path, &target, &mode));
	CLN_TRY(temporary_create(path, target, mode, &name, &fd));
	code = write_all(fd, bytes, count);
	if (close(fd) != 0 && code == 0) {
		code = errno;
	}
	fd = -1;
	if (code == 0 && rename(name.chars, target) != 0) {
		code = errno;
	}
	if (code != 0) {
		CLN_TRY(system_fail(path, "cannot be written", code));
	}
	cln_text_clear(&name);
	folder_sync(target);
done:
	if (fd >= 0) {
		close(fd);
	}
	if (name.length > 0) {
		unlink(name.chars);
	}
	cln_text_clear(&name);
	free(target);
	return st;
}

clnorm_status cln_file_check(const char *path)
{
	struct stat facts;
	if (stat(path, &facts) != 0 || access(path, R_OK) != 0) {
		return system_fail(path, "cannot be read", errno);
	}
	if (!S_ISREG(facts.st_mode)) {
		return cln_fail(CLNORM_BAD_FILE, "%s: is %s", path,
		                S_ISDIR(facts.st_mode) ? "a folder" : "no regular file");
	}
	return CLNORM_OK;
}

/* Opened so that neither a pipe nor a terminal makes us wait, or becomes ours. */
static int open_to_read(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static const char *refuse(int fd, size_t most, enum cln_file_owner owner)
{
	struct stat facts;
	if (fd < 0) {
		return errno == ENOENT ? "it is not there" : "it cannot be read";
	}
	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
		return "it is no regular file";
	}
	if (owner == CLN_FILE_OF_USER && facts.st_uid != geteuid()) {
		return "it is another user's";
	}
	return facts.st_size < 0 || (unsigned long long)facts.st_size > most ? "it is too large" : NULL;
}

bool cln_file_read(const char *path, size_t most, enum cln_file_owner owner, struct cln_text *bytes,
                   const char **why_not)
{
	char piece[16384];
	size_t total = 0;
	ssize_t got = 1;
	int fd = open_to_read(path);
	const char *fault = refuse(fd, most, owner);

	while (!fault && got != 0) {
		got = read(fd, piece, sizeof(piece));
		if (got > 0) {
			total += (size_t)got;
			cln_text_append(bytes, piece, (size_t)got);
			fault = total > most ? "it is too large" : bytes->failed ? "there is no memory for it" : NULL;
		} else if (got < 0 && errno != EINTR) {
			fault = "it cannot be read";
		}
	}
	if (fd >= 0) {
		close(fd);
	}
	*why_not = fault;
	return !fault;
}

bool cln_file_make_folder(const char *path)
{
	char *copy = strdup(path);
	bool made;
	if (!copy) {
		return false;
	}
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0700); /* one that is there already, or cannot be made, shows at the last */
		*slash = '/';
	}
	made = mkdir(copy, 0700) == 0 || errno == EEXIST;
	free(copy);
	return made;
}
