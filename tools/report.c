/* report.c: exit codes of the programs, and errors as one line on stderr that names the thing and the reason.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REASON_BYTES 2048 /* a device list with long names fits */

static const char *name = "clnorm";
static char reason[REASON_BYTES];

/* File names and driver texts may hold line ends and terminal codes; a message stays one plain line. */
static void flatten(char *text)
{
	for (; *text != '\0'; ++text) {
		unsigned char byte = (unsigned char)*text;
		if (byte < ' ' || byte == 0x7f) {
			*text = ' ';
		}
	}
}

void tool_report_begin(const char *program)
{
	name = program;
#ifdef SIGXFSZ
	signal(SIGXFSZ, SIG_IGN);
#endif
}

bool tool_report_fail(const char *format, ...)
{
	char text[REASON_BYTES]; /* an argument may be the old reason itself */
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	flatten(text);
	memcpy(reason, text, sizeof text);
	return false;
}

bool tool_report_about(const char *subject)
{
	return tool_report_fail("%s: %s", subject, reason);
}

bool tool_report_status(clnorm_status status)
{
	if (status == CLNORM_OK) {
		return true;
	}
	const char *sentence = clnorm_last_error();
	return tool_report_fail("%s", sentence[0] != '\0' ? sentence : clnorm_status_text(status));
}

bool tool_report_cl(cl_int code, const char *call)
{
	return code == CL_SUCCESS || tool_report_fail("%s failed with OpenCL code %d", call, (int)code);
}

const char *tool_report_text(void)
{
	return reason;
}

void tool_report_print(void)
{
	fprintf(stderr, "%s: %s\n", name, reason);
}

void tool_report_note(const char *format, ...)
{
	char text[REASON_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	flatten(text);
	fprintf(stderr, "%s: %s\n", name, text);
}

int tool_report_finish(int code)
{
	errno = 0;
	bool failed = fflush(stdout) != 0;
	if (failed || ferror(stdout) != 0) {
		tool_report_note("standard output: cannot write: %s",
		                 errno != 0 ? strerror(errno) : "an earlier write failed");
		return code == TOOL_DONE ? TOOL_FAILED : code;
	}
	return code;
}
