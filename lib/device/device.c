/* device.c: facts of a device, and what decisions may know of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/device.h"

#include <stdio.h>
#include <string.h>

#include "decide/gpus.h"
#include "device/hostcache.h"

#define MESA_WITH_WHOLE_LOOPS 25

/* Reads a text property, cut to `capacity`; drivers pad some of them with blanks. */
static cl_int device_text(cl_device_id device, cl_device_info key, char *out, size_t capacity)
{
	char text[1024] = "";
	size_t bytes = 0;
	cl_int err = clGetDeviceInfo(device, key, sizeof(text) - 1, text, &bytes);
	if (err == CL_SUCCESS) {
		const char *start = text + strspn(text, " ");
		size_t length = strlen(start);
		while (length > 0 && start[length - 1] == ' ') {
			--length;
		}
		snprintf(out, capacity, "%.*s", (int)length, start);
	}
	return err;
}

static cl_int device_texts(cl_device_id device, clnorm_device_info *info)
{
	cl_int err = device_text(device, CL_DEVICE_NAME, info->name, sizeof(info->name));
	if (err == CL_SUCCESS) {
		err = device_text(device, CL_DEVICE_VENDOR, info->vendor, sizeof(info->vendor));
	}
	if (err == CL_SUCCESS) {
		err = device_text(device, CL_DEVICE_VERSION, info->version, sizeof(info->version));
	}
	if (err == CL_SUCCESS) {
		err = device_text(device, CL_DRIVER_VERSION, info->driver, sizeof(info->driver));
	}
	return err;
}

static const char *type_name(cl_device_type type)
{
	return type & CL_DEVICE_TYPE_GPU           ? "gpu"
	       : type & CL_DEVICE_TYPE_CPU         ? "cpu"
	       : type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator"
	                                           : "custom";
}

/* Numbers arrive in OpenCL's own types and leave in the struct's. */
static cl_int device_numbers(cl_device_id device, clnorm_device_info *info)
{
	cl_device_type type = 0;
	cl_uint units = 0;
	size_t group = 0;
	cl_ulong global = 0, alloc = 0, local = 0, cache = 0;
	cl_bool available = CL_FALSE, compiler = CL_FALSE;
	const struct {
		cl_device_info key;
		size_t bytes;
		void *out;
	} rows[] = {
		{CL_DEVICE_TYPE, sizeof(type), &type},
		{CL_DEVICE_PLATFORM, sizeof(info->platform), &info->platform},
		{CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(units), &units},
		{CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(group), &group},
		{CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(global), &global},
		{CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(alloc), &alloc},
		{CL_DEVICE_LOCAL_MEM_SIZE, sizeof(local), &local},
		{CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof(cache), &cache},
		{CL_DEVICE_AVAILABLE, sizeof(available), &available},
		{CL_DEVICE_COMPILER_AVAILABLE, sizeof(compiler), &compiler},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
		cl_int err = clGetDeviceInfo(device, rows[i].key, rows[i].bytes, rows[i].out, NULL);
		if (err != CL_SUCCESS) {
			return err;
		}
	}
	snprintf(info->type, sizeof(info->type), "%s", type_name(type));
	info->compute_units = units > 0 ? units : 1;
	info->max_group = group > 0 ? (unsigned)group : 1;
	info->global_bytes = global;
	info->max_alloc_bytes = alloc;
	info->local_bytes = local;
	info->cache_bytes = cache;
	info->available = available;
	info->compiler = compiler;
	return CL_SUCCESS;
}

/* Work-items per dimension may be fewer than a group may have in all. */
static cl_int device_group_width(cl_device_id device, clnorm_device_info *info)
{
	size_t widths[16] = {0}, bytes = 0;
	cl_int err = clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof(widths), widths, &bytes);
	if (err == CL_SUCCESS && bytes >= sizeof(size_t) && widths[0] > 0 && widths[0] < info->max_group) {
		info->max_group = (unsigned)widths[0];
	}
	return err;
}

static cl_int device_extensions(cl_device_id device, clnorm_device_info *info)
{
	char text[16384] = "";
	cl_int err = clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof(text) - 1, text, NULL);
	if (err == CL_SUCCESS) {
		info->fp16 = strstr(text, "cl_khr_fp16") != NULL;
		info->fp64 = strstr(text, "cl_khr_fp64") != NULL;
	}
	return err;
}

static cl_int device_order(cl_device_id device, clnorm_device_info *info)
{
	cl_bool little = CL_TRUE;
	cl_int err = clGetDeviceInfo(device, CL_DEVICE_ENDIAN_LITTLE, sizeof(little), &little, NULL);
	if (err == CL_SUCCESS && !little) {
		snprintf(info->reason, sizeof(info->reason), "it is not little-endian");
	}
	return err;
}

/* A name that does not fit is not worth a failure. */
cl_int cln_device_platform(cl_platform_id platform, clnorm_device_info *info)
{
	cl_int err = clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof(info->platform_name) - 1, info->platform_name,
	                               NULL);
	info->platform = platform;
	return err == CL_INVALID_VALUE ? CL_SUCCESS : err;
}

/* Why clnorm cannot work on a device that has told all; "" where it can. */
static const char *device_fault(const clnorm_device_info *info)
{
	return !info->available  ? "it is not available"
	       : !info->compiler ? "it has no compiler for OpenCL C"
	       : strstr(info->version, "OpenCL 1.0") || strstr(info->version, "OpenCL 1.1") ? "it has no OpenCL 1.2"
	       : strcmp(info->type, "custom") == 0 ? "custom devices run no OpenCL C"
	                                           : "";
}

cl_int cln_device_describe(cl_device_id device, clnorm_device_info *info)
{
	static cl_int (*const readers[])(cl_device_id, clnorm_device_info *) = {
		device_texts, device_numbers, device_group_width, device_extensions, device_order};
	const char *call = "clGetDeviceInfo";
	cl_int err = CL_SUCCESS;

	*info = (clnorm_device_info){.device = device};
	for (size_t i = 0; err == CL_SUCCESS && i < sizeof(readers) / sizeof(readers[0]); ++i) {
		err = readers[i](device, info);
	}
	if (err == CL_SUCCESS) {
		call = "clGetPlatformInfo";
		err = cln_device_platform(info->platform, info);
	}
	if (err != CL_SUCCESS) {
		cln_device_untold(call, err, info);
	} else if (info->reason[0] == '\0') {
		snprintf(info->reason, sizeof(info->reason), "%s", device_fault(info));
	}
	info->usable = info->reason[0] == '\0';
	return err;
}

void cln_device_untold(const char *call, cl_int err, clnorm_device_info *info)
{
	if (info->name[0] == '\0') {
		snprintf(info->name, sizeof(info->name), "unknown");
	}
	snprintf(info->reason, sizeof(info->reason), "%s: %s (%d)", call, clnorm_opencl_name(err), (int)err);
}

clnorm_status cln_device_check(const clnorm_device_info *info, cl_int told)
{
	clnorm_status st = CLNORM_UNSUPPORTED;
	if (info->usable) {
		return CLNORM_OK;
	}
	if (told != CL_SUCCESS) {
		st = cln_cl_status(told);
	} else if (info->available && !info->compiler) {
		st = CLNORM_NO_COMPILER;
	}
	return cln_fail(st, "device %s (%s) cannot be used: %s", info->name, info->platform_name, info->reason);
}

/* NULL for a device that is no part of another. */
static cl_device_id parent_of(cl_device_id device)
{
	cl_device_id parent = NULL;
	cl_int err = clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, sizeof(parent), &parent, NULL);
	return err == CL_SUCCESS ? parent : NULL;
}

bool cln_device_is_among(cl_device_id device, const cl_device_id *devices, size_t count, size_t *index)
{
	for (; device; device = parent_of(device)) {
		for (size_t i = 0; i < count; ++i) {
			if (devices[i] == device) {
				*index = i;
				return true;
			}
		}
	}
	return false;
}

/* Mesa's and oclgrind's compilers stop at __builtin_prefetch(). */
static bool device_prefetches(const clnorm_device_info *info)
{
	return strstr(info->platform_name, "Portable Computing Language") || strstr(info->platform_name, "Intel");
}

/* Mesa's release, of a driver's version as "22.3.6" or "25.0.7-2+deb13u1"; 0 where it begins with no number. */
static unsigned mesa_release(const clnorm_device_info *info)
{
	unsigned release = 0;
	for (const char *c = info->driver; *c >= '0' && *c <= '9' && release < 1000; ++c) {
		release = release * 10 + (unsigned)(*c - '0');
	}
	return release;
}

/* The kind follows the type, with one exception: llvmpipe calls itself a GPU in some versions and a CPU in others and
 * is a CPU. Launch costs and speeds are orders of magnitude: only their ratios enter decisions. */
struct cln_caps cln_device_caps(const clnorm_device_info *info)
{
	struct cln_caps caps = {
		.cpu = strcmp(info->type, "cpu") == 0 || strstr(info->name, "llvmpipe") != NULL,
		.fp64 = info->fp64,
		.compute_units = info->compute_units,
		.max_group = info->max_group,
		.local_bytes = (size_t)info->local_bytes,
		.last_bytes = (size_t)info->cache_bytes,
		.max_alloc_bytes = (size_t)info->max_alloc_bytes,
	};
	if (caps.cpu) {
		size_t second = cln_hostcache_bytes(2), third = cln_hostcache_bytes(3);
		caps.near_bytes = second > 0 ? second : 256 << 10;
		caps.last_bytes = third > 0 ? third : caps.last_bytes > 0 ? caps.last_bytes : 8 << 20;
		caps.prefetch = device_prefetches(info);
		/* Mesa's: vectors are over work-items there. A program of 16 lanes takes it minutes. */
		caps.lanewise = strstr(info->platform_name, "rusticl") != NULL;
		/* llvmpipe's, LP_MAX_TGSI_LOOP_ITERATIONS of Mesa's gallivm: 22.3.6 ends loops there, 25.0.7 and
		 * 26.1.6 do not. An unknown version may. */
		caps.most_steps = caps.lanewise && mesa_release(info) < MESA_WITH_WHOLE_LOOPS ? 65535 : 0;
		caps.launch_us = 30;
		caps.gbytes_s = 12.0 * caps.compute_units;
	} else {
		const struct cln_gpu_facts *known = cln_gpu_facts_find(info->vendor, info->name);
		caps.compute_units = (caps.compute_units + known->units_a_core - 1) / known->units_a_core;
		caps.near_bytes = 32 << 10;
		caps.last_bytes = caps.last_bytes > known->last_bytes ? caps.last_bytes : known->last_bytes;
		caps.last_bytes = caps.last_bytes > 0 ? caps.last_bytes : 4 << 20;
		caps.launch_us = 5;
		caps.gbytes_s = known->gbytes_s > 0 ? known->gbytes_s : 20.0 * caps.compute_units;
	}
	return caps;
}
