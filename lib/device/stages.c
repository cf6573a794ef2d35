/* stages.c: the table of stage kinds: file, kernel, and which buffer each kernel argument is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/stages.h"

/* A row: all that a stage is but its kernel's text. Its operands are listed in cl/arguments.cl. */
#define LISTED(NAME, name, type) CLN_ROLE_##NAME,
#define COUNTED(NAME, name, type) +1
#define STAGE(KIND, name, its_turn)                                                                                    \
	[CLN_STAGE_##KIND] = {.file = name,                                                                            \
	                      .kernel = "cln_" name,                                                                   \
	                      .turn = its_turn,                                                                        \
	                      .roles = {CLN_OPERANDS_##KIND(LISTED)},                                                  \
	                      .role_count = CLN_OPERANDS_##KIND(COUNTED)}

static const struct cln_stage_facts stage_table[] = {
	STAGE(FUSED, "fused", CLN_EACH_WAVE),
	STAGE(PARTIAL, "partial", CLN_EACH_WAVE),
	STAGE(JOIN, "join", CLN_EACH_WAVE),
	STAGE(APPLY, "apply", CLN_EACH_WAVE),
	STAGE(RUNNING, "running", CLN_AFTER_WAVES),
	STAGE(RECALL, "recall", CLN_BEFORE_WAVES),
	STAGE(BACK_FUSED, "back_fused", CLN_EACH_WAVE),
	STAGE(BACK_PARTIAL, "back_partial", CLN_EACH_WAVE),
	STAGE(BACK_JOIN, "back_join", CLN_EACH_WAVE),
	STAGE(BACK_APPLY, "back_apply", CLN_EACH_WAVE),
	STAGE(BACK_PARAMS, "back_params", CLN_AFTER_WAVES),
};

_Static_assert(sizeof(stage_table) / sizeof(stage_table[0]) == CLN_STAGE_KINDS, "a stage kind without a row");

const struct cln_stage_facts *cln_stage_facts(enum cln_stage_kind kind)
{
	return &stage_table[kind];
}

/* Arguments that not every program has. */
static bool is_told(const struct cln_geometry *geometry, enum cln_role role)
{
	bool of_skip = role == CLN_ROLE_SKIP || role == CLN_ROLE_SUM;
	return of_skip ? geometry->skip : role != CLN_ROLE_VALID || geometry->valid;
}

clnorm_status cln_stage_bind(enum cln_stage_kind kind, cl_kernel kernel, const struct cln_geometry *geometry,
                             const struct cln_call *call)
{
	const struct cln_stage_facts *facts = cln_stage_facts(kind);
	cl_int err = clSetKernelArg(kernel, 0, sizeof(call->scalars), &call->scalars);
	cl_uint index = 1;

	for (unsigned i = 0; i < facts->role_count && err == CL_SUCCESS; ++i) {
		cl_mem given = call->buffers[facts->roles[i]];
		cl_mem bound = given ? given : call->buffers[CLN_ROLE_X];
		if (is_told(geometry, facts->roles[i])) {
			err = clSetKernelArg(kernel, index++, sizeof(bound), &bound);
		}
	}
	return cln_cl(err, "clSetKernelArg");
}
