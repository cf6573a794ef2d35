/* fakecl_queue.c: the fake OpenCL's commands: copies happen at once, launches are checked and recorded.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/kit/fakecl_object.h"

cl_int fakecl_event_out(cl_command_queue queue, cl_command_type type, cl_event *out)
{
	if (!out) {
		return CL_SUCCESS;
	}
	cl_event event = fakecl_object_new(FAKECL_EVENT, sizeof(*event));
	if (!event) {
		return CL_OUT_OF_HOST_MEMORY;
	}
	event->queue = queue;
	event->context = queue->context;
	event->type = type;
	fakecl_object_retain(queue);
	*out = event;
	return CL_SUCCESS;
}

/* What every enqueue checks: the queue, and that the wait list is whole and alive. */
static cl_int command_check(const char *name, cl_command_queue queue, cl_uint n_wait, const cl_event *wait)
{
	if (!fakecl_object_is(queue, FAKECL_QUEUE)) {
		return fakecl_blame(CL_INVALID_COMMAND_QUEUE, "%s: no live queue", name);
	}
	if ((n_wait == 0) != (wait == NULL)) {
		return fakecl_blame(CL_INVALID_EVENT_WAIT_LIST, "%s: %u events, list %p", name, (unsigned)n_wait,
		                    (const void *)wait);
	}
	for (cl_uint i = 0; i < n_wait; i++) {
		if (!fakecl_object_is(wait[i], FAKECL_EVENT)) {
			return fakecl_blame(CL_INVALID_EVENT_WAIT_LIST, "%s: event %u is not alive", name, (unsigned)i);
		}
	}
	return CL_SUCCESS;
}

static cl_int range_check(const char *name, cl_command_queue queue, cl_mem mem, size_t offset, size_t bytes)
{
	if (!fakecl_object_is(mem, FAKECL_MEM) || mem->context != queue->context) {
		return fakecl_blame(CL_INVALID_MEM_OBJECT, "%s: no live buffer of the queue's context", name);
	}
	if (bytes == 0 || offset > mem->bytes || bytes > mem->bytes - offset) {
		return fakecl_blame(CL_INVALID_VALUE, "%s: %zu bytes at %zu of %zu", name, bytes, offset, mem->bytes);
	}
	return CL_SUCCESS;
}

/* The sizes OpenCL 1.2 refuses: zero, a group too large, a global size that groups do not divide. */
static cl_int sizes_check(cl_kernel kernel, cl_uint dims, const size_t *global, const size_t *local)
{
	const struct fakecl_device *facts = fakecl_device_facts(kernel->program->context->devices[0]);
	size_t limit = facts->kernel_group ? facts->kernel_group : facts->max_group;
	size_t group = 1, compiled = facts->compiled_group;
	if (dims < 1 || dims > 3 || !global) {
		return fakecl_blame(CL_INVALID_WORK_DIMENSION, "%s: %u dimensions", kernel->name, (unsigned)dims);
	}
	for (cl_uint i = 0; i < dims; i++) {
		if (global[i] == 0) {
			return fakecl_blame(CL_INVALID_GLOBAL_WORK_SIZE, "%s: global size 0", kernel->name);
		}
		if (local && (local[i] == 0 || global[i] % local[i])) {
			return fakecl_blame(CL_INVALID_WORK_GROUP_SIZE, "%s: global %zu, local %zu", kernel->name,
			                    global[i], local[i]);
		}
		group *= local ? local[i] : 1;
	}
	if (compiled > 0 && group == kernel->program->group) {
		return group <= compiled ? CL_SUCCESS : CL_INVALID_WORK_GROUP_SIZE;
	}
	if (group > limit) {
		return fakecl_blame(CL_INVALID_WORK_GROUP_SIZE, "%s: group of %zu, limit %zu", kernel->name, group,
		                    limit);
	}
	return CL_SUCCESS;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dims, const size_t *global_offset,
                              const size_t *global, const size_t *local, cl_uint n_wait, const cl_event *wait,
                              cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	(void)global_offset;
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS && !fakecl_object_is(kernel, FAKECL_KERNEL)) {
		err = fakecl_blame(CL_INVALID_KERNEL, "clEnqueueNDRangeKernel: no live kernel");
	}
	if (err == CL_SUCCESS) {
		err = sizes_check(kernel, dims, global, local);
	}
	for (unsigned i = 0; err == CL_SUCCESS && i < kernel->arg_count; i++) {
		if (!kernel->arg_set[i]) {
			err = fakecl_blame(CL_INVALID_KERNEL_ARGS, "%s: argument %u is not set", kernel->name, i);
		}
	}
	if (err == CL_SUCCESS) {
		fakecl_launch_add(kernel, dims, global, local, n_wait);
		err = fakecl_event_out(queue, CL_COMMAND_NDRANGE_KERNEL, event);
	}
	return err;
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t bytes,
                           void *host, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	if (blocking) {
		fakecl_note_wait();
	}
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS) {
		err = range_check(__func__, queue, mem, offset, bytes);
	}
	if (err == CL_SUCCESS) {
		memcpy(host, mem->data + offset, bytes);
		err = fakecl_event_out(queue, CL_COMMAND_READ_BUFFER, event);
	}
	return err;
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t bytes,
                            const void *host, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	if (blocking) {
		fakecl_note_wait();
	}
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS) {
		err = range_check(__func__, queue, mem, offset, bytes);
	}
	if (err == CL_SUCCESS) {
		memcpy(mem->data + offset, host, bytes);
		err = fakecl_event_out(queue, CL_COMMAND_WRITE_BUFFER, event);
	}
	return err;
}

/* Rows of a rectangle between a buffer and the host, as OpenCL 1.2 counts them; a third axis is not used. */
static cl_int rectangle_move(const char *function, cl_command_queue queue, cl_mem mem, const size_t *origin,
                             const size_t *region, size_t pitch, size_t host_pitch, char *host, bool up)
{
	cl_int err = CL_SUCCESS;
	if (region[2] != 1 || region[0] == 0 || region[1] == 0 || pitch < region[0] || host_pitch < region[0]) {
		return fakecl_blame(CL_INVALID_VALUE, "%s: %zux%zux%zu, pitches %zu and %zu", function, region[0],
		                    region[1], region[2], pitch, host_pitch);
	}
	for (size_t i = 0; i < region[1] && err == CL_SUCCESS; i++) {
		size_t at = origin[2] + origin[1] * pitch + origin[0] + i * pitch;
		err = range_check(function, queue, mem, at, region[0]);
		if (err == CL_SUCCESS) {
			memcpy(up ? (char *)mem->data + at : host + i * host_pitch,
			       up ? host + i * host_pitch : (char *)mem->data + at, region[0]);
		}
	}
	return err;
}

cl_int clEnqueueWriteBufferRect(cl_command_queue queue, cl_mem mem, cl_bool blocking, const size_t *origin,
                                const size_t *host_origin, const size_t *region, size_t pitch, size_t slice_pitch,
                                size_t host_pitch, size_t host_slice_pitch, const void *host, cl_uint n_wait,
                                const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	(void)host_origin, (void)slice_pitch, (void)host_slice_pitch;
	if (blocking) {
		fakecl_note_wait();
	}
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS) {
		err = rectangle_move(__func__, queue, mem, origin, region, pitch, host_pitch, (char *)host, true);
	}
	return err == CL_SUCCESS ? fakecl_event_out(queue, CL_COMMAND_WRITE_BUFFER_RECT, event) : err;
}

cl_int clEnqueueReadBufferRect(cl_command_queue queue, cl_mem mem, cl_bool blocking, const size_t *origin,
                               const size_t *host_origin, const size_t *region, size_t pitch, size_t slice_pitch,
                               size_t host_pitch, size_t host_slice_pitch, void *host, cl_uint n_wait,
                               const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	(void)host_origin, (void)slice_pitch, (void)host_slice_pitch;
	if (blocking) {
		fakecl_note_wait();
	}
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS) {
		err = rectangle_move(__func__, queue, mem, origin, region, pitch, host_pitch, host, false);
	}
	return err == CL_SUCCESS ? fakecl_event_out(queue, CL_COMMAND_READ_BUFFER_RECT, event) : err;
}

cl_int clEnqueueCopyBuffer(cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset,
                           size_t bytes, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS) {
		err = range_check(__func__, queue, from, from_offset, bytes);
	}
	if (err == CL_SUCCESS) {
		err = range_check(__func__, queue, to, to_offset, bytes);
	}
	if (err == CL_SUCCESS) {
		memmove(to->data + to_offset, from->data + from_offset, bytes);
		err = fakecl_event_out(queue, CL_COMMAND_COPY_BUFFER, event);
	}
	return err;
}

cl_int clEnqueueFillBuffer(cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_bytes, size_t offset,
                           size_t bytes, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	if (err == CL_SUCCESS) {
		err = range_check(__func__, queue, mem, offset, bytes);
	}
	if (err == CL_SUCCESS && (!pattern || pattern_bytes == 0 || offset % pattern_bytes || bytes % pattern_bytes)) {
		err = fakecl_blame(CL_INVALID_VALUE, "clEnqueueFillBuffer: pattern of %zu bytes", pattern_bytes);
	}
	if (err == CL_SUCCESS) {
		for (size_t at = 0; at < bytes; at += pattern_bytes) {
			memcpy(mem->data + offset + at, pattern, pattern_bytes);
		}
		err = fakecl_event_out(queue, CL_COMMAND_FILL_BUFFER, event);
	}
	return err;
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	return err == CL_SUCCESS ? fakecl_event_out(queue, CL_COMMAND_MARKER, event) : err;
}

cl_int clEnqueueBarrierWithWaitList(cl_command_queue queue, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS) {
		err = command_check(__func__, queue, n_wait, wait);
	}
	return err == CL_SUCCESS ? fakecl_event_out(queue, CL_COMMAND_BARRIER, event) : err;
}

cl_int clFlush(cl_command_queue queue)
{
	cl_int err = fakecl_step(__func__);
	return err == CL_SUCCESS ? command_check(__func__, queue, 0, NULL) : err;
}

cl_int clFinish(cl_command_queue queue)
{
	cl_int err = fakecl_step(__func__);
	fakecl_note_wait();
	return err == CL_SUCCESS ? command_check(__func__, queue, 0, NULL) : err;
}

cl_int clWaitForEvents(cl_uint count, const cl_event *events)
{
	cl_int err = fakecl_step(__func__);
	fakecl_note_wait();
	for (cl_uint i = 0; err == CL_SUCCESS && i < count; i++) {
		if (!fakecl_object_is(events[i], FAKECL_EVENT)) {
			err = fakecl_blame(CL_INVALID_EVENT, "clWaitForEvents: event %u is not alive", (unsigned)i);
		}
	}
	return err;
}
