/* prepare.c: kernels run over nothing, before a first call, or to see whether they run at all.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/prepare.h"

#include <stdlib.h>

#include "api/scalars.h"
#include "base/types.h"
#include "opencl/buffer.h"
#include "opencl/queue.h"

/* What a launch of zero slabs may read: compilers fetch a vector before they ask for how many (cl/stage.cl). */
static size_t prepare_bytes(const struct cln_problem *p, const struct cln_choice *choice)
{
	const struct cln_family *family = choice->variant->family;
	size_t runs = family->reads_of_none ? family->reads_of_none(&choice->geometry, p->runs) : 0;
	size_t step = p->x.inner > p->s ? p->x.inner : p->s;
	size_t bytes = runs * step * cln_dtype_facts(p->dtype)->bytes;
	return bytes > 256 ? bytes : 256;
}

/* What a launch of no slabs may read (cl/fused.cl): zeros, so that no checker finds fault with it. */
static clnorm_status prepare_buffer(const struct clnorm_plan *plan, const struct cln_launch *launch,
                                    cl_command_queue queue, cl_mem *out)
{
	clnorm_status st = CLNORM_OK;
	size_t bytes = prepare_bytes(&plan->problem, &launch->choice);
	void *zeros = calloc(1, bytes);

	if (!zeros) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes", bytes));
	}
	CLN_TRY(cln_buffer_create(plan->ctx->cl, bytes, NULL, "clnorm_plan_prepare()", out));
	CLN_TRY(cln_cl(clEnqueueWriteBuffer(queue, *out, CL_TRUE, 0, bytes, zeros, 0, NULL, NULL),
	               "clEnqueueWriteBuffer"));
done:
	free(zeros);
	return st;
}

/* Zero slabs: every kernel is launched, and so compiled where drivers wait until then, and stores nothing. */
static clnorm_status launch_prepare(const struct clnorm_plan *plan, const struct cln_launch *launch,
                                    cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	struct cln_call call = {.scalars = cln_plan_scalars(plan, &launch->choice)};
	cl_mem nothing = NULL;

	CLN_TRY(prepare_buffer(plan, launch, queue, &nothing));
	call.buffers[CLN_ROLE_X] = nothing;
	CLN_TRY(cln_launch_warm(launch, &call, queue));
	CLN_TRY(cln_cl(clFinish(queue), "clFinish"));
done:
	if (nothing) {
		clReleaseMemObject(nothing);
	}
	return st;
}

bool cln_plan_tries(const struct clnorm_plan *plan, const struct cln_launch *launch)
{
	cl_int err = CL_SUCCESS;
	cl_command_queue queue = clCreateCommandQueue(plan->ctx->cl, plan->ctx->device, 0, &err);
	bool runs = queue && launch_prepare(plan, launch, queue) == CLNORM_OK;
	if (queue) {
		clReleaseCommandQueue(queue);
	}
	return runs;
}

clnorm_status clnorm_plan_prepare(clnorm_plan *plan, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;

	if (!plan) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_plan_prepare: the plan is NULL");
	}
	CLN_TRY(cln_queue_check(queue, plan->ctx->cl, plan->ctx->device));
	for (size_t i = 0; i < CLN_ANSWERS && plan->problem.elements > 0; ++i) {
		if (plan->answers[i].wanted) {
			CLN_TRY(launch_prepare(plan, &plan->answers[i].launch, queue));
		}
	}
done:
	return st;
}
