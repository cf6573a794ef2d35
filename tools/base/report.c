/* report.c: exit codes of the programs, and errors as one line on stderr that names the thing and the reason.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Where a shell closed one of 0, 1 and 2, the next file opened would get its number, and messages for the user would go
 * into that file. /dev/null takes the place, opened the wrong way round, so that using it is still an error. */
static void occupy_standard_files(void)
{
	for (int fd = 0; fd <= 2; ++fd) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) {
			_exit(TOOL_FAILED); /* nowhere to say why */
		}
	}
}

void tool_report_begin(const char *program)
{
	name = program;
	occupy_standard_files();
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

/* The compiler's first error in place of the hint to clnorm_build_log(), which users of a program cannot call. */
static bool report_build(const char *sentence)
{
	const char *log = clnorm_build_log(), *error = strstr(log, "error"), *hint = strstr(sentence, "; see ");
	while (error != NULL && error > log && error[-1] != '\n') {
		--error;
	}
	const char *line = error != NULL ? error : log + strspn(log, " \t\r\n");
	int length = (int)(hint != NULL ? hint - sentence : (ptrdiff_t)strlen(sentence));
	return tool_report_fail("%.*s: %.*s", length, sentence, (int)strcspn(line, "\n"), line);
}

bool tool_report_status(clnorm_status status)
{
	if (status == CLNORM_OK) {
		return true;
	}
	const char *sentence = clnorm_last_error();
	if (status == CLNORM_BUILD_FAILED && clnorm_build_log()[0] != '\0') {
		return report_build(sentence);
	}
	return tool_report_fail("%s", sentence[0] != '\0' ? sentence : clnorm_status_text(status));
}

bool tool_report_cl(cl_int code, const char *call)
{
	return code == CL_SUCCESS || tool_report_fail("%s: %s (%d)", call, clnorm_opencl_name(code), (int)code);
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

bool tool_report_flush(void)
{
	errno = 0;
	bool failed = fflush(stdout) != 0;
	if (failed || ferror(stdout) != 0) {
		return tool_report_fail("standard output: cannot write: %s",
		                        errno != 0 ? strerror(errno) : "an earlier write failed");
	}
	return true;
}

int tool_report_finish(int code)
{
	/* A program that failed for this very reason has said so. */
	bool is_known = ferror(stdout) != 0 && strncmp(reason, "standard output: ", 17) == 0;
	if (!tool_report_flush()) {
		if (!is_known || code == TOOL_DONE) {
			tool_report_print();
		}
		return code == TOOL_DONE ? TOOL_FAILED : code;
	}
	return code;
}
