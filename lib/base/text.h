/* text.h: a growable string that remembers out-of-memory, so that a chain of appends needs one check at its end.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_TEXT_H
#define CLN_TEXT_H

#include "base/status.h"

struct cln_text {
	char *chars;      /* NUL-terminated; NULL while empty */
	size_t length;    /* without the NUL */
	size_t capacity;
	bool failed;      /* memory ran out in some append; the text is cut there */
};

/* Appends as printf does. */
void cln_text_add(struct cln_text *text, const char *format, ...) CLN_PRINTF(2, 3);
/* Appends length bytes as they are. */
void cln_text_append(struct cln_text *text, const char *chars, size_t length);
/* The characters, "" while empty; never NULL. */
const char *cln_text_chars(const struct cln_text *text);
/* CLNORM_OUT_OF_MEMORY where an append failed. */
CLN_CHECKED clnorm_status cln_text_check(const struct cln_text *text);
/* Frees; an empty text is fine; the text is empty afterwards. */
void cln_text_clear(struct cln_text *text);

#endif
