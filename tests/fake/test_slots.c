/* test_slots.c: what a training loop costs, and how many shapes a layer keeps, on the fake OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/layer_fake.h"
#include "tests/kit/main.h"
#include "tests/kit/memory.h"

/* All functions of a step; without assertions, which take memory. */
static clnorm_status step(struct layer_fake *fake, double rate)
{
	static const clnorm_accumulate add = {1, 1};
	const clnorm_status results[] = {
		layer_fake_forward(fake),
		layer_fake_zero(fake),
		clnorm_layer_backward(fake->layer, fake->queue, fake->dy, CLNORM_WANT_ALL, &add, &fake->dx),
		clnorm_layer_backward(fake->layer, fake->queue, fake->dy, CLNORM_WANT_PARAMETERS, NULL, NULL),
		clnorm_layer_update(fake->layer, fake->queue, rate),
	};
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (results[i] != CLNORM_OK) {
			return results[i];
		}
	}
	return CLNORM_OK;
}

/* After its first step a loop takes no memory, compiles nothing, creates nothing, and waits for nothing; going to
 * evaluation and back, to another shape and back, or to another rate changes nothing of that. */
START_TEST(training_loop)
{
	struct layer_fake fake;
	layer_fake_open(&fake, LAYER_FAKE_LAYER);
	EXPECT_OK(step(&fake, 0.1));
	EXPECT_OK(layer_fake_forward_other(&fake));
	for (unsigned i = 0; i < 5; i++) {
		long live = fakecl_live_total();
		fakecl_calls_clear();
		memory_begin(0);
		clnorm_layer_set_training(fake.layer, false);
		clnorm_status st = layer_fake_forward_other(&fake);
		clnorm_layer_set_training(fake.layer, true);
		clnorm_status step_st = step(&fake, i % 2 ? 0.1 : 0.01);
		unsigned long allocations = memory_end();
		EXPECT_OK(st);
		EXPECT_OK(step_st);
		ck_assert_uint_eq(allocations, 0);
		ck_assert_int_eq(fakecl_live_total(), live);
		ck_assert_uint_eq(fakecl_calls_of("clCreate") + fakecl_calls_of("clBuild"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clGetProgram") + fakecl_calls_of("clGetDevice"), 0);
		ck_assert_uint_eq(fakecl_calls_of("clEnqueueRead") + fakecl_calls_of("clEnqueueWrite"), 0);
		ck_assert_uint_eq(fakecl_waits(), 0);
	}
	layer_fake_close(&fake, "training loop");
}
END_TEST

static void forward_of(struct layer_fake *fake, size_t n, size_t s)
{
	const size_t dims[] = {n, LAYER_FAKE_C, s};
	clnorm_tensor *x = NULL;
	EXPECT_OK(clnorm_tensor_create(fake->ctx, CLNORM_F32, 3, dims, &x));
	EXPECT_OK(clnorm_layer_forward(fake->layer, fake->queue, x, &fake->y));
	clnorm_tensor_destroy(x);
}

/* The reference module copies gamma and beta for every n; here nothing is copied, and no buffer depends on N but y
 * and the moments. */
START_TEST(batch_repeat)
{
	struct layer_fake fake;
	long mems[2];
	for (size_t i = 0; i < 2; i++) {
		layer_fake_open(&fake, LAYER_FAKE_LAYER);
		forward_of(&fake, i ? 50 : 1, 100);
		ck_assert_uint_eq(fakecl_calls_of("clEnqueueCopy") + fakecl_calls_of("clEnqueueFill"), 0);
		mems[i] = fakecl_live(FAKECL_MEM);
		layer_fake_close(&fake, "batch repeat");
	}
	ck_assert_int_eq(mems[0], mems[1]);
}
END_TEST

/* Ten shapes hold no more than the last few; trim gives up all but one, and after a reset all. */
START_TEST(memory_pool)
{
	struct layer_fake fake;
	layer_fake_open(&fake, LAYER_FAKE_LAYER);
	long empty = fakecl_live(FAKECL_MEM), one, full = 0;
	forward_of(&fake, 2, 10);
	one = fakecl_live(FAKECL_MEM);
	for (size_t i = 0; i < 10; i++) {
		forward_of(&fake, 2, 100 + i);
		full = i == CLNORM_LAYER_SHAPES ? fakecl_live(FAKECL_MEM) : full;
	}
	ck_assert_int_gt(full, one);
	ck_assert_int_le(fakecl_live(FAKECL_MEM), full);
	clnorm_layer_trim(fake.layer);
	ck_assert_int_eq(fakecl_live(FAKECL_MEM), one);
	clnorm_layer_reset(fake.layer);
	clnorm_layer_trim(fake.layer);
	ck_assert_int_eq(fakecl_live(FAKECL_MEM), empty);
	layer_fake_close(&fake, "memory pool");
}
END_TEST

/* Of one shape too many, the one used longest ago makes room: the others are there. */
START_TEST(oldest_shape_goes)
{
	struct layer_fake fake;
	layer_fake_open(&fake, LAYER_FAKE_LAYER);
	for (size_t i = 0; i <= CLNORM_LAYER_SHAPES; i++) {
		forward_of(&fake, 2, 100 + i);
	}
	fakecl_calls_clear();
	for (size_t i = 1; i <= CLNORM_LAYER_SHAPES; i++) {
		forward_of(&fake, 2, 100 + i);
		ck_assert_uint_eq(fakecl_calls_of("clCreateKernel"), 0);
	}
	forward_of(&fake, 2, 100);
	ck_assert_uint_gt(fakecl_calls_of("clCreateKernel"), 0);
	layer_fake_close(&fake, "oldest shape");
}
END_TEST

/* One refusal: the other shapes' memory is given up, and the call succeeds. Refusals without end: the bytes are
 * told, and what was remembered is gone. */
START_TEST(out_of_device_memory)
{
	struct layer_fake fake;
	layer_fake_open(&fake, LAYER_FAKE_STEP);
	forward_of(&fake, 2, 77);
	EXPECT_OK(layer_fake_forward(&fake));
	fakecl_calls_clear();
	fakecl_fail_name("clCreateBuffer", CL_MEM_OBJECT_ALLOCATION_FAILURE);
	EXPECT_SAYS(layer_fake_forward_other(&fake), CLNORM_OUT_OF_DEVICE_MEMORY, "bytes", "refused");
	ck_assert_uint_ge(fakecl_calls_of("clCreateBuffer"), 2);
	fakecl_fail_name(NULL, 0);
	EXPECT_STATUS(layer_fake_backward(&fake), CLNORM_BAD_ORDER);
	EXPECT_OK(step(&fake, 1));
	layer_fake_close(&fake, "out of device memory");
}
END_TEST

/* dx for a shape seen: where its memory is refused once, that of the others goes, and the forward pass stays
 * remembered. */
START_TEST(out_of_device_memory_backward)
{
	struct layer_fake fake;
	layer_fake_open(&fake, LAYER_FAKE_FORWARD);
	forward_of(&fake, 2, 77);
	EXPECT_OK(layer_fake_forward(&fake));
	EXPECT_OK(clnorm_layer_backward(fake.layer, fake.queue, fake.dy, CLNORM_WANT_PARAMETERS, NULL, NULL));
	long before = fakecl_live(FAKECL_MEM);
	fakecl_calls_clear();
	EXPECT_STATUS(clnorm_layer_statistics(fake.layer, fake.queue, NULL, NULL), CLNORM_OK);
	for (unsigned long n = 1; n < 10 && !fake.dx; n++) {
		fakecl_calls_clear();
		fakecl_fail_at(n, CL_MEM_OBJECT_ALLOCATION_FAILURE);
		clnorm_status st = layer_fake_backward(&fake);
		fakecl_fail_at(0, 0);
		ck_assert(st == CLNORM_OK || st == CLNORM_OUT_OF_DEVICE_MEMORY);
	}
	ck_assert_ptr_nonnull(fake.dx);
	ck_assert_int_lt(fakecl_live(FAKECL_MEM), before + 1);
	layer_fake_close(&fake, "out of device memory, backward");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slots");
	TCase *tests = tcase_create("costs");
	tcase_add_test(tests, training_loop);
	tcase_add_test(tests, batch_repeat);
	tcase_add_test(tests, memory_pool);
	tcase_add_test(tests, oldest_shape_goes);
	tcase_add_test(tests, out_of_device_memory);
	tcase_add_test(tests, out_of_device_memory_backward);
	suite_add_tcase(suite, tests);
	return main_run(suite);
}
