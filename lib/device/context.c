/* context.c: a retained cl_context and device, its facts, its programs and its tuning record.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/context.h"

#include <stdlib.h>

#include "base/settings.h"
#include "decide/drivers.h"
#include "device/records.h"

void clnorm_context_destroy(clnorm_context *ctx)
{
	if (!ctx) {
		return;
	}
	cln_programs_clear(&ctx->programs);
	if (ctx->queue) {
		clReleaseCommandQueue(ctx->queue);
	}
	if (ctx->device) {
		clReleaseDevice(ctx->device);
	}
	if (ctx->cl) {
		clReleaseContext(ctx->cl);
	}
	cln_tuning_clear(&ctx->tuning);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

static clnorm_status device_is_of(cl_context cl, cl_device_id device)
{
	clnorm_status st = CLNORM_OK;
	cl_device_id *devices = NULL;
	size_t bytes = 0, index;

	CLN_TRY(cln_cl(clGetContextInfo(cl, CL_CONTEXT_DEVICES, 0, NULL, &bytes), "clGetContextInfo"));
	devices = malloc(bytes > 0 ? bytes : 1);
	if (!devices) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of device ids", bytes));
	}
	CLN_TRY(cln_cl(clGetContextInfo(cl, CL_CONTEXT_DEVICES, bytes, devices, NULL), "clGetContextInfo"));
	if (!cln_device_is_among(device, devices, bytes / sizeof(*devices), &index)) {
		st = cln_fail(CLNORM_BAD_ARGUMENT, "the device is not of the OpenCL context");
	}
done:
	free(devices);
	return st;
}

static bool wants_probes(const clnorm_device_info *info)
{
	enum cln_probe_wish wish = cln_settings_probe();
	return wish == CLN_PROBE_ON ||
	       (wish == CLN_PROBE_BY_DRIVER && !cln_driver_find(info->platform_name, info->driver, info->name));
}

clnorm_status clnorm_context_create(cl_context cl, cl_device_id device, clnorm_context **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_context *ctx = NULL;

	if (!cl || !device || !out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_context_create: %s is NULL",
		                !cl       ? "the OpenCL context"
		                : !device ? "the device"
		                          : "out");
	}
	CLN_TRY(device_is_of(cl, device));
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a context");
	}
	pthread_mutex_init(&ctx->lock, NULL);
	cln_programs_init(&ctx->programs, cln_settings_programs());
	cl_int told = cln_device_describe(device, &ctx->info);
	CLN_TRY(cln_device_check(&ctx->info, told));
	ctx->caps = cln_device_caps(&ctx->info);
	ctx->probes = wants_probes(&ctx->info);
	CLN_TRY(cln_cl(clRetainContext(cl), "clRetainContext"));
	ctx->cl = cl;
	CLN_TRY(cln_cl(clRetainDevice(device), "clRetainDevice"));
	ctx->device = device;
	cln_records_take(ctx);
	*out = ctx;
	ctx = NULL;
done:
	clnorm_context_destroy(ctx);
	return st;
}

clnorm_status clnorm_context_open(const char *choice, clnorm_context **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_device_info info;
	clnorm_context *ctx = NULL;
	cl_context cl = NULL;
	cl_int err = CL_SUCCESS;

	if (!out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_context_open: out is NULL");
	}
	CLN_TRY(clnorm_device_find(choice, &info));
	cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)info.platform, 0};
	cl = clCreateContext(properties, 1, &info.device, NULL, NULL, &err);
	CLN_TRY(cln_cl(err, "clCreateContext"));
	CLN_TRY(clnorm_context_create(cl, info.device, &ctx));
	ctx->info.platform_index = info.platform_index;
	ctx->info.device_index = info.device_index;
	ctx->queue = clCreateCommandQueue(cl, info.device, 0, &err);
	CLN_TRY(cln_cl(err, "clCreateCommandQueue"));
	*out = ctx;
	ctx = NULL;
done:
	clnorm_context_destroy(ctx);
	if (cl) {
		clReleaseContext(cl);
	}
	return st;
}

cl_context clnorm_context_cl(const clnorm_context *ctx)
{
	return ctx ? ctx->cl : NULL;
}

cl_device_id clnorm_context_device(const clnorm_context *ctx)
{
	return ctx ? ctx->device : NULL;
}

cl_command_queue clnorm_context_queue(const clnorm_context *ctx)
{
	return ctx ? ctx->queue : NULL;
}

clnorm_status clnorm_context_info(const clnorm_context *ctx, clnorm_device_info *info)
{
	if (!ctx || !info) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_context_info: %s is NULL", ctx ? "info" : "the context");
	}
	*info = ctx->info;
	return CLNORM_OK;
}
