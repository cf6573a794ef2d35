/* probe.h: the smallest problem that a choice's very program can be tried on, and the launch for it; pure.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PROBE_H
#define CLN_PROBE_H

#include "decide/plan.h"

/* A choice of the same compiler options as the one that is to be tried, for a problem of a few thousand elements. It
 * depends on the options alone: of plans that share a program, each has the same probe. */
struct cln_probe {
	clnorm_desc desc;
	struct cln_problem problem;
	struct cln_choice choice;
};

/* For a choice of a problem that is not empty. Statuses of cln_problem_init(). */
CLN_CHECKED clnorm_status cln_probe_init(struct cln_probe *probe, const struct cln_choice *choice,
                                         const struct cln_problem *problem);

#endif
