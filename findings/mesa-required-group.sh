#!/bin/sh
# mesa-required-group.sh: Mesa 22.3.6 runs a kernel in a larger group than it requires, and tells it otherwise.
# SPDX-License-Identifier: Apache-2.0
#
# Version: mesa-opencl-icd 22.3.6 of Debian 12 (rusticl on llvmpipe), oclgrind 21.10.
# Guess:   a kernel with reqd_work_group_size(4,1,1), launched without a local size, is refused with -54 (OpenCL 1.2),
#          as PoCL 3.1 does, or runs in groups of 4.
# Seen:    16 work-items run as one group: get_local_id() goes to 15, while get_local_size() is 4 and get_num_groups()
#          is 1. So it is on Mesa 25.0.7; 26.1.6 makes groups of 4. oclgrind takes the launch as well, and makes
#          groups of 1.
# Why:     a scratch array with a place for each of the 4 work-items is overrun, and a tree over the group's values
#          adds a quarter of them: a mean that is wrong without an error. Who requires a size must name it in every
#          launch.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "mesa-required-group: skipped: $*"
	exit 77
}

# $1: package, $2: its version
version()
{
	case $(dpkg-query -W -f '${Version}' "$1" 2>/dev/null) in
	"$2"-*) ;;
	*) skip "$1 $2 is not installed" ;;
	esac
}
version mesa-opencl-icd 22.3.6
version oclgrind 21.10
work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM

cat >"$work/group.c" <<'END'
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS = 16 };

static const char *source =
	"kernel __attribute__((reqd_work_group_size(4, 1, 1)))\n"
	"void where(global int *size, global int *count, global int *place)\n"
	"{\n"
	"	size_t i = get_global_id(0);\n"
	"	size[i] = get_local_size(0);\n"
	"	count[i] = get_num_groups(0);\n"
	"	place[i] = get_local_id(0);\n"
	"}\n";

/* The first device of the platform of this name. */
static int find(const char *wanted, cl_device_id *device)
{
	cl_platform_id platforms[16];
	cl_uint count = 0;
	char name[256];

	clGetPlatformIDs(16, platforms, &count);
	for (cl_uint i = 0; i < count && i < 16; ++i) {
		clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name, NULL);
		if (!strcmp(name, wanted) && !clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, device, NULL)) {
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const size_t items = ITEMS;
	cl_int seen[3][ITEMS], most = 0;
	cl_mem buffers[3];
	cl_device_id device;

	if (argc != 2 || !find(argv[1], &device)) {
		return 77;
	}
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
	cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
	if (clBuildProgram(program, 1, &device, "", NULL, NULL)) {
		return 77;
	}
	cl_kernel kernel = clCreateKernel(program, "where", NULL);
	for (cl_uint i = 0; i < 3; ++i) {
		buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof seen[i], NULL, NULL);
		clSetKernelArg(kernel, i, sizeof buffers[i], &buffers[i]);
	}
	cl_int status = clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL);
	if (status) {
		printf("%s: refused with %d\n", argv[1], status);
		return 0;
	}
	for (int i = 0; i < 3; ++i) {
		clEnqueueReadBuffer(queue, buffers[i], CL_TRUE, 0, sizeof seen[i], seen[i], 0, NULL, NULL);
	}
	for (int i = 0; i < ITEMS; ++i) {
		most = seen[2][i] > most ? seen[2][i] : most;
	}
	printf("%s: local size %d, groups %d, greatest local id %d\n", argv[1], seen[0][0], seen[1][0], most);
	return 0;
}
END
${CC:-cc} -o "$work/group" "$work/group.c" -lOpenCL 2>"$work/log" ||
	skip "no C compiler, or no OpenCL headers and loader"

MESA_SHADER_CACHE_DIR=$work POCL_CACHE_DIR=$work RUSTICL_ENABLE=llvmpipe
export MESA_SHADER_CACHE_DIR POCL_CACHE_DIR RUSTICL_ENABLE
"$work/group" rusticl >"$work/seen" 2>"$work/log" || skip "no llvmpipe device"
oclgrind "$work/group" Oclgrind >>"$work/seen" 2>"$work/log" || skip "oclgrind does not run here"
cat >"$work/expected" <<'END'
rusticl: local size 4, groups 1, greatest local id 15
Oclgrind: local size 1, groups 16, greatest local id 0
END
cat "$work/seen"
cmp -s "$work/expected" "$work/seen" && exit 0
echo "mesa-required-group: it is no longer so"
exit 1
