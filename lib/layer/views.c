/* views.c: the layer floor's own look at views and queues: sizes, contexts, overlaps, order between commands.
 * SPDX-License-Identifier: Apache-2.0 */
#include "layer/views.h"

clnorm_status cln_call_check(cl_int code, const char *call)
{
	clnorm_status st = CLNORM_OPENCL_ERROR;

	switch (code) {
	case CL_SUCCESS:
		return CLNORM_OK;
	case CL_OUT_OF_HOST_MEMORY:
		st = CLNORM_OUT_OF_MEMORY;
		break;
	case CL_MEM_OBJECT_ALLOCATION_FAILURE:
	case CL_OUT_OF_RESOURCES:
		st = CLNORM_OUT_OF_DEVICE_MEMORY;
		break;
	case CL_INVALID_MEM_OBJECT:
		st = CLNORM_BAD_BUFFER;
		break;
	default:
		break;
	}
	return cln_fail(st, "%s: OpenCL's code %d", call, (int)code);
}

/* A place as bytes of the buffer that it lies in; root is NULL where it is absent. */
struct extent {
	cl_mem root;
	size_t from, to;
};

/* What OpenCL knows of a memory object. */
struct memory {
	cl_mem_object_type type;
	cl_context context;
	cl_mem parent;
	size_t bytes, offset;
};

static clnorm_status memory_query(cl_mem mem, const char *name, struct memory *out)
{
	struct memory m = {0};
	cl_int err = clGetMemObjectInfo(mem, CL_MEM_TYPE, sizeof(m.type), &m.type, NULL);

	if (err == CL_INVALID_MEM_OBJECT || (err == CL_SUCCESS && m.type != CL_MEM_OBJECT_BUFFER)) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is not a buffer", name);
	}
	if (err == CL_SUCCESS) {
		err = clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof(m.context), &m.context, NULL);
	}
	if (err == CL_SUCCESS) {
		err = clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof(m.bytes), &m.bytes, NULL);
	}
	if (err == CL_SUCCESS) {
		err = clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(m.parent), &m.parent, NULL);
	}
	if (err == CL_SUCCESS && m.parent) {
		err = clGetMemObjectInfo(mem, CL_MEM_OFFSET, sizeof(m.offset), &m.offset, NULL);
	}
	if (err == CL_SUCCESS) {
		*out = m;
	}
	return cln_call_check(err, "clGetMemObjectInfo");
}

static clnorm_status place_check(const struct cln_place *place, cl_context context, struct extent *out)
{
	clnorm_status st = CLNORM_OK;
	struct memory m = {0};
	const size_t element = sizeof(cl_float);

	*out = (struct extent){0};
	if (!place->view.mem) {
		return place->optional ? CLNORM_OK : cln_fail(CLNORM_BAD_BUFFER, "%s is missing", place->name);
	}
	CLN_TRY(memory_query(place->view.mem, place->name, &m));
	if (m.context != context) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is a buffer of another OpenCL context", place->name);
	}
	if (place->view.offset > m.bytes / element || place->count > m.bytes / element - place->view.offset) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s needs %zu floats from float %zu on; its buffer has %zu bytes",
		                place->name, place->count, place->view.offset, m.bytes);
	}
	out->root = m.parent ? m.parent : place->view.mem;
	out->from = m.offset + place->view.offset * element;
	out->to = out->from + place->count * element;
done:
	return st;
}

#define MOST_PLACES 12

clnorm_status cln_places_check(const struct cln_place *places, size_t count, cl_context context)
{
	clnorm_status st = CLNORM_OK;
	struct extent extents[MOST_PLACES];

	if (count > MOST_PLACES) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%zu places in one call; %d are the most", count, MOST_PLACES);
	}
	for (size_t i = 0; i < count; ++i) {
		CLN_TRY(place_check(&places[i], context, &extents[i]));
	}
	for (size_t i = 0; i < count; ++i) {
		for (size_t k = 0; places[i].written && k < count; ++k) {
			const struct extent *a = &extents[i], *b = &extents[k];
			if (k != i && a->root && a->root == b->root && a->from < b->to && b->from < a->to) {
				CLN_TRY(cln_fail(CLNORM_BAD_OVERLAP,
				                 "%s (bytes %zu to %zu of its buffer) overlaps %s (bytes %zu to %zu)",
				                 places[i].name, a->from, a->to, places[k].name, b->from, b->to));
			}
		}
	}
done:
	return st;
}

clnorm_status cln_sequence_init(struct cln_sequence *sequence, cl_command_queue queue, cl_context context,
                                cl_uint n_wait, const cl_event *wait)
{
	clnorm_status st = CLNORM_OK;
	cl_context own = NULL;
	cl_command_queue_properties properties = 0;

	if (!queue) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the queue is NULL");
	}
	if ((n_wait > 0) != (wait != NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%u events to wait for, and the list is %s", (unsigned)n_wait,
		                wait ? "not NULL" : "NULL");
	}
	CLN_TRY(cln_call_check(clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof(own), &own, NULL),
	                       "clGetCommandQueueInfo"));
	if (own != context) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "the queue is of another OpenCL context"));
	}
	CLN_TRY(cln_call_check(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL),
	                       "clGetCommandQueueInfo"));
	*sequence = (struct cln_sequence){queue, !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)};
	if (n_wait > 0) {
		CLN_TRY(cln_call_check(clEnqueueBarrierWithWaitList(queue, n_wait, wait, NULL),
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
	return cln_call_check(clEnqueueBarrierWithWaitList(sequence->queue, 0, NULL, NULL),
	                      "clEnqueueBarrierWithWaitList");
}

clnorm_status cln_sequence_end(const struct cln_sequence *sequence, cl_event *event)
{
	cl_event done = NULL;
	clnorm_status st;

	if (!event) {
		return CLNORM_OK;
	}
	st = cln_call_check(clEnqueueMarkerWithWaitList(sequence->queue, 0, NULL, &done),
	                    "clEnqueueMarkerWithWaitList");
	if (st == CLNORM_OK) {
		*event = done;
	}
	return st;
}
