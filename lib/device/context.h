/* context.h: a retained cl_context and device, its facts, its programs and its tuning record.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CONTEXT_H
#define CLN_CONTEXT_H

#include "decide/tuning.h"
#include "device/device.h"
#include "device/programs.h"

struct clnorm_context {
	cl_context cl;
	cl_device_id device;
	cl_command_queue queue; /* NULL unless clnorm opened the context */
	clnorm_device_info info;
	struct cln_caps caps;
	bool probes; /* programs are tried on a known instance before they are used */
	struct cln_programs programs;
	pthread_mutex_t lock; /* guards what follows; held for looks at it alone */
	struct cln_tuning tuning;
	clnorm_tuning_info record; /* of the user's own record, when the context was made */
};

#endif
