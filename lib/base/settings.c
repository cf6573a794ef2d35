/* settings.c: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define USUAL_CACHE_BYTES (64ull << 20)

const char *cln_settings_device(void)
{
	const char *value = getenv("CLNORM_DEVICE");
	return value ? value : "";
}

/* In a program that runs with another user's rights the environment is not its own. */
static bool has_foreign_rights(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

/* Appends the first of the places whose variable is an absolute path. */
struct place {
	const char *variable, *below;
};
static bool find_place(const struct place *places, size_t count, struct cln_text *text)
{
	for (size_t i = 0; i < count; ++i) {
		const char *value = getenv(places[i].variable);
		if (value && value[0] == '/') {
			cln_text_add(text, "%s%s", value, places[i].below);
			return true;
		}
	}
	return false;
}

enum cln_cache_wish cln_settings_cache(void)
{
	static const char *const yes[] = {"on", "1", "yes", "true"};
	const char *value = getenv("CLNORM_CACHE");
	if (has_foreign_rights()) {
		return CLN_CACHE_OFF;
	}
	if (!value || value[0] == '\0') {
		return CLN_CACHE_BY_PLATFORM;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); ++i) {
		if (strcasecmp(value, yes[i]) == 0) {
			return CLN_CACHE_ON;
		}
	}
	return CLN_CACHE_OFF;
}

bool cln_settings_cache_folder(struct cln_text *text)
{
	static const struct place places[] = {
		{"CLNORM_CACHE_DIR", ""}, {"XDG_CACHE_HOME", "/clnorm"}, {"HOME", "/.cache/clnorm"}};
	return find_place(places, sizeof(places) / sizeof(places[0]), text);
}

unsigned long long cln_settings_cache_bytes(void)
{
	const char *value = getenv("CLNORM_CACHE_BYTES");
	char *end = NULL;
	unsigned long long bytes = value ? strtoull(value, &end, 10) : 0;
	return value && end != value && *end == '\0' && value[0] != '-' ? bytes : USUAL_CACHE_BYTES;
}

bool cln_settings_tuning_folder(struct cln_text *text, const char **why_not)
{
	static const struct place places[] = {
		{"CLNORM_TUNING_DIR", ""}, {"XDG_DATA_HOME", "/clnorm"}, {"HOME", "/.local/share/clnorm"}};
	const char *own = getenv("CLNORM_TUNING_DIR");
	if (has_foreign_rights()) {
		*why_not = "the program runs with another user's rights";
	} else if (own && own[0] != '/') {
		*why_not = own[0] == '\0' ? "CLNORM_TUNING_DIR is empty" : "CLNORM_TUNING_DIR is no absolute path";
	} else if (!find_place(places, sizeof(places) / sizeof(places[0]), text)) {
		*why_not = "neither CLNORM_TUNING_DIR nor XDG_DATA_HOME nor HOME names a folder";
	} else {
		return true;
	}
	return false;
}
