/* variants.c: the table of kernel variants: name, stages, sources, where it applies, how it is laid out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/variants.h"

#include <string.h>

#include "decide/layouts.h"

#define CHANNELS_FIRST (1u << CLNORM_NCHW)
#define CHANNELS_LAST (1u << CLNORM_NHWC)
#define FUSED {CLN_STAGE_FUSED}, 1
#define SPLIT {CLN_STAGE_PARTIAL, CLN_STAGE_APPLY}, 2

const struct cln_variant cln_variants[] = {
	{{"rows", "CPU: one work-item an instance, 16-wide vectors, no barrier", CLNORM_OP_FORWARD, CHANNELS_FIRST},
	 "rows", FUSED, cln_refuse_nothing, cln_lay_out_rows},
	{{"rows-split", "CPU, fewer instances than cores: chunks by work-items, merge, apply",
	  CLNORM_OP_FORWARD | CLNORM_OP_APPLY, CHANNELS_FIRST},
	 "rows", SPLIT, cln_refuse_nothing, cln_lay_out_rows_split},
	{{"pack", "GPU, small instances: several a work-group, a team of work-items each, kept in registers",
	  CLNORM_OP_FORWARD, CHANNELS_FIRST},
	 "team", FUSED, cln_refuse_pack, cln_lay_out_pack},
	{{"resident", "GPU: one work-group an instance, read once and kept in registers", CLNORM_OP_FORWARD,
	  CHANNELS_FIRST},
	 "team", FUSED, cln_refuse_resident, cln_lay_out_resident},
	{{"stream", "GPU, larger instances: one work-group each, second read in reverse from cache", CLNORM_OP_FORWARD,
	  CHANNELS_FIRST},
	 "group", FUSED, cln_refuse_stream, cln_lay_out_stream},
	{{"split", "GPU, few large instances: moments of chunks, merge, normalize, in waves sized to the cache",
	  CLNORM_OP_FORWARD | CLNORM_OP_APPLY, CHANNELS_FIRST},
	 "group", SPLIT, cln_refuse_nothing, cln_lay_out_split},
	{{"pixels", "channels last: one work-item a vector of channels, all its pixels", CLNORM_OP_FORWARD,
	  CHANNELS_LAST},
	 "pixels", FUSED, cln_refuse_nothing, cln_lay_out_pixels},
	{{"pixels-split", "channels last: chunks of pixels by work-items, merge, apply",
	  CLNORM_OP_FORWARD | CLNORM_OP_APPLY, CHANNELS_LAST},
	 "pixels", SPLIT, cln_refuse_nothing, cln_lay_out_pixels_split},
};

_Static_assert(sizeof(cln_variants) / sizeof(cln_variants[0]) == CLN_VARIANT_COUNT, "a row without a count");

const struct cln_variant *cln_variant_find(const char *name)
{
	for (size_t i = 0; i < CLN_VARIANT_COUNT; ++i) {
		if (strcmp(cln_variants[i].info.name, name) == 0) {
			return &cln_variants[i];
		}
	}
	return NULL;
}
