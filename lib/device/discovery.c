/* discovery.c: list the devices of all platforms; choose one by the device choice string.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/settings.h"
#include "base/text.h"
#include "device/absent.h"
#include "device/choice.h"
#include "device/device.h"

/* What a loader says that has no driver at all; of cl_ext.h. */
#define NO_PLATFORM (-1001)

struct device_row {
	clnorm_device_info info;
	cl_int told; /* what its driver said to the questions */
};

struct device_table {
	struct device_row *rows;
	size_t count, capacity;
	struct cln_text empty; /* platforms without devices: who, and why */
};

static void table_clear(struct device_table *table)
{
	free(table->rows);
	cln_text_clear(&table->empty);
}

static clnorm_status table_add(struct device_table *table, const struct device_row *row)
{
	if (table->count == table->capacity) {
		size_t capacity = table->capacity * 2 + 4;
		struct device_row *rows = realloc(table->rows, capacity * sizeof(*rows));
		if (!rows) {
			return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu devices", capacity);
		}
		table->rows = rows;
		table->capacity = capacity;
	}
	table->rows[table->count++] = *row;
	return CLNORM_OK;
}

/* A device that does not tell its facts fails alone: its row says so. */
static clnorm_status table_add_devices(struct device_table *table, const struct device_row *platform,
                                       const cl_device_id *ids, cl_uint count)
{
	clnorm_status st = CLNORM_OK;
	for (cl_uint i = 0; i < count; ++i) {
		struct device_row row = *platform;
		row.told = cln_device_describe(ids[i], &row.info);
		row.info.platform = platform->info.platform;
		memcpy(row.info.platform_name, platform->info.platform_name, sizeof(row.info.platform_name));
		row.info.platform_index = platform->info.platform_index;
		row.info.device_index = i;
		CLN_TRY(table_add(table, &row));
	}
done:
	return st;
}

/* A platform without devices is common (a driver without its hardware) and no failure. One that does not name its
 * devices has one row for all of them. */
static clnorm_status table_add_platform(struct device_table *table, cl_platform_id platform, unsigned index)
{
	clnorm_status st = CLNORM_OK;
	cl_device_id *ids = NULL;
	cl_uint count = 0;
	struct device_row row = {.info = {.platform_index = index}};

	cln_device_platform(platform, &row.info);
	row.told = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
	if (row.told == CL_DEVICE_NOT_FOUND || (row.told == CL_SUCCESS && count == 0)) {
		cln_text_add(&table->empty, "%s", table->empty.length > 0 ? "; " : "");
		cln_absent_devices(&table->empty, row.info.platform_name);
		goto done;
	}
	if (row.told == CL_SUCCESS) {
		ids = calloc(count, sizeof(*ids));
		if (!ids) {
			CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %u device ids", (unsigned)count));
		}
		row.told = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids, NULL);
	}
	if (row.told == CL_SUCCESS) {
		CLN_TRY(table_add_devices(table, &row, ids, count));
	} else {
		cln_device_untold("clGetDeviceIDs", row.told, &row.info);
		CLN_TRY(table_add(table, &row));
	}
done:
	free(ids);
	return st;
}

static clnorm_status fail_no_platform(void)
{
	struct cln_text why = {0};
	cln_absent_platforms(&why);
	clnorm_status st = cln_fail(CLNORM_NO_PLATFORM, "there is no OpenCL platform: %s", cln_text_chars(&why));
	cln_text_clear(&why);
	return st;
}

static clnorm_status table_fill(struct device_table *table)
{
	clnorm_status st = CLNORM_OK;
	cl_platform_id platforms[64];
	cl_uint count = 0;
	cl_int err = clGetPlatformIDs(64, platforms, &count);

	if (err == NO_PLATFORM || (err == CL_SUCCESS && count == 0)) {
		return fail_no_platform();
	}
	CLN_TRY(cln_cl(err, "clGetPlatformIDs"));
	for (cl_uint i = 0; i < count && i < 64; ++i) {
		CLN_TRY(table_add_platform(table, platforms[i], i));
	}
	if (table->count == 0) {
		st = cln_fail(CLNORM_NO_DEVICE, "%u OpenCL platform%s, but no device: %s", (unsigned)count,
		              count == 1 ? "" : "s", cln_text_chars(&table->empty));
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
		infos[i] = table.rows[i].info;
	}
	*count = table.count;
done:
	table_clear(&table);
	return st;
}

static clnorm_status fail_no_match(const struct device_table *table, const char *choice)
{
	struct cln_text text = {0};
	clnorm_status st;
	for (size_t i = 0; i < table->count; ++i) {
		const clnorm_device_info *info = &table->rows[i].info;
		cln_text_add(&text, "%s%u:%u %s (%s)", i > 0 ? ", " : "", info->platform_index, info->device_index,
		             info->name, info->platform_name);
	}
	/* Whoever asks for a driver that is there wants to know why it has nothing to offer. */
	if (cln_ascii_contains(cln_text_chars(&table->empty), choice)) {
		cln_text_add(&text, "; %s", cln_text_chars(&table->empty));
	}
	st = cln_fail(CLNORM_NO_DEVICE, "no device matches \"%s\"%s; there is: %s", choice,
	              cln_choice_is_word(choice) ? "" : " (indices are written PLATFORM:DEVICE)",
	              cln_text_chars(&text));
	cln_text_clear(&text);
	return st;
}

clnorm_status clnorm_device_find(const char *choice, clnorm_device_info *info)
{
	clnorm_status st = CLNORM_OK;
	struct device_table table = {0};
	const struct device_row *best = NULL;

	if (!info) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_device_find: info is NULL");
	}
	choice = choice ? choice : cln_settings_device();
	CLN_TRY(table_fill(&table));
	for (size_t i = 0; i < table.count; ++i) {
		const struct device_row *row = &table.rows[i];
		if (cln_choice_fits(choice, &row->info) &&
		    (!best || cln_choice_preference(&row->info) < cln_choice_preference(&best->info))) {
			best = row;
		}
	}
	if (!best) {
		CLN_TRY(fail_no_match(&table, choice));
	}
	CLN_TRY(cln_device_check(&best->info, best->told));
	*info = best->info;
done:
	table_clear(&table);
	return st;
}
