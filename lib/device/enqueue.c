/* enqueue.c: walk the stages of a choice in order, wave by wave, chaining events.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/enqueue.h"

#include <string.h>

#include "opencl/queue.h"

static const struct cln_stage_list *launch_stages(const struct cln_launch *launch)
{
	const struct cln_choice *choice = &launch->choice;
	return cln_variant_stages(choice->variant, choice->op, &choice->geometry);
}

/* What the driver tells of the kernel; 0 in *compiled where it was compiled for no size. */
static clnorm_status kernel_groups(cl_kernel kernel, cl_device_id device, size_t *told, size_t *compiled)
{
	clnorm_status st = CLNORM_OK;
	size_t sizes[3] = {0};
	CLN_TRY(cln_cl(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof(*told), told, NULL),
	               "clGetKernelWorkGroupInfo"));
	CLN_TRY(cln_cl(
		clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof(sizes), sizes, NULL),
		"clGetKernelWorkGroupInfo"));
	*compiled = sizes[0];
done:
	return st;
}

clnorm_status cln_launch_init(struct cln_launch *launch, const struct cln_choice *choice, cl_program program,
                              cl_device_id device, struct cln_group_limit *limit)
{
	clnorm_status st = CLNORM_OK;
	struct cln_launch made = {.choice = *choice};
	struct cln_group_limit least = {(unsigned)-1, true};
	const struct cln_stage_list *stages = launch_stages(&made);

	for (unsigned i = 0; i < stages->count; ++i) {
		cl_int err = CL_SUCCESS;
		size_t told = 0, compiled = 0;
		made.kernels[i] = clCreateKernel(program, cln_stage_facts(stages->kinds[i])->kernel, &err);
		CLN_TRY(cln_cl(err, "clCreateKernel"));
		CLN_TRY(kernel_groups(made.kernels[i], device, &told, &compiled));
		least.told = told < least.told ? (unsigned)told : least.told;
		least.is_compiled = least.is_compiled && compiled == choice->geometry.group;
	}
	*limit = least;
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

/* The chain of one call: what the next command waits for. On an in-order queue that is the user's events, for every
 * command: where one of them fails, commands that did not wait for it would run and the last one's event be complete.
 * On another queue each waits for the one before it, whose event is kept just so long. */
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
	if (event) {
		*event = mine;
	} else if (!chain->ordered) {
		chain->last = mine;
		chain->wait = (struct cln_wait){1, &chain->last};
	}
	return CLNORM_OK;
}

/* One launch of one stage; *left counts the launches of the call that are still to come. */
static clnorm_status stage_enqueue(const struct cln_launch *launch, unsigned i, const struct cln_call *call,
                                   struct chain *chain, size_t *left, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	enum cln_stage_kind kind = launch_stages(launch)->kinds[i];

	--*left;
	CLN_TRY(cln_stage_bind(kind, launch->kernels[i], &launch->choice.geometry, call));
	CLN_TRY(chain_enqueue(chain, launch->kernels[i], &launch->choice.geometry, *left == 0 ? event : NULL));
done:
	return st;
}

/* The stages of a turn, in their order; those that the call does without are passed over. */
struct turn {
	unsigned stages[CLN_MAX_STAGES];
	unsigned count;
};

struct stage_split {
	struct turn turns[CLN_STAGE_TURNS];
};

static struct stage_split split_stages(const struct cln_launch *launch, unsigned skip)
{
	const struct cln_stage_list *stages = launch_stages(launch);
	struct stage_split split = {.turns = {{.count = 0}}};
	for (unsigned i = 0; i < stages->count; ++i) {
		struct turn *turn = &split.turns[cln_stage_facts(stages->kinds[i])->turn];
		if (!(skip & (1u << stages->kinds[i]))) {
			turn->stages[turn->count++] = i;
		}
	}
	return split;
}

static clnorm_status turn_enqueue(const struct cln_launch *launch, const struct turn *turn, const struct cln_call *call,
                                  struct chain *chain, size_t *left, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	for (unsigned i = 0; i < turn->count; ++i) {
		CLN_TRY(stage_enqueue(launch, turn->stages[i], call, chain, left, event));
	}
done:
	return st;
}

clnorm_status cln_launch_enqueue(const struct cln_launch *launch, const struct cln_call *call, cl_command_queue queue,
                                 struct cln_wait wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_geometry *g = &launch->choice.geometry;
	struct cln_call mine = *call;
	struct chain chain = {.queue = queue, .wait = wait};
	const struct stage_split split = split_stages(launch, call->skip);
	const struct turn *before = &split.turns[CLN_BEFORE_WAVES], *after = &split.turns[CLN_AFTER_WAVES];
	const struct turn *each = &split.turns[CLN_EACH_WAVE];
	size_t waves = (g->slabs + g->wave - 1) / g->wave;
	size_t left = before->count + waves * each->count + after->count;

	CLN_TRY(cln_queue_is_ordered(queue, &chain.ordered));
	CLN_TRY(turn_enqueue(launch, before, &mine, &chain, &left, event));
	for (size_t first = 0; first < g->slabs; first += g->wave) {
		mine.scalars.first = first;
		mine.scalars.slabs = g->slabs - first < g->wave ? g->slabs - first : g->wave;
		mine.scalars.first_set = first / g->set_slabs * g->set_count;
		mine.scalars.sets = mine.scalars.slabs / g->set_slabs * g->set_count;
		CLN_TRY(turn_enqueue(launch, each, &mine, &chain, &left, event));
	}
	CLN_TRY(turn_enqueue(launch, after, &mine, &chain, &left, event));
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
	size_t left = launch_stages(launch)->count;

	for (unsigned i = 0; left > 0; ++i) {
		CLN_TRY(stage_enqueue(launch, i, call, &chain, &left, NULL));
	}
done:
	return st;
}

clnorm_status cln_enqueue_nothing(cl_command_queue queue, struct cln_wait wait, cl_event *event)
{
	if (!event && wait.count == 0) {
		return CLNORM_OK;
	}
	return cln_cl(clEnqueueMarkerWithWaitList(queue, wait.count, wait.events, event),
	              "clEnqueueMarkerWithWaitList");
}
