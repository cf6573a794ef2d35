/* queue.c: the caller's queues: whose they are, whether they keep order, and the commands of one call in order on any.
 * SPDX-License-Identifier: Apache-2.0 */
#include "opencl/queue.h"

clnorm_status cln_queue_is_ordered(cl_command_queue queue, bool *ordered)
{
	cl_command_queue_properties properties = 0;
	cl_int err = clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL);
	if (err == CL_SUCCESS) {
		*ordered = !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	}
	return cln_cl(err, "clGetCommandQueueInfo(CL_QUEUE_PROPERTIES)");
}

clnorm_status cln_queue_check(cl_command_queue queue, cl_context context, cl_device_id device)
{
	clnorm_status st = CLNORM_OK;
	cl_context own = NULL;
	cl_device_id target = NULL;

	if (!queue) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the queue is NULL");
	}
	CLN_TRY(cln_cl(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof(own), &own, NULL),
	               "clGetCommandQueueInfo(CL_QUEUE_CONTEXT)"));
	if (own != context) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "the queue is of another OpenCL context"));
	}
	if (device) {
		CLN_TRY(cln_cl(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(target), &target, NULL),
		               "clGetCommandQueueInfo(CL_QUEUE_DEVICE)"));
	}
	if (target != device) {
		st = cln_fail(CLNORM_BAD_ARGUMENT, "the queue is for another device of the OpenCL context");
	}
done:
	return st;
}

clnorm_status cln_sequence_init(struct cln_sequence *sequence, cl_command_queue queue, cl_uint n_wait,
                                const cl_event *wait)
{
	clnorm_status st = CLNORM_OK;

	*sequence = (struct cln_sequence){.queue = queue};
	if ((n_wait > 0) != (wait != NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%u events to wait for, and the list is %s", (unsigned)n_wait,
		                wait ? "not NULL" : "NULL");
	}
	CLN_TRY(cln_queue_is_ordered(queue, &sequence->ordered));
	if (n_wait > 0) {
		CLN_TRY(cln_cl(clEnqueueBarrierWithWaitList(queue, n_wait, wait, NULL),
		               "clEnqueueBarrierWithWaitList"));
	}
	CLN_TRY(cln_sequence_step(sequence));
done:
	return st;
}

clnorm_status cln_sequence_step(const struct cln_sequence *sequence)
{
	if (sequence->ordered) {
		return CLNORM_OK;
	}
	return cln_cl(clEnqueueBarrierWithWaitList(sequence->queue, 0, NULL, NULL), "clEnqueueBarrierWithWaitList");
}

clnorm_status cln_sequence_end(const struct cln_sequence *sequence, cl_event *event)
{
	cl_event done = NULL;
	clnorm_status st;

	if (!event) {
		return CLNORM_OK;
	}
	st = cln_cl(clEnqueueMarkerWithWaitList(sequence->queue, 0, NULL, &done), "clEnqueueMarkerWithWaitList");
	if (st == CLNORM_OK) {
		*event = done;
	}
	return st;
}
