#!/bin/sh
# saturated-nan.sh: convert_int_sat(NaN) is the least int on two of Debian 12's three OpenCL drivers.
# SPDX-License-Identifier: Apache-2.0
#
# Version: mesa-opencl-icd 22.3.6 (rusticl on llvmpipe), oclgrind 21.10, pocl-opencl-icd 3.1, all of Debian 12.
# Guess:   a saturated conversion makes 0 of NaN on all of them, as OpenCL C (1.2, section 6.2.3.3) asks.
# Seen:    PoCL does. rusticl gives -2147483648 for int, and for short and ushort too, which cannot hold it, while the
#          value is not stored (stored as a short it is 0); Mesa 25.0.7 gives 0. oclgrind gives the least value of
#          each signed type.
# Why:     one NaN in a tensor that is quantized after its normalization becomes the most negative code there, and the
#          next minimum, scale or sum is made of it. Only a comparison before the conversion is the same everywhere.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "saturated-nan: skipped: $*"
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
version pocl-opencl-icd 3.1
work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM

cat >"$work/nan.c" <<'END'
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *source =
	"kernel void codes(global const float *x, global int *y)\n"
	"{\n"
	"	y[0] = convert_int_sat(x[0]);\n"
	"	y[1] = convert_short_sat(x[0]);\n"
	"	y[2] = convert_char_sat(x[0]);\n"
	"	y[3] = convert_ushort_sat(x[0]);\n"
	"	y[4] = convert_uchar_sat(x[0]);\n"
	"}\n"
	"kernel void shorts(global const float *x, global short *y) { y[0] = convert_short_sat(x[0]); }\n"
	"kernel void chars(global const float *x, global char *y) { y[0] = convert_char_sat_rte(x[0]); }\n";

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

static int run(cl_command_queue queue, cl_program program, const char *name, void *result, size_t size)
{
	cl_context context;
	const size_t one = 1;
	float x = NAN;

	clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
	cl_mem in = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof x, &x, NULL);
	cl_mem out = clCreateBuffer(context, CL_MEM_READ_WRITE, size, NULL, NULL);
	cl_kernel kernel = clCreateKernel(program, name, NULL);

	clSetKernelArg(kernel, 0, sizeof in, &in);
	clSetKernelArg(kernel, 1, sizeof out, &out);
	return !clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL) &&
	       !clEnqueueReadBuffer(queue, out, CL_TRUE, 0, size, result, 0, NULL, NULL);
}

int main(int argc, char **argv)
{
	cl_device_id device;
	cl_int ints[5];
	cl_short s;
	cl_char c;

	if (argc != 2 || !find(argv[1], &device)) {
		return 77;
	}
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
	cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
	if (clBuildProgram(program, 1, &device, "", NULL, NULL) || !run(queue, program, "codes", ints, sizeof ints) ||
	    !run(queue, program, "shorts", &s, sizeof s) || !run(queue, program, "chars", &c, sizeof c)) {
		return 77;
	}
	printf("%s: int %d short %d char %d ushort %d uchar %d, stored short %d char %d\n", argv[1], ints[0], ints[1],
	       ints[2], ints[3], ints[4], s, c);
	return 0;
}
END
${CC:-cc} -o "$work/nan" "$work/nan.c" -lOpenCL 2>"$work/log" ||
	skip "no C compiler, or no OpenCL headers and loader"

MESA_SHADER_CACHE_DIR=$work POCL_CACHE_DIR=$work RUSTICL_ENABLE=llvmpipe
export MESA_SHADER_CACHE_DIR POCL_CACHE_DIR RUSTICL_ENABLE
"$work/nan" "Portable Computing Language" >"$work/seen" 2>"$work/log" || skip "no PoCL device"
"$work/nan" rusticl >>"$work/seen" 2>"$work/log" || skip "no llvmpipe device"
oclgrind "$work/nan" Oclgrind >>"$work/seen" 2>"$work/log" || skip "oclgrind does not run here"
cat >"$work/expected" <<'END'
Portable Computing Language: int 0 short 0 char 0 ushort 0 uchar 0, stored short 0 char 0
rusticl: int -2147483648 short -2147483648 char 0 ushort -2147483648 uchar 0, stored short 0 char 0
Oclgrind: int -2147483648 short -32768 char -128 ushort 0 uchar 0, stored short -32768 char -128
END
cat "$work/seen"
cmp -s "$work/expected" "$work/seen" && exit 0
echo "saturated-nan: it is no longer so"
exit 1
