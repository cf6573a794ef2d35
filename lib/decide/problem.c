/* problem.c: the canonical question: a validated description, reduced to what decisions and kernels look at.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/problem.h"

#include "base/desc.h"

clnorm_status cln_problem_init(struct cln_problem *problem, const clnorm_desc *desc)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_desc_check(desc));
	*problem = (struct cln_problem){
		.n = desc->n,
		.c = desc->c,
		.s = cln_desc_spatial(desc),
		.instances = desc->n * desc->c,
		.dtype = desc->dtype,
		.layout = desc->layout,
		.affine = desc->affine,
		.activation = desc->activation,
		.slope = desc->slope,
		.epsilon = desc->epsilon,
		.ops = desc->ops,
		.flags = desc->flags,
	};
	problem->elements = problem->instances * problem->s;
	problem->seen_instances = desc->flags & CLNORM_BATCH_INVARIANT ? desc->c : problem->instances;
	if (desc->affine == CLNORM_AFFINE_CHANNEL) {
		problem->params = desc->c;
	} else if (desc->affine == CLNORM_AFFINE_INSTANCE) {
		problem->params = problem->instances;
	}
done:
	return st;
}

size_t cln_problem_bytes(const struct cln_problem *problem)
{
	return problem->elements * cln_dtype_facts(problem->dtype)->bytes;
}

size_t cln_problem_statistic_bytes(const struct cln_problem *problem)
{
	return cln_dtype_facts(cln_dtype_facts(problem->dtype)->statistics)->bytes;
}
