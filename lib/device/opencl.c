/* opencl.c: the one door to OpenCL in lib/; cl_int to name and status.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/opencl.h"

struct code_name {
	cl_int code;
	const char *name;
};

#define CODE(name)                                                                                                     \
	{                                                                                                              \
		name, #name                                                                                            \
	}
static const struct code_name code_names[] = {
	CODE(CL_SUCCESS),
	CODE(CL_DEVICE_NOT_FOUND),
	CODE(CL_DEVICE_NOT_AVAILABLE),
	CODE(CL_COMPILER_NOT_AVAILABLE),
	CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE),
	CODE(CL_OUT_OF_RESOURCES),
	CODE(CL_OUT_OF_HOST_MEMORY),
	CODE(CL_PROFILING_INFO_NOT_AVAILABLE),
	CODE(CL_MEM_COPY_OVERLAP),
	CODE(CL_BUILD_PROGRAM_FAILURE),
	CODE(CL_MISALIGNED_SUB_BUFFER_OFFSET),
	CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
	CODE(CL_INVALID_VALUE),
	CODE(CL_INVALID_DEVICE_TYPE),
	CODE(CL_INVALID_PLATFORM),
	CODE(CL_INVALID_DEVICE),
	CODE(CL_INVALID_CONTEXT),
	CODE(CL_INVALID_QUEUE_PROPERTIES),
	CODE(CL_INVALID_COMMAND_QUEUE),
	CODE(CL_INVALID_MEM_OBJECT),
	CODE(CL_INVALID_BINARY),
	CODE(CL_INVALID_BUILD_OPTIONS),
	CODE(CL_INVALID_PROGRAM),
	CODE(CL_INVALID_PROGRAM_EXECUTABLE),
	CODE(CL_INVALID_KERNEL_NAME),
	CODE(CL_INVALID_KERNEL_DEFINITION),
	CODE(CL_INVALID_KERNEL),
	CODE(CL_INVALID_ARG_INDEX),
	CODE(CL_INVALID_ARG_VALUE),
	CODE(CL_INVALID_ARG_SIZE),
	CODE(CL_INVALID_KERNEL_ARGS),
	CODE(CL_INVALID_WORK_DIMENSION),
	CODE(CL_INVALID_WORK_GROUP_SIZE),
	CODE(CL_INVALID_WORK_ITEM_SIZE),
	CODE(CL_INVALID_GLOBAL_OFFSET),
	CODE(CL_INVALID_EVENT_WAIT_LIST),
	CODE(CL_INVALID_EVENT),
	CODE(CL_INVALID_OPERATION),
	CODE(CL_INVALID_BUFFER_SIZE),
	CODE(CL_INVALID_GLOBAL_WORK_SIZE),
	{-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};

const char *cln_cl_name(cl_int code)
{
	for (size_t i = 0; i < sizeof(code_names) / sizeof(code_names[0]); ++i) {
		if (code_names[i].code == code) {
			return code_names[i].name;
		}
	}
	return "an unknown code";
}

static clnorm_status status_of(cl_int code)
{
	switch (code) {
	case CL_SUCCESS:
		return CLNORM_OK;
	case CL_MEM_OBJECT_ALLOCATION_FAILURE:
	case CL_OUT_OF_RESOURCES:
		return CLNORM_OUT_OF_DEVICE_MEMORY;
	case CL_OUT_OF_HOST_MEMORY:
		return CLNORM_OUT_OF_MEMORY;
	case CL_COMPILER_NOT_AVAILABLE:
		return CLNORM_NO_COMPILER;
	case CL_BUILD_PROGRAM_FAILURE:
		return CLNORM_BUILD_FAILED;
	default:
		return CLNORM_OPENCL_ERROR;
	}
}

clnorm_status cln_cl(cl_int code, const char *call)
{
	if (code == CL_SUCCESS) {
		return CLNORM_OK;
	}
	return cln_fail(status_of(code), "%s: %s (%d)", call, cln_cl_name(code), (int)code);
}

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
