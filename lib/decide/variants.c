/* variants.c: the table of kernel variants, and the stages that each runs for an operation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/variants.h"

#include <string.h>

#define ADDRESS(name) &cln_variant_##name,
const struct cln_variant *const cln_variants[CLN_VARIANT_COUNT] = {CLN_VARIANTS(ADDRESS)};

const struct cln_variant *cln_variant_find(const char *name)
{
	for (size_t i = 0; i < CLN_VARIANT_COUNT; ++i) {
		if (strcmp(cln_variants[i]->info.name, name) == 0) {
			return cln_variants[i];
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
static const struct cln_stage_list fused_running = {{CLN_STAGE_FUSED, CLN_STAGE_RUNNING}, 2};
static const struct cln_stage_list split_running = {{CLN_STAGE_PARTIAL, CLN_STAGE_APPLY, CLN_STAGE_RUNNING}, 3};
static const struct cln_stage_list recalled_apply = {{CLN_STAGE_RECALL, CLN_STAGE_APPLY}, 2};
static const struct cln_stage_list split_backward = {
	{CLN_STAGE_PARTIAL, CLN_STAGE_BACK_PARTIAL, CLN_STAGE_BACK_APPLY, CLN_STAGE_BACK_PARAMS}, 4};

static const struct cln_stage_list recalled_fused_backward = {
	{CLN_STAGE_RECALL, CLN_STAGE_BACK_FUSED, CLN_STAGE_BACK_PARAMS}, 3};
static const struct cln_stage_list recalled_owned_backward = {{CLN_STAGE_RECALL, CLN_STAGE_BACK_FUSED}, 2};
static const struct cln_stage_list recalled_split_backward = {
	{CLN_STAGE_RECALL, CLN_STAGE_PARTIAL, CLN_STAGE_BACK_PARTIAL, CLN_STAGE_BACK_APPLY, CLN_STAGE_BACK_PARAMS}, 5};
static const struct cln_stage_list joined_backward = {{CLN_STAGE_PARTIAL, CLN_STAGE_JOIN, CLN_STAGE_BACK_PARTIAL,
                                                       CLN_STAGE_BACK_JOIN, CLN_STAGE_BACK_APPLY,
                                                       CLN_STAGE_BACK_PARAMS},
                                                      6};

static const struct cln_stage_list *backward_stages(const struct cln_variant *variant,
                                                    const struct cln_geometry *geometry)
{
	if (geometry->owned) {
		return geometry->running ? &recalled_owned_backward : &owned_backward;
	}
	if (geometry->runs.kind == CLN_RUNS_APART) {
		return &joined_backward;
	}
	if (geometry->running) {
		return variant->split ? &recalled_split_backward : &recalled_fused_backward;
	}
	return variant->split ? &split_backward : &fused_backward;
}

const struct cln_stage_list *cln_variant_stages(const struct cln_variant *variant, clnorm_op op,
                                                const struct cln_geometry *geometry)
{
	if (op == CLNORM_OP_BACKWARD) {
		return backward_stages(variant, geometry);
	}
	if (op == CLNORM_OP_APPLY) {
		return geometry->running ? &recalled_apply : &split_apply;
	}
	if (geometry->runs.kind == CLN_RUNS_APART) {
		return &joined_forward;
	}
	if (geometry->running) {
		return variant->split ? &split_running : &fused_running;
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
