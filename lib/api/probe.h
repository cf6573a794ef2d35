/* probe.h: the programs of a driver that nobody vouches for, tried once on a problem whose answer is known.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_API_PROBE_H
#define CLN_API_PROBE_H

#include "api/plans.h"

/* Whether an answer's program, with kernels for the plan's problem, computes rightly, where the context wants to know;
 * WAITS, unless it is known already. CLNORM_UNSUPPORTED: it does not, the text says what came out wrong;
 * CLNORM_OUT_OF_MEMORY; CLNORM_OUT_OF_DEVICE_MEMORY; CLNORM_OPENCL_ERROR. */
CLN_CHECKED clnorm_status cln_answer_probe(const struct clnorm_plan *plan, struct cln_answer *answer);

#endif
