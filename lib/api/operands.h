/* operands.h: the operands of one call: which buffer is what, and whether that can be.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_OPERANDS_H
#define CLN_OPERANDS_H

#include "api/plans.h"

/* One operand: its view, what it is to the kernels, and how it may be used. */
struct cln_operand {
	const char *name;
	enum cln_role role;
	clnorm_view view;
	struct cln_axes axes;
	size_t element_bytes;
	bool written;
	bool read_again; /* an output that the call reads as well */
	bool may_share;  /* an output may lie exactly on this input: in place */
};

/* Each role once, and the workspace. */
#define CLN_MOST_OPERANDS (CLN_ROLES + 1)

struct cln_operands {
	struct cln_operand rows[CLN_MOST_OPERANDS];
	size_t count; /* that were added; cln_operands_check() refuses more than there is room for */
};

/* Adds a tensor, which has strides of its own; an array of `count` numbers of the statistics type. */
void cln_operands_add_tensor(struct cln_operands *all, const struct cln_problem *problem, const char *name,
                             enum cln_role role, clnorm_view view, const struct cln_stride *stride, bool written);
void cln_operands_add_array(struct cln_operands *all, const struct cln_problem *problem, const char *name,
                            enum cln_role role, clnorm_view view, size_t count, bool written);

/* Adds the mask or the lengths that the plan's description says, as far as the operation looks at them.
 * CLNORM_BAD_ARGUMENT: what it does not say; CLNORM_BAD_BUFFER: missing. */
CLN_CHECKED clnorm_status cln_operands_add_valid(struct cln_operands *all, const struct cln_problem *problem,
                                                 clnorm_op op, clnorm_view mask, clnorm_view lengths);

/* What was added last is an output that the call may read as well. */
void cln_operands_read_again(struct cln_operands *all, bool read_again);

/* Adds running statistics of a call; where they take a step (`written`) they are outputs, both required.
 * CLNORM_BAD_ARGUMENT: the plan is without CLNORM_RUNNING_STATISTICS; CLNORM_BAD_BUFFER: one is missing. */
CLN_CHECKED clnorm_status cln_operands_add_running(struct cln_operands *all, const struct clnorm_plan *plan,
                                                   const clnorm_running *running, bool written);

/* Adds the scratch of this call, the plan's own or the caller's, and points the call's pieces into it.
 * CLNORM_BAD_ARGUMENT, CLNORM_BAD_BUFFER as clnorm_forward(). */
CLN_CHECKED clnorm_status cln_operands_add_workspace(struct cln_operands *all, const struct clnorm_plan *plan,
                                                     const struct cln_answer *answer, clnorm_view given,
                                                     struct cln_call *call);

/* Checks every operand against its buffer and the others, and puts it into the call. CLNORM_BAD_BUFFER,
 * CLNORM_BAD_OVERLAP; CLNORM_BAD_ARGUMENT: more of them than CLN_MOST_OPERANDS. */
CLN_CHECKED clnorm_status cln_operands_check(const struct cln_operands *all, const struct clnorm_plan *plan,
                                             struct cln_call *call);

/* What comes before any operand: the plan can do this, the wait list and the queue are in order. */
CLN_CHECKED clnorm_status cln_operands_check_call(const struct clnorm_plan *plan, const struct cln_answer *answer,
                                                  const char *function, cl_command_queue queue, struct cln_wait wait);

/* gamma and beta must be absent with CLNORM_AFFINE_NONE. */
CLN_CHECKED clnorm_status cln_operands_check_affine(const struct clnorm_plan *plan, clnorm_view gamma,
                                                    clnorm_view beta);

#endif
