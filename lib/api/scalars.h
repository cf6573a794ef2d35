/* scalars.h: what a launch is told by value.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SCALARS_H
#define CLN_SCALARS_H

#include "api/plans.h"

/* A double as scalars travel. */
struct cln_scalar cln_scalar_of(double value);

/* The scalars that no call changes. */
struct cln_arguments cln_plan_scalars(const struct clnorm_plan *plan, const struct cln_choice *choice);

#endif
