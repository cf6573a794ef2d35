/* scalars.c: what a launch is told by value: sizes, epsilon, slope.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/scalars.h"

#include <float.h>
#include <string.h>

struct cln_scalar cln_scalar_of(double value)
{
	struct cln_scalar scalar = {.rounded = (float)value};
	memcpy(&scalar.bits, &value, sizeof(value));
	return scalar;
}

static struct cln_steps step_of(const struct cln_stride *stride)
{
	return (struct cln_steps){stride->sample, stride->inner};
}

/* 1/min_std, finite in the statistics type; 0: there is no least deviation. */
static struct cln_scalar most_rstd(const struct cln_problem *p)
{
	double most = p->min_std > 0 ? 1 / p->min_std : 0;
	if (!cln_dtype_is_finite(p->dtype, most)) {
		most = p->dtype == CLNORM_F64 ? DBL_MAX : FLT_MAX;
	}
	return cln_scalar_of(most);
}

struct cln_arguments cln_plan_scalars(const struct clnorm_plan *plan, const struct cln_choice *choice)
{
	const struct cln_problem *p = &plan->problem;
	const struct cln_geometry *g = &choice->geometry;
	struct cln_arguments a = {
		.spatial = p->s,
		.channels = p->c,
		.instances = p->instances,
		.totals = cln_choice_totals(choice, p),
		.runs = p->runs,
		.params = p->params > 0 ? p->params : 1,
		.chunk = g->chunk,
		.chunks = g->chunks,
		.parts_count = g->runs.kind == CLN_RUNS_APART ? 1 : g->chunks,
		.parts_stride = g->chunks * (cl_uint)(g->runs.kind == CLN_RUNS_APART ? p->runs : 1),
		.steps = {[CLN_ROLE_X] = step_of(&p->x),
	                  [CLN_ROLE_SKIP] = step_of(&p->x),
	                  [CLN_ROLE_SUM] = step_of(&p->x),
	                  [CLN_ROLE_RESIDUAL] = step_of(&p->residual),
	                  [CLN_ROLE_Y] = step_of(&p->y),
	                  [CLN_ROLE_DY] = step_of(&p->dy),
	                  [CLN_ROLE_DX] = step_of(&p->dx)},
		.valid = {p->mask.sample, p->mask.channel, p->mask.element, p->length_unit},
		.epsilon = cln_scalar_of(p->epsilon),
		.ddof = cln_scalar_of(p->ddof),
		.most_rstd = most_rstd(p),
		.slope = cln_scalar_of(p->slope),
	};
	return a;
}
