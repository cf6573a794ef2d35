/* queue.h: the caller's queues: whose they are, whether they keep order, and the commands of one call in order on any.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_QUEUE_H
#define CLN_QUEUE_H

#include "opencl/opencl.h"

/* Two commands that would overlap on one queue need an event between them only where it is out of order. */
CLN_CHECKED clnorm_status cln_queue_is_ordered(cl_command_queue queue, bool *ordered);

/* CLNORM_BAD_ARGUMENT where the queue is NULL, of another context or for another device; device NULL: any. Not every
 * driver answers a launch on another device with an error: PoCL 3.1 aborts. */
CLN_CHECKED clnorm_status cln_queue_check(cl_command_queue queue, cl_context context, cl_device_id device);

/* The commands of one call, in order whatever the queue is. */
struct cln_sequence {
	cl_command_queue queue;
	bool ordered; /* the queue keeps the order by itself */
};

/* Begins on a checked queue, after the wait list, and on an out-of-order queue after everything before.
 * CLNORM_BAD_ARGUMENT: a wait list that does not fit its count; CLNORM_OPENCL_ERROR. */
CLN_CHECKED clnorm_status cln_sequence_init(struct cln_sequence *sequence, cl_command_queue queue, cl_uint n_wait,
                                            const cl_event *wait);
/* Between two commands of which the second needs the first. */
CLN_CHECKED clnorm_status cln_sequence_step(const struct cln_sequence *sequence);
/* *event (event may be NULL) completes with all commands so far. */
CLN_CHECKED clnorm_status cln_sequence_end(const struct cln_sequence *sequence, cl_event *event);

#endif
