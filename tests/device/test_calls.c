/* test_calls.c: the ways to call clnorm_forward(): outputs, offsets, sub-buffers, queues, workspaces, nothing at all.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

/* A small shape, and one of several chunks where an instance may have them: not for interpreters. */
static clnorm_desc desc_make(unsigned which)
{
	return which == 0 || device_is_small() ? clnorm_desc_1d(2, 3, 45) : clnorm_desc_1d(1, 3, 70001);
}

static unsigned shape_count(void)
{
	return device_is_small() ? 1 : 2;
}

static void same_bytes(const struct place *a, const struct place *b, const char *what)
{
	unsigned char *one = place_bytes(a, what), *other = place_bytes(b, what);
	ck_assert_uint_eq(a->count, b->count);
	ck_assert_msg(memcmp(one, other, a->count * clnorm_dtype_bytes(a->dtype)) == 0, "%s differs", what);
	free(one);
	free(other);
}

/* Every subset of outputs with every subset of inputs, by one plan: each output is what it is among all of them. */
START_TEST(subsets)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 45);
	clnorm_plan *plan = trial_plan(&desc, _i);
	ck_assert_ptr_nonnull(plan);
	for (unsigned inputs = 0; inputs < 8; inputs += device_is_small() ? 7 : 1) {
		for (unsigned outputs = 1; outputs < 16; outputs++) {
			struct trial trial;
			trial_init(&trial, &desc, DATA_NARROW, inputs + 10, inputs, outputs, TRIAL_APART);
			trial_forward(&trial, plan, device_get()->queue);
			compare_forward(&trial);
			trial_clear(&trial);
		}
	}
	clnorm_plan_destroy(plan);
}
END_TEST

/* y over x, y over residual, and y over an x that is the residual too: the bits of a call with all apart. */
START_TEST(in_place)
{
	for (unsigned which = 0; which < shape_count(); which++) {
		clnorm_desc desc = desc_make(which);
		struct trial apart, over_x, over_residual;
		clnorm_plan *plan = trial_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_init(&apart, &desc, DATA_OFFSET, 3, 7, TRIAL_ALL, TRIAL_APART);
		trial_init(&over_x, &desc, DATA_OFFSET, 3, 7, TRIAL_ALL, TRIAL_OVER_X);
		trial_init(&over_residual, &desc, DATA_OFFSET, 3, 7, TRIAL_ALL, TRIAL_OVER_RESIDUAL);
		trial_forward(&apart, plan, device_get()->queue);
		trial_forward(&over_x, plan, device_get()->queue);
		trial_forward(&over_residual, plan, device_get()->queue);
		compare_forward(&apart);
		same_bytes(&apart.at_y, &over_x.at_x, "y over x");
		same_bytes(&apart.at_y, &over_residual.at_residual, "y over residual");
		same_bytes(&apart.at_moments, &over_x.at_moments, "moments in place");

		clnorm_forward_args args = trial_args(&apart);
		args.residual = args.x;
		EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
		trial_rewind(&over_x);
		args.x = args.residual = args.y = over_x.at_x.view;
		EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
		same_bytes(&apart.at_y, &over_x.at_x, "y over x as residual");
		trial_clear(&apart);
		trial_clear(&over_x);
		trial_clear(&over_residual);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Where x and y begin changes no bit. */
static void offsets_check(const clnorm_desc *desc, clnorm_plan *plan, const struct trial *trial)
{
	static const size_t firsts[] = {1, 2, 3, 4, 7, 8, 15, 16, 31, 33};
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i += device_is_small() ? 4 : 1) {
		struct place x, y;
		clnorm_forward_args args = trial_args(trial);
		place_init(&x, desc->dtype, trial->count, firsts[i]);
		place_init(&y, desc->dtype, trial->count, firsts[(i * 3 + 1) % (sizeof(firsts) / sizeof(firsts[0]))]);
		place_store(&x, trial->x);
		args.x = x.view;
		args.y = y.view;
		EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
		same_bytes(&trial->at_y, &y, "y at another offset");
		place_clear(&x);
		place_clear(&y);
	}
}

START_TEST(offsets)
{
	for (unsigned which = 0; which < shape_count(); which++) {
		for (int dtype = 0; dtype <= CLNORM_F16; dtype++) {
			clnorm_desc desc = desc_make(which);
			struct trial trial;
			desc.dtype = (clnorm_dtype)dtype;
			clnorm_plan *plan = trial_plan(&desc, _i);
			if (!plan) {
				continue;
			}
			trial_init(&trial, &desc, DATA_NARROW, 4, TRIAL_GAMMA, TRIAL_ALL, TRIAL_APART);
			trial_forward(&trial, plan, device_get()->queue);
			offsets_check(&desc, plan, &trial);
			trial_clear(&trial);
			clnorm_plan_destroy(plan);
		}
	}
}
END_TEST

/* Everything in sub-buffers of one buffer, side by side without a gap but for the alignment that sub-buffers need. */
START_TEST(sub_buffers)
{
	const struct device *device = device_get();
	clnorm_desc desc = desc_make(0);
	cl_uint align_bits = 0;
	cl_mem root, subs[2];
	struct trial trial;
	clnorm_plan *plan = trial_plan(&desc, _i);
	cl_int err;
	EXPECT_CL(clGetDeviceInfo(device->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(align_bits), &align_bits, NULL));
	trial_init(&trial, &desc, DATA_NARROW, 5, TRIAL_GAMMA, TRIAL_ALL, TRIAL_APART);
	trial_forward(&trial, plan, device->queue);

	size_t align = align_bits / 8, bytes = (trial.count * 4 + 3 * 4 + align - 1) / align * align;
	float *host = malloc(2 * bytes);
	ck_assert_ptr_nonnull(host);
	root = clCreateBuffer(device->cl, CL_MEM_READ_WRITE, 2 * bytes, NULL, &err);
	EXPECT_CL(err);
	for (size_t i = 0; i < 2; i++) {
		cl_buffer_region region = {i * bytes, bytes};
		subs[i] = clCreateSubBuffer(root, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
		EXPECT_CL(err);
	}
	memset(host, 0, 2 * bytes);
	EXPECT_OK(clnorm_convert(CLNORM_F64, trial.x, CLNORM_F32, host + 3, trial.count));
	EXPECT_CL(clEnqueueWriteBuffer(device->queue, root, CL_TRUE, 0, 2 * bytes, host, 0, NULL, NULL));
	clnorm_forward_args args = trial_args(&trial);
	args.x = (clnorm_view){subs[0], 3};
	args.y = (clnorm_view){subs[1], 1};
	EXPECT_OK(clnorm_forward(plan, device->queue, &args, 0, NULL, NULL));
	EXPECT_CL(clEnqueueReadBuffer(device->queue, root, CL_TRUE, 0, 2 * bytes, host, 0, NULL, NULL));
	unsigned char *y = place_bytes(&trial.at_y, "y");
	ck_assert_int_eq(memcmp(y, (char *)host + bytes + 4, trial.count * 4), 0);
	ck_assert_msg(host[bytes / 4] == 0 && host[bytes / 4 + 1 + trial.count] == 0, "written around y");
	free(y);
	free(host);
	EXPECT_CL(clReleaseMemObject(subs[0]));
	EXPECT_CL(clReleaseMemObject(subs[1]));
	EXPECT_CL(clReleaseMemObject(root));
	trial_clear(&trial);
	clnorm_plan_destroy(plan);
}
END_TEST

static cl_int event_status(cl_event event)
{
	cl_int status = CL_QUEUED;
	EXPECT_CL(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL));
	return status;
}

/* A call that waits for two user events does not begin before both are set; its event completes after the last kernel.
 */
static void wait_for_user(struct trial *trial, clnorm_plan *plan, cl_command_queue queue)
{
	cl_event gates[2], done = NULL;
	cl_int err;
	for (size_t i = 0; i < 2; i++) {
		gates[i] = clCreateUserEvent(device_get()->cl, &err);
		EXPECT_CL(err);
	}
	clnorm_forward_args args = trial_args(trial);
	EXPECT_OK(clnorm_forward(plan, queue, &args, 2, gates, &done));
	if (!device_is_small()) {
		EXPECT_CL(clFlush(queue)); /* oclgrind would wait for the gate here */
	}
	ck_assert_int_ne(event_status(done), CL_COMPLETE);
	EXPECT_CL(clSetUserEventStatus(gates[0], CL_COMPLETE));
	ck_assert_int_ne(event_status(done), CL_COMPLETE);
	EXPECT_CL(clSetUserEventStatus(gates[1], CL_COMPLETE));
	EXPECT_CL(clWaitForEvents(1, &done));
	trial_fetch(trial);
	compare_forward(trial);
	EXPECT_CL(clReleaseEvent(gates[0]));
	EXPECT_CL(clReleaseEvent(gates[1]));
	EXPECT_CL(clReleaseEvent(done));
}

START_TEST(queues)
{
	static const cl_command_queue_properties properties[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE};
	for (unsigned which = 0; which < shape_count(); which++) {
		clnorm_desc desc = desc_make(which);
		clnorm_plan *plan = trial_plan(&desc, _i);
		for (size_t i = 0; plan && i < 2; i++) {
			cl_command_queue queue = device_queue_create(properties[i]);
			struct trial trial;
			trial_init(&trial, &desc, DATA_OFFSET, 6, 7, TRIAL_ALL, TRIAL_APART);
			wait_for_user(&trial, plan, queue);
			trial_rewind(&trial);
			clnorm_forward_args args = trial_args(&trial);
			EXPECT_OK(clnorm_forward(plan, queue, &args, 0, NULL, NULL));
			EXPECT_CL(clFinish(queue));
			trial_fetch(&trial);
			compare_forward(&trial);
			trial_clear(&trial);
			EXPECT_CL(clReleaseCommandQueue(queue));
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Many calls of one plan at once on an out-of-order queue, each with a workspace of its own. */
START_TEST(own_workspaces)
{
	struct trial trials[4];
	cl_event done[4];
	cl_command_queue queue = device_queue_create(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	clnorm_desc desc = desc_make(1);
	desc.flags = CLNORM_CALLER_WORKSPACE;
	clnorm_plan *plan = trial_plan(&desc, _i);
	for (unsigned i = 0; plan && i < 4; i++) {
		trial_init(&trials[i], &desc, DATA_NARROW, i + 20, TRIAL_BETA, TRIAL_ALL, TRIAL_APART);
		trial_bring_workspace(&trials[i], plan);
	}
	for (unsigned i = 0; plan && i < 4; i++) {
		clnorm_forward_args args = trial_args(&trials[i]);
		EXPECT_OK(clnorm_forward(plan, queue, &args, 0, NULL, &done[i]));
	}
	EXPECT_CL(clFinish(queue));
	for (unsigned i = 0; plan && i < 4; i++) {
		trial_fetch(&trials[i]);
		compare_forward(&trials[i]);
		trial_clear(&trials[i]);
		EXPECT_CL(clReleaseEvent(done[i]));
	}
	clnorm_plan_destroy(plan);
	EXPECT_CL(clReleaseCommandQueue(queue));
}
END_TEST

/* Success, an event that completes, nothing written; the empty tensor's own buffers may be absent. */
START_TEST(empty)
{
	static const struct cases_shape shapes[] = {
		{3, {0, 3, 10}}, {4, {0, 3, 10, 10}}, {4, {2, 0, 4, 4}}, {4, {2, 3, 0, 4}}, {2, {0, 0}}};
	const struct device *device = device_get();
	clnorm_desc desc = cases_desc(&shapes[_i]);
	clnorm_plan *plan = NULL;
	cl_event done = NULL;
	struct place y;
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY;
	EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &plan));
	ck_assert_uint_eq(clnorm_plan_workspace_bytes(plan), 0);
	ck_assert_ptr_nonnull(clnorm_plan_variant(plan, CLNORM_OP_FORWARD));
	EXPECT_OK(clnorm_plan_prepare(plan, device->queue));
	place_init(&y, CLNORM_F32, 8, 2);
	clnorm_forward_args args = {.x = y.view, .y = y.view, .mean = y.view};
	EXPECT_OK(clnorm_forward(plan, device->queue, &args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	args = (clnorm_forward_args){0};
	EXPECT_OK(clnorm_forward(plan, device->queue, &args, 0, NULL, NULL));
	clnorm_apply_args apply = {0};
	EXPECT_OK(clnorm_apply(plan, device->queue, &apply, 0, NULL, NULL));
	ck_assert(place_is_poisoned(&y));
	place_clear(&y);
	clnorm_plan_destroy(plan);
}
END_TEST

/* Preparing a plan leaves its buffers and its results alone. */
START_TEST(prepare)
{
	clnorm_desc desc = desc_make(1);
	clnorm_plan *plan = trial_plan(&desc, _i);
	struct trial trial;
	if (plan) {
		EXPECT_OK(clnorm_plan_prepare(plan, device_get()->queue));
		trial_init(&trial, &desc, DATA_NORMAL, 8, 3, TRIAL_ALL, TRIAL_APART);
		trial_forward(&trial, plan, device_get()->queue);
		compare_forward(&trial);
		trial_clear(&trial);
	}
	clnorm_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calls");
	TCase *calls = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(calls, subsets, 0, variants + 1);
	tcase_add_loop_test(calls, in_place, 0, variants + 1);
	tcase_add_loop_test(calls, offsets, 0, variants + 1);
	tcase_add_loop_test(calls, sub_buffers, 0, variants + 1);
	tcase_add_loop_test(calls, queues, 0, variants + 1);
	tcase_add_loop_test(calls, own_workspaces, 0, variants + 1);
	tcase_add_loop_test(calls, prepare, 0, variants + 1);
	tcase_add_loop_test(calls, empty, 0, 5);
	suite_add_tcase(suite, calls);
	return device_main(suite, NULL);
}
