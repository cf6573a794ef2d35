/* test_probe.c: a driver that computes wrongly is noticed: what it is tried on, what follows, what is kept; the fake
 * OpenCL's launches compute what the oracle says, or something else. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/entry.h"
#include "tests/kit/cache_folder.h"
#include "tests/kit/driver.h"
#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- Plans ------------------------------------------------------------------------------------------------------- */

static clnorm_context *ctx;

static void open_context(void)
{
	EXPECT_OK(clnorm_context_open("", &ctx));
	fakecl_calls_clear();
}

static void close_context(void)
{
	clnorm_context_destroy(ctx);
	ctx = NULL;
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	ck_assert_int_eq(fakecl_live_total(), 0);
}

static void setup(void)
{
	cache_folder_open();
	setenv("CLNORM_CACHE", "off", 1);
	unsetenv("CLNORM_PROBE");
	fakecl_on_launch(driver_run);
	driver_fault.source = NULL;
	driver_layout = CLNORM_NCHW;
	open_context();
}

static void teardown(void)
{
	close_context();
	cache_folder_close();
}

static clnorm_status plan_create(const char *variant, clnorm_op op, clnorm_plan **plan)
{
	clnorm_desc desc = clnorm_desc_1d(5, 3, 16);
	desc.variant = variant;
	desc.ops = op;
	desc.layout = driver_layout;
	return clnorm_plan_create(ctx, &desc, plan);
}

/* The launches that making a plan took. */
static size_t launches(const char *variant, clnorm_op op)
{
	clnorm_plan *plan = NULL;
	fakecl_calls_clear();
	EXPECT_OK(plan_create(variant, op, &plan));
	clnorm_plan_destroy(plan);
	return fakecl_launch_count();
}

/* ---- Cases ------------------------------------------------------------------------------------------------------- */

/* Every variant and operation of a driver that is right passes, is tried once a context, and waits for the device then.
 */
START_TEST(right)
{
	const clnorm_variant_info *info = clnorm_variant_get((size_t)_i);
	driver_layout = info->layouts & 1u << CLNORM_NCHW ? CLNORM_NCHW : CLNORM_NHWC;
	for (unsigned op = CLNORM_OP_FORWARD; op <= CLNORM_OP_BACKWARD; op <<= 1) {
		if (info->ops & op) {
			ck_assert_uint_ge(launches(info->name, (clnorm_op)op), 1);
			ck_assert_uint_ge(fakecl_waits(), 1);
			ck_assert_uint_eq(launches(info->name, (clnorm_op)op), 0);
			ck_assert_uint_eq(fakecl_waits(), 0);
		}
	}
}
END_TEST

static const struct {
	enum cln_role role;
	clnorm_op op;
	const char *says;
	double by; /* of sums over thousands of elements more */
} outputs[] = {
	{CLN_ROLE_Y, CLNORM_OP_FORWARD, "y[", 1e-3},         {CLN_ROLE_MEAN, CLNORM_OP_FORWARD, "mean[", 1e-3},
	{CLN_ROLE_RSTD, CLNORM_OP_FORWARD, "rstd[", 1e-3},   {CLN_ROLE_Y, CLNORM_OP_APPLY, "y[", 1e-3},
	{CLN_ROLE_DX, CLNORM_OP_BACKWARD, "dx[", 1e-3},      {CLN_ROLE_DGAMMA, CLNORM_OP_BACKWARD, "dgamma[", 0.3},
	{CLN_ROLE_DBETA, CLNORM_OP_BACKWARD, "dbeta[", 0.3},
};

/* One number of any output is off a little, or is none: a forced variant is refused in words that name it and the
 * driver; every number of the device's memory is given back. */
START_TEST(wrong)
{
	clnorm_plan *plan = NULL;
	driver_fault.source = "cln_";
	driver_fault.role = outputs[_i / 2].role;
	driver_fault.by = _i % 2 ? NAN : outputs[_i / 2].by;
	EXPECT_SAYS(plan_create("split", outputs[_i / 2].op, &plan), CLNORM_UNSUPPORTED, outputs[_i / 2].says,
	            "variant split is refused: Fake GPU (Fake platform, driver 1.0) computes it wrongly");
	ck_assert_ptr_null(plan);
	ck_assert_int_eq(fakecl_live(FAKECL_KERNEL) + fakecl_live(FAKECL_MEM), 0);
	ck_assert_int_eq(fakecl_live(FAKECL_QUEUE), 1);
}
END_TEST

/* The next variant of the ranking takes the place of one that is wrong, and the plan says why. */
START_TEST(falls_back)
{
	clnorm_plan *plan = NULL;
	char first[32];
	EXPECT_OK(plan_create(NULL, CLNORM_OP_FORWARD, &plan));
	snprintf(first, sizeof(first), "%s is passed over", clnorm_plan_variant(plan, CLNORM_OP_FORWARD));
	ck_assert_ptr_null(strstr(clnorm_plan_explain(plan, CLNORM_OP_FORWARD), "passed over"));
	clnorm_plan_destroy(plan);
	close_context();
	open_context();
	driver_fault.source = "TEAM_LANE";
	driver_fault.role = CLN_ROLE_Y;
	driver_fault.by = 1;
	EXPECT_OK(plan_create(NULL, CLNORM_OP_FORWARD, &plan));
	const char *explain = clnorm_plan_explain(plan, CLNORM_OP_FORWARD);
	ck_assert_str_eq(clnorm_plan_variant(plan, CLNORM_OP_FORWARD), "stream");
	ck_assert_msg(strstr(explain, first) && strstr(explain, "pack is passed over") &&
	                      strstr(explain, "resident is passed over") && strstr(explain, "computes it wrongly: y["),
	              "%s", explain);
	clnorm_plan_destroy(plan);
}
END_TEST

START_TEST(nothing_is_right)
{
	clnorm_plan *plan = NULL;
	driver_fault.source = "cln_";
	driver_fault.role = CLN_ROLE_Y;
	driver_fault.by = -1;
	EXPECT_SAYS(plan_create(NULL, CLNORM_OP_FORWARD, &plan), CLNORM_UNSUPPORTED, "every variant", "wrongly");
	ck_assert_ptr_null(plan);
}
END_TEST

/* A row of the table vouches for the driver; the setting says otherwise, both ways; an empty tensor has nothing to try.
 */
START_TEST(who_is_tried)
{
	static const struct {
		const char *setting;
		bool is_good, is_tried;
	} rows[] = {{NULL, false, true},   {NULL, true, false}, {"on", true, true},    {"YES", false, true},
	            {"off", false, false}, {"0", false, false}, {"what", false, true}, {"what", true, false}};
	close_context();
	if (rows[_i].is_good) {
		fakecl_world()->platform_names[0] = "Portable Computing Language";
		fakecl_world()->devices[0] = fakecl_cpu();
		fakecl_world()->devices[0].driver = "3.1+debian";
		fakecl_world()->devices[0].name = "pthread-fake";
	}
	if (rows[_i].setting) {
		setenv("CLNORM_PROBE", rows[_i].setting, 1);
	}
	open_context();
	ck_assert((launches(NULL, CLNORM_OP_FORWARD) > 0) == rows[_i].is_tried);
	clnorm_plan *plan = NULL;
	clnorm_desc empty = clnorm_desc_1d(0, 3, 16);
	empty.ops = CLNORM_OP_BACKWARD;
	fakecl_calls_clear();
	EXPECT_OK(clnorm_plan_create(ctx, &empty, &plan));
	clnorm_plan_destroy(plan);
	ck_assert_uint_eq(fakecl_launch_count(), 0);
}
END_TEST

/* With the cache on, the next process launches nothing and says the same of a wrong program. */
START_TEST(kept)
{
	clnorm_plan *plan = NULL;
	char said[512];
	setenv("CLNORM_CACHE", "on", 1);
	ck_assert_uint_ge(launches("stream", CLNORM_OP_FORWARD), 1);
	driver_fault.source = "cln_";
	driver_fault.role = CLN_ROLE_Y;
	driver_fault.by = 1;
	EXPECT_STATUS(plan_create("split", CLNORM_OP_FORWARD, &plan), CLNORM_UNSUPPORTED);
	snprintf(said, sizeof(said), "%s", clnorm_last_error());
	driver_fault.source = NULL;
	close_context();
	open_context();
	ck_assert_uint_eq(launches("stream", CLNORM_OP_FORWARD), 0);
	EXPECT_STATUS(plan_create("split", CLNORM_OP_FORWARD, &plan), CLNORM_UNSUPPORTED);
	ck_assert_str_eq(clnorm_last_error(), said);
	ck_assert_uint_eq(fakecl_launch_count(), 0);
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 2);
}
END_TEST

static struct {
	const char *name, *from, *to;
} const changes[] = {{"device", "Fake GPU", "Fake GPU 2"}, {"driver", "1.0", "1.1"}, {"version", "1.0", "1.0"}};

/* A verdict is of one device, driver and way of PoCL's alone. */
START_TEST(kept_for_the_same)
{
	setenv("CLNORM_CACHE", "on", 1);
	ck_assert_uint_ge(launches("stream", CLNORM_OP_FORWARD), 1);
	close_context();
	if (_i == 0) {
		fakecl_world()->devices[0].name = changes[_i].to;
	} else if (_i == 1) {
		fakecl_world()->devices[0].driver = changes[_i].to;
	} else {
		setenv("POCL_WORK_GROUP_METHOD", "cbs", 1);
	}
	open_context();
	ck_assert_uint_ge(launches("stream", CLNORM_OP_FORWARD), 1);
	unsetenv("POCL_WORK_GROUP_METHOD");
}
END_TEST

/* The one entry's key and data, as cln_entry_load() has them, with another note. */
static void note_write(const char *key, const char *note, size_t bytes)
{
	size_t had;
	char *data = cln_entry_load(cache_folder_folder, key, &had);
	ck_assert_ptr_nonnull(data);
	memset(data, 0, 256);
	memcpy(data, note, bytes);
	cln_entry_store(cache_folder_folder, key, data, had, 1 << 20);
	free(data);
}

/* What the entry of a file is for: its characters between the head and the data. */
static void entry_key(char *key, size_t capacity)
{
	char command[4400];
	snprintf(command, sizeof(command), "cat %s/*.program", cache_folder_folder);
	FILE *file = popen(command, "r");
	char head[40];
	unsigned long long bytes;
	ck_assert_uint_eq(fread(head, 1, sizeof(head), file), sizeof(head));
	memcpy(&bytes, head + 8, sizeof(bytes));
	ck_assert_uint_lt(bytes, capacity);
	ck_assert_uint_eq(fread(key, 1, bytes, file), bytes);
	key[bytes] = '\0';
	pclose(file);
}

static const struct {
	const char *note;
	size_t bytes;
	bool is_tried;
} notes[] = {
	{"right", 6, false},
	{"", 1, true},
	{"right ", 7, true},
	{"RIGHT", 6, true},
	{"wrong", 6, true},
	{"\xff\xfe", 3, true},
	{"right\0and more", 14, false},
};

/* A note that is none of ours says nothing: the program is tried again. */
START_TEST(notes_in_doubt)
{
	static char key[4096];
	setenv("CLNORM_CACHE", "on", 1);
	ck_assert_uint_ge(launches("stream", CLNORM_OP_FORWARD), 1);
	close_context();
	entry_key(key, sizeof(key));
	note_write(key, notes[_i].note, notes[_i].bytes);
	open_context();
	ck_assert((launches("stream", CLNORM_OP_FORWARD) > 0) == notes[_i].is_tried);
}
END_TEST

/* A note without an end is a damaged entry: the driver does not see it, and another one takes its place. */
START_TEST(note_without_end)
{
	static char key[4096], long_note[256];
	setenv("CLNORM_CACHE", "on", 1);
	ck_assert_uint_ge(launches("stream", CLNORM_OP_FORWARD), 1);
	close_context();
	entry_key(key, sizeof(key));
	memset(long_note, 'r', sizeof(long_note));
	note_write(key, long_note, sizeof(long_note));
	open_context();
	ck_assert_uint_ge(launches("stream", CLNORM_OP_FORWARD), 1);
	ck_assert_uint_eq(fakecl_calls_of("clCreateProgramWithBinary"), 0);
}
END_TEST

/* Whatever call fails, nothing is left behind, and what is found out is found out later. */
START_TEST(any_call_may_fail)
{
	unsigned long calls = 1;
	for (unsigned long n = 0; n <= calls; n++) {
		clnorm_plan *plan = NULL;
		fakecl_calls_clear();
		fakecl_fail_at(n, CL_INVALID_VALUE);
		clnorm_status st = plan_create("split", CLNORM_OP_BACKWARD, &plan);
		fakecl_fail_at(0, 0);
		calls = n == 0 ? fakecl_call_count() : calls;
		ck_assert(n == 0 ? st == CLNORM_OK : st == CLNORM_OPENCL_ERROR);
		ck_assert_msg(n == 0 || strstr(clnorm_last_error(), fakecl_call_name(n)), "%s", clnorm_last_error());
		clnorm_plan_destroy(plan);
		ck_assert_int_eq(fakecl_live(FAKECL_KERNEL) + fakecl_live(FAKECL_MEM), 0);
		close_context();
		open_context();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = tcase_create("probe");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, right, 0, (int)clnorm_variant_count());
	tcase_add_loop_test(tcase, wrong, 0, 2 * COUNT(outputs));
	tcase_add_test(tcase, falls_back);
	tcase_add_test(tcase, nothing_is_right);
	tcase_add_loop_test(tcase, who_is_tried, 0, 8);
	tcase_add_test(tcase, kept);
	tcase_add_loop_test(tcase, kept_for_the_same, 0, COUNT(changes));
	tcase_add_loop_test(tcase, notes_in_doubt, 0, COUNT(notes));
	tcase_add_test(tcase, note_without_end);
	tcase_add_test(tcase, any_call_may_fail);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
