/* records.c: the tuning records of a context: whose they are, where the user's own lies, read when the context is made.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/records.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/settings.h"
#include "device/embedded.h"

/* Letters of a device's name in the name of its file; what it is cut to does not matter, as a digest follows. */
#define MOST_LETTERS 40

struct cln_identity cln_records_identity(const clnorm_device_info *info)
{
	return (struct cln_identity){
		.version = CLNORM_VERSION,
		.sources = cln_sources_digest,
		.platform = info->platform_name,
		.device = info->name,
		.driver = info->driver,
		.units = info->compute_units,
	};
}

/* An FNV-1a sum of 32 bits, which tells a user's few devices apart. */
static uint32_t digest_add(uint32_t digest, const char *chars)
{
	for (; *chars; ++chars) {
		digest = (digest ^ (unsigned char)*chars) * 0x01000193u;
	}
	return (digest ^ '\n') * 0x01000193u;
}

/* "intel-r-xeon-r-1a2b3c4d.tuning". The driver is not in it: a record of an older driver is found, and said to be so.
 */
static void add_name(struct cln_text *path, const clnorm_device_info *info)
{
	char letters[MOST_LETTERS + 1] = "", units[16];
	size_t length = 0;
	uint32_t digest = digest_add(digest_add(0x811c9dc5u, info->platform_name), info->name);

	for (const char *p = info->name; *p && length < MOST_LETTERS; ++p) {
		bool is_plain = (unsigned char)*p < 0x80;
		if (is_plain && (cln_ascii_is_letter(*p) || cln_ascii_is_digit(*p))) {
			letters[length++] = cln_ascii_lower(*p);
		} else if (length > 0 && letters[length - 1] != '-') {
			letters[length++] = '-';
		}
	}
	snprintf(units, sizeof(units), "%u", info->compute_units);
	digest = digest_add(digest, units);
	cln_text_add(path, "/%s%s%08lx.tuning", letters, length > 0 && letters[length - 1] != '-' ? "-" : "",
	             (unsigned long)digest);
}

bool cln_records_path(const clnorm_device_info *info, struct cln_text *path, const char **why_not)
{
	if (!cln_settings_tuning_folder(path, why_not)) {
		return false;
	}
	add_name(path, info);
	*why_not = "there is no memory for its name";
	return !path->failed;
}

bool cln_records_read(const char *path, enum cln_file_owner owner, const struct cln_identity *identity,
                      struct cln_tuning *tuning, bool *found, struct cln_text *why_not)
{
	struct cln_text bytes = {0};
	const char *fault = NULL;
	bool is_read = cln_file_read(path, CLN_TUNING_BYTES, owner, &bytes, &fault);
	bool is_taken = is_read && cln_tuning_parse(tuning, cln_text_chars(&bytes), bytes.length, identity, why_not);
	*found = is_read || strcmp(fault, "it is not there") != 0;
	if (!is_read) {
		cln_text_add(why_not, "%s", fault);
	}
	cln_text_clear(&bytes);
	return is_taken;
}

void cln_records_take(clnorm_context *ctx)
{
	struct cln_text path = {0}, why_not = {0};
	struct cln_identity identity = cln_records_identity(&ctx->info);
	const char *fault = "";
	clnorm_tuning_info *info = &ctx->record;

	*info = (clnorm_tuning_info){0};
	if (cln_records_path(&ctx->info, &path, &fault)) {
		info->loaded =
			cln_records_read(path.chars, CLN_FILE_OF_USER, &identity, &ctx->tuning, &info->found, &why_not);
		snprintf(info->path, sizeof(info->path), "%s", path.chars);
		snprintf(info->reason, sizeof(info->reason), "%s", cln_text_chars(&why_not));
	} else {
		snprintf(info->reason, sizeof(info->reason), "%s", fault);
	}
	cln_text_clear(&path);
	cln_text_clear(&why_not);
}
