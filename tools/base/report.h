/* report.h: exit codes of the programs, and errors as one line on stderr that names the thing and the reason.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include <clnorm/clnorm.h>

#if defined(__GNUC__)
#define TOOL_PRINTF(text_at, first_at) __attribute__((format(printf, text_at, first_at)))
#define TOOL_CHECKED __attribute__((warn_unused_result))
#else
#define TOOL_PRINTF(text_at, first_at)
#define TOOL_CHECKED
#endif

/* Goes to the function's one exit label. The call has kept its reason with tool_report_fail(). */
#define TOOL_TRY(call)                                                                                                 \
	do {                                                                                                           \
		if (!(call)) {                                                                                         \
			goto done;                                                                                     \
		}                                                                                                      \
	} while (0)

enum tool_exit {
	TOOL_DONE = 0,
	TOOL_FAILED = 1,
	TOOL_USAGE = 2,
	TOOL_BROKEN = 3 /* a device that gives wrong results; clnorm-info only */
};

/* Names the program in its messages, makes a write past the file size limit an error instead of a signal, and fills the
 * places of standard files that are closed. */
void tool_report_begin(const char *program);

/* Keeps the reason of a failure, in place of an older one, and returns false: return tool_report_fail("..."). */
bool tool_report_fail(const char *format, ...) TOOL_PRINTF(1, 2);

/* Puts "subject: " before the kept reason; returns false. */
bool tool_report_about(const char *subject);

/* True for CLNORM_OK; else keeps clnorm's own sentence as the reason, with the compiler's first error where a kernel
 * did not build. */
TOOL_CHECKED bool tool_report_status(clnorm_status status);

/* True for CL_SUCCESS; else keeps the call's name and code as the reason. */
TOOL_CHECKED bool tool_report_cl(cl_int code, const char *call);

/* The kept reason, one line; "" when nothing failed. */
const char *tool_report_text(void);

/* Prints "program: reason" on stderr. */
void tool_report_print(void);

/* Prints "program: ..." on stderr at once: for what the user should know though nothing failed. */
void tool_report_note(const char *format, ...) TOOL_PRINTF(1, 2);

/* Flushes stdout; false, with a reason, where what was printed so far cannot be written. */
TOOL_CHECKED bool tool_report_flush(void);

/* Flushes stdout; the code to exit with: a product that could not be written turns TOOL_DONE into TOOL_FAILED. */
int tool_report_finish(int code);

#endif
