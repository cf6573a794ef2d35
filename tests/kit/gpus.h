/* gpus.h: GPUs that no test runs on: what their drivers report, for the planner; and what their vendors' compilers
 * need. SPDX-License-Identifier: Apache-2.0 */
#ifndef GPUS_H
#define GPUS_H

#include "decide/caps.h"

struct gpu {
	const char *name;           /* in tables and messages */
	const char *vendor, *model; /* CL_DEVICE_VENDOR, CL_DEVICE_NAME */
	const char *target;         /* what its compiler calls it */
	bool fp64;
	unsigned compute_units, max_group;
	size_t local_bytes, cache_bytes, global_bytes; /* as clGetDeviceInfo() says */
};

#define GPU_COUNT 8
extern const struct gpu gpus[GPU_COUNT];

/* The facts that the library makes of what the driver reports. */
struct cln_caps gpu_caps(const struct gpu *gpu);

#endif
