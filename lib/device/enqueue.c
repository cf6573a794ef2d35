/* enqueue.c: walk the stages of a choice in order, wave by wave, chaining events.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/enqueue.h"

#include <string.h>

clnorm_status cln_launch_init(struct cln_launch *launch, const struct cln_choice *choice, cl_program program,
                              cl_device_id device, unsigned *group_limit)
{
	clnorm_status st = CLNORM_OK;
	struct cln_launch made = {.choice = *choice};
	unsigned count, limit = (unsigned)-1;
	const enum cln_stage_kind *stages = cln_choice_stages(choice, &count);

	for (unsigned i = 0; i < count; ++i) {
		cl_int err = CL_SUCCESS;
		size_t group = 0;
		made.kernels[i] = clCreateKernel(program, cln_stage_facts(stages[i])->kernel, &err);
		CLN_TRY(cln_cl(err, "clCreateKernel"));
		CLN_TRY(cln_cl(clGetKernelWorkGroupInfo(made.kernels[i], device, CL_KERNEL_WORK_GROUP_SIZE, sizeof(group),
		                                        &group, NULL),
		               "clGetKernelWorkGroupInfo"));
		limit = group < limit ? (unsigned)group : limit;
	}
	*group_limit = limit;
	*launch = made;
	memset(&made, 0, sizeof(made));
done:
	cln_launch_clear(&made);
	return st;
}

void cln_launch_clear(struct cln_launch *launch)
{
	for (unsigned i = 0; i < CLN_MAX_STAGES; ++i) {
		if (launch->kernels[i]) {
			clReleaseKernel(launch->kernels[i]);
			launch->kernels[i] = NULL;
		}
	}
}

/* The chain of one call: what the next command waits for. On an in-order queue only the first waits, for the user's
 * events; on another each waits for the one before it, whose event is kept just so long. */
struct chain {
	cl_command_queue queue;
	bool ordered;
	struct cln_wait wait;
	cl_event last; /* of the command before, where the queue is out of order */
};

static clnorm_status chain_enqueue(struct chain *chain, cl_kernel kernel, const struct cln_geometry *g, cl_event *event)
{
	size_t global = g->groups * g->group, local = g->group;
	cl_event mine = NULL;
	bool wants = event || !chain->ordered;
	cl_int err = clEnqueueNDRangeKernel(chain->queue, kernel, 1, NULL, &global, &local, chain->wait.count,
	                                    chain->wait.events, wants ? &mine : NULL);
	if (err != CL_SUCCESS) {
		return cln_cl(err, "clEnqueueNDRangeKernel");
	}
	if (chain->last) {
		clReleaseEvent(chain->last);
		chain->last = NULL;
	}
	chain->wait = (struct cln_wait){0, NULL};
	if (event) {
		*event = mine;
	} else if (!chain->ordered) {
		chain->last = mine;
		chain->wait = (struct cln_wait){1, &chain->last};
	}
	return CLNORM_OK;
}

clnorm_status cln_launch_enqueue(const struct cln_launch *launch, const struct cln_call *call, cl_command_queue queue,
                                 struct cln_wait wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_geometry *g = &launch->choice.geometry;
	struct cln_call mine = *call;
	struct chain chain = {.queue = queue, .wait = wait};
	unsigned count;
	const enum cln_stage_kind *stages = cln_choice_stages(&launch->choice, &count);

	CLN_TRY(cln_queue_is_ordered(queue, &chain.ordered));
	for (size_t first = 0; first < g->slabs; first += g->wave) {
		size_t left = g->slabs - first;
		mine.scalars.first = first;
		mine.scalars.slabs = left < g->wave ? left : g->wave;
		for (unsigned i = 0; i < count; ++i) {
			bool is_last = i + 1 == count && left <= g->wave;
			CLN_TRY(cln_stage_bind(stages[i], launch->kernels[i], &mine));
			CLN_TRY(chain_enqueue(&chain, launch->kernels[i], g, is_last ? event : NULL));
		}
	}
done:
	if (chain.last) {
		clReleaseEvent(chain.last);
	}
	return st;
}

clnorm_status cln_launch_warm(const struct cln_launch *launch, const struct cln_call *call, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	struct chain chain = {.queue = queue, .ordered = true};
	unsigned count;
	const enum cln_stage_kind *stages = cln_choice_stages(&launch->choice, &count);

	for (unsigned i = 0; i < count; ++i) {
		CLN_TRY(cln_stage_bind(stages[i], launch->kernels[i], call));
		CLN_TRY(chain_enqueue(&chain, launch->kernels[i], &launch->choice.geometry, NULL));
	}
done:
	return st;
}

clnorm_status cln_enqueue_nothing(cl_command_queue queue, struct cln_wait wait, cl_event *event)
{
	if (!event && wait.count == 0) {
		return CLNORM_OK;
	}
	return cln_cl(clEnqueueMarkerWithWaitList(queue, wait.count, wait.events, event), "clEnqueueMarkerWithWaitList");
}
