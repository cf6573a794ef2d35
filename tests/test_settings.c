/* test_settings.c: the environment variables that the library reads.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/settings.h"
#include "main.h"

START_TEST(device)
{
	ck_assert_int_eq(unsetenv("CLNORM_DEVICE"), 0);
	ck_assert_str_eq(cln_settings_device(), "");
	ck_assert_int_eq(setenv("CLNORM_DEVICE", "0:1", 1), 0);
	ck_assert_str_eq(cln_settings_device(), "0:1");
	ck_assert_int_eq(setenv("CLNORM_DEVICE", "", 1), 0);
	ck_assert_str_eq(cln_settings_device(), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *all = tcase_create("settings");
	tcase_add_test(all, device);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
