/* problem.h: the canonical question: a validated description, reduced to what decisions and kernels look at.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PROBLEM_H
#define CLN_PROBLEM_H

#include "base/types.h"

struct cln_problem {
	size_t n, c, s;        /* batch, channels, spatial elements of an instance */
	size_t instances;      /* n*c */
	size_t elements;       /* n*c*s */
	size_t params;         /* length of gamma and beta: c, n*c, or 0 without */
	size_t seen_instances; /* the instance count that a choice of arithmetic may look at: c alone when
	                          batch-invariant */
	clnorm_dtype dtype;
	clnorm_layout layout;
	clnorm_affine affine;
	clnorm_activation activation;
	double slope, epsilon;
	unsigned ops, flags;
};

/* Statuses of clnorm_plan_create() for a description. */
CLN_CHECKED clnorm_status cln_problem_init(struct cln_problem *problem, const clnorm_desc *desc);

/* Bytes of x; of one number of the statistics. */
size_t cln_problem_bytes(const struct cln_problem *problem);
size_t cln_problem_statistic_bytes(const struct cln_problem *problem);

#endif
