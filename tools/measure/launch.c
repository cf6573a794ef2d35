/* launch.c: the empty kernel: what a launch costs where there is nothing to do.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/launch.h"

bool tool_launch_create(clnorm_context *ctx, struct tool_launch *launch)
{
	const char *source = "__kernel void nothing(uint ignored)\n{\n}\n";
	cl_device_id device = clnorm_context_device(ctx);
	cl_uint ignored = 0;
	cl_int code;
	bool is_done = false;
	cl_program program = clCreateProgramWithSource(clnorm_context_cl(ctx), 1, &source, NULL, &code);
	TOOL_TRY(tool_report_cl(code, "clCreateProgramWithSource"));
	TOOL_TRY(tool_report_cl(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram"));
	launch->kernel = clCreateKernel(program, "nothing", &code);
	TOOL_TRY(tool_report_cl(code, "clCreateKernel"));
	TOOL_TRY(tool_report_cl(clSetKernelArg(launch->kernel, 0, sizeof ignored, &ignored), "clSetKernelArg"));
	is_done = true;
done:
	if (program != NULL) {
		clReleaseProgram(program);
	}
	return is_done;
}

void tool_launch_clear(struct tool_launch *launch)
{
	if (launch->kernel != NULL) {
		clReleaseKernel(launch->kernel);
	}
	launch->kernel = NULL;
}

bool tool_launch_enqueue(void *self, cl_command_queue queue)
{
	const struct tool_launch *launch = self;
	size_t one = 1;
	return tool_report_cl(clEnqueueNDRangeKernel(queue, launch->kernel, 1, NULL, &one, &one, 0, NULL, NULL),
	                      "clEnqueueNDRangeKernel");
}
