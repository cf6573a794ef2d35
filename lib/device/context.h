/* context.h: a retained cl_context and device, its facts, and the table of programs built in it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CONTEXT_H
#define CLN_CONTEXT_H

#include <pthread.h>

#include "decide/tuning.h"
#include "device/device.h"

/* A program that plans of this context share. */
struct cln_program_entry {
	struct cln_program_entry *next;
	char *key;
	cl_program program;
};

struct clnorm_context {
	cl_context cl;
	cl_device_id device;
	cl_command_queue queue; /* NULL unless clnorm opened the context */
	clnorm_device_info info;
	struct cln_caps caps;
	pthread_mutex_t lock; /* guards what follows */
	struct cln_program_entry *programs;
	struct cln_tuning tuning;
	clnorm_tuning_info record; /* of the user's own record, when the context was made */
};

#endif
