/* stages.c: the table of stage kinds: file, kernel, and which buffer each kernel argument is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/stages.h"

#define INPUTS CLN_ROLE_X, CLN_ROLE_GAMMA, CLN_ROLE_BETA, CLN_ROLE_RESIDUAL
#define BACK_INPUTS                                                                                                    \
	CLN_ROLE_X, CLN_ROLE_DY, CLN_ROLE_GAMMA, CLN_ROLE_BETA, CLN_ROLE_RESIDUAL, CLN_ROLE_MEAN, CLN_ROLE_RSTD,       \
		CLN_ROLE_PARTS

static const struct cln_stage_facts stage_table[] = {
	[CLN_STAGE_FUSED] =
		{"fused", "cln_fused", false, {INPUTS, CLN_ROLE_Y, CLN_ROLE_MEAN, CLN_ROLE_RSTD, CLN_ROLE_MOMENTS}, 8},
	[CLN_STAGE_PARTIAL] = {"partial", "cln_partial", false, {CLN_ROLE_X, CLN_ROLE_PARTS}, 2},
	[CLN_STAGE_APPLY] = {"apply",
                             "cln_apply",
                             false,
                             {INPUTS, CLN_ROLE_Y, CLN_ROLE_MEAN, CLN_ROLE_RSTD, CLN_ROLE_MOMENTS, CLN_ROLE_PARTS},
                             9},
	[CLN_STAGE_BACK_FUSED] = {"back_fused",
                                  "cln_back_fused",
                                  true,
                                  {BACK_INPUTS, CLN_ROLE_DX, CLN_ROLE_TOTALS, CLN_ROLE_DGAMMA, CLN_ROLE_DBETA},
                                  12},
	[CLN_STAGE_BACK_PARTIAL] = {"back_partial", "cln_back_partial", true, {BACK_INPUTS, CLN_ROLE_SUMS}, 9},
	[CLN_STAGE_BACK_APPLY] =
		{"back_apply", "cln_back_apply", true, {BACK_INPUTS, CLN_ROLE_SUMS, CLN_ROLE_DX, CLN_ROLE_TOTALS}, 11},
	[CLN_STAGE_BACK_PARAMS] =
		{"back_params", "cln_back_params", true, {CLN_ROLE_TOTALS, CLN_ROLE_DGAMMA, CLN_ROLE_DBETA}, 3},
};

_Static_assert(sizeof(stage_table) / sizeof(stage_table[0]) == CLN_STAGE_KINDS, "a stage kind without a row");

const struct cln_stage_facts *cln_stage_facts(enum cln_stage_kind kind)
{
	return &stage_table[kind];
}

clnorm_status cln_stage_bind(enum cln_stage_kind kind, cl_kernel kernel, const struct cln_call *call)
{
	const struct cln_stage_facts *facts = cln_stage_facts(kind);
	cl_int err = clSetKernelArg(kernel, 0, sizeof(call->scalars), &call->scalars);

	for (unsigned i = 0; i < facts->role_count && err == CL_SUCCESS; ++i) {
		cl_mem given = call->buffers[facts->roles[i]];
		cl_mem bound = given ? given : call->buffers[CLN_ROLE_X];
		err = clSetKernelArg(kernel, i + 1, sizeof(bound), &bound);
	}
	return cln_cl(err, "clSetKernelArg");
}
