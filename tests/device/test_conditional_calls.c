/* test_conditional_calls.c: what conditional parameters refuse, and what they say where CLBlast was left out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/kit/conditional_trial.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#ifdef HAVE_CLBLAST

static void finish(void)
{
	EXPECT_CL(clFinish(device_get()->queue));
}

START_TEST(descriptions_refused)
{
	const struct device *device = device_get();
	clnorm_conditional *handle = NULL;
	clnorm_conditional_desc desc = {1, 2, 3, false};
	EXPECT_STATUS(clnorm_conditional_create(NULL, &desc, &handle), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_create(device->ctx, NULL, &handle), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_create(device->ctx, &desc, NULL), CLNORM_BAD_ARGUMENT);
	desc = (clnorm_conditional_desc){1, 0, 3, false};
	EXPECT_SAYS(clnorm_conditional_create(device->ctx, &desc, &handle), CLNORM_BAD_SHAPE, "0 channels",
	            "3 numbers");
	desc = (clnorm_conditional_desc){1, 2, 0, false};
	EXPECT_STATUS(clnorm_conditional_create(device->ctx, &desc, &handle), CLNORM_BAD_SHAPE);
	desc = (clnorm_conditional_desc){1, 40000, 40000, false};
	EXPECT_SAYS(clnorm_conditional_create(device->ctx, &desc, &handle), CLNORM_BAD_SHAPE, "80000 x 40000",
	            "2147483647");
	desc = (clnorm_conditional_desc){(size_t)1 << 31, 1, 1, false};
	EXPECT_STATUS(clnorm_conditional_create(device->ctx, &desc, &handle), CLNORM_BAD_SHAPE);
	desc = (clnorm_conditional_desc){1, SIZE_MAX, SIZE_MAX, false};
	EXPECT_STATUS(clnorm_conditional_create(device->ctx, &desc, &handle), CLNORM_BAD_SHAPE);
	desc = (clnorm_conditional_desc){65536, 65536, 1, false};
	EXPECT_SAYS(clnorm_conditional_create(device->ctx, &desc, &handle), CLNORM_BAD_SHAPE, "gamma", "65536 x 65536");
	ck_assert_ptr_null(handle);
	clnorm_conditional_destroy(NULL);
}
END_TEST

/* Operands of a handle for one more channel, or one more number a style, do not fit this one's, and so on. */
START_TEST(forward_refused)
{
	const struct device *device = device_get();
	const cl_event nothing = NULL;
	struct conditional_trial s;
	conditional_trial_init(&s, (clnorm_conditional_desc){3, 5, 4, false}, true, false, 7);
	const clnorm_conditional_forward_args good = conditional_trial_forward_args(&s);
	clnorm_conditional_forward_args args = good;
	EXPECT_STATUS(clnorm_conditional_forward(NULL, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, NULL, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, device->queue, NULL, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, device->queue, &args, 1, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, &nothing, NULL),
	              CLNORM_BAD_ARGUMENT);
	args.styles.mem = NULL;
	EXPECT_SAYS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER,
	            "styles", "missing");
	args = good;
	args.gamma.mem = NULL;
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER);
	args = good;
	args.weights.offset = PLACE_TAIL + 1;
	EXPECT_SAYS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER,
	            "weights", "40 elements");
	args = good;
	args.weights.offset = SIZE_MAX - 1;
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER);
	args = good;
	args.gamma = (clnorm_view){s.at[STYLES].mem, 11};
	EXPECT_SAYS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP,
	            "gamma", "styles");
	args = good;
	args.beta = (clnorm_view){args.gamma.mem, 14};
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP);
	finish();
	ck_assert(place_is_poisoned(&s.at[GAMMA]) && place_is_poisoned(&s.at[BETA]));
	conditional_trial_clear(&s);
}
END_TEST

START_TEST(backward_refused)
{
	const struct device *device = device_get();
	const clnorm_accumulate bad[] = {{NAN, 0}, {1, INFINITY}, {1e300, 0}, {1, -1e39}};
	struct conditional_trial s;
	conditional_trial_init(&s, (clnorm_conditional_desc){3, 5, 4, false}, true, false, 8);
	const clnorm_conditional_backward_args good = conditional_trial_backward_args(&s);
	clnorm_conditional_backward_args args = good;
	EXPECT_STATUS(clnorm_conditional_backward(NULL, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_backward(s.handle, device->queue, NULL, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	args.dweights.mem = args.dbias.mem = args.dstyles.mem = NULL;
	EXPECT_SAYS(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT,
	            "none of", "dstyles");
	for (size_t i = 0; i < COUNT(bad); i++) {
		args = good;
		args.accumulate = &bad[i];
		EXPECT_STATUS(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL),
		              CLNORM_BAD_ARGUMENT);
		args = good;
		args.accumulate_styles = &bad[i];
		EXPECT_STATUS(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL),
		              CLNORM_BAD_ARGUMENT);
	}
	args = good;
	args.dgamma.mem = NULL;
	EXPECT_STATUS(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER);
	args = good;
	args.dstyles = args.dgamma;
	EXPECT_STATUS(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP);
	args = good;
	args.dbias.offset = s.counts[DBIAS] + PLACE_TAIL - 9;
	EXPECT_SAYS(clnorm_conditional_backward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER,
	            "dbias", "10 elements");
	finish();
	double *left = place_load(&s.at[DWEIGHTS], "dweights");
	for (size_t i = 0; i < s.counts[DWEIGHTS]; i++) {
		ck_assert(left[i] == s.values[DWEIGHTS][i]);
	}
	free(left);
	conditional_trial_clear(&s);
}
END_TEST

START_TEST(another_context)
{
	const struct device *device = device_get();
	struct conditional_trial s;
	cl_int err;
	cl_context cl = clCreateContext(NULL, 1, &device->id, NULL, NULL, &err);
	EXPECT_CL(err);
	cl_command_queue queue = clCreateCommandQueue(cl, device->id, 0, &err);
	EXPECT_CL(err);
	cl_mem mem = clCreateBuffer(cl, CL_MEM_READ_WRITE, 4096, NULL, &err);
	EXPECT_CL(err);
	conditional_trial_init(&s, (clnorm_conditional_desc){3, 5, 4, false}, true, false, 9);
	clnorm_conditional_forward_args args = conditional_trial_forward_args(&s);
	EXPECT_STATUS(clnorm_conditional_forward(s.handle, queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_prepare(s.handle, queue), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_prepare(s.handle, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_conditional_prepare(NULL, device->queue), CLNORM_BAD_ARGUMENT);
	args.weights.mem = mem;
	EXPECT_SAYS(clnorm_conditional_forward(s.handle, device->queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER,
	            "weights", "another");
	conditional_trial_clear(&s);
	EXPECT_CL(clReleaseMemObject(mem));
	EXPECT_CL(clReleaseCommandQueue(queue));
	EXPECT_CL(clReleaseContext(cl));
}
END_TEST

#else

START_TEST(not_built)
{
	clnorm_conditional *handle = NULL;
	clnorm_conditional_desc desc = {1, 2, 3, false};
	clnorm_conditional_forward_args forward_args = {.gamma = {NULL, 0}};
	clnorm_conditional_backward_args backward_args = {.dbias = {NULL, 0}};
	cl_command_queue queue = device_get()->queue;
	EXPECT_SAYS(clnorm_conditional_create(device_get()->ctx, &desc, &handle), CLNORM_NOT_BUILT, "CLBlast",
	            "--without-clblast");
	EXPECT_STATUS(clnorm_conditional_forward(NULL, queue, &forward_args, 0, NULL, NULL), CLNORM_NOT_BUILT);
	EXPECT_STATUS(clnorm_conditional_backward(NULL, queue, &backward_args, 0, NULL, NULL), CLNORM_NOT_BUILT);
	EXPECT_STATUS(clnorm_conditional_prepare(NULL, queue), CLNORM_NOT_BUILT);
	ck_assert_ptr_null(handle);
	clnorm_conditional_destroy(NULL);
}
END_TEST

#endif

int main(void)
{
	Suite *suite = suite_create("conditional calls");
	TCase *refused = tcase_create("refused");
#ifdef HAVE_CLBLAST
	tcase_add_test(refused, descriptions_refused);
	tcase_add_test(refused, forward_refused);
	tcase_add_test(refused, backward_refused);
	tcase_add_test(refused, another_context);
#else
	tcase_add_test(refused, not_built);
#endif
	suite_add_tcase(suite, refused);
	return device_main(suite, NULL);
}
