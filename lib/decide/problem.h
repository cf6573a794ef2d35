/* problem.h: the canonical question: a validated description, reduced to what decisions and kernels look at.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PROBLEM_H
#define CLN_PROBLEM_H

#include "base/axes.h"
#include "base/types.h"

/* Elements from a sample to the next, and from a channel (channels last: a pixel) to the next. */
struct cln_stride {
	size_t sample, inner;
};

/* Bytes of a mask from a sample, a channel and an element of a run to the next; 0 where it is one for all. */
struct cln_mask {
	size_t sample, channel, element;
	size_t bytes;
};

struct cln_problem {
	size_t n, c, s;        /* batch, channels, spatial elements of a channel: the length of a run */
	size_t groups;         /* sets of a sample: each its own mean and rstd */
	size_t sets;           /* n*groups */
	size_t runs;           /* of a set, c/groups: each its own gamma and beta */
	size_t instances;      /* n*c, all runs */
	size_t elements;       /* n*c*s */
	size_t params;         /* length of gamma and beta: c, n*c, or 0 without */
	size_t seen_instances; /* the count of runs that a choice of arithmetic may look at: c alone when
	                          batch-invariant */
	struct cln_stride packed, x, residual, y, dy, dx;
	bool is_strided;       /* a tensor is not packed */
	clnorm_valid valid;
	clnorm_outside outside;
	struct cln_mask mask;  /* of CLNORM_VALID_MASK */
	size_t length_unit;    /* of CLNORM_VALID_LENGTHS: elements of a run that a length of 1 is */
	unsigned ddof;
	double min_std;
	clnorm_dtype dtype;
	clnorm_layout layout;  /* the order that kernels know: one of the two, with strides */
	clnorm_affine affine;
	clnorm_activation activation;
	double slope, epsilon;
	unsigned ops, flags;
};

/* Statuses of clnorm_plan_create() for a description. */
CLN_CHECKED clnorm_status cln_problem_init(struct cln_problem *problem, const clnorm_desc *desc);

/* Whether an operation looks at which elements are valid; with given statistics only what is outside tells. */
bool cln_problem_looks_at_valid(const struct cln_problem *problem, clnorm_op op);

/* Whether the statistics are not those of all elements over their count: ddof, a least deviation, sets without any. */
bool cln_problem_has_deviation(const struct cln_problem *problem);

/* Whether the runs of a set lie one behind the other in every tensor. */
bool cln_problem_has_whole_sets(const struct cln_problem *problem);

/* Samples, channels (pixels), and what lies together of each. */
struct cln_axes cln_problem_axes(const struct cln_problem *problem, const struct cln_stride *stride);

/* Bytes of x; of one number of the statistics. */
size_t cln_problem_bytes(const struct cln_problem *problem);
size_t cln_problem_statistic_bytes(const struct cln_problem *problem);

#endif
