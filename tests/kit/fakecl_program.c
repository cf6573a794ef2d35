/* fakecl_program.c: the fake OpenCL's programs and kernels: source in, nothing compiled, arguments kept.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/fakecl_object.h"

static const char build_log[] = "cl/fake.cl:1:1: error: the fake compiler was told to fail";

static void code_out(cl_int *err_out, cl_int err)
{
	if (err_out) {
		*err_out = err;
	}
}

/* The strings as one; lengths may be NULL or hold zeros for NUL-terminated ones. */
static char *source_join(cl_uint count, const char **strings, const size_t *lengths)
{
	size_t bytes = 1, at = 0;
	for (cl_uint i = 0; i < count; i++) {
		bytes += lengths && lengths[i] ? lengths[i] : strlen(strings[i]);
	}
	char *source = fakecl_take(bytes);
	if (!source) {
		return NULL;
	}
	for (cl_uint i = 0; i < count; i++) {
		size_t length = lengths && lengths[i] ? lengths[i] : strlen(strings[i]);
		memcpy(source + at, strings[i], length);
		at += length;
	}
	return source;
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **strings, const size_t *lengths,
                                     cl_int *err_out)
{
	cl_program program = NULL;
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS && (!fakecl_object_is(context, FAKECL_CONTEXT) || count == 0 || !strings)) {
		err = fakecl_blame(CL_INVALID_VALUE, "clCreateProgramWithSource: no live context or no source");
	}
	if (err == CL_SUCCESS) {
		program = fakecl_object_new(FAKECL_PROGRAM, sizeof(*program));
		err = program ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	}
	if (program) {
		program->context = context;
		fakecl_object_retain(context);
		program->source = source_join(count, strings, lengths);
		if (!program->source) {
			fakecl_object_release(program);
			program = NULL;
			err = CL_OUT_OF_HOST_MEMORY;
		}
	}
	code_out(err_out, err);
	return program;
}

/* What err becomes where the call is a mistake, or the device has no compiler. */
static cl_int build_check(const char *call, cl_program program, cl_uint device_count, const cl_device_id *devices,
                          bool notified, cl_int err)
{
	if (!fakecl_object_is(program, FAKECL_PROGRAM)) {
		return fakecl_blame(CL_INVALID_PROGRAM, "%s: no live program", call);
	}
	if (notified || device_count > program->context->device_count) {
		return fakecl_blame(CL_INVALID_VALUE, "%s: a callback or too many devices", call);
	}
	if (err == CL_SUCCESS && !fakecl_device_facts(program->context->devices[0])->compiler) {
		err = CL_COMPILER_NOT_AVAILABLE;
	}
	program->built_for = 0;
	for (cl_uint i = 0; devices && i < program->context->device_count; i++) {
		program->built_for = program->context->devices[i] == devices[0] ? i : program->built_for;
	}
	program->compiled = false;
	program->built = false;
	program->broken = err != CL_SUCCESS;
	return err;
}

cl_int clBuildProgram(cl_program program, cl_uint device_count, const cl_device_id *device_list, const char *options,
                      void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
	cl_int err = build_check(__func__, program, device_count, device_list, notify != NULL, fakecl_step(__func__));
	const char *group = options ? strstr(options, "-DGROUP=") : NULL;
	(void)user;
	if (err == CL_SUCCESS) {
		program->group = group ? strtoul(group + strlen("-DGROUP="), NULL, 10) : 0;
		program->built = true;
	}
	return err;
}

cl_int clCompileProgram(cl_program program, cl_uint device_count, const cl_device_id *device_list, const char *options,
                        cl_uint header_count, const cl_program *headers, const char **header_names,
                        void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
	cl_int err = build_check(__func__, program, device_count, device_list, notify != NULL, fakecl_step(__func__));
	(void)options;
	(void)headers;
	(void)header_names;
	(void)user;
	if (err == CL_SUCCESS && header_count > 0) {
		err = fakecl_blame(CL_INVALID_VALUE, "clCompileProgram: headers are not faked");
	}
	if (err == CL_SUCCESS) {
		program->compiled = true;
	}
	return err;
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id device, cl_program_build_info what, size_t bytes,
                             void *out, size_t *bytes_out)
{
	cl_int err = fakecl_step(__func__);
	(void)device;
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(program, FAKECL_PROGRAM)) {
		return fakecl_blame(CL_INVALID_PROGRAM, "clGetProgramBuildInfo: no live program");
	}
	bool done = program->built || program->compiled;
	cl_build_status status = program->broken ? CL_BUILD_ERROR : done ? CL_BUILD_SUCCESS : CL_BUILD_NONE;
	const char *log = program->broken ? build_log : "";
	switch (what) {
	case CL_PROGRAM_BUILD_STATUS:
		return fakecl_answer(&status, sizeof(status), bytes, out, bytes_out);
	case CL_PROGRAM_BUILD_LOG:
		return fakecl_answer(log, strlen(log) + 1, bytes, out, bytes_out);
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetProgramBuildInfo: 0x%x is not faked", (unsigned)what);
	}
}

/* The fake's binary of a program is its source: what goes out as one comes in as one. */
cl_program clCreateProgramWithBinary(cl_context context, cl_uint device_count, const cl_device_id *devices,
                                     const size_t *lengths, const unsigned char **binaries, cl_int *status,
                                     cl_int *err_out)
{
	cl_program program = NULL;
	const char *source = (const char *)binaries[0];
	(void)devices;
	cl_int err = fakecl_step(__func__);
	if (status) {
		*status = err;
	}
	if (err != CL_SUCCESS) {
		code_out(err_out, err);
		return NULL;
	}
	if (device_count != 1) {
		code_out(err_out, fakecl_blame(CL_INVALID_VALUE, "clCreateProgramWithBinary: %u devices",
		                               (unsigned)device_count));
		return NULL;
	}
	program = clCreateProgramWithSource(context, 1, &source, lengths, err_out);
	return program;
}

/* Appends to what is at out, or only counts where that is NULL; the new length. */
static size_t bytes_put(unsigned char *out, size_t at, const void *data, size_t bytes)
{
	if (out) {
		memcpy(out + at, data, bytes);
	}
	return at + bytes;
}

/* The binary, its length: the source, which a compiled program wraps as PoCL wraps bitcode. */
static size_t binary_put(const struct _cl_program *program, unsigned char *out)
{
	static const unsigned char head[] = "poclbin\0program.bc", magic[] = {'B', 'C', 0xc0, 0xde};
	size_t length = strlen(program->source), at = 0;
	if (program->compiled) {
		size_t whole = sizeof(magic) + length;
		unsigned char size[4] = {whole & 255, whole >> 8 & 255, whole >> 16 & 255, whole >> 24 & 255};
		at = bytes_put(out, at, head, sizeof(head));
		at = bytes_put(out, at, size, sizeof(size));
		at = bytes_put(out, at, magic, sizeof(magic));
	}
	return bytes_put(out, at, program->source, length);
}

cl_int clGetProgramInfo(cl_program program, cl_program_info what, size_t bytes, void *out, size_t *bytes_out)
{
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(program, FAKECL_PROGRAM)) {
		return fakecl_blame(CL_INVALID_PROGRAM, "clGetProgramInfo: no live program");
	}
	cl_uint count = program->context->device_count;
	size_t lengths[FAKECL_MAX_DEVICES] = {0};
	for (cl_uint i = 0; i < count; i++) {
		lengths[i] = program->built_for == i ? binary_put(program, NULL) : 0;
	}
	switch (what) {
	case CL_PROGRAM_CONTEXT:
		return fakecl_answer(&program->context, sizeof(program->context), bytes, out, bytes_out);
	case CL_PROGRAM_NUM_DEVICES:
		return fakecl_answer(&count, sizeof(count), bytes, out, bytes_out);
	case CL_PROGRAM_DEVICES:
		return fakecl_answer(program->context->devices, count * sizeof(cl_device_id), bytes, out, bytes_out);
	case CL_PROGRAM_BINARY_SIZES:
		return fakecl_answer(lengths, count * sizeof(size_t), bytes, out, bytes_out);
	case CL_PROGRAM_BINARIES:
		if (bytes < count * sizeof(unsigned char *)) {
			return fakecl_blame(CL_INVALID_VALUE, "clGetProgramInfo: too few places for binaries");
		}
		for (cl_uint i = 0; i < count; i++) {
			unsigned char *place = ((unsigned char **)out)[i];
			if (place && lengths[i] > 0) {
				binary_put(program, place);
			}
		}
		return CL_SUCCESS;
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetProgramInfo: 0x%x is not faked", (unsigned)what);
	}
}

cl_kernel clCreateKernel(cl_program program, const char *name, cl_int *err_out)
{
	cl_kernel kernel = NULL;
	cl_int err = fakecl_step(__func__);
	if (err == CL_SUCCESS && (!fakecl_object_is(program, FAKECL_PROGRAM) || !program->built)) {
		err = fakecl_blame(CL_INVALID_PROGRAM_EXECUTABLE, "clCreateKernel: the program is not built");
	}
	if (err == CL_SUCCESS && !strstr(program->source, name)) {
		err = fakecl_blame(CL_INVALID_KERNEL_NAME, "clCreateKernel: no %s in the source", name);
	}
	if (err == CL_SUCCESS) {
		kernel = fakecl_object_new(FAKECL_KERNEL, sizeof(*kernel));
		err = kernel ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
	}
	if (kernel) {
		kernel->program = program;
		fakecl_object_retain(program);
		snprintf(kernel->name, sizeof(kernel->name), "%s", name);
	}
	code_out(err_out, err);
	return kernel;
}

/* NULL as the value means local memory of that many bytes, and is kept as zeros; so is a mem argument's NULL handle. */
cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t bytes, const void *value)
{
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(kernel, FAKECL_KERNEL)) {
		return fakecl_blame(CL_INVALID_KERNEL, "clSetKernelArg: no live kernel");
	}
	if (index >= FAKECL_MAX_ARGS || bytes == 0 || (value && bytes > FAKECL_ARG_BYTES)) {
		return fakecl_blame(CL_INVALID_ARG_INDEX, "clSetKernelArg: argument %u of %zu bytes", (unsigned)index,
		                    bytes);
	}
	memset(kernel->args[index], 0, FAKECL_ARG_BYTES);
	if (value) {
		memcpy(kernel->args[index], value, bytes);
	}
	kernel->arg_bytes[index] = bytes;
	kernel->arg_set[index] = true;
	if (index >= kernel->arg_count) {
		kernel->arg_count = index + 1;
	}
	return CL_SUCCESS;
}

cl_int clGetKernelWorkGroupInfo(cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t bytes,
                                void *out, size_t *bytes_out)
{
	cl_int err = fakecl_step(__func__);
	if (err != CL_SUCCESS) {
		return err;
	}
	if (!fakecl_object_is(kernel, FAKECL_KERNEL)) {
		return fakecl_blame(CL_INVALID_KERNEL, "clGetKernelWorkGroupInfo: no live kernel");
	}
	const struct fakecl_device *facts = fakecl_device_facts(device ? device : kernel->program->context->devices[0]);
	size_t group = facts->kernel_group ? facts->kernel_group : facts->max_group;
	size_t fixed[3] = {facts->compiled_group > 0 ? kernel->program->group : 0, 1, 1};
	cl_ulong none = 0;
	switch (what) {
	case CL_KERNEL_WORK_GROUP_SIZE:
		return fakecl_answer(&group, sizeof(group), bytes, out, bytes_out);
	case CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE:
		return fakecl_answer(&facts->kernel_multiple, sizeof(facts->kernel_multiple), bytes, out, bytes_out);
	case CL_KERNEL_COMPILE_WORK_GROUP_SIZE:
		return fakecl_answer(fixed, sizeof(fixed), bytes, out, bytes_out);
	case CL_KERNEL_LOCAL_MEM_SIZE:
		return fakecl_answer(&none, sizeof(none), bytes, out, bytes_out);
	case CL_KERNEL_PRIVATE_MEM_SIZE:
		return fakecl_answer(&facts->kernel_private_bytes, sizeof(facts->kernel_private_bytes), bytes, out,
		                     bytes_out);
	default:
		return fakecl_blame(CL_INVALID_VALUE, "clGetKernelWorkGroupInfo: 0x%x is not faked", (unsigned)what);
	}
}
