/* discovery.c: list the devices of all platforms; choose one by the device choice string.
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "base/text.h"
#include "device/device.h"

struct device_table {
	clnorm_device_info *rows;
	size_t count, capacity;
};

static clnorm_status table_add(struct device_table *table, const clnorm_device_info *info)
{
	if (table->count == table->capacity) {
		size_t capacity = table->capacity * 2 + 4;
		clnorm_device_info *rows = realloc(table->rows, capacity * sizeof(*rows));
		if (!rows) {
			return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu devices", capacity);
		}
		table->rows = rows;
		table->capacity = capacity;
	}
	table->rows[table->count++] = *info;
	return CLNORM_OK;
}

/* A platform without devices is common (a driver without its hardware) and no failure. */
static clnorm_status table_add_platform(struct device_table *table, cl_platform_id platform, unsigned index)
{
	clnorm_status st = CLNORM_OK;
	cl_device_id *ids = NULL;
	cl_uint count = 0;

	if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count) != CL_SUCCESS || count == 0) {
		goto done;
	}
	ids = calloc(count, sizeof(*ids));
	if (!ids) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %u device ids", (unsigned)count));
	}
	CLN_TRY(cln_cl(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids, NULL), "clGetDeviceIDs"));
	for (cl_uint i = 0; i < count; ++i) {
		clnorm_device_info info;
		CLN_TRY(cln_device_describe(ids[i], &info));
		info.platform_index = index;
		info.device_index = i;
		CLN_TRY(table_add(table, &info));
	}
done:
	free(ids);
	return st;
}

static clnorm_status table_fill(struct device_table *table)
{
	clnorm_status st = CLNORM_OK;
	cl_platform_id platforms[64];
	cl_uint count = 0;
	cl_int err = clGetPlatformIDs(64, platforms, &count);

	/* -1001: what the ICD loader says when it has no driver at all. */
	if (err == -1001 || (err == CL_SUCCESS && count == 0)) {
		return cln_fail(CLNORM_NO_PLATFORM,
		                "there is no OpenCL platform: no driver is registered with the ICD loader "
		                "(install one for your GPU, or pocl-opencl-icd for the CPU)");
	}
	CLN_TRY(cln_cl(err, "clGetPlatformIDs"));
	for (cl_uint i = 0; i < count && i < 64; ++i) {
		CLN_TRY(table_add_platform(table, platforms[i], i));
	}
	if (table->count == 0) {
		/* A user without a home, as services and containers have, meets PoCL in this way. */
		st = cln_fail(CLNORM_NO_DEVICE,
		              "%u OpenCL platform%s, but no device (PoCL has none where it cannot write to its cache, "
		              "in HOME or POCL_CACHE_DIR)",
		              (unsigned)count, count == 1 ? "" : "s");
	}
done:
	return st;
}

clnorm_status clnorm_device_list(size_t capacity, clnorm_device_info *infos, size_t *count)
{
	clnorm_status st = CLNORM_OK;
	struct device_table table = {0};

	if (!count || (capacity > 0 && !infos)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_device_list: %s is NULL", count ? "infos" : "count");
	}
	CLN_TRY(table_fill(&table));
	for (size_t i = 0; i < capacity && i < table.count; ++i) {
		infos[i] = table.rows[i];
	}
	*count = table.count;
done:
	free(table.rows);
	return st;
}

static bool contains_ignoring_case(const char *text, const char *part)
{
	size_t length = strlen(part);
	for (; *text; ++text) {
		size_t i = 0;
		while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i])) {
			++i;
		}
		if (i == length) {
			return true;
		}
	}
	return false;
}

/* "P:D"; false where the choice is not of that form. */
static bool parse_indices(const char *choice, unsigned long *platform, unsigned long *device)
{
	char *end = NULL;
	if (!isdigit((unsigned char)choice[0])) {
		return false;
	}
	*platform = strtoul(choice, &end, 10);
	if (*end != ':' || !isdigit((unsigned char)end[1])) {
		return false;
	}
	*device = strtoul(end + 1, &end, 10);
	return *end == '\0';
}

static bool is_match(const clnorm_device_info *info, const char *choice)
{
	unsigned long platform, device;
	if (parse_indices(choice, &platform, &device)) {
		return info->platform_index == platform && info->device_index == device;
	}
	if (strcmp(choice, "gpu") == 0 || strcmp(choice, "cpu") == 0 || strcmp(choice, "accelerator") == 0) {
		return strcmp(info->type, choice) == 0;
	}
	return contains_ignoring_case(info->platform_name, choice) || contains_ignoring_case(info->name, choice);
}

/* Less is better: usable before not, GPU before accelerator before CPU, then platform order. */
static int preference(const clnorm_device_info *info)
{
	int kind = strcmp(info->type, "gpu") == 0 ? 0 : strcmp(info->type, "accelerator") == 0 ? 1 : 2;
	/* A software rasterizer that calls itself a GPU is slower than a CPU driver. */
	kind = strstr(info->name, "llvmpipe") ? 3 : kind;
	return kind + (info->usable ? 0 : 8);
}

static clnorm_status fail_no_match(const struct device_table *table, const char *choice)
{
	struct cln_text text = {0};
	clnorm_status st;
	for (size_t i = 0; i < table->count; ++i) {
		const clnorm_device_info *info = &table->rows[i];
		cln_text_add(&text, "%s%u:%u %s (%s)", i > 0 ? ", " : "", info->platform_index, info->device_index,
		             info->name, info->platform_name);
	}
	st = cln_fail(CLNORM_NO_DEVICE, "no device matches \"%s\"; there is: %s", choice, cln_text_chars(&text));
	cln_text_clear(&text);
	return st;
}

clnorm_status clnorm_device_find(const char *choice, clnorm_device_info *info)
{
	clnorm_status st = CLNORM_OK;
	struct device_table table = {0};
	const clnorm_device_info *best = NULL;

	if (!info) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_device_find: info is NULL");
	}
	choice = choice ? choice : cln_settings_device();
	CLN_TRY(table_fill(&table));
	for (size_t i = 0; i < table.count; ++i) {
		const clnorm_device_info *row = &table.rows[i];
		bool fits = choice[0] == '\0' || is_match(row, choice);
		if (fits && (!best || preference(row) < preference(best))) {
			best = row;
		}
	}
	if (!best) {
		CLN_TRY(fail_no_match(&table, choice));
	}
	CLN_TRY(cln_device_check(best));
	*info = *best;
done:
	free(table.rows);
	return st;
}
