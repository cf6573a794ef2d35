/* test_json.c: JSON byte for byte: what strings, numbers and nesting become.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/main.h"
#include "tools/base/json.h"

/* RFC 8259, section 7: quotation mark, backslash and control characters are escaped; what is no UTF-8 becomes "?". */
START_TEST(everything)
{
	static const char right[] =
		"{\n \"a\\\\\\\"b\": \"c:\\\\d \\\"e\\\" \\u000a\\u007f \xc3\xa9 ?\",\n \"none\": null,"
		"\n \"whole\": 18446744073709551615,\n \"number\": 0.5,\n \"nan\": null,\n \"list\": ["
		"\n  true,\n  false\n ]\n}\n";
	char got[400] = "";
	FILE *file = tmpfile();
	ck_assert_ptr_nonnull(file);
	struct tool_json json = {.file = file};
	tool_json_open(&json, NULL, '{');
	tool_json_text(&json, "a\\\"b", "c:\\d \"e\" \n\x7f \xc3\xa9 \xff");
	tool_json_text(&json, "none", NULL);
	tool_json_whole(&json, "whole", 18446744073709551615ull);
	tool_json_number(&json, "number", 0.5);
	tool_json_number(&json, "nan", NAN);
	tool_json_open(&json, "list", '[');
	tool_json_flag(&json, NULL, true);
	tool_json_flag(&json, NULL, false);
	tool_json_close(&json, ']');
	tool_json_close(&json, '}');
	rewind(file);
	got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
	ck_assert_str_eq(got, right);
	fclose(file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tcase = tcase_create("json");
	tcase_add_test(tcase, everything);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
