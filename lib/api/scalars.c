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

struct cln_arguments cln_plan_scalars(const struct clnorm_plan *plan, const struct cln_choice *choice)
{
	const struct cln_problem *p = &plan->problem;
	struct cln_arguments a = {
		.spatial = p->s,
		.channels = p->c,
		.instances = p->instances,
		.params = p->params > 0 ? p->params : 1,
		.chunk = choice->geometry.chunk,
		.chunks = choice->geometry.chunks,
		.parts_count = choice->geometry.chunks,
		.epsilon = cln_scalar_of(p->epsilon),
		.slope = cln_scalar_of(p->slope),
	};
	return a;
}
