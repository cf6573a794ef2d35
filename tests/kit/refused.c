/* refused.c: a call that is right, of which tests spoil one thing at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/refused.h"

struct trial refused_trial;
clnorm_plan *refused_plan;
clnorm_forward_args refused_args;
static cl_context other_cl;
cl_mem refused_other_mem;
cl_command_queue refused_other_queue;

clnorm_desc refused_desc(void)
{
	return clnorm_desc_2d(2, 3, 5, 9);
}

void refused_setup(void)
{
	const struct device *device = device_get();
	clnorm_desc desc = refused_desc();
	cl_device_id id = device->id;
	cl_int err;
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY;
	EXPECT_OK(clnorm_plan_create(device->ctx, &desc, &refused_plan));
	trial_init(&refused_trial, &desc, DATA_NORMAL, 1, 7, TRIAL_ALL, TRIAL_APART);
	refused_args = trial_args(&refused_trial);
	other_cl = clCreateContext(NULL, 1, &id, NULL, NULL, &err);
	EXPECT_CL(err);
	refused_other_mem = clCreateBuffer(other_cl, CL_MEM_READ_WRITE, 1 << 16, NULL, &err);
	EXPECT_CL(err);
	refused_other_queue = clCreateCommandQueue(other_cl, id, 0, &err);
	EXPECT_CL(err);
}

void refused_teardown(void)
{
	clReleaseCommandQueue(refused_other_queue);
	clReleaseMemObject(refused_other_mem);
	clReleaseContext(other_cl);
	trial_clear(&refused_trial);
	clnorm_plan_destroy(refused_plan);
	refused_plan = NULL;
}

void refused_check(clnorm_status status, const char *one, const char *other)
{
	cl_event event = (cl_event)&event;
	EXPECT_SAYS(clnorm_forward(refused_plan, device_get()->queue, &refused_args, 0, NULL, &event), status, one,
	            other);
	ck_assert_ptr_eq(event, (cl_event)&event);
	EXPECT_CL(clFinish(device_get()->queue));
	ck_assert(place_is_poisoned(&refused_trial.at_y));
	ck_assert(place_is_poisoned(&refused_trial.at_mean));
	ck_assert(place_is_poisoned(&refused_trial.at_rstd));
	ck_assert(place_is_poisoned(&refused_trial.at_moments));
	refused_args = trial_args(&refused_trial);
}
