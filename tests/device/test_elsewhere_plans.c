/* test_elsewhere_plans.c: what other libraries give, from plans on the device.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/kit/device.h"
#include "tests/kit/elsewhere.h"
#include "tests/kit/expect.h"
#include "tests/kit/place.h"

/* A buffer of these numbers; none where values is NULL. */
static struct place stored(const double *values, size_t count)
{
	struct place place = {0};
	if (values) {
		place_init(&place, CLNORM_F32, count, 3);
		place_store(&place, values);
	}
	return place;
}

START_TEST(plan)
{
	const struct elsewhere *row = &elsewhere_rows[_i];
	clnorm_desc desc = elsewhere_desc(row);
	clnorm_plan *made = NULL;
	double values[ELSEWHERE_COUNT];
	elsewhere_fill(row, values);
	struct place x = stored(values, ELSEWHERE_COUNT), y = stored(values, ELSEWHERE_COUNT);
	struct place gamma = stored(row->has_gamma ? elsewhere_gamma : NULL, desc.c);
	struct place beta = stored(row->has_gamma ? elsewhere_beta : NULL, desc.c);
	clnorm_forward_args args = {.x = x.view, .gamma = gamma.view, .beta = beta.view, .y = y.view};
	place_poison(&y);
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &made));
	EXPECT_OK(clnorm_forward(made, device_get()->queue, &args, 0, NULL, NULL));
	double *got = place_load(&y, "y"), off = elsewhere_distance(row, got);
	ck_assert_msg(off <= 1, "%s, %s: %.3g times what rounding allows, by %s", row->name, row->call, off,
	              clnorm_plan_variant(made, CLNORM_OP_FORWARD));
	free(got);
	clnorm_plan_destroy(made);
	place_clear(&x);
	place_clear(&y);
	place_clear(&gamma);
	place_clear(&beta);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elsewhere plans");
	TCase *names = tcase_create("names");
	tcase_add_loop_test(names, plan, 0, (int)elsewhere_count);
	suite_add_tcase(suite, names);
	return device_main(suite, NULL);
}
