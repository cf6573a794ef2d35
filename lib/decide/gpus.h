/* gpus.h: what GPUs do not report, or report of something else: known by vendor and name, from public documents.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_GPUS_H
#define CLN_GPUS_H

#include <stddef.h>

struct cln_gpu_facts {
	const char *vendor;    /* a part of CL_DEVICE_VENDOR */
	const char *name;      /* a part of CL_DEVICE_NAME */
	unsigned units_a_core; /* reported compute units that share local memory: work-groups live on a core of them */
	size_t last_bytes;     /* last-level cache; 0: as reported */
	double gbytes_s;       /* copy speed of memory, 1e9 bytes a second; 0: 20 a core */
};

/* The first row whose parts occur in both texts; the last row fits all, so never NULL. */
const struct cln_gpu_facts *cln_gpu_facts_find(const char *vendor, const char *name);

#endif
