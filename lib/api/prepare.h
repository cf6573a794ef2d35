/* prepare.h: kernels run over nothing, to see whether they run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PREPARE_H
#define CLN_PREPARE_H

#include "api/plans.h"

/* Whether the kernels run, over nothing, on a queue of its own; WAITS. Costs about a millisecond. */
bool cln_plan_tries(const struct clnorm_plan *plan, const struct cln_launch *launch);

#endif
