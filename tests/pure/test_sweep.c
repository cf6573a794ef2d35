/* test_sweep.c: the shapes of a sweep: from 1 KB to the limit, each twice the one before.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/kit/main.h"
#include "tools/bench/sweep.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *axis;
	clnorm_dtype dtype;
	unsigned long long limit;
	size_t count;
	const char *first, *last;
} sweeps[] = {
	{"s", CLNORM_F32, 1024, 1, "1,4,64", "1,4,64"},
	{"s", CLNORM_F32, 2047, 1, "1,4,64", "1,4,64"},
	{"s", CLNORM_F32, 2048, 2, "1,4,64", "1,4,128"},
	{"s", CLNORM_F32, 1ULL << 30, 21, "1,4,64", "1,4,67108864"},
	{"s", CLNORM_F16, 1ULL << 30, 21, "1,4,128", "1,4,134217728"},
	{"s", CLNORM_F64, 1ULL << 12, 3, "1,4,32", "1,4,128"},
	{"n", CLNORM_F32, 1ULL << 30, 21, "1,4,8,8", "1048576,4,8,8"},
	{"n", CLNORM_F16, 1ULL << 11, 2, "2,4,8,8", "4,4,8,8"},
	{"n", CLNORM_F64, 1ULL << 11, 1, "1,4,8,8", "1,4,8,8"},
	{"c", CLNORM_F32, 1ULL << 30, 21, "1,1,16,16", "1,1048576,16,16"},
};

START_TEST(shapes)
{
	enum tool_sweep_axis axis = TOOL_SWEEP_NONE;
	struct tool_shapes made = {0};
	ck_assert(tool_sweep_read(sweeps[_i].axis, &axis));
	ck_assert_msg(tool_sweep_add(axis, sweeps[_i].dtype, sweeps[_i].limit, 0, &made), "%s", tool_report_text());
	ck_assert_uint_eq(made.count, sweeps[_i].count);
	ck_assert_str_eq(made.items[0].id, sweeps[_i].first);
	ck_assert_str_eq(made.items[made.count - 1].id, sweeps[_i].last);
	ck_assert_ptr_nonnull(strstr(tool_sweep_pattern(axis), tool_sweep_name(axis)));
	tool_shapes_clear(&made);
}
END_TEST

START_TEST(refused)
{
	enum tool_sweep_axis axis = TOOL_SWEEP_NONE;
	struct tool_shapes made = {0};
	static const char *const words[] = {"", "S", "h", "sn", "ss"};
	for (size_t i = 0; i < COUNT(words); i++) {
		ck_assert_msg(!tool_sweep_read(words[i], &axis), "taken: '%s'", words[i]);
	}
	ck_assert(!tool_sweep_add(TOOL_SWEEP_S, CLNORM_F32, 1023, 0, &made));
	ck_assert_ptr_nonnull(strstr(tool_report_text(), "1023"));
	ck_assert_uint_eq(made.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sweep");
	TCase *tcase = tcase_create("sweep");
	tcase_add_loop_test(tcase, shapes, 0, COUNT(sweeps));
	tcase_add_test(tcase, refused);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
