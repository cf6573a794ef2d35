/* enqueue.h: walk the stages of a choice in order, wave by wave, chaining events.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_ENQUEUE_H
#define CLN_ENQUEUE_H

#include "decide/plan.h"
#include "device/stages.h"

/* A choice with its kernels, ready to run. */
struct cln_launch {
	struct cln_choice choice;
	cl_kernel kernels[CLN_MAX_STAGES];
};

struct cln_wait {
	cl_uint count;
	const cl_event *events;
};

/* Work-items a group of a launch's kernels may have. NVIDIA's driver tells 256 of every kernel, and runs those that
 * were compiled for more: is_compiled says that all were for the choice's group, so that a trial is worth while. */
struct cln_group_limit {
	unsigned told;
	bool is_compiled;
};

/* Creates the kernels of the choice from its program, and says how large their groups may be.
 * CLNORM_OPENCL_ERROR, CLNORM_OUT_OF_MEMORY, CLNORM_OUT_OF_DEVICE_MEMORY. */
CLN_CHECKED clnorm_status cln_launch_init(struct cln_launch *launch, const struct cln_choice *choice,
                                          cl_program program, cl_device_id device,
                                          struct cln_group_limit *limit);
/* Releases the kernels; an empty launch is fine. */
void cln_launch_clear(struct cln_launch *launch);

/* Enqueues all stages over all slabs that call->skip does not name; call->scalars.first and .slabs are filled in here.
 * event may be NULL. Returns when queued. */
CLN_CHECKED clnorm_status cln_launch_enqueue(const struct cln_launch *launch, const struct cln_call *call,
                                             cl_command_queue queue, struct cln_wait wait, cl_event *event);

/* Enqueues every stage once, over no slab. */
CLN_CHECKED clnorm_status cln_launch_warm(const struct cln_launch *launch, const struct cln_call *call,
                                          cl_command_queue queue);

/* Nothing to run: an event that completes with the wait list, where one is asked for. */
CLN_CHECKED clnorm_status cln_enqueue_nothing(cl_command_queue queue, struct cln_wait wait, cl_event *event);

#endif
