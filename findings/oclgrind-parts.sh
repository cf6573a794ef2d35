#!/bin/sh
# oclgrind-parts.sh: oclgrind 21.10 takes a write to a part of a buffer for one of the whole buffer.
# SPDX-License-Identifier: Apache-2.0
#
# Version: oclgrind 21.10 of Debian 12.
# Guess:   a kernel that reads a buffer which was written in two halves, by clEnqueueWriteBuffer or clEnqueueCopyBuffer,
#          is no finding of --uninitialized, as after one write of all of it.
# Seen:    two halves leave findings, of a write and of a copy; one write, one copy and two halves that a kernel stored
#          leave none.
# Why:     a right program that keeps several arrays in one buffer, or moves a tensor row by row, drowns in findings.
#          Under oclgrind, a kernel stores what goes to a part of a buffer.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "oclgrind-parts: skipped: $*"
	exit 77
}

case $(dpkg-query -W -f '${Version}' oclgrind 2>/dev/null) in
21.10-*) ;;
*) skip "oclgrind 21.10 is not installed" ;;
esac
command -v cc >/dev/null 2>&1 || skip "no C compiler"
work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM

cat >"$work/parts.c" <<'END'
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 64, BYTES = 256 };

static const char *source = "kernel void twice(global float *a, global float *b)\n"
			    "{\n"
			    "	b[get_global_id(0)] = a[get_global_id(0)] * 2;\n"
			    "}\n"
			    "kernel void put(global const uchar *from, global uchar *to, uint at)\n"
			    "{\n"
			    "	to[at + get_global_id(0)] = from[at + get_global_id(0)];\n"
			    "}\n";

static cl_int put(cl_command_queue queue, cl_kernel kernel, cl_mem from, cl_mem to, size_t at, size_t bytes)
{
	cl_uint begin = (cl_uint)at;
	cl_int err = clSetKernelArg(kernel, 0, sizeof(from), &from);
	err |= clSetKernelArg(kernel, 1, sizeof(to), &to);
	err |= clSetKernelArg(kernel, 2, sizeof(begin), &begin);
	return err | clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &bytes, NULL, 0, NULL, NULL);
}

int main(int count, char **words)
{
	const char *way = count > 2 ? words[1] : "";
	size_t pieces = count > 2 ? (size_t)atoi(words[2]) : 1, bytes = BYTES / pieces, items = ITEMS;
	float zeros[BYTES / sizeof(float)] = {0};
	cl_platform_id platform;
	cl_device_id device;
	cl_int err = clGetPlatformIDs(1, &platform, NULL);
	err |= clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL);
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
	cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
	err |= clBuildProgram(program, 1, &device, "", NULL, NULL);
	cl_kernel twice = clCreateKernel(program, "twice", NULL), store = clCreateKernel(program, "put", NULL);
	cl_mem full = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, BYTES, zeros, NULL);
	cl_mem from = clCreateBuffer(context, CL_MEM_READ_WRITE, BYTES, NULL, NULL);
	cl_mem to = clCreateBuffer(context, CL_MEM_READ_WRITE, BYTES, NULL, NULL);
	for (size_t at = 0; at < BYTES; at += bytes) {
		if (strcmp(way, "write") == 0) {
			err |= clEnqueueWriteBuffer(queue, from, CL_TRUE, at, bytes, zeros, 0, NULL, NULL);
		} else if (strcmp(way, "copy") == 0) {
			err |= clEnqueueCopyBuffer(queue, full, from, at, at, bytes, 0, NULL, NULL);
		} else if (strcmp(way, "kernel") == 0) {
			err |= put(queue, store, full, from, at, bytes);
		}
	}
	err |= clFinish(queue);
	err |= clSetKernelArg(twice, 0, sizeof(from), &from);
	err |= clSetKernelArg(twice, 1, sizeof(to), &to);
	err |= clEnqueueNDRangeKernel(queue, twice, 1, NULL, &items, NULL, 0, NULL, NULL);
	err |= clFinish(queue);
	return err != CL_SUCCESS;
}
END
cc -o "$work/parts" "$work/parts.c" -lOpenCL || skip "no OpenCL headers or loader"

# findings WAY PIECES: how many there are.
findings()
{
	oclgrind --uninitialized --log "$work/log" "$work/parts" "$1" "$2" || skip "oclgrind does not run the program"
	grep -c '^Uninitialized\|^Controlflow' "$work/log"
}

write=$(findings write 1)
writes=$(findings write 2)
copy=$(findings copy 1)
copies=$(findings copy 2)
kernels=$(findings kernel 2)
echo "findings of a buffer that was written at once $write, in halves $writes; copied at once $copy, in halves $copies; stored by a kernel in halves $kernels"
[ "$write" -eq 0 ] && [ "$writes" -gt 0 ] && [ "$copy" -eq 0 ] && [ "$copies" -gt 0 ] && [ "$kernels" -eq 0 ]
