#!/bin/sh
# mesa-loop-limit.sh: Mesa 22.3.6 (rusticl on llvmpipe) gives a work-item 65535 steps of loops in all, and says nothing.
# SPDX-License-Identifier: Apache-2.0
#
# Version: mesa-opencl-icd 22.3.6 of Debian 12, its llvmpipe device as an OpenCL device (RUSTICL_ENABLE=llvmpipe).
# Guess:   a loop ends where its condition says so; and if there is a limit, it is one of each loop.
# Seen:    a loop of 65536 steps makes 65535. The count is that of the whole kernel: after a loop of 40000 steps a
#          second one is left after 25534, and 300 loops of 300 steps inside another are left in the 218th. No error,
#          no warning; the kernel goes on with what it has. Mesa 25.0.7 makes all steps.
# Why:     a work-item that sums a plane alone gives the mean of the first part of it, and the pass for the deviation
#          after it none at all. Cutting a long loop in two does not help: only more work-items do.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "mesa-loop-limit: skipped: $*"
	exit 77
}

case $(dpkg-query -W -f '${Version}' mesa-opencl-icd 2>/dev/null) in
22.3.6-*) ;;
*) skip "mesa-opencl-icd 22.3.6 is not installed" ;;
esac
work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM

cat >"$work/steps.c" <<'END'
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <string.h>

static const char *source =
	"kernel void after(global int *made, int n, int m)\n"
	"{\n"
	"	int i = 0, j = 0;\n"
	"	while (i < n) made[2] ^= ++i;\n"
	"	while (j < m) made[2] ^= ++j;\n"
	"	made[0] = i;\n"
	"	made[1] = j;\n"
	"}\n"
	"kernel void inside(global int *made, int n, int m)\n"
	"{\n"
	"	int outer = 0, inner = 0;\n"
	"	for (int i = 0; i < n; ++i) {\n"
	"		++outer;\n"
	"		for (int j = 0; j < m; ++j) made[2] ^= ++inner;\n"
	"	}\n"
	"	made[0] = outer;\n"
	"	made[1] = inner;\n"
	"}\n";

static const struct {
	const char *kernel;
	cl_int n, m;
} runs[] = {
	{"after", 65535, 0}, {"after", 65536, 0}, {"after", 40000, 40000}, {"inside", 255, 255}, {"inside", 300, 300}
};

static int find(cl_device_id *device)
{
	cl_platform_id platforms[16];
	cl_uint count = 0;
	char name[256];

	clGetPlatformIDs(16, platforms, &count);
	for (cl_uint i = 0; i < count && i < 16; ++i) {
		clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name, NULL);
		if (!strcmp(name, "rusticl") && !clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, device, NULL)) {
			return 1;
		}
	}
	return 0;
}

int main(void)
{
	const size_t one = 1;
	cl_device_id device;

	if (!find(&device)) {
		return 77;
	}
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
	cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
	if (clBuildProgram(program, 1, &device, "", NULL, NULL)) {
		return 77;
	}
	for (size_t i = 0; i < sizeof runs / sizeof *runs; ++i) {
		cl_int made[3] = {0, 0, 0};
		cl_mem buffer = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof made, made, NULL);
		cl_kernel kernel = clCreateKernel(program, runs[i].kernel, NULL);

		clSetKernelArg(kernel, 0, sizeof buffer, &buffer);
		clSetKernelArg(kernel, 1, sizeof runs[i].n, &runs[i].n);
		clSetKernelArg(kernel, 2, sizeof runs[i].m, &runs[i].m);
		if (clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL) ||
		    clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof made, made, 0, NULL, NULL)) {
			return 77;
		}
		printf("%s %d, %d: %d, %d\n", runs[i].kernel, runs[i].n, runs[i].m, made[0], made[1]);
	}
	return 0;
}
END
${CC:-cc} -o "$work/steps" "$work/steps.c" -lOpenCL 2>"$work/log" ||
	skip "no C compiler, or no OpenCL headers and loader"

MESA_SHADER_CACHE_DIR=$work POCL_CACHE_DIR=$work RUSTICL_ENABLE=llvmpipe
export MESA_SHADER_CACHE_DIR POCL_CACHE_DIR RUSTICL_ENABLE
"$work/steps" >"$work/seen" 2>"$work/log" || skip "no llvmpipe device"
cat >"$work/expected" <<'END'
after 65535, 0: 65535, 0
after 65536, 0: 65535, 0
after 40000, 40000: 40000, 25534
inside 255, 255: 255, 65025
inside 300, 300: 218, 65101
END
cat "$work/seen"
cmp -s "$work/expected" "$work/seen" && exit 0
echo "mesa-loop-limit: it is no longer so"
exit 1
