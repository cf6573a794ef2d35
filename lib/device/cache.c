/* cache.c: built programs on disk; loading and storing may fail silently, never loudly.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "device/bitcode.h"
#include "device/device.h"
#include "device/embedded.h"
#include "device/entry.h"

/* Its cache spares a compiler's work but not its start, 20 ms on PoCL. */
static bool driver_keeps_its_own(const clnorm_device_info *info)
{
	return strstr(info->platform_name, "NVIDIA") ||
	       (strstr(info->platform_name, "Portable Computing Language") && !cln_bitcode_is_linked(info));
}

bool cln_cache_is_on(const clnorm_device_info *info, const char **why_not)
{
	enum cln_cache_wish wish = cln_settings_cache();
	if (wish == CLN_CACHE_OFF || wish == CLN_CACHE_NOT_OURS) {
		*why_not =
			wish == CLN_CACHE_OFF ? "CLNORM_CACHE says so" : "the program runs with another user's rights";
		return false;
	}
	if (cln_settings_cache_bytes() == 0) {
		*why_not = "CLNORM_CACHE_BYTES is 0";
		return false;
	}
	if (wish == CLN_CACHE_BY_PLATFORM && info && driver_keeps_its_own(info)) {
		*why_not = "this platform's driver keeps its own; CLNORM_CACHE=on overrides";
		return false;
	}
	return true;
}

/* With a compiler of another version, or another way of PoCL's to make a work-group of a kernel, it is another program
 * that runs. */
void cln_cache_key_add(struct cln_text *key, const clnorm_device_info *info)
{
	char platform[256] = "";
	if (clGetPlatformInfo(info->platform, CL_PLATFORM_VERSION, sizeof(platform) - 1, platform, NULL) !=
	    CL_SUCCESS) {
		platform[0] = '\0';
	}
	cln_text_add(key,
	             "\nclnorm %s\nsources %s\nplatform %s\n%s\ndevice %s\nvendor %s\nversion %s\ndriver %s\n"
	             "work-groups %s\npointer %zu\nnote %d\n",
	             CLNORM_VERSION, cln_sources_digest, info->platform_name, platform, info->name, info->vendor,
	             info->version, info->driver, cln_settings_work_groups(), sizeof(void *), CLN_CACHE_NOTE);
}

/* The built program of a binary; NULL where the driver refuses it. */
static cl_program program_of_binary(cl_context cl, const clnorm_device_info *info, const unsigned char *binary,
                                    size_t bytes)
{
	cl_int status = CL_SUCCESS, err = CL_SUCCESS;
	cl_program program = clCreateProgramWithBinary(cl, 1, &info->device, &bytes, &binary, &status, &err);
	if (program && (err != CL_SUCCESS || status != CL_SUCCESS ||
	                clBuildProgram(program, 1, &info->device, NULL, NULL, NULL) != CL_SUCCESS)) {
		clReleaseProgram(program);
		program = NULL;
	}
	return program;
}

/* The data of an entry: a note of CLN_CACHE_NOTE characters, then a driver's binary, *bytes of both. Freed by the
 * caller; NULL where there is none. */
static unsigned char *load(const char *folder, const char *key, size_t *bytes)
{
	unsigned char *data = cln_entry_load(folder, key, bytes);
	if (data && (*bytes <= CLN_CACHE_NOTE || !memchr(data, '\0', CLN_CACHE_NOTE))) {
		cln_entry_remove(folder, key);
		free(data);
		data = NULL;
	}
	return data;
}

bool cln_cache_load(cl_context cl, const clnorm_device_info *info, const char *key, cl_program *out,
                    char note[CLN_CACHE_NOTE])
{
	struct cln_text folder = {0};
	const char *why_not;
	unsigned char *data = NULL;
	size_t bytes = 0;
	cl_program program = NULL;

	if (cln_entry_folder(&folder, false, &why_not)) {
		data = load(cln_text_chars(&folder), key, &bytes);
	}
	if (data) {
		program = program_of_binary(cl, info, data + CLN_CACHE_NOTE, bytes - CLN_CACHE_NOTE);
		if (program) {
			*out = program;
			memcpy(note, data, CLN_CACHE_NOTE);
		} else {
			cln_entry_remove(cln_text_chars(&folder), key);
		}
	}
	free(data);
	cln_text_clear(&folder);
	return program != NULL;
}

/* An entry never changes: another one takes its place. */
void cln_cache_note(const char *key, const char *note)
{
	struct cln_text folder = {0};
	const char *why_not;
	unsigned char *data = NULL;
	size_t bytes = 0;

	if (cln_entry_folder(&folder, false, &why_not)) {
		data = load(cln_text_chars(&folder), key, &bytes);
	}
	if (data) {
		memset(data, 0, CLN_CACHE_NOTE);
		snprintf((char *)data, CLN_CACHE_NOTE, "%s", note);
		cln_entry_store(cln_text_chars(&folder), key, data, bytes, cln_settings_cache_bytes());
	}
	free(data);
	cln_text_clear(&folder);
}

/* The devices of a program, *count of them, the caller's to free; NULL where there is none or no telling. */
static cl_device_id *program_devices(cl_program program, cl_uint *count)
{
	cl_device_id *devices = NULL;
	if (clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof(*count), count, NULL) == CL_SUCCESS &&
	    *count > 0) {
		devices = calloc(*count, sizeof(cl_device_id));
	}
	if (devices &&
	    clGetProgramInfo(program, CL_PROGRAM_DEVICES, *count * sizeof(*devices), devices, NULL) != CL_SUCCESS) {
		free(devices);
		devices = NULL;
	}
	return devices;
}

/* Binary i of `count`, *bytes of it, the caller's to free; NULL where the driver will not give it. */
static unsigned char *binary_at(cl_program program, size_t i, cl_uint count, size_t *bytes)
{
	size_t *sizes = calloc(count, sizeof(*sizes));
	unsigned char **binaries = calloc(count, sizeof(*binaries)), *binary = NULL;

	if (sizes && binaries &&
	    clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, count * sizeof(*sizes), sizes, NULL) == CL_SUCCESS &&
	    sizes[i] > 0) {
		*bytes = sizes[i];
		binary = binaries[i] = malloc(sizes[i]); /* the others stay NULL, and are not given */
	}
	if (binary &&
	    clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof(*binaries), binaries, NULL) != CL_SUCCESS) {
		free(binary);
		binary = NULL;
	}
	free(binaries);
	free(sizes);
	return binary;
}

/* The program's binary for the device: in a context of several, a program has one for each. */
static unsigned char *program_binary(cl_program program, cl_device_id device, size_t *bytes)
{
	cl_uint count = 0;
	cl_device_id *devices = program_devices(program, &count);
	unsigned char *binary = NULL;
	size_t index;
	if (devices && cln_device_is_among(device, devices, count, &index)) {
		binary = binary_at(program, index, count, bytes);
	}
	free(devices);
	return binary;
}

/* With an empty note. */
static void keep(const char *key, const unsigned char *binary, size_t bytes)
{
	struct cln_text folder = {0};
	const char *why_not;
	unsigned char *data = NULL;

	if (cln_entry_folder(&folder, true, &why_not)) {
		data = calloc(1, CLN_CACHE_NOTE + bytes);
	}
	if (data) {
		memcpy(data + CLN_CACHE_NOTE, binary, bytes);
		cln_entry_store(cln_text_chars(&folder), key, data, CLN_CACHE_NOTE + bytes, cln_settings_cache_bytes());
	}
	free(data);
	cln_text_clear(&folder);
}

/* Compiles a program of source, and has the driver link the bitcode into another one. NULL on any failure: that of the
 * compiler is then met and told by clBuildProgram(). */
static cl_program build_by_bitcode(cl_context cl, const clnorm_device_info *info, const char *key, const char *options,
                                   cl_program source)
{
	size_t bytes = 0;
	unsigned char *binary = NULL;
	const unsigned char *bitcode = NULL;
	cl_program built = NULL;

	if (clCompileProgram(source, 1, &info->device, options, 0, NULL, NULL, NULL, NULL) == CL_SUCCESS) {
		binary = program_binary(source, info->device, &bytes);
	}
	if (binary) {
		bitcode = cln_bitcode_find(binary, &bytes);
	}
	if (bitcode) {
		built = program_of_binary(cl, info, bitcode, bytes);
	}
	if (built) {
		keep(key, bitcode, bytes);
	}
	free(binary);
	return built;
}

static void keep_binary(const char *key, cl_program program, cl_device_id device)
{
	size_t bytes = 0;
	unsigned char *binary = program_binary(program, device, &bytes);
	if (binary) {
		keep(key, binary, bytes);
	}
	free(binary);
}

cl_int cln_cache_build(cl_context cl, const clnorm_device_info *info, const char *key, const char *options,
                       cl_program *program)
{
	bool by_bitcode = cln_bitcode_is_linked(info);
	cl_program built = NULL;
	cl_int err = CL_SUCCESS;

	if (by_bitcode) {
		built = build_by_bitcode(cl, info, key, options, *program);
	}
	if (built) {
		clReleaseProgram(*program);
		*program = built;
		return CL_SUCCESS;
	}
	err = clBuildProgram(*program, 1, &info->device, options, NULL, NULL);
	if (err == CL_SUCCESS && !by_bitcode) {
		keep_binary(key, *program, info->device);
	}
	return err;
}
