/* choice.c: the device choice string: what it means, and which of two devices is the better one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/choice.h"

#include <limits.h>
#include <string.h>

#include "base/ascii.h"

bool cln_choice_is_word(const char *choice)
{
	bool has_letter = false;
	for (; *choice; ++choice) {
		has_letter = has_letter || cln_ascii_is_letter(*choice);
	}
	return has_letter;
}

/* Digits up to what follows them; a number that is too large for an index is no index. */
static bool parse_index(const char **text, unsigned *index)
{
	unsigned long long value = 0;
	if (!cln_ascii_is_digit(**text)) {
		return false;
	}
	for (; cln_ascii_is_digit(**text) && value <= UINT_MAX; ++*text) {
		value = value * 10 + (unsigned)(**text - '0');
	}
	*index = (unsigned)value;
	return value <= UINT_MAX;
}

/* "P:D" */
static bool are_indices(const char *choice, const clnorm_device_info *info)
{
	unsigned platform, device;
	if (!parse_index(&choice, &platform) || *choice++ != ':' || !parse_index(&choice, &device) || *choice) {
		return false;
	}
	return info->platform_index == platform && info->device_index == device;
}

/* What a driver adds to "OpenCL MAJOR.MINOR ": PoCL its name, which is in no other text of some of its versions. */
static const char *version_words(const char *version)
{
	static const char standard[] = "OpenCL ";
	const char *words = strncmp(version, standard, sizeof(standard) - 1) == 0
	                            ? strchr(version + sizeof(standard) - 1, ' ')
	                            : NULL;
	return words ? words : "";
}

bool cln_choice_fits(const char *choice, const clnorm_device_info *info)
{
	static const char *const types[] = {"gpu", "cpu", "accelerator"};
	if (choice[0] == '\0') {
		return true;
	}
	if (!cln_choice_is_word(choice)) {
		return are_indices(choice, info);
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); ++i) {
		if (cln_ascii_is_same(choice, types[i])) {
			return strcmp(info->type, types[i]) == 0;
		}
	}
	return cln_ascii_contains(info->platform_name, choice) || cln_ascii_contains(info->name, choice) ||
	       cln_ascii_contains(version_words(info->version), choice);
}

int cln_choice_preference(const clnorm_device_info *info)
{
	int kind = strcmp(info->type, "gpu") == 0 ? 0 : strcmp(info->type, "accelerator") == 0 ? 1 : 2;
	/* A software rasterizer that calls itself a GPU is slower than a CPU driver. */
	kind = strstr(info->name, "llvmpipe") ? 3 : kind;
	return kind + (info->usable ? 0 : 8);
}
