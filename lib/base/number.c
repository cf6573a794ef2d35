/* number.c: decimal numbers in text that machines read: always with a point, whatever the program's locale.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer numbers exist, but nobody writes them. */
#define LONGEST 64

/* Digits that tell a double apart from all others. */
#define MOST_DIGITS 17

bool cln_number_parse(const char *chars, double *out)
{
	char local[LONGEST + 16]; /* with the point that strtod() expects, which may be several bytes */
	size_t length = strlen(chars);
	if (length == 0 || length > LONGEST || strspn(chars, "0123456789.eE+-") != length) {
		return false;
	}
	const char *point = strchr(chars, '.');
	if (point != NULL) {
		snprintf(local, sizeof(local), "%.*s%s%s", (int)(point - chars), chars, localeconv()->decimal_point,
		         point + 1);
	} else {
		memcpy(local, chars, length + 1);
	}
	char *end;
	double value = strtod(local, &end);
	if (*end != '\0' || !isfinite(value)) {
		return false;
	}
	*out = value;
	return true;
}

const char *cln_number_print(char chars[CLN_NUMBER_BYTES], double value, int digits)
{
	snprintf(chars, CLN_NUMBER_BYTES, "%.*g", digits, value);
	const char *decimal_point = localeconv()->decimal_point;
	char *found = strstr(chars, decimal_point);
	if (found != NULL && strcmp(decimal_point, ".") != 0) {
		size_t width = strlen(decimal_point);
		*found = '.';
		memmove(found + 1, found + width, strlen(found + width) + 1);
	}
	return chars;
}

const char *cln_number_print_short(char chars[CLN_NUMBER_BYTES], double value)
{
	double back = 0;
	for (int digits = 1; digits <= MOST_DIGITS; ++digits) {
		if (cln_number_parse(cln_number_print(chars, value, digits), &back) && back == value) {
			break;
		}
	}
	return chars;
}
