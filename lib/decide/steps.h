/* steps.h: how many steps of loops a work-item makes, for devices that end loops by themselves.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_STEPS_H
#define CLN_STEPS_H

#include "decide/variants.h"

/* Steps of a vector that one work-item takes; of a group's share of one; of the ends of a row that fill no vector. */
#define CLN_STEPS_VECTOR 2
#define CLN_STEPS_SHARE 5
#define CLN_STEPS_ENDS 48

/* The longest chunk of which a work-item makes `steps` for so many elements; SIZE_MAX where the device has no limit. */
size_t cln_steps_longest(const struct cln_caps *caps, size_t steps, size_t elements);

/* Shares the work out to more units where a unit would make too many steps. NULL, or why that is not enough. */
const char *cln_steps_fit(const struct cln_variant *variant, const struct cln_problem *problem,
                          const struct cln_caps *caps, struct cln_geometry *g);

#endif
