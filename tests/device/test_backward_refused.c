/* test_backward_refused.c: what clnorm_backward() refuses: the status, the numbers in the message, gradients as they
 * were. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/trial_back.h"

/* A call that is right, of which tests spoil one thing at a time. */
static struct trial_back right;
static clnorm_plan *plan;
static clnorm_backward_args args;
static cl_context other_cl;
static cl_mem other_mem;

static clnorm_desc desc_make(void)
{
	return clnorm_desc_2d(2, 3, 5, 9);
}

static void right_make(const clnorm_desc *desc)
{
	struct trial_back_way way = {.inputs = TRIAL_GAMMA | TRIAL_BETA | TRIAL_RESIDUAL,
	                             .outputs = TRIAL_GRADIENTS,
	                             .told = TRIAL_TOLD_PAIR};
	trial_back_init(&right, desc, DATA_NORMAL, 1, way);
	trial_bring_workspace(&right.in, plan);
	args = trial_back_args(&right);
}

static void setup(void)
{
	cl_device_id id = device_get()->id;
	clnorm_desc desc = desc_make();
	cl_int err;
	desc.ops = CLNORM_OP_BACKWARD;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	right_make(&desc);
	other_cl = clCreateContext(NULL, 1, &id, NULL, NULL, &err);
	EXPECT_CL(err);
	other_mem = clCreateBuffer(other_cl, CL_MEM_READ_WRITE, 1 << 16, NULL, &err);
	EXPECT_CL(err);
}

static void teardown(void)
{
	clReleaseMemObject(other_mem);
	clReleaseContext(other_cl);
	trial_back_clear(&right);
	clnorm_plan_destroy(plan);
	plan = NULL;
}

/* The call fails so, with both words in its message, writes nothing, and makes no event; then it is right again. */
static void refused(clnorm_status status, const char *one, const char *other)
{
	cl_event event = (cl_event)&event;
	EXPECT_SAYS(clnorm_backward(plan, device_get()->queue, &args, 0, NULL, &event), status, one, other);
	ck_assert_ptr_eq(event, (cl_event)&event);
	EXPECT_CL(clFinish(device_get()->queue));
	ck_assert(!right.at_dx.mem || place_is_poisoned(&right.at_dx));
	ck_assert(!right.at_dgamma.mem || place_is_poisoned(&right.at_dgamma));
	ck_assert(!right.at_dbeta.mem || place_is_poisoned(&right.at_dbeta));
	args = trial_back_args(&right);
}

START_TEST(missing)
{
	args.x.mem = NULL;
	refused(CLNORM_BAD_BUFFER, "x", "missing");
	args.dy.mem = NULL;
	refused(CLNORM_BAD_BUFFER, "dy", "missing");
	args.dx.mem = args.dgamma.mem = args.dbeta.mem = NULL;
	refused(CLNORM_BAD_ARGUMENT, "dx", "dbeta");
	args.mean.mem = NULL;
	refused(CLNORM_BAD_ARGUMENT, "rstd", "without mean");
	args.rstd.mem = NULL;
	refused(CLNORM_BAD_ARGUMENT, "mean", "without rstd");
	args.moments = args.residual;
	refused(CLNORM_BAD_ARGUMENT, "moments", "mean");
	args.workspace = args.residual;
	refused(CLNORM_BAD_ARGUMENT, "workspace", "CLNORM_CALLER_WORKSPACE");
}
END_TEST

START_TEST(nulls)
{
	cl_command_queue queue = device_get()->queue;
	cl_event event = NULL;
	EXPECT_SAYS(clnorm_backward(NULL, queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "clnorm_backward", "plan");
	EXPECT_SAYS(clnorm_backward(plan, queue, NULL, 0, NULL, NULL), CLNORM_BAD_ARGUMENT, "clnorm_backward", "args");
	EXPECT_STATUS(clnorm_backward(plan, NULL, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_backward(plan, queue, &args, 2, NULL, NULL), CLNORM_BAD_ARGUMENT, "2", "event");
	EXPECT_STATUS(clnorm_backward(plan, queue, &args, 0, &event, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_CL(clFinish(queue));
	ck_assert(place_is_poisoned(&right.at_dx));
}
END_TEST

START_TEST(numbers)
{
	static const clnorm_accumulate bad[] = {{NAN, 0}, {INFINITY, 1}, {1, -INFINITY},
	                                        {1, NAN}, {1e39, 0},     {1, -1e39}};
	static const char *const words[] = {"nan", "inf", "-inf", "nan", "1e+39", "-1e+39"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		args.accumulate = &bad[i];
		refused(CLNORM_BAD_ARGUMENT, "scale", words[i]);
	}
}
END_TEST

/* Buffers one element short, past their end, and of another context, for every operand. */
START_TEST(buffers)
{
	const struct {
		const char *name;
		clnorm_view *view;
		size_t count;
	} views[] = {
		{"x", &args.x, right.in.count},
		{"dy", &args.dy, right.in.count},
		{"gamma", &args.gamma, 3},
		{"beta", &args.beta, 3},
		{"residual", &args.residual, right.in.count},
		{"mean", &args.mean, 6},
		{"rstd", &args.rstd, 6},
		{"dx", &args.dx, right.in.count},
		{"dgamma", &args.dgamma, 3},
		{"dbeta", &args.dbeta, 3},
	};
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		char needed[32], has[32];
		cl_int err;
		size_t bytes = (views[i].count + 10) * 4;
		cl_mem small = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, bytes, NULL, &err);
		EXPECT_CL(err);
		snprintf(needed, sizeof(needed), "%zu elements", views[i].count);
		snprintf(has, sizeof(has), "%zu bytes", bytes);
		*views[i].view = (clnorm_view){small, 11};
		refused(CLNORM_BAD_BUFFER, views[i].name, needed);
		*views[i].view = (clnorm_view){small, 11};
		refused(CLNORM_BAD_BUFFER, views[i].name, has);
		*views[i].view = (clnorm_view){small, (size_t)-1};
		refused(CLNORM_BAD_BUFFER, views[i].name, "18446744073709551615");
		views[i].view->mem = other_mem;
		refused(CLNORM_BAD_BUFFER, views[i].name, "context");
		EXPECT_CL(clReleaseMemObject(small));
	}
}
END_TEST

/* Only dx may lie on another buffer, on dy or x, and exactly. */
START_TEST(overlaps)
{
	args.dx = (clnorm_view){right.at_dy.mem, right.at_dy.first + 1};
	refused(CLNORM_BAD_OVERLAP, "dx", "dy");
	args.dx = (clnorm_view){right.in.at_x.mem, right.in.at_x.first + 2};
	refused(CLNORM_BAD_OVERLAP, "dx", "x");
	args.dgamma = args.dbeta;
	refused(CLNORM_BAD_OVERLAP, "dgamma", "dbeta");
	args.dgamma = args.gamma;
	refused(CLNORM_BAD_OVERLAP, "dgamma", "gamma");
	args.dbeta = args.beta;
	refused(CLNORM_BAD_OVERLAP, "dbeta", "beta");
	args.dgamma = (clnorm_view){right.at_dx.mem, right.at_dx.first + 7};
	refused(CLNORM_BAD_OVERLAP, "dx", "dgamma");
	args.dbeta = args.rstd;
	refused(CLNORM_BAD_OVERLAP, "dbeta", "rstd");
	args.mean = (clnorm_view){right.at_dx.mem, right.at_dx.first};
	refused(CLNORM_BAD_OVERLAP, "dx", "mean");
}
END_TEST

START_TEST(without_affine)
{
	clnorm_desc desc = desc_make();
	clnorm_plan *kept = plan;
	desc.ops = CLNORM_OP_BACKWARD;
	desc.affine = CLNORM_AFFINE_NONE;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	args.gamma.mem = args.beta.mem = args.dbeta.mem = NULL;
	refused(CLNORM_BAD_ARGUMENT, "dgamma", "affine");
	args.gamma.mem = args.beta.mem = args.dgamma.mem = NULL;
	refused(CLNORM_BAD_ARGUMENT, "dbeta", "affine");
	args.dgamma.mem = args.dbeta.mem = args.gamma.mem = NULL;
	refused(CLNORM_BAD_ARGUMENT, "beta", "affine");
	clnorm_plan_destroy(plan);
	plan = kept;
}
END_TEST

/* A parameter gradient for each instance is longer than one for each channel. */
START_TEST(own_parameters)
{
	clnorm_desc desc = desc_make();
	clnorm_plan *kept = plan;
	cl_int err;
	desc.ops = CLNORM_OP_BACKWARD;
	desc.affine = CLNORM_AFFINE_INSTANCE;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	cl_mem short_mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, 3 * sizeof(float), NULL, &err);
	EXPECT_CL(err);
	args.gamma.mem = args.beta.mem = args.dbeta.mem = NULL;
	args.dgamma = (clnorm_view){short_mem, 0};
	refused(CLNORM_BAD_BUFFER, "dgamma needs 6", "12 bytes");
	EXPECT_CL(clReleaseMemObject(short_mem));
	clnorm_plan_destroy(plan);
	plan = kept;
}
END_TEST

START_TEST(wrong_order)
{
	clnorm_desc desc = desc_make();
	clnorm_plan *kept = plan;
	desc.ops = CLNORM_OP_FORWARD;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	refused(CLNORM_BAD_ORDER, "clnorm_backward", "ops");
	ck_assert_ptr_null(clnorm_plan_variant(plan, CLNORM_OP_BACKWARD));
	clnorm_plan_destroy(plan);
	desc.n = 0;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	refused(CLNORM_BAD_ORDER, "clnorm_backward", "ops");
	clnorm_plan_destroy(plan);
	plan = kept;
}
END_TEST

/* A plan whose calls bring their workspace: missing, crooked, short, or on top of another buffer. */
START_TEST(workspaces)
{
	clnorm_desc desc = desc_make();
	clnorm_plan *kept = plan;
	char bytes[32];
	desc.ops = CLNORM_OP_BACKWARD;
	desc.flags = CLNORM_CALLER_WORKSPACE;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	trial_back_clear(&right);
	right_make(&desc);
	size_t needed = clnorm_plan_workspace_bytes(plan);
	ck_assert_uint_gt(needed, 0);
	snprintf(bytes, sizeof(bytes), "%zu", needed);
	args.workspace.mem = NULL;
	refused(CLNORM_BAD_BUFFER, "workspace", bytes);
	args.workspace.offset = 4;
	refused(CLNORM_BAD_BUFFER, "workspace", "4");
	args.workspace.offset += (needed + PLACE_TAIL * 4 + 63) / 64 * 64;
	refused(CLNORM_BAD_BUFFER, "workspace", "");
	args.workspace = (clnorm_view){other_mem, 0};
	refused(CLNORM_BAD_BUFFER, "workspace", "context");
	args.workspace = (clnorm_view){right.at_dy.mem, 0};
	refused(CLNORM_BAD_OVERLAP, "workspace", "dy");
	clnorm_plan_destroy(plan);
	plan = kept;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backward refused");
	TCase *calls = tcase_create("calls");
	tcase_add_checked_fixture(calls, setup, teardown);
	tcase_add_test(calls, missing);
	tcase_add_test(calls, nulls);
	tcase_add_test(calls, numbers);
	tcase_add_test(calls, buffers);
	tcase_add_test(calls, overlaps);
	tcase_add_test(calls, without_affine);
	tcase_add_test(calls, own_parameters);
	tcase_add_test(calls, wrong_order);
	tcase_add_test(calls, workspaces);
	suite_add_tcase(suite, calls);
	return device_main(suite, NULL);
}
