/* scalars.c: what a launch is told by value: sizes, epsilon, slope.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/scalars.h"

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
	                  [CLN_ROLE_RESIDUAL] = step_of(&p->residual),
	                  [CLN_ROLE_Y] = step_of(&p->y),
	                  [CLN_ROLE_DY] = step_of(&p->dy),
	                  [CLN_ROLE_DX] = step_of(&p->dx)},
		.epsilon = cln_scalar_of(p->epsilon),
		.slope = cln_scalar_of(p->slope),
	};
	return a;
}
