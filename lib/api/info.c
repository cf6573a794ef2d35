/* info.c: queries for programs: the version, and the table of variants.
 * SPDX-License-Identifier: Apache-2.0 */
#include <clnorm/clnorm.h>

#include <stdio.h>

#include "base/settings.h"
#include "decide/variants.h"

const char *clnorm_version(void)
{
	return CLNORM_VERSION;
}

size_t clnorm_variant_count(void)
{
	return CLN_VARIANT_COUNT;
}

const clnorm_variant_info *clnorm_variant_get(size_t i)
{
	return i < CLN_VARIANT_COUNT ? &cln_variants[i]->info : NULL;
}

bool clnorm_setting_fault(size_t i, char *text, size_t capacity)
{
	struct cln_text sentence = {0};
	bool is_one = cln_settings_fault(i, &sentence);
	if (is_one && text) {
		snprintf(text, capacity, "%s", cln_text_chars(&sentence));
	}
	cln_text_clear(&sentence);
	return is_one;
}
