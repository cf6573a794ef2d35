/* test_probes.c: the programs of a driver that is known to be good pass the trial that those of others have to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Other tests are run without it (tests/kit/device.c). Of a driver that nobody vouches for, what is refused is said.
 * The trial's buffer ends at a page that nobody may touch, where the device works in that memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/drivers.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/fence.h"
#include "tests/kit/trial.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Rows, of which a unit adds up what several contribute, or has one; a sample's channels as a set; instance norm. */
static const struct {
	struct cases_shape shape;
	size_t groups;
	unsigned flags; /* of forward and apply plans */
} cases[] = {
	{{2, {400, 33}}, 1, 0},
	{{2, {7, 33}}, 1, 0},
	{{4, {5, 6, 4, 4}}, 1, 0},
	{{3, {2, 4, 45}}, 0, CLNORM_RUNNING_STATISTICS},
};

static clnorm_context *ctx;
static bool is_known_good;
static unsigned right, wrong;

static void setup(void)
{
	const clnorm_device_info *info = &device_get()->info;
	is_known_good = cln_driver_find(info->platform_name, info->driver, info->name) != NULL;
	/* What another run found is not to be taken for granted. */
	setenv("CLNORM_CACHE", "off", 1);
	setenv("CLNORM_PROBE", "on", 1);
	EXPECT_OK(clnorm_context_create(device_get()->cl, device_get()->id, &ctx));
	if (fence_is_felt()) {
		fence_raise(PLACE_AT_END);
	}
}

static void teardown(void)
{
	fence_raise(PLACE_BETWEEN);
	clnorm_context_destroy(ctx);
	ctx = NULL;
}

static void plan_try(const clnorm_desc *desc)
{
	clnorm_plan *plan = NULL;
	clnorm_status st = clnorm_plan_create(ctx, desc, &plan);
	bool is_wrong = st != CLNORM_OK && strstr(clnorm_last_error(), "computes it wrongly");
	ck_assert_msg(st == CLNORM_OK || st == CLNORM_UNSUPPORTED, "%s: %s", desc->variant, clnorm_last_error());
	ck_assert_msg(!is_wrong || !is_known_good, "%s: %s", desc->variant, clnorm_last_error());
	if (is_wrong) {
		printf("probes: %s: %s\n", desc->variant, clnorm_last_error());
	}
	right += st == CLNORM_OK;
	wrong += is_wrong;
	clnorm_plan_destroy(plan);
}

START_TEST(every_variant)
{
	for (size_t k = 0; k < COUNT(cases); k++) {
		if (device_is_small() && k != (size_t)_i % COUNT(cases)) {
			continue;
		}
		clnorm_desc desc = cases_desc(&cases[k].shape);
		desc.groups = cases[k].groups;
		trial_force(&desc, _i);
		for (unsigned op = CLNORM_OP_FORWARD; op <= CLNORM_OP_BACKWARD; op *= 2) {
			desc.ops = op;
			desc.flags = op == CLNORM_OP_BACKWARD ? 0 : cases[k].flags;
			fence_note("the trial of %s, operation %u, case %zu", desc.variant, op, k);
			plan_try(&desc);
		}
	}
}
END_TEST

static void report(void)
{
	printf("probes: %u programs are right, %u wrong, of a driver that is %s\n", right, wrong,
	       is_known_good ? "known to be good" : "not known");
}

int main(void)
{
	Suite *suite = suite_create("probes");
	TCase *tcase = tcase_create("probes");
	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, every_variant, 0, (int)clnorm_variant_count());
	suite_add_tcase(suite, tcase);
	return device_main(suite, report);
}
