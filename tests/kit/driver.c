/* driver.c: a driver for the fake OpenCL that computes what the oracle says, or something else.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/driver.h"

#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"

/* Numbers of an array in a probe at most. */
#define MOST 70000

struct driver_fault driver_fault;
clnorm_layout driver_layout;

static double x[MOST], dy[MOST], residual[MOST], gamma_[MOST], beta[MOST], results[3][MOST];

static enum cln_stage_kind kind_of(const struct fakecl_launch *launch)
{
	int kind = 0;
	while (strcmp(cln_stage_facts((enum cln_stage_kind)kind)->kernel, launch->kernel) != 0) {
		kind++;
		ck_assert_int_lt(kind, CLN_STAGE_KINDS);
	}
	return (enum cln_stage_kind)kind;
}

/* Arguments that no program of these tests is told of. */
static bool is_untold(enum cln_role role)
{
	return role == CLN_ROLE_SKIP || role == CLN_ROLE_SUM || role == CLN_ROLE_VALID;
}

/* The floats of a role from `offset` on; NULL where the kernel has none. */
static float *operand(const struct fakecl_launch *launch, enum cln_role role, cl_ulong offset)
{
	const struct cln_stage_facts *facts = cln_stage_facts(kind_of(launch));
	for (unsigned i = 0, index = 1; i < facts->role_count; i++) {
		if (facts->roles[i] == role) {
			cl_mem mem;
			memcpy(&mem, launch->args[index], sizeof(mem));
			return (float *)fakecl_mem_data(mem) + offset;
		}
		index += !is_untold(facts->roles[i]);
	}
	return NULL;
}

static void take(const float *from, size_t count, double *to)
{
	ck_assert_uint_le(count, MOST);
	for (size_t i = 0; from && i < count; i++) {
		to[i] = from[i];
	}
}

static void put(const struct fakecl_launch *launch, enum cln_role role, cl_ulong offset, const double *from,
                size_t count)
{
	float *to = operand(launch, role, offset);
	bool is_wrong = driver_fault.source && role == driver_fault.role && strstr(launch->source, driver_fault.source);
	for (size_t i = 0; to && i < count; i++) {
		to[i] = (float)(from[i] + (is_wrong && i == count / 2 ? driver_fault.by : 0));
	}
}

static clnorm_desc desc_of(const struct cln_arguments *a)
{
	clnorm_desc desc = clnorm_desc_1d(a->instances / a->channels, a->channels, a->spatial);
	desc.layout = driver_layout;
	desc.affine = a->params == a->channels ? CLNORM_AFFINE_CHANNEL : CLNORM_AFFINE_INSTANCE;
	desc.epsilon = a->epsilon.rounded;
	return desc;
}

static void run_forward(const struct fakecl_launch *launch, const struct cln_arguments *a)
{
	clnorm_desc desc = desc_of(a);
	size_t count = a->instances * a->spatial;
	oracle_forward(&desc, x, gamma_, beta, residual, results[0], results[1], results[2]);
	ck_assert((a->flags & CLN_HAS(Y)) != 0 && (a->flags & (CLN_GIVEN)) == 0);
	put(launch, CLN_ROLE_Y, a->offsets[CLN_ROLE_Y], results[0], count);
	if (a->flags & CLN_HAS(MEAN)) {
		put(launch, CLN_ROLE_MEAN, a->offsets[CLN_ROLE_MEAN], results[1], a->instances);
		put(launch, CLN_ROLE_RSTD, a->offsets[CLN_ROLE_RSTD], results[2], a->instances);
	}
}

static void run_backward(const struct fakecl_launch *launch, const struct cln_arguments *a)
{
	clnorm_desc desc = desc_of(a);
	oracle_backward(&desc, x, dy, gamma_, beta, residual, results[0], results[1], results[2]);
	ck_assert((a->flags & (CLN_GIVEN | CLN_MERGE)) == 0);
	put(launch, CLN_ROLE_DX, a->offsets[CLN_ROLE_DX], results[0], a->instances * a->spatial);
}

/* Parameter gradients are those of the last launch that had x. */
void driver_run(const struct fakecl_launch *launch)
{
	struct cln_arguments a;
	memcpy(&a, launch->args[0], sizeof(a));
	enum cln_stage_kind kind = kind_of(launch);
	if (a.slabs == 0 || kind == CLN_STAGE_PARTIAL || kind == CLN_STAGE_BACK_PARTIAL) {
		return;
	}
	if (kind != CLN_STAGE_BACK_PARAMS) {
		take(operand(launch, CLN_ROLE_X, a.offsets[CLN_ROLE_X]), a.instances * a.spatial, x);
		take(operand(launch, CLN_ROLE_RESIDUAL, a.offsets[CLN_ROLE_RESIDUAL]), a.instances * a.spatial,
		     residual);
		take(operand(launch, CLN_ROLE_DY, a.offsets[CLN_ROLE_DY]), a.instances * a.spatial, dy);
		take(operand(launch, CLN_ROLE_GAMMA, a.offsets[CLN_ROLE_GAMMA]), a.params, gamma_);
		take(operand(launch, CLN_ROLE_BETA, a.offsets[CLN_ROLE_BETA]), a.params, beta);
		ck_assert((a.flags & CLN_HAS(GAMMA)) && (a.flags & CLN_HAS(BETA)) && (a.flags & CLN_HAS(RESIDUAL)));
		if (kind == CLN_STAGE_BACK_FUSED || kind == CLN_STAGE_BACK_APPLY) {
			run_backward(launch, &a);
		} else {
			run_forward(launch, &a);
		}
	}
	put(launch, CLN_ROLE_DGAMMA, a.offsets[CLN_ROLE_DGAMMA], results[1], a.params);
	put(launch, CLN_ROLE_DBETA, a.offsets[CLN_ROLE_DBETA], results[2], a.params);
}
