/* layer_fake.c: a layer with its tensors on the fake OpenCL, brought to some point of a training step.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/layer_fake.h"
#include "tests/kit/memory.h"

clnorm_status drill_create(struct drill *drill)
{
	return clnorm_layer_create(drill->ctx, DRILL_C, CLNORM_DEFAULT_EPSILON, true, "name", &drill->layer);
}

clnorm_status drill_forward(struct drill *drill)
{
	return clnorm_layer_forward(drill->layer, drill->queue, drill->x, &drill->y);
}

clnorm_status drill_forward_other(struct drill *drill)
{
	return clnorm_layer_forward(drill->layer, drill->queue, drill->other, &drill->y);
}

clnorm_status drill_backward(struct drill *drill)
{
	return clnorm_layer_backward(drill->layer, drill->queue, drill->dy, CLNORM_WANT_ALL, NULL, &drill->dx);
}

clnorm_status drill_zero(struct drill *drill)
{
	return clnorm_layer_zero_gradients(drill->layer, drill->queue);
}

clnorm_status drill_update(struct drill *drill)
{
	return clnorm_layer_update(drill->layer, drill->queue, 0.5);
}

const float drill_values[CLNORM_LAYER_PARTS][DRILL_C] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {-1, -2, -3}};

static void values_write(const struct drill *drill)
{
	for (unsigned part = 0; part < CLNORM_LAYER_PARTS; part++) {
		EXPECT_OK(clnorm_layer_write(drill->layer, drill->queue, (clnorm_layer_part)part, CLNORM_F32,
		                             drill_values[part]));
	}
}

void drill_unchanged(const struct drill *drill, const char *what)
{
	for (unsigned part = 0; part < CLNORM_LAYER_PARTS; part++) {
		float got[DRILL_C];
		EXPECT_OK(clnorm_layer_read(drill->layer, drill->queue, (clnorm_layer_part)part, CLNORM_F32, got));
		ck_assert_msg(memcmp(got, drill_values[part], sizeof(got)) == 0, "%s: part %u is %g %g %g", what, part,
		              (double)got[0], (double)got[1], (double)got[2]);
	}
}

/* A weight file with other values; false where the library has no HDF5. */
static bool file_make(struct drill *drill)
{
	clnorm_layer *other = NULL;
	strcpy(drill->path, "/tmp/clnorm-faults-XXXXXX");
	int fd = mkstemp(drill->path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	EXPECT_OK(clnorm_layer_create(drill->ctx, DRILL_C, CLNORM_DEFAULT_EPSILON, true, "name", &other));
	clnorm_status st = clnorm_layer_save(other, drill->queue, drill->path);
	ck_assert(st == CLNORM_OK || st == CLNORM_NOT_BUILT);
	clnorm_layer_destroy(other);
	return st == CLNORM_OK;
}

bool drill_open(struct drill *drill, enum drill_depth depth)
{
	static const size_t dims[] = {2, DRILL_C, 4, 4}, other_dims[] = {2, DRILL_C, 5};
	cl_int err;
	bool able = true;
	memset(drill, 0, sizeof(*drill));
	fakecl_reset();
	fakecl_memory(memory_take, memory_give);
	EXPECT_OK(clnorm_context_open("", &drill->ctx));
	drill->queue = clnorm_context_queue(drill->ctx);
	EXPECT_OK(clnorm_tensor_create(drill->ctx, CLNORM_F32, 4, dims, &drill->x));
	EXPECT_OK(clnorm_tensor_create(drill->ctx, CLNORM_F32, 4, dims, &drill->dy));
	EXPECT_OK(clnorm_tensor_create(drill->ctx, CLNORM_F32, 3, other_dims, &drill->other));
	drill->apart = clCreateBuffer(clnorm_context_cl(drill->ctx), CL_MEM_READ_WRITE, 64, NULL, &err);
	EXPECT_CL(err);
	if (depth >= DRILL_LAYER) {
		EXPECT_OK(drill_create(drill));
		values_write(drill);
	}
	if (depth == DRILL_FORWARD || depth == DRILL_STEP) {
		EXPECT_OK(drill_forward(drill));
	}
	if (depth == DRILL_STEP) {
		EXPECT_OK(drill_backward(drill));
		EXPECT_OK(drill_update(drill));
	}
	if (depth == DRILL_FILE) {
		able = file_make(drill);
	}
	drill->y = drill->dx = NULL;
	fakecl_calls_clear();
	return able;
}

void drill_close(struct drill *drill, const char *what)
{
	fakecl_fail_at(0, 0);
	fakecl_fail_name(NULL, 0);
	clnorm_layer_destroy(drill->layer);
	clnorm_tensor_destroy(drill->x);
	clnorm_tensor_destroy(drill->dy);
	clnorm_tensor_destroy(drill->other);
	EXPECT_CL(clReleaseMemObject(drill->apart));
	clnorm_context_destroy(drill->ctx);
	if (drill->path[0]) {
		unlink(drill->path);
	}
	for (int kind = 0; kind < FAKECL_KIND_COUNT; kind++) {
		ck_assert_msg(fakecl_live((enum fakecl_kind)kind) == 0, "%s: %ld live %s objects", what,
		              fakecl_live((enum fakecl_kind)kind), fakecl_kind_name((enum fakecl_kind)kind));
	}
	ck_assert_msg(fakecl_misuse_count() == 0, "%s: %s", what, fakecl_misuse());
	ck_assert_msg(memory_live() == 0, "%s: %ld blocks of host memory", what, memory_live());
}
