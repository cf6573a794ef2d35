/* room.c: how much memory a device has for tensors, and this machine for anything.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/room.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned long long least(unsigned long long a, unsigned long long b)
{
	return a < b ? a : b;
}

/* A line of Linux's memory table, "Name: 123 kB"; 0 where there is none. */
static unsigned long long table_bytes(const char *name)
{
	unsigned long long kib = 0;
	size_t length = strlen(name);
	char line[256];
	FILE *file = fopen("/proc/meminfo", "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		if (strncmp(line, name, length) == 0 && sscanf(line + length, ": %llu kB", &kib) == 1) {
			break;
		}
	}
	if (file != NULL) {
		fclose(file);
	}
	return kib * 1024;
}

/* What programs can still have without swapping. Linux counts caches that it can drop in MemAvailable; elsewhere it is
 * the free pages; and where neither is known, no limit. */
static unsigned long long available_bytes(void)
{
	unsigned long long bytes = table_bytes("MemAvailable");
	if (bytes > 0) {
		return bytes;
	}
#ifdef _SC_AVPHYS_PAGES
	long pages = sysconf(_SC_AVPHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
	if (pages > 0 && page_bytes > 0) {
		return (unsigned long long)pages * (unsigned long long)page_bytes;
	}
#endif
	return ~0ULL;
}

bool tool_room_find(clnorm_context *ctx, unsigned tensors, unsigned long long *bytes)
{
	clnorm_device_info info;
	cl_bool is_host = CL_FALSE;
	if (!tool_report_status(clnorm_context_info(ctx, &info)) ||
	    !tool_report_cl(clGetDeviceInfo(info.device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof is_host, &is_host, NULL),
	                    "clGetDeviceInfo")) {
		return false;
	}
	unsigned long long all = is_host == CL_TRUE ? least(info.global_bytes, available_bytes()) : info.global_bytes;
	*bytes = least(info.max_alloc_bytes, all / 4 * 3 / tensors);
	return true;
}

bool tool_room_check(double bytes)
{
	/* Few run short by less, and a look at the system costs as much as many small allocations. */
	const double enough = 64 << 20;
	if (bytes <= enough) {
		return true;
	}
	double available = (double)available_bytes() + (double)table_bytes("SwapFree");
	return bytes <= available ||
	       tool_report_fail("needs %.0f bytes of memory; %.0f are available", bytes, available);
}
