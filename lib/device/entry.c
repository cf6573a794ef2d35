/* entry.c: one file of the program cache: written whole, verified when read; and the folder that holds them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file: struct head, the key's characters, the data. The name is the key's digest; the key itself is compared.
 * Readers take no lock: a file appears by rename and never changes. */
#include "device/entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/settings.h"

#define SUFFIX ".program"
/* What mkstemp() puts six characters behind. */
#define TEMPORARY ".program-"
#define RANDOM "XXXXXX"
/* Hexadecimal digits of a digest. */
#define DIGITS 32
/* No driver's binary of these kernels comes near; a larger file is not ours. */
#define MOST_BYTES (256u << 20)
/* A temporary file this old, seconds, was left behind by a process that died. */
#define STALE_SECONDS 3600
/* A program has tens of kilobytes to a megabyte. */
#define LEAST_ROOM (1u << 20)

struct head {
	char magic[8];
	uint64_t key_bytes, data_bytes, digest[2];
};

static const char magic[8] = "clnorm1";

/* Two FNV-1a sums (64 bits) from different bases: any one changed byte changes both. Against accidents, not against the
 * user, whose own folder this is. */
static void digest_add(uint64_t digest[2], const void *data, size_t bytes)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < bytes; ++i) {
		digest[0] = (digest[0] ^ p[i]) * 0x100000001b3u;
		digest[1] = (digest[1] ^ (unsigned char)(p[i] + 0x55u)) * 0x100000001b3u;
	}
}

static void digest_of(const char *key, const void *data, size_t bytes, uint64_t digest[2])
{
	uint64_t lengths[2] = {strlen(key), bytes};
	digest[0] = 0xcbf29ce484222325u;
	digest[1] = 0x84222325cbf29ce4u;
	digest_add(digest, lengths, sizeof(lengths));
	digest_add(digest, key, strlen(key));
	digest_add(digest, data, bytes);
}

static void entry_path(struct cln_text *path, const char *folder, const char *key)
{
	uint64_t digest[2];
	digest_of(key, "", 0, digest);
	cln_text_add(path, "%s/%016llx%016llx" SUFFIX, folder, (unsigned long long)digest[0],
	             (unsigned long long)digest[1]);
}

static bool is_there(const char *folder, bool makes, struct stat *facts)
{
	return (!makes || cln_file_make_folder(folder)) && lstat(folder, facts) == 0;
}

bool cln_entry_folder(struct cln_text *folder, bool makes, const char **why_not)
{
	struct stat facts;
	if (!cln_settings_cache_folder(folder, why_not)) {
		return false;
	}
	if (folder->failed) {
		*why_not = "there is no memory for its name";
	} else if (!is_there(cln_text_chars(folder), makes, &facts)) {
		*why_not = "the folder cannot be made or reached";
		return !makes && errno == ENOENT;
	} else if (S_ISLNK(facts.st_mode)) {
		*why_not = "it is a link; name the folder that it leads to";
	} else if (!S_ISDIR(facts.st_mode)) {
		*why_not = "it is not a folder";
	} else if (facts.st_uid != geteuid()) {
		*why_not = "the folder is another user's";
	} else if (facts.st_mode & (S_IWGRP | S_IWOTH)) {
		*why_not = "others may write in the folder";
	} else {
		return true;
	}
	return false;
}

/* A folder is made there and removed: root may write anywhere by its rights, and still makes nothing in /proc. */
static bool takes_folders(const char *place)
{
	struct cln_text name = {0};
	bool takes;
	cln_text_add(&name, "%s/" TEMPORARY RANDOM, place);
	takes = !name.failed && mkdtemp(name.chars) != NULL;
	if (takes) {
		rmdir(name.chars);
	}
	cln_text_clear(&name);
	return takes;
}

const char *cln_entry_cannot_keep(const char *folder, bool *is_missing)
{
	struct statvfs disk;
	struct stat facts;
	struct cln_text place = {0};
	const char *why_not = NULL;
	char *slash;

	*is_missing = false;
	cln_text_add(&place, "%s", folder);
	while (!place.failed && stat(place.chars, &facts) != 0 && (slash = strrchr(place.chars, '/')) != NULL) {
		slash[slash == place.chars] = '\0';
		*is_missing = true;
	}
	if (place.failed || !S_ISDIR(facts.st_mode) || !takes_folders(place.chars)) {
		why_not = *is_missing ? "the folder cannot be made" : "the folder cannot be written in";
	} else if (statvfs(place.chars, &disk) == 0 && disk.f_blocks > 0 &&
	           (unsigned long long)disk.f_bavail * disk.f_frsize < LEAST_ROOM) {
		why_not = "the disk is full";
	}
	cln_text_clear(&place);
	return why_not;
}

/* Whether the file is whole and of this key. */
static bool is_whole(const char *all, size_t bytes, const char *key, const struct head *head)
{
	uint64_t digest[2];
	size_t room = bytes - sizeof(*head);
	if (memcmp(head->magic, magic, sizeof(magic)) != 0 || head->key_bytes != strlen(key) ||
	    head->key_bytes > room || head->data_bytes != room - head->key_bytes ||
	    memcmp(all + sizeof(*head), key, strlen(key)) != 0) {
		return false;
	}
	digest_of(key, all + sizeof(*head) + head->key_bytes, head->data_bytes, digest);
	return digest[0] == head->digest[0] && digest[1] == head->digest[1];
}

void *cln_entry_load(const char *folder, const char *key, size_t *bytes)
{
	struct cln_text path = {0}, all = {0};
	struct head head;
	const char *why_not;
	void *data = NULL;

	entry_path(&path, folder, key);
	if (path.failed || !cln_file_read(path.chars, MOST_BYTES, CLN_FILE_OF_USER, &all, &why_not)) {
		goto done;
	}
	utimensat(AT_FDCWD, path.chars, NULL, AT_SYMLINK_NOFOLLOW); /* used just now */
	if (all.length >= sizeof(head)) {
		memcpy(&head, all.chars, sizeof(head));
	}
	if (all.length < sizeof(head) || !is_whole(all.chars, all.length, key, &head)) {
		unlink(path.chars);
		goto done;
	}
	*bytes = head.data_bytes;
	memmove(all.chars, all.chars + sizeof(head) + head.key_bytes, head.data_bytes);
	data = all.chars;
	all = (struct cln_text){0};
done:
	cln_text_clear(&path);
	cln_text_clear(&all);
	return data;
}

void cln_entry_remove(const char *folder, const char *key)
{
	struct cln_text path = {0};
	entry_path(&path, folder, key);
	if (!path.failed) {
		unlink(cln_text_chars(&path));
	}
	cln_text_clear(&path);
}

static bool write_all(int file, const void *data, size_t bytes)
{
	const char *p = data;
	while (bytes > 0) {
		ssize_t put = write(file, p, bytes);
		if (put <= 0) {
			return false;
		}
		p += put;
		bytes -= (size_t)put;
	}
	return true;
}

/* Names that this file gives. Whatever else lies in the folder is not ours, and stays. */
static bool is_entry(const char *name)
{
	return strspn(name, "0123456789abcdef") == DIGITS && strcmp(name + DIGITS, SUFFIX) == 0;
}

static bool is_temporary(const char *name)
{
	return strncmp(name, TEMPORARY, strlen(TEMPORARY)) == 0 && strlen(name) == strlen(TEMPORARY RANDOM);
}

/* What a walk over the folder does to each entry. */
struct found {
	char name[64];
	unsigned long long bytes;
	struct timespec used;
	bool is_stale; /* a temporary file that nobody will finish */
};

/* The entries of a folder, *count of them, the caller's to free; NULL where there are none. */
static struct found *list_entries(const char *folder, size_t *count)
{
	struct found *all = NULL;
	size_t capacity = 0;
	DIR *dir = opendir(folder);
	struct dirent *item;

	*count = 0;
	while (dir && (item = readdir(dir)) != NULL) {
		struct stat facts;
		bool temporary = is_temporary(item->d_name);
		if ((!temporary && !is_entry(item->d_name)) ||
		    fstatat(dirfd(dir), item->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) {
			continue;
		}
		if (*count == capacity) {
			struct found *more = realloc(all, (capacity * 2 + 16) * sizeof(*all));
			if (!more) {
				break;
			}
			all = more;
			capacity = capacity * 2 + 16;
		}
		all[*count] = (struct found){.bytes = (unsigned long long)facts.st_size, .used = facts.st_mtim};
		strcpy(all[*count].name, item->d_name);
		all[*count].is_stale = temporary && time(NULL) - facts.st_mtim.tv_sec > STALE_SECONDS;
		*count += !temporary || all[*count].is_stale;
	}
	if (dir) {
		closedir(dir);
	}
	return all;
}

static int by_last_use(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->is_stale != y->is_stale) {
		return x->is_stale ? -1 : 1;
	}
	if (x->used.tv_sec != y->used.tv_sec) {
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	}
	return (x->used.tv_nsec > y->used.tv_nsec) - (x->used.tv_nsec < y->used.tv_nsec);
}

/* Whether it is gone, by this process or another. */
static bool remove_found(const char *folder, const struct found *found)
{
	struct cln_text path = {0};
	bool is_gone;
	cln_text_add(&path, "%s/%s", folder, found->name);
	is_gone = !path.failed && (unlink(path.chars) == 0 || errno == ENOENT);
	cln_text_clear(&path);
	return is_gone;
}

/* Removes entries, those used longest ago first, until `limit` bytes are left at most. */
static void trim(const char *folder, unsigned long long limit)
{
	size_t count;
	unsigned long long total = 0;
	struct found *all = list_entries(folder, &count);

	for (size_t i = 0; i < count; ++i) {
		total += all[i].bytes;
	}
	if (all) {
		qsort(all, count, sizeof(*all), by_last_use);
	}
	for (size_t i = 0; i < count && (total > limit || all[i].is_stale); ++i) {
		total -= remove_found(folder, &all[i]) ? all[i].bytes : 0;
	}
	free(all);
}

void cln_entry_store(const char *folder, const char *key, const void *data, size_t bytes, unsigned long long limit)
{
	struct cln_text path = {0}, temporary = {0};
	struct head head = {.key_bytes = strlen(key), .data_bytes = bytes};
	int file = -1;

	if (sizeof(head) + strlen(key) + bytes > limit || bytes > MOST_BYTES / 2) {
		return;
	}
	memcpy(head.magic, magic, sizeof(magic));
	digest_of(key, data, bytes, head.digest);
	entry_path(&path, folder, key);
	cln_text_add(&temporary, "%s/" TEMPORARY RANDOM, folder);
	if (!path.failed && !temporary.failed) {
		file = mkstemp(temporary.chars);
	}
	if (file >= 0) {
		bool whole = write_all(file, &head, sizeof(head)) && write_all(file, key, strlen(key)) &&
		             write_all(file, data, bytes) && fsync(file) == 0;
		whole = close(file) == 0 && whole;
		if (!whole || rename(temporary.chars, cln_text_chars(&path)) != 0) {
			unlink(temporary.chars);
		}
		trim(folder, limit);
	}
	cln_text_clear(&path);
	cln_text_clear(&temporary);
}

void cln_entry_count(const char *folder, size_t *entries, unsigned long long *bytes)
{
	struct found *all = list_entries(folder, entries);
	*bytes = 0;
	for (size_t i = 0; i < *entries; ++i) {
		*bytes += all[i].bytes;
	}
	free(all);
}

bool cln_entry_clear(const char *folder, size_t *removed)
{
	size_t count;
	struct found *all = list_entries(folder, &count);
	*removed = 0;
	for (size_t i = 0; i < count; ++i) {
		*removed += remove_found(folder, &all[i]);
	}
	free(all);
	return *removed == count;
}
