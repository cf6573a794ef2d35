/* main.c: runs the suite of a test program that needs no device.
 * SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/kit/main.h"

int main_run(Suite *suite)
{
	if (getenv("CLNORM_TEST_LOCALE") != NULL && setlocale(LC_ALL, "") == NULL) {
		fprintf(stderr, "there is no such locale\n");
		return 1;
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
