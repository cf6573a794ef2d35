/* ascii.h: letters and digits of names: those of ASCII, whatever the program's locale is.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The functions of <ctype.h> and <strings.h> follow the locale: in Turkish the small letter of I is none of ASCII. */
#ifndef CLN_ASCII_H
#define CLN_ASCII_H

#include <stdbool.h>

bool cln_ascii_is_digit(char c);
/* A byte of a longer character of UTF-8 counts as a letter. */
bool cln_ascii_is_letter(char c);
/* The small letter of A to Z; any other as it is. */
char cln_ascii_lower(char c);

/* Letter case ignored: whether two words are the same; whether a text has a part ("" is a part of none). */
bool cln_ascii_is_same(const char *a, const char *b);
bool cln_ascii_contains(const char *text, const char *part);

#endif
