/* test_device.c: what decisions may know of a device, by what its driver says of itself, on a fake one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/context.h"
#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

static void world_setup(void)
{
	fakecl_reset();
}

/* Mesa before 25 ends llvmpipe's loops after 65535 steps; a version that says nothing may be one of these. */
START_TEST(loops_of_llvmpipe)
{
	static const struct {
		const char *platform, *driver;
		size_t most_steps;
	} rows[] = {
		{"rusticl", "22.3.6", 65535},
		{"rusticl", "24.3.4-1", 65535},
		{"rusticl", "25.0.7-2+deb13u1", 0},
		{"rusticl", "26.1.6-1", 0},
		{"rusticl", "26", 0},
		{"rusticl", "100.0", 0},
		{"rusticl", "2.50", 65535},
		{"rusticl", "", 65535},
		{"rusticl", "git-25.1", 65535},
		{"rusticl", "-26.1", 65535},
		{"rusticl", "99999999999999999999", 0},
		{"Portable Computing Language", "3.1", 0},
	};
	fakecl_world()->devices[0] = fakecl_cpu();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clnorm_context *ctx = NULL;
		fakecl_world()->platform_names[0] = rows[i].platform;
		fakecl_world()->devices[0].driver = rows[i].driver;
		EXPECT_OK(clnorm_context_open("", &ctx));
		ck_assert_msg(ctx->caps.most_steps == rows[i].most_steps, "%s %s: %zu steps", rows[i].platform,
		              rows[i].driver, ctx->caps.most_steps);
		clnorm_context_destroy(ctx);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("device");
	TCase *facts = tcase_create("facts");
	tcase_add_checked_fixture(facts, world_setup, NULL);
	tcase_add_test(facts, loops_of_llvmpipe);
	suite_add_tcase(suite, facts);
	return main_run(suite);
}
