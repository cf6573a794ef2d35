/* cache.c: built programs on disk; loading and storing may fail silently, never loudly.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "device/embedded.h"
#include "device/entry.h"

bool cln_cache_is_on(const clnorm_device_info *info, const char **why_not)
{
	enum cln_cache_wish wish = cln_settings_cache();
	if (wish == CLN_CACHE_OFF) {
		*why_not = "CLNORM_CACHE says so, or the program runs with another user's rights";
		return false;
	}
	if (wish == CLN_CACHE_BY_PLATFORM && info &&
	    (strstr(info->platform_name, "NVIDIA") || strstr(info->platform_name, "Portable Computing Language"))) {
		*why_not = "this platform's driver keeps its own; CLNORM_CACHE=on overrides";
		return false;
	}
	return true;
}

void cln_cache_key_add(struct cln_text *key, const clnorm_device_info *info)
{
	cln_text_add(key,
	             "\nclnorm %s\nsources %s\nplatform %s\ndevice %s\nvendor %s\nversion %s\ndriver %s\npointer %zu\n",
	             CLNORM_VERSION, cln_sources_digest, info->platform_name, info->name, info->vendor, info->version,
	             info->driver, sizeof(void *));
}

bool cln_cache_load(cl_context cl, const clnorm_device_info *info, const char *key, cl_program *out)
{
	struct cln_text folder = {0};
	const char *why_not;
	const unsigned char *binary = NULL;
	size_t bytes = 0;
	cl_program program = NULL;
	cl_int status = CL_SUCCESS, err = CL_SUCCESS;

	if (cln_entry_folder(&folder, &why_not)) {
		binary = cln_entry_load(cln_text_chars(&folder), key, &bytes);
	}
	if (binary) {
		program = clCreateProgramWithBinary(cl, 1, &info->device, &bytes, &binary, &status, &err);
		if (program && (err != CL_SUCCESS || status != CL_SUCCESS ||
		                clBuildProgram(program, 1, &info->device, NULL, NULL, NULL) != CL_SUCCESS)) {
			clReleaseProgram(program);
			program = NULL;
		}
		if (program) {
			*out = program;
		} else {
			cln_entry_remove(cln_text_chars(&folder), key);
		}
	}
	free((void *)binary);
	cln_text_clear(&folder);
	return program != NULL;
}

/* The program's binary, *bytes of it, the caller's to free; NULL where the driver will not give it, or where the
 * context has several devices and so several binaries. */
static unsigned char *program_binary(cl_program program, size_t *bytes)
{
	cl_uint devices = 0;
	unsigned char *binary = NULL;
	if (clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof(devices), &devices, NULL) != CL_SUCCESS ||
	    devices != 1 ||
	    clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(*bytes), bytes, NULL) != CL_SUCCESS ||
	    *bytes == 0) {
		return NULL;
	}
	binary = malloc(*bytes);
	if (binary && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(binary), &binary, NULL) != CL_SUCCESS) {
		free(binary);
		binary = NULL;
	}
	return binary;
}

void cln_cache_store(const char *key, cl_program program)
{
	struct cln_text folder = {0};
	const char *why_not;
	size_t bytes = 0;

	if (cln_entry_folder(&folder, &why_not)) {
		unsigned char *binary = program_binary(program, &bytes);
		if (binary) {
			cln_entry_store(cln_text_chars(&folder), key, binary, bytes, cln_settings_cache_bytes());
		}
		free(binary);
	}
	cln_text_clear(&folder);
}
