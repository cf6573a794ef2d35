/* settings.c: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL_CACHE_BYTES (64ull << 20)

const char *cln_settings_device(void)
{
	const char *value = getenv("CLNORM_DEVICE");
	return value ? value : "";
}

enum cln_cache_wish cln_settings_cache(void)
{
	const char *value = getenv("CLNORM_CACHE");
	if (getuid() != geteuid() || getgid() != getegid()) {
		return CLN_CACHE_OFF;
	}
	if (!value || value[0] == '\0') {
		return CLN_CACHE_BY_PLATFORM;
	}
	return strcmp(value, "on") == 0 || strcmp(value, "1") == 0 ? CLN_CACHE_ON : CLN_CACHE_OFF;
}

bool cln_settings_cache_folder(struct cln_text *text)
{
	const struct {
		const char *variable, *below;
	} places[] = {{"CLNORM_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "/clnorm"}, {"HOME", "/.cache/clnorm"}};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); ++i) {
		const char *value = getenv(places[i].variable);
		if (value && value[0] == '/') {
			cln_text_add(text, "%s%s", value, places[i].below);
			return true;
		}
	}
	return false;
}

unsigned long long cln_settings_cache_bytes(void)
{
	const char *value = getenv("CLNORM_CACHE_BYTES");
	char *end = NULL;
	unsigned long long bytes = value ? strtoull(value, &end, 10) : 0;
	return value && end != value && *end == '\0' && value[0] != '-' ? bytes : USUAL_CACHE_BYTES;
}
