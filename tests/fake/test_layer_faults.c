/* test_layer_faults.c: every OpenCL call and every allocation of each layer function refused in turn.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/layer_fake.h"
#include "tests/kit/main.h"
#include "tests/kit/memory.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct scene {
	const char *name;
	enum drill_depth depth;
	clnorm_status (*act)(struct drill *drill);
	bool changes; /* the parts of the layer, also by half where it fails */
};

/* ---- The scenes ---------------------------------------------------------------------------------------------- */

static clnorm_status act_bind(struct drill *drill)
{
	return clnorm_layer_bind(drill->layer, drill->queue, CLNORM_BETA, (clnorm_view){drill->apart, 2});
}

static const float given[DRILL_C] = {10, 20, 30};

static clnorm_status act_write(struct drill *drill)
{
	return clnorm_layer_write(drill->layer, drill->queue, CLNORM_BETA, CLNORM_F32, given);
}

static clnorm_status act_read(struct drill *drill)
{
	double values[DRILL_C];
	return clnorm_layer_read(drill->layer, drill->queue, CLNORM_DGAMMA, CLNORM_F64, values);
}

static clnorm_status act_statistics(struct drill *drill)
{
	double mean[2 * DRILL_C], rstd[2 * DRILL_C];
	return clnorm_layer_statistics(drill->layer, drill->queue, mean, rstd);
}

static clnorm_status act_save(struct drill *drill)
{
	return clnorm_layer_save(drill->layer, drill->queue, drill->path);
}

static clnorm_status act_load(struct drill *drill)
{
	return clnorm_layer_load(drill->layer, drill->queue, drill->path);
}

static const struct scene scenes[] = {
	{"create", DRILL_CONTEXT, drill_create, false},
	{"forward, the first", DRILL_LAYER, drill_forward, false},
	{"forward again", DRILL_STEP, drill_forward, false},
	{"forward of another shape", DRILL_STEP, drill_forward_other, false},
	{"backward, the first", DRILL_FORWARD, drill_backward, false},
	{"backward again", DRILL_STEP, drill_backward, false},
	{"zero_gradients", DRILL_STEP, drill_zero, true},
	{"update, the first", DRILL_LAYER, drill_update, true},
	{"update again", DRILL_STEP, drill_update, true},
	{"bind", DRILL_LAYER, act_bind, false},
	{"write", DRILL_LAYER, act_write, false},
	{"read", DRILL_LAYER, act_read, false},
	{"statistics", DRILL_FORWARD, act_statistics, false},
	{"save", DRILL_FILE, act_save, false},
	{"load", DRILL_FILE, act_load, false},
};

/* ---- The play ------------------------------------------------------------------------------------------------ */

static bool is_device_memory(cl_int code)
{
	return code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES;
}

/* The library goes on where another variant builds, where the memory of other shapes can be given up, and where a
 * program that was built has no log. */
static bool may_succeed(const struct scene *scene, const char *call, cl_int code)
{
	bool makes = scene->act != drill_create && scene->act != act_save && scene->act != act_load;
	return makes && strncmp(call, "clEnqueue", 9) != 0 && (is_device_memory(code) || strstr(call, "Build"));
}

static bool is_wanted(clnorm_status st, const char *call, cl_int code)
{
	if (code == CL_INVALID_MEM_OBJECT && strcmp(call, "clGetMemObjectInfo") == 0) {
		return st == CLNORM_BAD_BUFFER;
	}
	if (is_device_memory(code)) {
		return st == CLNORM_OUT_OF_DEVICE_MEMORY;
	}
	return st == (code == CL_OUT_OF_HOST_MEMORY ? CLNORM_OUT_OF_MEMORY : CLNORM_OPENCL_ERROR);
}

/* After a failure: nothing written, the parts as they were, and the same act succeeds. A failed forward pass, and it
 * alone, is forgotten; one that is refused leaves the pass before it. */
static void aftermath(const struct scene *scene, struct drill *drill, bool refused, const char *what)
{
	ck_assert_msg(!drill->y && !drill->dx, "%s: wrote an output", what);
	if (scene->act == drill_create) {
		ck_assert_msg(!drill->layer, "%s: wrote the layer", what);
	} else if (!scene->changes && scene->depth != DRILL_STEP) {
		drill_unchanged(drill, what);
	}
	if (scene->act == drill_forward || scene->act == drill_forward_other) {
		bool kept = refused && scene->depth == DRILL_STEP;
		ck_assert_msg(!clnorm_layer_moments(drill->layer) == !kept, "%s: is the pass before kept?", what);
		EXPECT_STATUS(drill_backward(drill), kept ? CLNORM_OK : CLNORM_BAD_ORDER);
	}
	clnorm_status st = scene->act(drill);
	ck_assert_msg(st == CLNORM_OK, "%s: afterwards %s", what, clnorm_last_error());
}

static void call_fail(const struct scene *scene, unsigned long n, cl_int code)
{
	struct drill drill;
	char what[160];
	drill_open(&drill, scene->depth);
	fakecl_fail_at(n, code);
	memory_begin(0);
	clnorm_status st = scene->act(&drill);
	memory_end();
	fakecl_fail_at(0, 0);
	const char *call = fakecl_call_name(n);
	snprintf(what, sizeof(what), "%s, call %lu, %s, failing with %d", scene->name, n, call, (int)code);
	if (st == CLNORM_OK) {
		ck_assert_msg(may_succeed(scene, call, code), "%s: succeeded", what);
	} else {
		ck_assert_msg(is_wanted(st, call, code), "%s: %s: %s", what, clnorm_status_name(st),
		              clnorm_last_error());
		ck_assert_msg(strstr(clnorm_last_error(), clnorm_opencl_name(code)), "%s: says %s", what,
		              clnorm_last_error());
		aftermath(scene, &drill, st == CLNORM_BAD_BUFFER, what);
	}
	drill_close(&drill, what);
}

START_TEST(calls)
{
	static const cl_int codes[] = {CL_OUT_OF_HOST_MEMORY, CL_OUT_OF_RESOURCES, CL_INVALID_VALUE,
	                               CL_INVALID_MEM_OBJECT};
	const struct scene *scene = &scenes[_i];
	struct drill drill;
	unsigned long count = 0;
	if (drill_open(&drill, scene->depth)) {
		EXPECT_OK(scene->act(&drill));
		count = fakecl_call_count();
	}
	drill_close(&drill, scene->name);
	printf("%s: %lu calls\n", scene->name, count);
	for (unsigned long n = 1; n <= count; n++) {
		for (size_t i = 0; i < COUNT(codes); i++) {
			call_fail(scene, n, codes[i]);
		}
	}
}
END_TEST

START_TEST(allocations)
{
	const struct scene *scene = &scenes[_i];
	unsigned long count = 0;
	for (unsigned long n = 0; n <= count; n++) {
		struct drill drill;
		char what[160];
		snprintf(what, sizeof(what), "%s, allocation %lu", scene->name, n);
		bool able = drill_open(&drill, scene->depth);
		memory_begin(n);
		clnorm_status st = able ? scene->act(&drill) : CLNORM_OK;
		unsigned long now = memory_end();
		if (n == 0) {
			count = now;
			EXPECT_STATUS(st, CLNORM_OK);
		} else if (st != CLNORM_OK || scene->act != act_save) { /* a folder that is not synced is no failure */
			ck_assert_msg(st == CLNORM_OUT_OF_MEMORY, "%s: %s", what, clnorm_status_name(st));
			aftermath(scene, &drill, false, what);
		}
		drill_close(&drill, what);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layer faults");
	TCase *faults = tcase_create("faults");
	tcase_set_timeout(faults, 300);
	tcase_add_loop_test(faults, calls, 0, COUNT(scenes));
	tcase_add_loop_test(faults, allocations, 0, COUNT(scenes));
	suite_add_tcase(suite, faults);
	return main_run(suite);
}
