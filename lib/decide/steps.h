/* steps.h: how many steps of loops a work-item makes, for devices that end loops by themselves.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_STEPS_H
#define CLN_STEPS_H

#include "decide/variants.h"

/* The longest chunk of the families rows, scan and tiles; SIZE_MAX where the device has no limit. */
size_t cln_steps_rows(const struct cln_caps *caps, unsigned vector);
size_t cln_steps_scan(const struct cln_caps *caps, const struct cln_problem *problem, const struct cln_geometry *g);
size_t cln_steps_tiles(const struct cln_caps *caps, size_t rows);

/* Shares the work out to more units where a unit would make too many steps. NULL, or why that is not enough. */
const char *cln_steps_fit(const struct cln_variant *variant, const struct cln_problem *problem,
                          const struct cln_caps *caps, struct cln_geometry *g);

#endif
