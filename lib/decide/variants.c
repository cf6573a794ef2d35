/* variants.c: the table of kernel variants: name, stages, sources, where it applies, how it is laid out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/variants.h"

#include <string.h>

#include "decide/geometry.h"

#define CHANNELS_FIRST (1u << CLNORM_NCHW)
#define CHANNELS_LAST (1u << CLNORM_NHWC)
#define WHOLE (CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD)
#define KNOB(name) (1u << CLN_##name)
#define UNIT_KNOBS (KNOB(UNITS) | KNOB(UNIT_ELEMENTS) | KNOB(VECTOR))
#define ROWS_KNOBS (UNIT_KNOBS | KNOB(BLOCK) | KNOB(NONTEMPORAL))
#define SCAN_KNOBS (KNOB(UNITS) | KNOB(UNIT_ELEMENTS) | KNOB(BLOCK_PIXELS) | KNOB(NONTEMPORAL))
#define CUT_KNOBS (KNOB(CHUNK) | KNOB(WAVE_KIB))
#define TEAM_KNOBS (KNOB(GROUP) | KNOB(ITEMS))
#define GROUP_KNOBS (TEAM_KNOBS | KNOB(VECTOR))
#define TILES_KNOBS (GROUP_KNOBS | KNOB(COLUMNS))
#define PARTS (CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD)

const struct cln_variant cln_variants[] = {
	{{"rows", "CPU: one work-item an instance, 16-wide vectors, no barrier", WHOLE, CHANNELS_FIRST, ROWS_KNOBS},
         &cln_family_rows,
         false,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_rows},
	{{"rows-split", "CPU, fewer instances than cores: chunks by work-items, merge, apply", PARTS, CHANNELS_FIRST,
          ROWS_KNOBS | CUT_KNOBS},
         &cln_family_rows,
         true,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_rows_split},
	{{"bundle", "CPU, short instances: one work-item takes as many as a vector has lanes, sums across", WHOLE,
          CHANNELS_FIRST, UNIT_KNOBS},
         &cln_family_bundle,
         false,
         2,
         false,
         cln_refuse_bundle,
         cln_lay_out_bundle},
	{{"pack", "GPU, small instances: several a work-group, a team of work-items each, kept in registers", WHOLE,
          CHANNELS_FIRST, TEAM_KNOBS},
         &cln_family_team,
         false,
         1,
         true,
         cln_refuse_pack,
         cln_lay_out_pack},
	{{"resident", "GPU: one work-group an instance, read once and kept in registers", WHOLE, CHANNELS_FIRST,
          TEAM_KNOBS},
         &cln_family_team,
         false,
         1,
         true,
         cln_refuse_resident,
         cln_lay_out_resident},
	{{"stream", "GPU, larger instances: one work-group each, second read in reverse from cache", WHOLE,
          CHANNELS_FIRST, GROUP_KNOBS},
         &cln_family_group,
         false,
         1,
         false,
         cln_refuse_stream,
         cln_lay_out_stream},
	{{"split", "GPU, few large instances: moments of chunks, merge, normalize", PARTS,
          CHANNELS_FIRST, GROUP_KNOBS | KNOB(TILES) | KNOB(WAVE_KIB)},
         &cln_family_group,
         true,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_split},
	{{"scan", "CPU, channels last: one work-item a sample, whole pixels in the order of memory", WHOLE,
          CHANNELS_LAST, SCAN_KNOBS},
         &cln_family_scan,
         false,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_scan},
	{{"scan-split", "CPU, channels last, fewer samples than cores: chunks of whole pixels, merge, apply", PARTS,
          CHANNELS_LAST, SCAN_KNOBS | CUT_KNOBS},
         &cln_family_scan,
         true,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_scan_split},
	{{"tiles", "GPU, channels last: one work-group a tile of channels, rows of it take different pixels", WHOLE,
          CHANNELS_LAST, TILES_KNOBS},
         &cln_family_tiles,
         false,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_tiles},
	{{"tiles-split", "GPU, channels last, few tiles: chunks of pixels by work-groups, merge, apply", PARTS,
          CHANNELS_LAST, TILES_KNOBS | CUT_KNOBS},
         &cln_family_tiles,
         true,
         1,
         false,
         cln_refuse_nothing,
         cln_lay_out_tiles_split},
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

static const struct cln_stage_list fused_forward = {{CLN_STAGE_FUSED}, 1};
static const struct cln_stage_list fused_backward = {{CLN_STAGE_BACK_FUSED, CLN_STAGE_BACK_PARAMS}, 2};
static const struct cln_stage_list owned_backward = {{CLN_STAGE_BACK_FUSED}, 1};
static const struct cln_stage_list split_forward = {{CLN_STAGE_PARTIAL, CLN_STAGE_APPLY}, 2};
static const struct cln_stage_list joined_forward = {{CLN_STAGE_PARTIAL, CLN_STAGE_JOIN, CLN_STAGE_APPLY}, 3};
static const struct cln_stage_list split_apply = {{CLN_STAGE_APPLY}, 1};
static const struct cln_stage_list split_backward = {
	{CLN_STAGE_PARTIAL, CLN_STAGE_BACK_PARTIAL, CLN_STAGE_BACK_APPLY, CLN_STAGE_BACK_PARAMS}, 4};

static const struct cln_stage_list joined_backward = {{CLN_STAGE_PARTIAL, CLN_STAGE_JOIN, CLN_STAGE_BACK_PARTIAL,
                                                       CLN_STAGE_BACK_JOIN, CLN_STAGE_BACK_APPLY,
                                                       CLN_STAGE_BACK_PARAMS},
                                                      6};

const struct cln_stage_list *cln_variant_stages(const struct cln_variant *variant, clnorm_op op,
                                                const struct cln_geometry *geometry)
{
	if (op == CLNORM_OP_BACKWARD && geometry->owned) {
		return &owned_backward;
	}
	if (op == CLNORM_OP_APPLY) {
		return &split_apply;
	}
	if (geometry->runs.kind == CLN_RUNS_APART) {
		return op == CLNORM_OP_BACKWARD ? &joined_backward : &joined_forward;
	}
	if (op == CLNORM_OP_BACKWARD) {
		return variant->split ? &split_backward : &fused_backward;
	}
	return variant->split ? &split_forward : &fused_forward;
}

struct cln_traffic cln_variant_traffic(const struct cln_variant *variant, clnorm_op op)
{
	unsigned again = variant->keeps ? 0 : 1;
	struct cln_traffic traffic = {.y = 1};
	if (op == CLNORM_OP_BACKWARD) {
		traffic.x = variant->sweeps + 2 * again;
		traffic.dy = 1 + again;
	} else {
		traffic.x = op == CLNORM_OP_APPLY ? 1 : variant->sweeps + again;
	}
	return traffic;
}
