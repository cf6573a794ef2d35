/* main.h: runs the suite of a test program that needs no device.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MAIN_H
#define TESTS_MAIN_H

#include <check.h>

/* Runs the suite, each test in a process of its own unless CK_FORK=no, prints Check's summary, and says what main() is
 * to return: 0 or 1. With CLNORM_TEST_LOCALE set: in the locale of the environment, as a program with windows is. */
int main_run(Suite *suite);

#endif
