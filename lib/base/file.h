/* file.h: files that are read and replaced whole or not at all.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_FILE_H
#define CLN_FILE_H

#include "base/text.h"

/* Puts bytes into a temporary file beside path, syncs it, and renames it. At any time path is the old file or the new
 * one. CLNORM_BAD_FILE with path and reason; CLNORM_OUT_OF_MEMORY. */
CLN_CHECKED clnorm_status cln_file_replace(const char *path, const void *bytes, size_t count);

/* CLNORM_BAD_FILE where path is not a regular file that can be read. */
CLN_CHECKED clnorm_status cln_file_check(const char *path);

/* Whose files cln_file_read() takes. */
enum cln_file_owner {
	CLN_FILE_OF_ANYONE,
	CLN_FILE_OF_USER /* the user's own, also where a link leads to it */
};

/* Appends the bytes of a regular file. False, with the reason, where there is none that can be read, or it has more
 * than `most` bytes. Never waits, whatever the path names. */
bool cln_file_read(const char *path, size_t most, enum cln_file_owner owner, struct cln_text *bytes,
                   const char **why_not);

/* Makes a folder and its parents, for the user alone; true too where it is there. */
bool cln_file_make_folder(const char *path);

#endif
