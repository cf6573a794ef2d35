/* opencl.h: the one door to OpenCL in lib/; cl_int to name and status.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_OPENCL_H
#define CLN_OPENCL_H

#include <clnorm/clnorm.h>

#include "base/status.h"

/* What a call that returned this comes to: memory that host or device refused, a compiler that is not there;
 * CLNORM_OPENCL_ERROR for the rest. Never a refusal (CLNORM_BAD_...): something may have been done before the call. */
clnorm_status cln_cl_status(cl_int code);

/* The status of an OpenCL result; on a failure sets the message "CALL: NAME (CODE)". */
CLN_CHECKED clnorm_status cln_cl(cl_int code, const char *call);

#endif
