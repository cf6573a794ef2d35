/* entry.h: one file of the program cache: written whole, verified when read; and the folder that holds them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_ENTRY_H
#define CLN_ENTRY_H

#include "base/text.h"

/* The folder; `makes`: made where it is missing, else a missing one counts as empty. False, with a reason, where it
 * cannot be used: it is a link, another user's, or others may write in it. */
bool cln_entry_folder(struct cln_text *folder, bool makes, const char **why_not);

/* Why nothing more can be kept in a folder: it cannot be made or written in, or its disk is full; NULL: it can.
 * *is_missing: it is not there. */
const char *cln_entry_cannot_keep(const char *folder, bool *is_missing);

/* The bytes kept under a key, *bytes of them, the caller's to free; NULL where there are none or they are not whole.
 * A damaged entry is removed. */
void *cln_entry_load(const char *folder, const char *key, size_t *bytes);

/* Keeps bytes under a key; then removes entries, those used longest ago first, until the folder holds `limit` at most.
 */
void cln_entry_store(const char *folder, const char *key, const void *data, size_t bytes, unsigned long long limit);

/* Forgets a key. */
void cln_entry_remove(const char *folder, const char *key);

/* Entries in the folder and their bytes. */
void cln_entry_count(const char *folder, size_t *entries, unsigned long long *bytes);

/* Removes all entries, *removed of them. False where one stays. */
bool cln_entry_clear(const char *folder, size_t *removed);

#endif
