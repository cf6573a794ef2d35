#!/bin/sh
# oclgrind-filled.sh: oclgrind 21.10 takes what clEnqueueFillBuffer has filled for uninitialized.
# SPDX-License-Identifier: Apache-2.0
#
# Version: oclgrind 21.10 of Debian 12.
# Guess:   a kernel that reads a buffer after clEnqueueFillBuffer, or after clEnqueueWriteBufferRect, is no finding of
#          --uninitialized, as after clEnqueueWriteBuffer.
# Seen:    16 work-items that read a filled buffer are 16 findings, as many as of a buffer that nobody wrote; one row of
#          a rectangle leaves findings too. A plain write, a copy and CL_MEM_COPY_HOST_PTR leave none.
# Why:     a right program that clears its buffers by a fill drowns in findings, and the one that counts is not seen.
#          Under oclgrind, fill by a plain write.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "oclgrind-filled: skipped: $*"
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

cat >"$work/filled.c" <<'END'
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <string.h>

enum { ITEMS = 16, BYTES = 256 };

static const char *source = "kernel void twice(global float *a, global float *b)\n"
			    "{\n"
			    "	b[get_global_id(0)] = a[get_global_id(0)] * 2;\n"
			    "}\n";

int main(int count, char **words)
{
	const char *way = count > 1 ? words[1] : "";
	float zeros[BYTES / sizeof(float)] = {0}, one = 1;
	size_t origin[3] = {0}, region[3] = {64, 4, 1}, items = ITEMS;
	cl_platform_id platform;
	cl_device_id device;
	cl_int err = clGetPlatformIDs(1, &platform, NULL);
	err |= clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL);
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
	cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
	err |= clBuildProgram(program, 1, &device, "", NULL, NULL);
	cl_kernel kernel = clCreateKernel(program, "twice", NULL);
	cl_mem from = clCreateBuffer(context, CL_MEM_READ_WRITE, BYTES, NULL, NULL);
	cl_mem to = clCreateBuffer(context, CL_MEM_READ_WRITE, BYTES, NULL, NULL);
	if (strcmp(way, "fill") == 0) {
		err |= clEnqueueFillBuffer(queue, from, &one, sizeof(one), 0, BYTES, 0, NULL, NULL);
	} else if (strcmp(way, "rectangle") == 0) {
		err |= clEnqueueWriteBufferRect(queue, from, CL_TRUE, origin, origin, region, 64, 0, 64, 0, zeros, 0,
						NULL, NULL);
	} else if (strcmp(way, "write") == 0) {
		err |= clEnqueueWriteBuffer(queue, from, CL_TRUE, 0, BYTES, zeros, 0, NULL, NULL);
	}
	err |= clSetKernelArg(kernel, 0, sizeof(from), &from);
	err |= clSetKernelArg(kernel, 1, sizeof(to), &to);
	err |= clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL);
	err |= clFinish(queue);
	return err != CL_SUCCESS;
}
END
cc -o "$work/filled" "$work/filled.c" -lOpenCL || skip "no OpenCL headers or loader"

# findings WAY: how many there are.
findings()
{
	oclgrind --uninitialized --log "$work/log" "$work/filled" "$1" || skip "oclgrind does not run the program"
	grep -c '^Uninitialized\|^Controlflow' "$work/log"
}

nothing=$(findings nothing)
fill=$(findings fill)
rectangle=$(findings rectangle)
write=$(findings write)
echo "findings of a buffer that nobody wrote $nothing, filled $fill, written by a rectangle $rectangle, by a plain write $write"
[ "$nothing" -gt 0 ] && [ "$fill" = "$nothing" ] && [ "$rectangle" -gt 0 ] && [ "$write" -eq 0 ]
