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

clnorm_status layer_fake_create(struct layer_fake *fake)
{
	return clnorm_layer_create(fake->ctx, LAYER_FAKE_C, CLNORM_DEFAULT_EPSILON, true, "name", &fake->layer);
}

clnorm_status layer_fake_forward(struct layer_fake *fake)
{
	return clnorm_layer_forward(fake->layer, fake->queue, fake->x, &fake->y);
}

clnorm_status layer_fake_forward_other(struct layer_fake *fake)
{
	return clnorm_layer_forward(fake->layer, fake->queue, fake->other, &fake->y);
}

clnorm_status layer_fake_backward(struct layer_fake *fake)
{
	return clnorm_layer_backward(fake->layer, fake->queue, fake->dy, CLNORM_WANT_ALL, NULL, &fake->dx);
}

clnorm_status layer_fake_zero(struct layer_fake *fake)
{
	return clnorm_layer_zero_gradients(fake->layer, fake->queue);
}

clnorm_status layer_fake_update(struct layer_fake *fake)
{
	return clnorm_layer_update(fake->layer, fake->queue, 0.5);
}

const float layer_fake_values[LAYER_FAKE_PARTS][LAYER_FAKE_C] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {-1, -2, -3}};

static void values_write(const struct layer_fake *fake)
{
	for (unsigned part = 0; part < LAYER_FAKE_PARTS; part++) {
		EXPECT_OK(clnorm_layer_write(fake->layer, fake->queue, (clnorm_layer_part)part, CLNORM_F32,
		                             layer_fake_values[part]));
	}
}

void layer_fake_unchanged(const struct layer_fake *fake, const char *what)
{
	for (unsigned part = 0; part < LAYER_FAKE_PARTS; part++) {
		float got[LAYER_FAKE_C];
		EXPECT_OK(clnorm_layer_read(fake->layer, fake->queue, (clnorm_layer_part)part, CLNORM_F32, got));
		ck_assert_msg(memcmp(got, layer_fake_values[part], sizeof(got)) == 0, "%s: part %u is %g %g %g", what,
		              part, (double)got[0], (double)got[1], (double)got[2]);
	}
}

/* A weight file with other values; false where the library has no HDF5. */
static bool file_make(struct layer_fake *fake)
{
	clnorm_layer *other = NULL;
	strcpy(fake->path, "/tmp/clnorm-faults-XXXXXX");
	int fd = mkstemp(fake->path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	EXPECT_OK(clnorm_layer_create(fake->ctx, LAYER_FAKE_C, CLNORM_DEFAULT_EPSILON, true, "name", &other));
	clnorm_status st = clnorm_layer_save(other, fake->queue, fake->path);
	ck_assert(st == CLNORM_OK || st == CLNORM_NOT_BUILT);
	clnorm_layer_destroy(other);
	return st == CLNORM_OK;
}

bool layer_fake_open(struct layer_fake *fake, enum layer_fake_depth depth)
{
	static const size_t dims[] = {2, LAYER_FAKE_C, 4, 4}, other_dims[] = {2, LAYER_FAKE_C, 5};
	cl_int err;
	bool able = true;
	memset(fake, 0, sizeof(*fake));
	fakecl_reset();
	fakecl_memory(memory_take, memory_give);
	EXPECT_OK(clnorm_context_open("", &fake->ctx));
	fake->queue = clnorm_context_queue(fake->ctx);
	EXPECT_OK(clnorm_tensor_create(fake->ctx, CLNORM_F32, 4, dims, &fake->x));
	EXPECT_OK(clnorm_tensor_create(fake->ctx, CLNORM_F32, 4, dims, &fake->dy));
	EXPECT_OK(clnorm_tensor_create(fake->ctx, CLNORM_F32, 3, other_dims, &fake->other));
	fake->apart = clCreateBuffer(clnorm_context_cl(fake->ctx), CL_MEM_READ_WRITE, 64, NULL, &err);
	EXPECT_CL(err);
	if (depth >= LAYER_FAKE_LAYER) {
		EXPECT_OK(layer_fake_create(fake));
		values_write(fake);
	}
	if (depth == LAYER_FAKE_FORWARD || depth == LAYER_FAKE_STEP) {
		EXPECT_OK(layer_fake_forward(fake));
	}
	if (depth == LAYER_FAKE_STEP) {
		EXPECT_OK(layer_fake_backward(fake));
		EXPECT_OK(layer_fake_update(fake));
	}
	if (depth == LAYER_FAKE_FILE) {
		able = file_make(fake);
	}
	fake->y = fake->dx = NULL;
	fakecl_calls_clear();
	return able;
}

void layer_fake_close(struct layer_fake *fake, const char *what)
{
	fakecl_fail_at(0, 0);
	fakecl_fail_name(NULL, 0);
	clnorm_layer_destroy(fake->layer);
	clnorm_tensor_destroy(fake->x);
	clnorm_tensor_destroy(fake->dy);
	clnorm_tensor_destroy(fake->other);
	EXPECT_CL(clReleaseMemObject(fake->apart));
	clnorm_context_destroy(fake->ctx);
	if (fake->path[0]) {
		unlink(fake->path);
	}
	for (int kind = 0; kind < FAKECL_KIND_COUNT; kind++) {
		ck_assert_msg(fakecl_live((enum fakecl_kind)kind) == 0, "%s: %ld live %s objects", what,
		              fakecl_live((enum fakecl_kind)kind), fakecl_kind_name((enum fakecl_kind)kind));
	}
	ck_assert_msg(fakecl_misuse_count() == 0, "%s: %s", what, fakecl_misuse());
	ck_assert_msg(memory_live() == 0, "%s: %ld blocks of host memory", what, memory_live());
}
