/* tensor.h: what a tensor holds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_TENSOR_H
#define CLN_TENSOR_H

#include <clnorm/clnorm.h>

#include "base/axes.h"

struct clnorm_tensor {
	clnorm_context *ctx; /* borrowed */
	cl_mem mem;          /* of one element at least: OpenCL has no empty buffers */
	size_t offset;       /* of element 0 */
	clnorm_dtype dtype;
	struct cln_axes axes;
	size_t count;
	bool is_wrapped; /* the buffer is the caller's */
};

#endif
