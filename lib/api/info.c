/* info.c: queries for programs: the version, and the table of variants.
 * SPDX-License-Identifier: Apache-2.0 */
#include <clnorm/clnorm.h>

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
	return i < CLN_VARIANT_COUNT ? &cln_variants[i].info : NULL;
}
