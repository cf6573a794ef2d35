/* cached.c: the program cache as programs see it: described, cleared.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/settings.h"
#include "device/cache.h"
#include "device/entry.h"

clnorm_status clnorm_cache_describe(const clnorm_device_info *device, clnorm_cache_info *info)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text folder = {0};
	clnorm_cache_info found = {.limit_bytes = cln_settings_cache_bytes()};
	const char *off = "", *unusable = "", *full = NULL;
	bool is_wanted, is_usable, is_missing = false;

	if (!info) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_cache_describe: info is NULL");
	}
	is_wanted = cln_cache_is_on(device, &off);
	is_usable = cln_entry_folder(&folder, false, &unusable);
	CLN_TRY(cln_text_check(&folder));
	if (is_usable) {
		cln_entry_count(cln_text_chars(&folder), &found.entries, &found.bytes);
		full = cln_entry_cannot_keep(cln_text_chars(&folder), &is_missing);
	}
	found.on = is_wanted && is_usable && !(is_missing && full);
	snprintf(found.folder, sizeof(found.folder), "%s", cln_text_chars(&folder));
	snprintf(found.reason, sizeof(found.reason), "%s", !is_wanted ? off : !is_usable ? unusable : full ? full : "");
	*info = found;
done:
	cln_text_clear(&folder);
	return st;
}

clnorm_status clnorm_cache_clear(size_t *removed)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text folder = {0};
	const char *why_not = "";
	size_t count = 0;

	if (!cln_entry_folder(&folder, false, &why_not)) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "the program cache%s%s: %s", folder.length > 0 ? " " : "",
		                 cln_text_chars(&folder), why_not));
	}
	if (!cln_entry_clear(cln_text_chars(&folder), &count)) {
		st = cln_fail(CLNORM_BAD_FILE, "the program cache %s: %zu programs removed, others cannot be",
		              cln_text_chars(&folder), count);
	}
	if (removed) {
		*removed = count;
	}
done:
	cln_text_clear(&folder);
	return st;
}
