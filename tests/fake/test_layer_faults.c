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
	enum layer_fake_depth depth;
	clnorm_status (*act)(struct layer_fake *fake);
	bool changes; /* the parts of the layer, also by half where it fails */
};

/* ---- The scenes ---------------------------------------------------------------------------------------------- */

static clnorm_status act_bind(struct layer_fake *fake)
{
	return clnorm_layer_bind(fake->layer, fake->queue, CLNORM_BETA, (clnorm_view){fake->apart, 2});
}

static const float given[LAYER_FAKE_C] = {10, 20, 30};

static clnorm_status act_write(struct layer_fake *fake)
{
	return clnorm_layer_write(fake->layer, fake->queue, CLNORM_BETA, CLNORM_F32, given);
}

static clnorm_status act_read(struct layer_fake *fake)
{
	double values[LAYER_FAKE_C];
	return clnorm_layer_read(fake->layer, fake->queue, CLNORM_DGAMMA, CLNORM_F64, values);
}

static clnorm_status act_statistics(struct layer_fake *fake)
{
	double mean[2 * LAYER_FAKE_C], rstd[2 * LAYER_FAKE_C];
	return clnorm_layer_statistics(fake->layer, fake->queue, mean, rstd);
}

static clnorm_status act_save(struct layer_fake *fake)
{
	return clnorm_layer_save(fake->layer, fake->queue, fake->path);
}

static clnorm_status act_load(struct layer_fake *fake)
{
	return clnorm_layer_load(fake->layer, fake->queue, fake->path);
}

static const struct scene scenes[] = {
	{"create", LAYER_FAKE_CONTEXT, layer_fake_create, false},
	{"forward, the first", LAYER_FAKE_LAYER, layer_fake_forward, false},
	{"forward again", LAYER_FAKE_STEP, layer_fake_forward, false},
	{"forward of another shape", LAYER_FAKE_STEP, layer_fake_forward_other, false},
	{"backward, the first", LAYER_FAKE_FORWARD, layer_fake_backward, false},
	{"backward again", LAYER_FAKE_STEP, layer_fake_backward, false},
	{"zero_gradients", LAYER_FAKE_STEP, layer_fake_zero, true},
	{"update, the first", LAYER_FAKE_LAYER, layer_fake_update, true},
	{"update again", LAYER_FAKE_STEP, layer_fake_update, true},
	{"bind", LAYER_FAKE_LAYER, act_bind, false},
	{"write", LAYER_FAKE_LAYER, act_write, false},
	{"read", LAYER_FAKE_LAYER, act_read, false},
	{"statistics", LAYER_FAKE_FORWARD, act_statistics, false},
	{"save", LAYER_FAKE_FILE, act_save, false},
	{"load", LAYER_FAKE_FILE, act_load, false},
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
	bool makes = scene->act != layer_fake_create && scene->act != act_save && scene->act != act_load;
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
static void aftermath(const struct scene *scene, struct layer_fake *fake, bool refused, const char *what)
{
	ck_assert_msg(!fake->y && !fake->dx, "%s: wrote an output", what);
	if (scene->act == layer_fake_create) {
		ck_assert_msg(!fake->layer, "%s: wrote the layer", what);
	} else if (!scene->changes && scene->depth != LAYER_FAKE_STEP) {
		layer_fake_unchanged(fake, what);
	}
	if (scene->act == layer_fake_forward || scene->act == layer_fake_forward_other) {
		bool kept = refused && scene->depth == LAYER_FAKE_STEP;
		ck_assert_msg(!clnorm_layer_moments(fake->layer) == !kept, "%s: is the pass before kept?", what);
		EXPECT_STATUS(layer_fake_backward(fake), kept ? CLNORM_OK : CLNORM_BAD_ORDER);
	}
	clnorm_status st = scene->act(fake);
	ck_assert_msg(st == CLNORM_OK, "%s: afterwards %s", what, clnorm_last_error());
}

static void call_fail(const struct scene *scene, unsigned long n, cl_int code)
{
	struct layer_fake fake;
	char what[160];
	layer_fake_open(&fake, scene->depth);
	fakecl_fail_at(n, code);
	memory_begin(0);
	clnorm_status st = scene->act(&fake);
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
		aftermath(scene, &fake, st == CLNORM_BAD_BUFFER, what);
	}
	layer_fake_close(&fake, what);
}

START_TEST(calls)
{
	static const cl_int codes[] = {CL_OUT_OF_HOST_MEMORY, CL_OUT_OF_RESOURCES, CL_INVALID_VALUE,
	                               CL_INVALID_MEM_OBJECT};
	const struct scene *scene = &scenes[_i];
	struct layer_fake fake;
	unsigned long count = 0;
	if (layer_fake_open(&fake, scene->depth)) {
		EXPECT_OK(scene->act(&fake));
		count = fakecl_call_count();
	}
	layer_fake_close(&fake, scene->name);
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
		struct layer_fake fake;
		char what[160];
		snprintf(what, sizeof(what), "%s, allocation %lu", scene->name, n);
		bool able = layer_fake_open(&fake, scene->depth);
		memory_begin(n);
		clnorm_status st = able ? scene->act(&fake) : CLNORM_OK;
		unsigned long now = memory_end();
		if (n == 0) {
			count = now;
			EXPECT_STATUS(st, CLNORM_OK);
		} else if (st != CLNORM_OK || scene->act != act_save) { /* a folder that is not synced is no failure */
			ck_assert_msg(st == CLNORM_OUT_OF_MEMORY, "%s: %s", what, clnorm_status_name(st));
			aftermath(scene, &fake, false, what);
		}
		layer_fake_close(&fake, what);
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
