/* text.c: a growable string that remembers out-of-memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for the usual message or option list without growing. */
#define FIRST_CAPACITY 128

/* Makes room for more bytes and a NUL; false, and the text failed, where memory does not allow. */
static bool text_reserve(struct cln_text *text, size_t more)
{
	if (text->failed || more >= SIZE_MAX / 2 - text->length) {
		text->failed = true;
		return false;
	}
	size_t needed = text->length + more + 1;
	if (needed <= text->capacity) {
		return true;
	}
	size_t capacity = text->capacity > 0 ? text->capacity : FIRST_CAPACITY;
	while (capacity < needed) {
		capacity *= 2;
	}
	char *chars = realloc(text->chars, capacity);
	if (chars == NULL) {
		text->failed = true;
		return false;
	}
	text->chars = chars;
	text->capacity = capacity;
	return true;
}

void cln_text_add(struct cln_text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0) {
		text->failed = true;
		return;
	}
	if (!text_reserve(text, (size_t)length)) {
		return;
	}
	va_start(args, format);
	vsnprintf(text->chars + text->length, (size_t)length + 1, format, args);
	va_end(args);
	text->length += (size_t)length;
}

void cln_text_append(struct cln_text *text, const char *chars, size_t length)
{
	if (length == 0 || !text_reserve(text, length)) {
		return;
	}
	memcpy(text->chars + text->length, chars, length);
	text->length += length;
	text->chars[text->length] = '\0';
}

const char *cln_text_chars(const struct cln_text *text)
{
	return text->chars != NULL ? text->chars : "";
}

clnorm_status cln_text_check(const struct cln_text *text)
{
	if (text->failed) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a text of more than %zu bytes", text->length);
	}
	return CLNORM_OK;
}

void cln_text_clear(struct cln_text *text)
{
	free(text->chars);
	*text = (struct cln_text){0};
}
