/* oclgrind_keeper.c: buffers that outlive their release, for an interpreter that mistakes a new buffer for an old one.
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdbool.h>
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
