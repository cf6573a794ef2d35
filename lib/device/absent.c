/* absent.c: why there is no platform, or no device on one: what loader and drivers leave unsaid.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/absent.h"

#include <dirent.h>
#include <string.h>

#include "base/ascii.h"
#include "base/settings.h"

/* Where loaders look on Linux. */
#define VENDORS "/etc/OpenCL/vendors"

/* Names of drivers' files in a message. */
#define MOST_NAMES 6

static bool is_registration(const char *name)
{
	size_t length = strlen(name);
	return length > 4 && strcmp(name + length - 4, ".icd") == 0;
}

/* Appends "mesa.icd, pocl.icd"; returns how many there are. */
static size_t registered(struct cln_text *text)
{
	size_t count = 0;
	DIR *folder = opendir(VENDORS);
	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		if (is_registration(entry->d_name)) {
			const char *before = count == 0 ? "" : ", ";
			if (count < MOST_NAMES) {
				cln_text_add(text, "%s%s", before, entry->d_name);
			}
			++count;
		}
	}
	if (folder) {
		closedir(folder);
	}
	return count;
}

void cln_absent_platforms(struct cln_text *text)
{
	struct cln_text names = {0};
	const char *name, *value;

	if (cln_settings_loader(&name, &value)) {
		cln_text_add(text,
		             "%s is %s, and the ICD loader finds no driver there that it can load (unset it for those "
		             "in " VENDORS ")",
		             name, value);
	} else if (registered(&names) > 0) {
		cln_text_add(text, "the ICD loader can load none of the drivers in " VENDORS ": %s",
		             cln_text_chars(&names));
	} else {
		cln_text_add(text, "no driver is registered with the ICD loader (install one for your GPU, or "
		                   "pocl-opencl-icd for the CPU)");
	}
	cln_text_clear(&names);
}

/* Why a platform can have no device. Of several rows for one, the first that applies. */
static const struct cause {
	const char *platform; /* a part of its name */
	const char *variable; /* that its driver reads; NULL: whatever is set */
	bool set;             /* applies where the variable is set, or where it is not */
	const char *words;
} causes[] = {
	{"rusticl", "RUSTICL_ENABLE", false,
         "RUSTICL_ENABLE is not set: it names the drivers that may be used, as RUSTICL_ENABLE=llvmpipe"},
	{"rusticl", "RUSTICL_ENABLE", true, "which names no driver that works here"},
	{"Portable Computing Language", "POCL_DEVICES", true, "which names no device that works here"},
	/* A user without a home, as services and containers have, meets PoCL in this way. */
	{"Portable Computing Language", NULL, false,
         "PoCL has none where it cannot write to its cache, in HOME or POCL_CACHE_DIR"},
	{"NVIDIA", "CUDA_VISIBLE_DEVICES", true, "which may hide them"},
	{"AMD", "GPU_DEVICE_ORDINAL", true, "which may hide them"},
	{"AMD", "ROCR_VISIBLE_DEVICES", true, "which may hide them"},
};

void cln_absent_devices(struct cln_text *text, const char *platform)
{
	cln_text_add(text, "%s has none", platform);
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); ++i) {
		const struct cause *c = &causes[i];
		const char *value = c->variable ? cln_settings_of_driver(c->variable) : NULL;
		if (!cln_ascii_contains(platform, c->platform) || c->set != (value != NULL)) {
			continue;
		}
		if (value) {
			cln_text_add(text, " (%s is %s, %s)", c->variable, value, c->words);
		} else {
			cln_text_add(text, " (%s)", c->words);
		}
		return;
	}
}
