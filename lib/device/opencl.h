/* opencl.h: the one door to OpenCL in lib/; cl_int to name and status.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_OPENCL_H
#define CLN_OPENCL_H

#include <clnorm/clnorm.h>

#include "base/status.h"

/* "CL_INVALID_VALUE"; "an unknown code" for what is none. */
const char *cln_cl_name(cl_int code);

/* The status of an OpenCL result; on a failure sets the message "CALL: NAME (CODE)". */
CLN_CHECKED clnorm_status cln_cl(cl_int code, const char *call);

/* Two commands that would overlap on one queue need an event between them only where it is out of order. */
CLN_CHECKED clnorm_status cln_queue_is_ordered(cl_command_queue queue, bool *ordered);

/* CLNORM_BAD_ARGUMENT where the queue is NULL, of another context or for another device; device NULL: any. Not every
 * driver answers a launch on another device with an error: PoCL 3.1 aborts. */
CLN_CHECKED clnorm_status cln_queue_check(cl_command_queue queue, cl_context context, cl_device_id device);

#endif
