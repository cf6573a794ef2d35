/* records.h: the tuning records of a context: whose they are, where the user's own lies, read when the context is made.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_RECORDS_H
#define CLN_RECORDS_H

#include "base/file.h"
#include "device/context.h"

/* What a record of this device must say; borrows from info. */
struct cln_identity cln_records_identity(const clnorm_device_info *info);

/* Appends the path of the user's own record of the device. False, with the reason, where no folder is named. */
bool cln_records_path(const clnorm_device_info *info, struct cln_text *path, const char **why_not);

/* Reads a record into the tuning. False, with the reason appended to why_not, where it is not taken; *found says
 * whether the file was there. */
bool cln_records_read(const char *path, enum cln_file_owner owner, const struct cln_identity *identity,
                      struct cln_tuning *tuning, bool *found, struct cln_text *why_not);

/* Takes over the user's own record where there is one, and keeps in the context what came of it. Never fails: a context
 * without a record is as good. */
void cln_records_take(clnorm_context *ctx);

#endif
