/* steps.h: how many steps of loops a work-item makes, for devices that end loops by themselves.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_STEPS_H
#define CLN_STEPS_H

#include "decide/variants.h"

/* The longest chunk of the families rows and pixels; SIZE_MAX where the device has no limit. */
size_t cln_steps_rows(const struct cln_caps *caps, unsigned vector);
size_t cln_steps_pixels(const struct cln_caps *caps);

/* Shares the work out to more units where a unit would make too many steps. NULL, or why that is not enough. */
const char *cln_steps_fit(const struct cln_variant *variant, const struct cln_problem *problem,
                          const struct cln_caps *caps, struct cln_geometry *g);

#endif
