/* settings.c: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/settings.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"

#define USUAL_CACHE_BYTES (64ull << 20)
#define USUAL_PROGRAMS 64

const char *cln_settings_device(void)
{
	const char *value = getenv("CLNORM_DEVICE");
	return value ? value : "";
}

const char *cln_settings_of_driver(const char *name)
{
	const char *value = getenv(name);
	return value && value[0] != '\0' ? value : NULL;
}

/* Of ocl-icd and of the Khronos loader, in the order in which they count. */
bool cln_settings_loader(const char **name, const char **value)
{
	static const char *const names[] = {"OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH", "OCL_ICD_FILENAMES"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
		*name = names[i];
		*value = cln_settings_of_driver(names[i]);
		if (*value) {
			return true;
		}
	}
	return false;
}

/* In a program that runs with another user's rights the environment is not its own. */
static bool has_foreign_rights(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

/* Where a kind of file lies: the folder that one variable names, else one below that of another. */
struct places {
	const char *own, *shared, *below_shared, *below_home;
	const char *empty, *relative, *none; /* why there is none */
};

static bool add_place(const char *value, const char *below, struct cln_text *text)
{
	if (!value || value[0] != '/') {
		return false;
	}
	cln_text_add(text, "%s%s", value, below);
	return true;
}

/* A variable of ours that is set and names no folder is a mistake, or a switch where it is empty: no other is taken. */
static bool find_place(const struct places *places, struct cln_text *text, const char **why_not)
{
	const char *own = getenv(places->own);
	if (own) {
		*why_not = own[0] == '\0' ? places->empty : places->relative;
		return add_place(own, "", text);
	}
	*why_not = places->none;
	return add_place(getenv(places->shared), places->below_shared, text) ||
	       add_place(getenv("HOME"), places->below_home, text);
}

/* Whether a word is one of the four of a row. */
static bool is_one_of(const char *word, const char *const words[4])
{
	for (size_t i = 0; i < 4; ++i) {
		if (cln_ascii_is_same(word, words[i])) {
			return true;
		}
	}
	return false;
}

static const char *const yes[4] = {"on", "1", "yes", "true"}, *const no[4] = {"off", "0", "no", "false"};

enum cln_probe_wish cln_settings_probe(void)
{
	const char *value = getenv("CLNORM_PROBE");
	return !value                  ? CLN_PROBE_BY_DRIVER
	       : is_one_of(value, yes) ? CLN_PROBE_ON
	       : is_one_of(value, no)  ? CLN_PROBE_OFF
	                               : CLN_PROBE_BY_DRIVER;
}

const char *cln_settings_work_groups(void)
{
	const char *value = getenv("POCL_WORK_GROUP_METHOD");
	return value ? value : "";
}

enum cln_cache_wish cln_settings_cache(void)
{
	const char *value = getenv("CLNORM_CACHE");
	if (has_foreign_rights()) {
		return CLN_CACHE_NOT_OURS;
	}
	if (!value || value[0] == '\0') {
		return CLN_CACHE_BY_PLATFORM;
	}
	return is_one_of(value, yes) ? CLN_CACHE_ON : CLN_CACHE_OFF;
}

bool cln_settings_cache_folder(struct cln_text *text, const char **why_not)
{
	static const struct places places = {"CLNORM_CACHE_DIR",
	                                     "XDG_CACHE_HOME",
	                                     "/clnorm",
	                                     "/.cache/clnorm",
	                                     "CLNORM_CACHE_DIR is empty",
	                                     "CLNORM_CACHE_DIR is no absolute path",
	                                     "neither CLNORM_CACHE_DIR nor XDG_CACHE_HOME nor HOME names a folder"};
	return find_place(&places, text, why_not);
}

/* "65536", "64K", "64M", "1G"; false for anything else. */
static bool parse_bytes(const char *text, unsigned long long *bytes)
{
	static const char units[] = "KMG";
	char *end = NULL;
	const char *unit;
	if (!cln_ascii_is_digit(text[0])) {
		return false;
	}
	*bytes = strtoull(text, &end, 10);
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit && end[1] == '\0') {
		int shift = 10 * (int)(unit - units + 1);
		*bytes = *bytes > ULLONG_MAX >> shift ? ULLONG_MAX : *bytes << shift;
		return true;
	}
	return *end == '\0';
}

unsigned long long cln_settings_cache_bytes(void)
{
	const char *value = getenv("CLNORM_CACHE_BYTES");
	unsigned long long bytes;
	return value && parse_bytes(value, &bytes) ? bytes : USUAL_CACHE_BYTES;
}

size_t cln_settings_programs(void)
{
	const char *value = getenv("CLNORM_PROGRAMS");
	unsigned long long count;
	bool is_set = value && strspn(value, "0123456789") == strlen(value) && parse_bytes(value, &count);
	return !is_set ? USUAL_PROGRAMS : count > SIZE_MAX ? SIZE_MAX : (size_t)count;
}

/* Whether a variable's word is one that counts. */
static bool is_switch(const char *value)
{
	return is_one_of(value, yes) || is_one_of(value, no);
}

static bool is_bytes(const char *value)
{
	unsigned long long bytes;
	return parse_bytes(value, &bytes);
}

static bool is_count(const char *value)
{
	return strspn(value, "0123456789") == strlen(value);
}

/* A folder, or a device, that is not understood is told where it is looked for. */
static const struct {
	const char *name;
	bool (*is_understood)(const char *value);
	const char *otherwise;
} words[] = {
	{"CLNORM_CACHE", is_switch, "neither on nor off; off counts"},
	{"CLNORM_CACHE_BYTES", is_bytes, "no number of bytes, as 65536, 64K, 64M or 1G; 64M counts"},
	{"CLNORM_PROBE", is_switch, "neither on nor off; whether the driver is known to be good counts"},
	{"CLNORM_PROGRAMS", is_count, "no number; 64 counts"},
};

bool cln_settings_fault(size_t i, struct cln_text *text)
{
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); ++k) {
		const char *value = getenv(words[k].name);
		if (value && value[0] != '\0' && !words[k].is_understood(value) && i-- == 0) {
			cln_text_add(text, "%s is \"%.40s\", %s", words[k].name, value, words[k].otherwise);
			return true;
		}
	}
	return false;
}

bool cln_settings_tuning_folder(struct cln_text *text, const char **why_not)
{
	static const struct places places = {"CLNORM_TUNING_DIR",
	                                     "XDG_DATA_HOME",
	                                     "/clnorm",
	                                     "/.local/share/clnorm",
	                                     "CLNORM_TUNING_DIR is empty",
	                                     "CLNORM_TUNING_DIR is no absolute path",
	                                     "neither CLNORM_TUNING_DIR nor XDG_DATA_HOME nor HOME names a folder"};
	if (has_foreign_rights()) {
		*why_not = "the program runs with another user's rights";
		return false;
	}
	return find_place(&places, text, why_not);
}
