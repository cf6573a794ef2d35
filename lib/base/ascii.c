/* ascii.c: letters and digits of names: those of ASCII, whatever the program's locale is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/ascii.h"

bool cln_ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool cln_ascii_is_letter(char c)
{
	char lower = cln_ascii_lower(c);
	return (lower >= 'a' && lower <= 'z') || (unsigned char)c >= 0x80;
}

char cln_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether text begins with a word, and how it goes on. */
static bool begins_with(const char *text, const char *word, const char **rest)
{
	while (*word && cln_ascii_lower(*text) == cln_ascii_lower(*word)) {
		++text;
		++word;
	}
	*rest = text;
	return *word == '\0';
}

bool cln_ascii_is_same(const char *a, const char *b)
{
	const char *rest;
	return begins_with(a, b, &rest) && *rest == '\0';
}

bool cln_ascii_contains(const char *text, const char *part)
{
	const char *rest;
	for (; *text && *part; ++text) {
		if (begins_with(text, part, &rest)) {
			return true;
		}
	}
	return false;
}
