/* invented_devices.h: devices that nobody has to own, and shapes, for tests of the planner.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_INVENTED_DEVICES_H
#define TESTS_INVENTED_DEVICES_H

#include "decide/caps.h"

struct invented {
	const char *name;
	struct cln_caps caps;
};

#define INVENTED_COUNT 10
extern const struct invented invented_devices[INVENTED_COUNT];

/* Batch, channels, elements of an instance; the last four are larger than any memory. */
#define PLAN_SHAPE_COUNT 22
extern const size_t plan_shapes[PLAN_SHAPE_COUNT][3];

#endif
