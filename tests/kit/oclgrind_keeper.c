/* oclgrind_keeper.c: what an interpreter is to be told of buffers that it mistakes for uninitialized.
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <CL/cl.h>

#include "tests/kit/oclgrind_keeper.h"

static bool keeps;

void oclgrind_keeper_begin(void)
{
	keeps = true;
}

static bool is_last(cl_mem mem)
{
	cl_uint count = 0;
	return clGetMemObjectInfo(mem, CL_MEM_REFERENCE_COUNT, sizeof(count), &count, NULL) == CL_SUCCESS && count == 1;
}

/* Stands before the loader's, for the library and the tests alike; weak, as a fake OpenCL has one of its own. */
__attribute__((weak)) cl_int clReleaseMemObject(cl_mem mem)
{
	void *found = dlsym(RTLD_NEXT, "clReleaseMemObject");
	cl_int (*release)(cl_mem);
	memcpy(&release, &found, sizeof(release));
	return keeps && is_last(mem) ? CL_SUCCESS : release(mem);
}

/* The next definition of an OpenCL function, behind this file's. */
static void next_of(const char *name, void *function)
{
	void *found = dlsym(RTLD_NEXT, name);
	memcpy(function, &found, sizeof(found));
}

static cl_int fill_written(cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_bytes, size_t offset,
                           size_t bytes, cl_uint n_wait, const cl_event *wait, cl_event *event)
{
	unsigned char *image = malloc(bytes > 0 ? bytes : 1);
	cl_int err = CL_OUT_OF_HOST_MEMORY;
	for (size_t i = 0; image && i + pattern_bytes <= bytes; i += pattern_bytes) {
		memcpy(image + i, pattern, pattern_bytes);
	}
	if (image) {
		err = clEnqueueWriteBuffer(queue, mem, CL_TRUE, offset, bytes, image, n_wait, wait, event);
	}
	free(image);
	return err;
}

__attribute__((weak)) cl_int clEnqueueFillBuffer(cl_command_queue queue, cl_mem mem, const void *pattern,
                                                 size_t pattern_bytes, size_t offset, size_t bytes, cl_uint n_wait,
                                                 const cl_event *wait, cl_event *event)
{
	cl_int (*fill)(cl_command_queue, cl_mem, const void *, size_t, size_t, size_t, cl_uint, const cl_event *,
	               cl_event *);
	if (keeps) {
		return fill_written(queue, mem, pattern, pattern_bytes, offset, bytes, n_wait, wait, event);
	}
	next_of("clEnqueueFillBuffer", &fill);
	return fill(queue, mem, pattern, pattern_bytes, offset, bytes, n_wait, wait, event);
}

/* Rows of one slice, as the library writes them. */
__attribute__((weak)) cl_int clEnqueueWriteBufferRect(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                                      const size_t *to, const size_t *from, const size_t *region,
                                                      size_t row, size_t slice, size_t host_row, size_t host_slice,
                                                      const void *host, cl_uint n_wait, const cl_event *wait,
                                                      cl_event *event)
{
	cl_int (*write)(cl_command_queue, cl_mem, cl_bool, const size_t *, const size_t *, const size_t *, size_t,
	                size_t, size_t, size_t, const void *, cl_uint, const cl_event *, cl_event *);
	cl_int err = CL_SUCCESS;
	if (!keeps || region[2] != 1 || to[2] != 0 || from[2] != 0) {
		next_of("clEnqueueWriteBufferRect", &write);
		return write(queue, mem, blocking, to, from, region, row, slice, host_row, host_slice, host, n_wait,
		             wait, event);
	}
	for (size_t i = 0; i < region[1] && err == CL_SUCCESS; ++i) {
		const char *of_row = (const char *)host + from[0] + (from[1] + i) * host_row;
		err = clEnqueueWriteBuffer(queue, mem, CL_TRUE, to[0] + (to[1] + i) * row, region[0], of_row, n_wait,
		                           wait, i + 1 == region[1] ? event : NULL);
	}
	return err;
}
