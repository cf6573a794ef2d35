/* test_elsewhere.c: what other libraries give, from the reference; and README's table of their names.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/kit/elsewhere.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"

static double distance(const struct elsewhere *row, const clnorm_desc *desc)
{
	double x[ELSEWHERE_COUNT], y[ELSEWHERE_COUNT];
	elsewhere_fill(row, x);
	EXPECT_OK(clnorm_reference_forward(desc, x, row->has_gamma ? elsewhere_gamma : NULL,
	                                   row->has_gamma ? elsewhere_beta : NULL, NULL, y, NULL, NULL));
	return elsewhere_distance(row, y);
}

START_TEST(reference)
{
	const struct elsewhere *row = &elsewhere_rows[_i];
	clnorm_desc desc = elsewhere_desc(row);
	double off = distance(row, &desc);
	ck_assert_msg(off <= 1, "%s, %s: %.3g times what rounding allows", row->name, row->call, off);
}
END_TEST

/* The numbers tell settings apart: with another epsilon they are others. */
START_TEST(epsilon_counts)
{
	const struct elsewhere *row = &elsewhere_rows[_i];
	clnorm_desc desc = elsewhere_desc(row);
	desc.epsilon += 5e-6;
	ck_assert_msg(row->constant != 0 || distance(row, &desc) > 1, "%s: %g as well", row->name, desc.epsilon);
}
END_TEST

#define HEADING "## What you call it elsewhere\n"

/* The lines of README.md's table that begin with a name and not with its head. Each is compared with a row. */
START_TEST(readme)
{
	char line[1024], wanted[1024];
	size_t found = 0;
	bool inside = false;
	FILE *file = fopen(TOP_SRCDIR "/README.md", "r");
	ck_assert_msg(file != NULL, "no README.md in " TOP_SRCDIR);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "## ", 3) == 0) {
			inside = strcmp(line, HEADING) == 0;
		}
		if (!inside || line[0] != '|' || strncmp(line, "| there", 7) == 0 || strncmp(line, "| ---", 5) == 0) {
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		ck_assert_msg(found < elsewhere_count, "README.md has a row that nothing was recorded for: %s", line);
		elsewhere_print(&elsewhere_rows[found++], wanted, sizeof(wanted));
		ck_assert_msg(strcmp(line, wanted) == 0, "README.md has\n%s\nand not\n%s", line, wanted);
	}
	fclose(file);
	ck_assert_msg(found == elsewhere_count, "README.md has %zu rows of %zu", found, elsewhere_count);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elsewhere");
	TCase *names = tcase_create("names");
	tcase_add_loop_test(names, reference, 0, (int)elsewhere_count);
	tcase_add_loop_test(names, epsilon_counts, 0, (int)elsewhere_count);
	tcase_add_test(names, readme);
	suite_add_tcase(suite, names);
	return main_run(suite);
}
