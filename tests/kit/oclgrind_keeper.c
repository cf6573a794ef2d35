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

/* ---- Stores by a kernel ------------------------------------------------------------------------------------------ */

static const char *const source =
	"kernel void put(global const uchar *from, ulong from_at, global uchar *to, ulong to_at)\n"
	"{\n"
	"	to[to_at + get_global_id(0)] = from[from_at + get_global_id(0)];\n"
	"}\n";

#define MOST_CONTEXTS 64

/* Kernels are kept, and with them their contexts, so that no other context has the address of one. */
static cl_kernel kernel_of(cl_context cl, cl_device_id device)
{
	static struct {
		cl_context cl;
		cl_kernel kernel;
	} kept[MOST_CONTEXTS];
	size_t i = 0;
	while (i < MOST_CONTEXTS && kept[i].cl && kept[i].cl != cl) {
		i++;
	}
	if (i < MOST_CONTEXTS && !kept[i].cl) {
		cl_program program = clCreateProgramWithSource(cl, 1, (const char **)&source, NULL, NULL);
		if (program && clBuildProgram(program, 1, &device, "", NULL, NULL) == CL_SUCCESS) {
			kept[i].kernel = clCreateKernel(program, "put", NULL);
			kept[i].cl = kept[i].kernel ? cl : NULL;
		}
	}
	return i < MOST_CONTEXTS ? kept[i].kernel : NULL;
}

struct piece {
	cl_mem mem;
	size_t at;
};

/* What waits and what is waited for. */
struct order {
	cl_uint n_wait;
	const cl_event *wait;
	cl_event *event;
};

static bool queue_query(cl_command_queue queue, cl_context *cl, cl_device_id *device)
{
	return clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof(*cl), cl, NULL) == CL_SUCCESS &&
	       clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(*device), device, NULL) == CL_SUCCESS;
}

/* False where it cannot be done so, and nothing is done. */
static bool put(cl_command_queue queue, struct piece from, struct piece to, size_t bytes, struct order order)
{
	cl_context cl;
	cl_device_id device;
	cl_ulong from_at = from.at, to_at = to.at;
	cl_kernel kernel = queue_query(queue, &cl, &device) ? kernel_of(cl, device) : NULL;
	return kernel && clSetKernelArg(kernel, 0, sizeof(from.mem), &from.mem) == CL_SUCCESS &&
	       clSetKernelArg(kernel, 1, sizeof(from_at), &from_at) == CL_SUCCESS &&
	       clSetKernelArg(kernel, 2, sizeof(to.mem), &to.mem) == CL_SUCCESS &&
	       clSetKernelArg(kernel, 3, sizeof(to_at), &to_at) == CL_SUCCESS &&
	       clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &bytes, NULL, order.n_wait, order.wait, order.event) ==
	               CL_SUCCESS;
}

/* The same from the host, by a buffer that stays. */
static bool put_host(cl_command_queue queue, const void *host, struct piece to, size_t bytes, struct order order)
{
	cl_context cl;
	cl_device_id device;
	if (!queue_query(queue, &cl, &device)) {
		return false;
	}
	cl_mem from = clCreateBuffer(cl, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, bytes, (void *)host, NULL);
	return from && put(queue, (struct piece){from, 0}, to, bytes, order);
}

/* Whether a store is of part of a buffer. */
static bool is_part(cl_mem mem, size_t offset, size_t bytes)
{
	size_t all = 0;
	cl_mem parent = NULL;
	return clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof(all), &all, NULL) == CL_SUCCESS &&
	       clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(parent), &parent, NULL) == CL_SUCCESS &&
	       bytes > 0 && (parent || offset > 0 || bytes < all);
}

__attribute__((weak)) cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset,
                                                  size_t bytes, const void *host, cl_uint n_wait, const cl_event *wait,
                                                  cl_event *event)
{
	cl_int (*write)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, const void *, cl_uint, const cl_event *,
	                cl_event *);
	if (keeps && is_part(mem, offset, bytes) &&
	    put_host(queue, host, (struct piece){mem, offset}, bytes, (struct order){n_wait, wait, event})) {
		return CL_SUCCESS;
	}
	next_of("clEnqueueWriteBuffer", &write);
	return write(queue, mem, blocking, offset, bytes, host, n_wait, wait, event);
}

__attribute__((weak)) cl_int clEnqueueCopyBuffer(cl_command_queue queue, cl_mem from, cl_mem to, size_t from_at,
                                                 size_t to_at, size_t bytes, cl_uint n_wait, const cl_event *wait,
                                                 cl_event *event)
{
	cl_int (*copy)(cl_command_queue, cl_mem, cl_mem, size_t, size_t, size_t, cl_uint, const cl_event *, cl_event *);
	if (keeps && is_part(to, to_at, bytes) &&
	    put(queue, (struct piece){from, from_at}, (struct piece){to, to_at}, bytes,
	        (struct order){n_wait, wait, event})) {
		return CL_SUCCESS;
	}
	next_of("clEnqueueCopyBuffer", &copy);
	return copy(queue, from, to, from_at, to_at, bytes, n_wait, wait, event);
}

/* ---- Stores by plain writes ---------------------------------------------------------------------------------------
 */

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
