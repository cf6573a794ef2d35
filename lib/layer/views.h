/* views.h: the layer floor's own look at views and queues: sizes, contexts, overlaps, order between commands.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_VIEWS_H
#define CLN_VIEWS_H

#include <clnorm/clnorm.h>

#include "base/status.h"

/* A place that a call reads or writes. Elements are floats. */
struct cln_place {
	const char *name; /* "weights" */
	clnorm_view view;
	size_t count; /* elements from the view's offset on */
	bool written;
	bool optional; /* may be absent */
};

/* CLNORM_BAD_BUFFER: missing, not a buffer, of another context, too small; CLNORM_BAD_OVERLAP: a written place shares
 * bytes with another one. The text has the names and numbers. */
CLN_CHECKED clnorm_status cln_places_check(const struct cln_place *places, size_t count, cl_context context);

/* CLNORM_OK, or CLNORM_OUT_OF_MEMORY, CLNORM_OUT_OF_DEVICE_MEMORY, CLNORM_OPENCL_ERROR with call and code in the text.
 */
CLN_CHECKED clnorm_status cln_call_check(cl_int code, const char *call);

/* The commands of one call, in order whatever the queue is. */
struct cln_sequence {
	cl_command_queue queue;
	bool ordered; /* the queue keeps the order by itself */
};

/* Begins after the wait list, and on an out-of-order queue after everything before. CLNORM_BAD_ARGUMENT: the queue is
 * NULL or of another context, a wait list that does not fit its count; CLNORM_OPENCL_ERROR. */
CLN_CHECKED clnorm_status cln_sequence_init(struct cln_sequence *sequence, cl_command_queue queue, cl_context context,
                                            cl_uint n_wait, const cl_event *wait);
/* Between two commands of which the second needs the first. */
CLN_CHECKED clnorm_status cln_sequence_step(const struct cln_sequence *sequence);
/* *event (event may be NULL) completes with all commands so far. */
CLN_CHECKED clnorm_status cln_sequence_end(const struct cln_sequence *sequence, cl_event *event);

#endif
