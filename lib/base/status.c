/* status.c: status names and texts; the calling thread's last message and build log.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <clnorm/clnorm.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Fixed buffers, since a thread that ends could not free others: a message is a sentence, and of a compiler's log the
 * beginning is what matters. */
#define MESSAGE_BYTES 1024
#define BUILD_LOG_BYTES 16384

struct status_words {
	const char *name;
	const char *text;
};

#define WORDS(status, text) [status] = {#status, text}

static const struct status_words words[] = {
	WORDS(CLNORM_OK, "success"),
	WORDS(CLNORM_BAD_ARGUMENT, "an argument has a value that it may not have"),
	WORDS(CLNORM_BAD_SHAPE, "the sizes are impossible or do not fit each other"),
	WORDS(CLNORM_BAD_BUFFER, "a buffer is missing, too small, or of another context"),
	WORDS(CLNORM_BAD_OVERLAP, "an output overlaps another buffer"),
	WORDS(CLNORM_NO_PLATFORM, "no OpenCL platform is installed"),
	WORDS(CLNORM_NO_DEVICE, "no OpenCL device fits the choice"),
	WORDS(CLNORM_NO_COMPILER, "the device cannot build programs from source"),
	WORDS(CLNORM_BUILD_FAILED, "a kernel did not build"),
	WORDS(CLNORM_OUT_OF_MEMORY, "the host is out of memory"),
	WORDS(CLNORM_OUT_OF_DEVICE_MEMORY, "the device is out of memory"),
	WORDS(CLNORM_UNSUPPORTED, "the device or the named variant cannot do this"),
	WORDS(CLNORM_BAD_ORDER, "the call needs another one before it"),
	WORDS(CLNORM_BAD_FILE, "a file is not what it should be, or cannot be read or written"),
	WORDS(CLNORM_OPENCL_ERROR, "an OpenCL call failed"),
	WORDS(CLNORM_BLAS_ERROR, "a CLBlast call failed"),
	WORDS(CLNORM_NOT_BUILT, "the library was built without this part"),
};

_Static_assert(sizeof(words) / sizeof(words[0]) == CLNORM_STATUS_COUNT, "a status lacks its words");

static _Thread_local char last_message[MESSAGE_BYTES];
static _Thread_local char last_build_log[BUILD_LOG_BYTES];

static const struct status_words *status_words(clnorm_status status)
{
	static const struct status_words unknown = {"CLNORM_UNKNOWN", "this number is no status"};
	size_t row = (size_t)status;
	return row < CLNORM_STATUS_COUNT ? &words[row] : &unknown;
}

const char *clnorm_status_name(clnorm_status status)
{
	return status_words(status)->name;
}

const char *clnorm_status_text(clnorm_status status)
{
	return status_words(status)->text;
}

/* Ends a cut text with the note, without leaving a part of a UTF-8 character before it. */
static void end_cut(char *chars, size_t capacity, const char *note)
{
	size_t end = capacity - 1 - strlen(note);
	while (end > 0 && ((unsigned char)chars[end] & 0xC0u) == 0x80u) {
		end--;
	}
	strcpy(chars + end, note);
}

clnorm_status cln_fail(clnorm_status status, const char *format, ...)
{
	/* Not straight into last_message: an argument may point there, when a message quotes the one before it. */
	char message[MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (length < 0) {
		strcpy(message, clnorm_status_text(status));
	} else if ((size_t)length >= sizeof(message)) {
		end_cut(message, sizeof(message), "...");
	}
	strcpy(last_message, message);
	return status;
}

const char *clnorm_last_error(void)
{
	return last_message;
}

void cln_build_log_keep(const char *log)
{
	size_t length = log != NULL ? strlen(log) : 0;
	if (length < sizeof(last_build_log)) {
		memmove(last_build_log, log != NULL ? log : "", length + 1);
		return;
	}
	memmove(last_build_log, log, sizeof(last_build_log) - 1);
	end_cut(last_build_log, sizeof(last_build_log), "\n[the rest of the log is cut]\n");
}

const char *clnorm_build_log(void)
{
	return last_build_log;
}
