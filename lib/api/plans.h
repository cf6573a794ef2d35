/* plans.h: what a plan holds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PLANS_H
#define CLN_PLANS_H

#include "device/context.h"
#include "device/enqueue.h"

/* The answer for one op. */
struct cln_answer {
	bool wanted;                 /* the description asked for this op */
	struct cln_program *program; /* of the launch's kernels; NULL for an empty tensor */
	struct cln_launch launch;
	struct cln_scratch scratch;
	struct cln_text explain; /* what clnorm_plan_explain() says */
};

enum cln_answer_index { CLN_ANSWER_FORWARD, CLN_ANSWER_APPLY, CLN_ANSWER_BACKWARD, CLN_ANSWERS };

struct clnorm_plan {
	clnorm_context *ctx; /* borrowed */
	struct cln_problem problem;
	struct cln_answer answers[CLN_ANSWERS];
	size_t workspace_bytes;
	cl_mem workspace; /* NULL with CLNORM_CALLER_WORKSPACE, or where none is needed */
};

#endif
