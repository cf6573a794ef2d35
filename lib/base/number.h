/* number.h: decimal numbers in text that machines read: always with a point, whatever the program's locale.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_NUMBER_H
#define CLN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that hold any number that cln_number_print() writes. */
#define CLN_NUMBER_BYTES 32

/* The value of the whole text, a finite decimal number ("-0.2", "1e-5"); false otherwise, and *out stays. */
bool cln_number_parse(const char *chars, double *out);

/* Writes value so that cln_number_parse() gives it back exactly; returns chars. A float is told apart from all
 * others by 9 digits, a double by 17. */
const char *cln_number_print(char chars[CLN_NUMBER_BYTES], double value, int digits);

/* The same of a finite number with as few digits as give it back: 1e-05, not 1.0000000000000001e-05. */
const char *cln_number_print_short(char chars[CLN_NUMBER_BYTES], double value);

#endif
