/* fakecl_query.c: the fake OpenCL's answers about platforms, devices, contexts, queues, buffers, programs and events.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/kit/fakecl_object.h"

/* Of the loader, in cl_ext.h: no platform is installed. */
#define PLATFORM_NOT_FOUND (-1001)

#define ANSWER(value) fakecl_answer(&(value), sizeof(value), bytes, out, bytes_out)
#define ANSWER_TEXT(text) fakecl_answer(text, strlen(text) + 1, bytes, out, bytes_out)

cl_int fakecl_answer(const void *value, size_t value_bytes, size_t bytes, void *out, size_t *bytes_out)
{
	if (out) {
		if (bytes < value_bytes) {
			return fakecl_blame(CL_INVALID_VALUE, "a query with %zu bytes for an answer of %zu", bytes,
			                    value_bytes);
		}
		memcpy(out, value, value_bytes);
	}
	if (bytes_out) {
		*bytes_out = value_bytes;
	}
	return CL_SUCCESS;
}

cl_int clGetPlatformIDs(cl_uint capacity, cl_platform_id *out, cl_uint *count)
{
	const struct fakecl_world *world = fakecl_world();
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if ((capacity == 0 && out) || (!out && !count)) {
		return fakecl_blame(CL_INVALID_VALUE, "clGetPlatformIDs: capacity and array disagree");
	}
	for (unsigned i = 0; out && i < world->platform_count && i < capacity; i++) {
		out[i] = fakecl_platform_at(i);
	}
	if (count) {
		*count = world->platform_count;
	}
	return world->platform_count ? CL_SUCCESS : PLATFORM_NOT_FOUND;
}

cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t bytes, void *out, size_t *bytes_out)
{
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	switch (what) {
	case CL_PLATFORM_NAME:
		return ANSWER_TEXT(fakecl_world()->platform_names[platform->index]);
	case CL_PLATFORM_VENDOR:
		return ANSWER_TEXT("Fake vendor");
	case CL_PLATFORM_VERSION:
		return ANSWER_TEXT("OpenCL 1.2 fake");
	case CL_PLATFORM_PROFILE:
		return ANSWER_TEXT("FULL_PROFILE");
	case CL_PLATFORM_EXTENSIONS:
		return ANSWER_TEXT("");
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetPlatformInfo: 0x%x is not faked", (unsigned)what);
	}
}

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint capacity, cl_device_id *out, cl_uint *count)
{
	const struct fakecl_world *world = fakecl_world();
	cl_uint found = 0;
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS) {
		err = world->platform_errors[platform->index];
	}
	if (err != CL_SUCCESS) {
		return err;
	}
	for (unsigned i = 0; i < world->device_count; i++) {
		const struct fakecl_device *device = &world->devices[i];
		if (device->platform == platform->index && (device->type & type) && device->parent == 0) {
			if (out && found < capacity) {
				out[found] = fakecl_device_at(i);
			}
			found++;
		}
	}
	if (count) {
		*count = found;
	}
	return found ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

static cl_int device_text(const struct fakecl_device *facts, cl_device_info what, const char **text)
{
	switch (what) {
	case CL_DEVICE_NAME:
		*text = facts->name;
		return CL_SUCCESS;
	case CL_DEVICE_VENDOR:
		*text = facts->vendor;
		return CL_SUCCESS;
	case CL_DEVICE_VERSION:
		*text = facts->version;
		return CL_SUCCESS;
	case CL_DEVICE_OPENCL_C_VERSION:
		*text = "OpenCL C 1.2";
		return CL_SUCCESS;
	case CL_DEVICE_EXTENSIONS:
		*text = facts->extensions;
		return CL_SUCCESS;
	case CL_DEVICE_PROFILE:
		*text = "FULL_PROFILE";
		return CL_SUCCESS;
	case CL_DRIVER_VERSION:
		*text = facts->driver;
		return CL_SUCCESS;
	default:
		return CL_INVALID_VALUE;
	}
}

/* The many facts that are one unsigned number of 32 bits. */
static cl_int device_uint(const struct fakecl_device *facts, cl_device_info what, cl_uint *value)
{
	switch (what) {
	case CL_DEVICE_MAX_COMPUTE_UNITS:
		*value = facts->compute_units;
		return CL_SUCCESS;
	case CL_DEVICE_ADDRESS_BITS:
		*value = facts->address_bits;
		return CL_SUCCESS;
	case CL_DEVICE_MEM_BASE_ADDR_ALIGN:
		*value = facts->align_bits;
		return CL_SUCCESS;
	case CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS:
		*value = 3;
		return CL_SUCCESS;
	case CL_DEVICE_VENDOR_ID:
	case CL_DEVICE_MAX_CLOCK_FREQUENCY:
		*value = 1000;
		return CL_SUCCESS;
	case CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE:
		*value = 64;
		return CL_SUCCESS;
	case CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT:
	case CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT:
		*value = facts->type == CL_DEVICE_TYPE_GPU ? 1 : 16;
		return CL_SUCCESS;
	case CL_DEVICE_AVAILABLE:
		*value = facts->available;
		return CL_SUCCESS;
	case CL_DEVICE_COMPILER_AVAILABLE:
	case CL_DEVICE_LINKER_AVAILABLE:
		*value = facts->compiler;
		return CL_SUCCESS;
	case CL_DEVICE_ENDIAN_LITTLE:
		*value = CL_TRUE;
		return CL_SUCCESS;
	case CL_DEVICE_HOST_UNIFIED_MEMORY:
		*value = facts->type == CL_DEVICE_TYPE_CPU;
		return CL_SUCCESS;
	case CL_DEVICE_IMAGE_SUPPORT:
		*value = CL_FALSE;
		return CL_SUCCESS;
	case CL_DEVICE_LOCAL_MEM_TYPE:
		*value = facts->type == CL_DEVICE_TYPE_GPU ? CL_LOCAL : CL_GLOBAL;
		return CL_SUCCESS;
	default:
		return CL_INVALID_VALUE;
	}
}

static cl_int device_ulong(const struct fakecl_device *facts, cl_device_info what, cl_ulong *value)
{
	switch (what) {
	case CL_DEVICE_TYPE:
		*value = facts->type;
		return CL_SUCCESS;
	case CL_DEVICE_GLOBAL_MEM_SIZE:
		*value = facts->global_bytes;
		return CL_SUCCESS;
	case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
		*value = facts->max_alloc_bytes;
		return CL_SUCCESS;
	case CL_DEVICE_LOCAL_MEM_SIZE:
		*value = facts->local_bytes;
		return CL_SUCCESS;
	case CL_DEVICE_GLOBAL_MEM_CACHE_SIZE:
		*value = facts->cache_bytes;
		return CL_SUCCESS;
	case CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE:
		*value = 64 << 10;
		return CL_SUCCESS;
	case CL_DEVICE_SINGLE_FP_CONFIG:
		*value = CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST | CL_FP_FMA;
		return CL_SUCCESS;
	case CL_DEVICE_DOUBLE_FP_CONFIG:
		*value = strstr(facts->extensions, "cl_khr_fp64") ? CL_FP_FMA | CL_FP_ROUND_TO_NEAREST : 0;
		return CL_SUCCESS;
	case CL_DEVICE_QUEUE_PROPERTIES:
		*value = CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE;
		return CL_SUCCESS;
	default:
		return CL_INVALID_VALUE;
	}
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t bytes, void *out, size_t *bytes_out)
{
	const struct fakecl_device *facts = fakecl_device_facts(device);
	const char *text;
	cl_uint narrow;
	cl_ulong wide;
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!facts) {
		return CL_INVALID_DEVICE;
	}
	if (facts->error != CL_SUCCESS) {
		return facts->error;
	}
	if (what == CL_DEVICE_PLATFORM) {
		cl_platform_id platform = fakecl_platform_at(facts->platform);
		return ANSWER(platform);
	}
	if (what == CL_DEVICE_PARENT_DEVICE) {
		cl_device_id parent = facts->parent > 0 ? fakecl_device_at(facts->parent - 1) : NULL;
		return ANSWER(parent);
	}
	if (what == CL_DEVICE_MAX_WORK_GROUP_SIZE) {
		return ANSWER(facts->max_group);
	}
	if (what == CL_DEVICE_MAX_WORK_ITEM_SIZES) {
		size_t sizes[3] = {facts->max_group, facts->max_group, facts->max_group};
		return ANSWER(sizes);
	}
	if (device_text(facts, what, &text) == CL_SUCCESS) {
		return ANSWER_TEXT(text);
	}
	if (device_uint(facts, what, &narrow) == CL_SUCCESS) {
		return ANSWER(narrow);
	}
	if (device_ulong(facts, what, &wide) == CL_SUCCESS) {
		return ANSWER(wide);
	}
	return fakecl_blame(CL_INVALID_VALUE, "clGetDeviceInfo: 0x%x is not faked", (unsigned)what);
}

cl_int clGetContextInfo(cl_context context, cl_context_info what, size_t bytes, void *out, size_t *bytes_out)
{
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(context, FAKECL_CONTEXT)) {
		return fakecl_blame(CL_INVALID_CONTEXT, "clGetContextInfo: no live context");
	}
	cl_uint refs = (cl_uint)context->head.refs;
	switch (what) {
	case CL_CONTEXT_NUM_DEVICES:
		return ANSWER(context->device_count);
	case CL_CONTEXT_DEVICES:
		return fakecl_answer(context->devices, context->device_count * sizeof(cl_device_id), bytes, out,
		                     bytes_out);
	case CL_CONTEXT_REFERENCE_COUNT:
		return ANSWER(refs);
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetContextInfo: 0x%x is not faked", (unsigned)what);
	}
}

cl_int clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what, size_t bytes, void *out,
                             size_t *bytes_out)
{
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(queue, FAKECL_QUEUE)) {
		return fakecl_blame(CL_INVALID_COMMAND_QUEUE, "clGetCommandQueueInfo: no live queue");
	}
	switch (what) {
	case CL_QUEUE_CONTEXT:
		return ANSWER(queue->context);
	case CL_QUEUE_DEVICE:
		return ANSWER(queue->device);
	case CL_QUEUE_PROPERTIES:
		return ANSWER(queue->properties);
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetCommandQueueInfo: 0x%x is not faked", (unsigned)what);
	}
}

cl_int clGetMemObjectInfo(cl_mem mem, cl_mem_info what, size_t bytes, void *out, size_t *bytes_out)
{
	cl_mem_object_type type = CL_MEM_OBJECT_BUFFER;
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(mem, FAKECL_MEM)) {
		return CL_INVALID_MEM_OBJECT;
	}
	switch (what) {
	case CL_MEM_TYPE:
		return ANSWER(type);
	case CL_MEM_FLAGS:
		return ANSWER(mem->flags);
	case CL_MEM_SIZE:
		return ANSWER(mem->bytes);
	case CL_MEM_CONTEXT:
		return ANSWER(mem->context);
	case CL_MEM_ASSOCIATED_MEMOBJECT:
		return ANSWER(mem->parent);
	case CL_MEM_OFFSET:
		return ANSWER(mem->origin);
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetMemObjectInfo: 0x%x is not faked", (unsigned)what);
	}
}

cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t bytes, void *out, size_t *bytes_out)
{
	cl_int status = CL_COMPLETE;
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(event, FAKECL_EVENT)) {
		return CL_INVALID_EVENT;
	}
	switch (what) {
	case CL_EVENT_COMMAND_QUEUE:
		return ANSWER(event->queue);
	case CL_EVENT_CONTEXT:
		return ANSWER(event->context);
	case CL_EVENT_COMMAND_TYPE:
		return ANSWER(event->type);
	case CL_EVENT_COMMAND_EXECUTION_STATUS:
		return ANSWER(status);
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetEventInfo: 0x%x is not faked", (unsigned)what);
	}
}
