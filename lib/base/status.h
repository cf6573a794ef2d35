/* status.h: status names and texts; the calling thread's last message and build log.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_STATUS_H
#define CLN_STATUS_H

#include <clnorm/types.h>

#if defined(__GNUC__)
#define CLN_PRINTF(text_at, first_at) __attribute__((format(printf, text_at, first_at)))
#define CLN_CHECKED __attribute__((warn_unused_result))
#else
#define CLN_PRINTF(text_at, first_at)
#define CLN_CHECKED
#endif

/* Goes to the function's one exit label with the first failure's status in `st`. Never returns by itself. */
#define CLN_TRY(call)                      \
	do {                               \
		st = (call);               \
		if (st != CLNORM_OK) {     \
			goto done;         \
		}                          \
	} while (0)

/* Sets the thread's last message and hands the status back: return cln_fail(CLNORM_BAD_SHAPE, "spatial size is 0"); */
clnorm_status cln_fail(clnorm_status status, const char *format, ...) CLN_PRINTF(2, 3);

/* Keeps a compiler's log as the thread's build log: its first 16 KB, and says where it is cut; NULL clears it. */
void cln_build_log_keep(const char *log);

#endif
