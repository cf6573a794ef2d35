/* file.h: files that are replaced whole or not at all.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_FILE_H
#define CLN_FILE_H

#include "base/status.h"

/* Puts bytes into a temporary file beside path, syncs it, and renames it. At any time path is the old file or the new
 * one. CLNORM_BAD_FILE with path and reason; CLNORM_OUT_OF_MEMORY. */
CLN_CHECKED clnorm_status cln_file_replace(const char *path, const void *bytes, size_t count);

/* CLNORM_BAD_FILE where path is not a regular file that can be read. */
CLN_CHECKED clnorm_status cln_file_check(const char *path);

#endif
