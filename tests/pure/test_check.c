/* test_check.c: what --check passes and what it does not: right outputs, and one number of them changed.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "tests/kit/main.h"
#include "tools/judge/check.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* One instance of mean 4 and deviation 1, so that its outputs can be written down; with epsilon 0 exactly. */
static const double x[] = {3, 5, 3, 5}, dy[] = {1, 0, 0, 0};

/* All outputs of both passes, by name and index. */
struct outputs {
	double y[4], mean[1], rstd[1], dx[4], dgamma[1], dbeta[1];
};
static const struct outputs right = {
	.y = {-1, 1, -1, 1}, .mean = {4}, .rstd = {1}, .dx = {0.5, 0, -0.5, 0}, .dgamma = {-1}, .dbeta = {1}};

/* The bounds are 5e-7 forward and 1e-6 backward; half an ulp of the mean is 2.4e-7. */
static const struct {
	const char *name;
	size_t i;
	double value;
	bool passes;
} rows[] = {
	{"y", 1, 1 + 4e-7, true},
	{"y", 1, 1 + 7e-7, false},
	{"y", 2, NAN, false},
	{"y", 3, INFINITY, false},
	{"y", 0, 1, false},
	{"mean", 0, 4 + 6e-7, true},
	{"mean", 0, 4 - 9e-7, false},
	{"mean", 0, NAN, false},
	{"rstd", 0, 1 - 4e-7, true},
	{"rstd", 0, 1 + 7e-7, false},
	{"rstd", 0, NAN, false},
	{"dx", 0, 0.5 + 9e-7, true},
	{"dx", 0, 0.5 + 2e-6, false},
	{"dx", 3, NAN, false},
	{"dx", 2, -INFINITY, false},
	{"dgamma", 0, -1 + 9e-7, true},
	{"dgamma", 0, -1 - 2e-6, false},
	{"dgamma", 0, NAN, false},
	{"dbeta", 0, 1 - 9e-7, true},
	{"dbeta", 0, 1 + 2e-6, false},
	{"dbeta", 0, NAN, false},
};

static double *output_of(struct outputs *all, const char *name)
{
	const struct {
		const char *name;
		double *values;
	} places[] = {{"y", all->y},   {"mean", all->mean},     {"rstd", all->rstd},
	              {"dx", all->dx}, {"dgamma", all->dgamma}, {"dbeta", all->dbeta}};
	size_t k = 0;
	while (strcmp(places[k].name, name) != 0) {
		k++;
	}
	return places[k].values;
}

/* Both passes against both checks; how they end in *forward and *backward. */
static void check(const double *of_x, const struct outputs *all, struct tool_check *forward,
                  struct tool_check *backward)
{
	clnorm_desc desc = clnorm_desc_1d(1, 1, 4);
	struct tool_check_inputs inputs = {.x = of_x, .dy = dy};
	struct tool_check_outputs outputs = {all->y, all->mean, all->rstd, all->dx, all->dgamma, all->dbeta};
	desc.epsilon = 0;
	ck_assert(tool_check_forward(&desc, &inputs, &outputs, forward));
	ck_assert(tool_check_backward(&desc, &inputs, &outputs, backward));
}

START_TEST(right_outputs_pass)
{
	struct tool_check forward, backward;
	check(x, &right, &forward, &backward);
	ck_assert_msg(forward.is_passed && backward.is_passed, "%s%s", forward.fault, backward.fault);
	ck_assert_str_eq(forward.fault, "");
	ck_assert_double_eq(forward.error, 0);
	ck_assert_double_eq(backward.error, 0);
}
END_TEST

START_TEST(one_number_changed)
{
	struct outputs all = right;
	struct tool_check forward, backward;
	char begin[32];
	output_of(&all, rows[_i].name)[rows[_i].i] = rows[_i].value;
	check(x, &all, &forward, &backward);
	bool is_backward = rows[_i].name[0] == 'd';
	const struct tool_check *met = is_backward ? &backward : &forward, *other = is_backward ? &forward : &backward;
	ck_assert_msg(met->is_passed == rows[_i].passes, "%s[%zu] = %.9g: \"%s\"", rows[_i].name, rows[_i].i,
	              rows[_i].value, met->fault);
	ck_assert(other->is_passed);
	snprintf(begin, sizeof(begin), "%s[%zu] is ", rows[_i].name, rows[_i].i);
	ck_assert(rows[_i].passes || strncmp(met->fault, begin, strlen(begin)) == 0);
}
END_TEST

/* What cannot be a number is to be none. */
START_TEST(nan_is_wanted)
{
	const double bad[] = {3, NAN, 3, 5};
	struct outputs all = right;
	struct tool_check forward, backward;
	for (size_t i = 0; i < 4; i++) {
		all.y[i] = all.dx[i] = NAN;
	}
	all.mean[0] = all.rstd[0] = all.dgamma[0] = NAN;
	check(bad, &all, &forward, &backward);
	ck_assert_msg(forward.is_passed && backward.is_passed, "%s%s", forward.fault, backward.fault);
	all.y[3] = all.dx[3] = 0;
	check(bad, &all, &forward, &backward);
	ck_assert(!forward.is_passed && !backward.is_passed);
}
END_TEST

/* Two channels of one set, again of mean 4 and deviation 1; gamma is 2 and 1. The bound on dx is of the set's largest
 * |gamma*g|, which is 2, also in the channel where gamma is 1. */
START_TEST(set_of_channels)
{
	static const struct {
		double y1, mean, dx3;
		bool passes_forward, passes_backward;
	} cases[] = {{2, 4, 0, true, true},         {2 + 9e-7, 4, 1.9e-6, true, true}, {2 + 1.1e-6, 4, 0, false, true},
	             {2, 4 + 9e-7, 0, false, true}, {2, 4, 2.1e-6, true, false},       {2, 4, NAN, true, false}};
	static const double gamma[] = {2, 1};
	clnorm_desc desc = clnorm_desc_1d(1, 2, 2);
	struct tool_check forward, backward;
	desc.groups = 1;
	desc.epsilon = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const double y[] = {-2, cases[i].y1, -1, 1}, rstd[] = {1};
		const double dx[] = {1, 0, -1, cases[i].dx3}, dgamma[] = {-1, 0}, dbeta[] = {1, 0};
		struct tool_check_inputs inputs = {.x = x, .gamma = gamma, .dy = dy};
		struct tool_check_outputs outputs = {y, &cases[i].mean, rstd, dx, dgamma, dbeta};
		ck_assert(tool_check_forward(&desc, &inputs, &outputs, &forward));
		ck_assert(tool_check_backward(&desc, &inputs, &outputs, &backward));
		ck_assert_msg(forward.is_passed == cases[i].passes_forward, "%zu: \"%s\"", i, forward.fault);
		ck_assert_msg(backward.is_passed == cases[i].passes_backward, "%zu: \"%s\"", i, backward.fault);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("check");
	TCase *tcase = tcase_create("check");
	tcase_add_test(tcase, right_outputs_pass);
	tcase_add_loop_test(tcase, one_number_changed, 0, COUNT(rows));
	tcase_add_test(tcase, nan_is_wanted);
	tcase_add_test(tcase, set_of_channels);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
