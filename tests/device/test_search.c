/* test_search.c: the tuner's search where choices compute wrongly: none of them is its answer, however fast.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/kit/device.h"
#include "tools/measure/measure.h"
#include "tools/tune/field.h"
#include "tools/tune/search.h"

/* ---- What is wrapped --------------------------------------------------------------------------------------------- */

/* Few variants and knobs, of which few programs come. */
enum { VARIANTS = 3, KNOBS = 2 };
size_t __real_clnorm_variant_count(void);
size_t __wrap_clnorm_variant_count(void);
size_t __real_clnorm_knob_count(void);
size_t __wrap_clnorm_knob_count(void);

size_t __wrap_clnorm_variant_count(void)
{
	return VARIANTS;
}

size_t __wrap_clnorm_knob_count(void)
{
	return KNOBS;
}

/* Whether a plan of this choice, "" for the planner's own, is to be wrong, and how. */
struct spoiling {
	bool (*takes)(const char *choice);
	void (*spoil)(clnorm_desc *asked);
};

static struct spoiling spoiling;
static size_t spoiled;

/* Of the first sample alone: it leaves the others' outputs as they are, and is many times as fast as a right one. */
static void spoil_fast(clnorm_desc *asked)
{
	asked->n = 1;
}

/* With another epsilon, by a variant that is for GPUs. */
static void spoil_slow(clnorm_desc *asked)
{
	asked->epsilon = 1;
	asked->variant = "stream";
}

clnorm_status __real_clnorm_plan_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_plan **out);
clnorm_status __wrap_clnorm_plan_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_plan **out);

clnorm_status __wrap_clnorm_plan_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_plan **out)
{
	clnorm_desc asked = *desc;
	if (spoiling.takes != NULL && spoiling.takes(desc->variant != NULL ? desc->variant : "")) {
		spoiling.spoil(&asked);
		++spoiled;
	}
	return __real_clnorm_plan_create(ctx, &asked, out);
}

/* ---- Searches ---------------------------------------------------------------------------------------------------- */

static enum tool_search_end search(clnorm_op op, struct spoiling wrong, struct tool_search_answer *answer)
{
	size_t n = device_is_small() ? 3 : 64, h = device_is_small() ? 3 : 40;
	const struct tool_search_question question = {
		.desc = clnorm_desc_2d(n, 2, h, 25), .op = op, .name = "the shape", .rounds = 1};
	*answer = (struct tool_search_answer){.choice = "none"};
	spoiling = wrong;
	spoiled = 0;
	enum tool_search_end end = tool_search(device_get()->ctx, &question, answer);
	spoiling = (struct spoiling){NULL, NULL};
	return end;
}

static void expect_found(enum tool_search_end end)
{
	ck_assert_msg(end == TOOL_SEARCH_FOUND, "%s", tool_report_text());
}

START_TEST(all_right)
{
	struct tool_search_answer answer;
	expect_found(search(CLNORM_OP_FORWARD, (struct spoiling){NULL, NULL}, &answer));
	ck_assert_str_ne(answer.choice, "none");
	ck_assert_uint_gt(answer.tried, VARIANTS);
}
END_TEST

static bool is_rows(const char *choice)
{
	return strcmp(choice, "rows") == 0 || strncmp(choice, "rows ", 5) == 0;
}

START_TEST(wrong_variant)
{
	struct tool_search_answer answer;
	clnorm_op op = _i == 0 ? CLNORM_OP_FORWARD : CLNORM_OP_BACKWARD;
	expect_found(search(op, (struct spoiling){is_rows, spoil_fast}, &answer));
	ck_assert_uint_gt(spoiled, 0);
	ck_assert_msg(!answer.is_better || !is_rows(answer.choice), "it is %s", answer.choice);
}
END_TEST

static bool has_setting(const char *choice)
{
	return strchr(choice, '=') != NULL;
}

START_TEST(wrong_settings)
{
	struct tool_search_answer answer;
	clnorm_op op = _i == 0 ? CLNORM_OP_FORWARD : CLNORM_OP_BACKWARD;
	expect_found(search(op, (struct spoiling){has_setting, spoil_fast}, &answer));
	ck_assert_uint_gt(spoiled, 0);
	ck_assert_msg(!has_setting(answer.choice), "it is %s", answer.choice);
}
END_TEST

static bool is_default(const char *choice)
{
	return choice[0] == '\0';
}

/* Then a right one is better, at whatever speed, and how long the wrong one takes is not told. */
START_TEST(wrong_default)
{
	struct tool_search_answer answer;
	const struct spoiling ways[] = {{is_default, spoil_fast}, {is_default, spoil_slow}};
	expect_found(search(CLNORM_OP_FORWARD, ways[_i], &answer));
	ck_assert_uint_gt(spoiled, 0);
	ck_assert(answer.is_better);
	ck_assert(answer.usual_us > 0 && answer.usual_us < 1e9);
	ck_assert(answer.usual_us == answer.us);
}
END_TEST

static bool is_any(const char *choice)
{
	(void)choice;
	return true;
}

START_TEST(all_wrong)
{
	struct tool_search_answer answer;
	ck_assert_int_eq(search(CLNORM_OP_FORWARD, (struct spoiling){is_any, spoil_fast}, &answer), TOOL_SEARCH_FAILED);
	ck_assert_msg(strstr(tool_report_text(), "compute wrongly") != NULL, "%s", tool_report_text());
	ck_assert_str_eq(answer.choice, "none");
}
END_TEST

/* The programs' own limits, against the tables as they are. */
START_TEST(limits)
{
	ck_assert_uint_le(__real_clnorm_knob_count(), TOOL_KNOBS_MAX);
	ck_assert_uint_le(__real_clnorm_variant_count(), TOOL_MEASURE_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 0);
	tcase_add_test(all, limits);
	tcase_add_test(all, all_right);
	tcase_add_loop_test(all, wrong_variant, 0, 2);
	tcase_add_loop_test(all, wrong_settings, 0, 2);
	tcase_add_loop_test(all, wrong_default, 0, 2);
	tcase_add_test(all, all_wrong);
	suite_add_tcase(suite, all);
	return device_main(suite, NULL);
}
