/* strides.h: where the elements of a description's tensors lie: strides said and unsaid, whether they make sense.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_STRIDES_H
#define CLN_STRIDES_H

#include "base/status.h"

/* Elements from a sample to the next, from a channel to the next, from a spatial element to the next: (n, c, s) is at
 * n*steps.n + c*steps.c + s*steps.s. */
struct cln_steps {
	size_t n, c, s;
};

/* Strides of one tensor of the description, as desc->strides.x: what is 0 becomes the packed one. */
clnorm_strides cln_desc_strides(const clnorm_desc *desc, clnorm_strides given);
struct cln_steps cln_desc_steps(const clnorm_desc *desc, clnorm_strides given);

/* Which (n, c, s) element i of a packed tensor is. */
struct cln_place {
	size_t n, c, s;
};
struct cln_place cln_desc_place(const clnorm_desc *desc, size_t i);

/* Whether the elements lie as in a packed tensor; strides that nothing is reached by do not count. */
bool cln_desc_is_packed(const clnorm_desc *desc, clnorm_strides given);

/* Elements from the first to the last, both counted: what a buffer needs past the offset; 0 of an empty tensor. */
size_t cln_desc_span(const clnorm_desc *desc, clnorm_strides given);

/* CLNORM_BAD_SHAPE, with the tensor's name and the numbers, where elements of one of the five tensors coincide, or its
 * span in bytes is past size_t. Of a description that is right otherwise. */
CLN_CHECKED clnorm_status cln_strides_check(const clnorm_desc *desc);

#endif
