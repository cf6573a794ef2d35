/* cache.c: the program cache as clnorm-info shows it, and empties it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/info/cache.h"

#include "tools/base/report.h"

/* What cannot be found out is told in place of a reason. */
static clnorm_cache_info describe(const clnorm_device_info *device)
{
	clnorm_cache_info info = {.on = false};
	if (clnorm_cache_describe(device, &info) != CLNORM_OK) {
		snprintf(info.reason, sizeof info.reason, "%.*s", (int)sizeof info.reason - 1, clnorm_last_error());
	}
	return info;
}

static unsigned long long kib(unsigned long long bytes)
{
	return bytes / 1024 + (bytes % 1024 != 0);
}

void tool_cache_print(const clnorm_device_info *device, FILE *file)
{
	clnorm_cache_info info = describe(device);
	fprintf(file, "Program cache\n  %s%s%s", info.on ? "on" : "off", info.reason[0] != '\0' ? ": " : "",
	        info.reason);
	fprintf(file, "\n  %s: %zu program%s, %llu of %llu KiB\n", info.folder[0] != '\0' ? info.folder : "no folder",
	        info.entries, info.entries == 1 ? "" : "s", kib(info.bytes), kib(info.limit_bytes));
}

void tool_cache_print_json(const clnorm_device_info *device, struct tool_json *json)
{
	clnorm_cache_info info = describe(device);
	tool_json_open(json, "cache", '{');
	tool_json_flag(json, "on", info.on);
	tool_json_text(json, "reason", info.reason);
	tool_json_text(json, "folder", info.folder[0] != '\0' ? info.folder : NULL);
	tool_json_whole(json, "entries", info.entries);
	tool_json_whole(json, "bytes", info.bytes);
	tool_json_whole(json, "limit_bytes", info.limit_bytes);
	tool_json_close(json, '}');
}

bool tool_cache_clear(size_t *removed)
{
	*removed = 0;
	return tool_report_status(clnorm_cache_clear(removed));
}
