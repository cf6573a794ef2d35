/* buffer.h: the user's views as elements of buffers: large enough, of this context, not overlapping.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_BUFFER_H
#define CLN_BUFFER_H

#include "base/overlap.h"
#include "opencl/opencl.h"

/* Allocates a device buffer and copies `bytes` of values into it, where they are not NULL; the message of a refusal
 * names the bytes. */
CLN_CHECKED clnorm_status cln_buffer_create(cl_context cl, size_t bytes, const void *values, const char *what,
                                            cl_mem *out);

/* A place that a call reads or writes, for the checks. */
struct cln_range {
	const char *name;             /* "gamma" */
	cl_mem root;                  /* the buffer, or the one a sub-buffer is of; NULL: absent */
	struct cln_elements elements; /* of the root */
	cl_mem_flags flags;
	bool written;
	bool read_again; /* an output that the call reads as well */
	bool may_share;  /* an output may lie exactly on this input: in place */
};

/* Describes a view of `count` elements; an absent view gives an absent range.
 * CLNORM_BAD_BUFFER: not a buffer, of another context, or too small for shape + offset; the text has the numbers. */
CLN_CHECKED clnorm_status cln_range_init(struct cln_range *range, const char *name, clnorm_view view, size_t count,
                                         size_t element_bytes, cl_context context);

/* The same of elements with gaps. */
CLN_CHECKED clnorm_status cln_range_init_axes(struct cln_range *range, const char *name, clnorm_view view,
                                              const struct cln_axes *axes, size_t element_bytes, cl_context context);

/* CLNORM_BAD_BUFFER where the host itself may not write to the buffer, or read it where it is not written. */
CLN_CHECKED clnorm_status cln_range_check_host(const struct cln_range *range);

/* CLNORM_BAD_OVERLAP where a written range shares elements with another, or it cannot be told (cln_elements_overlap()),
 * except in place: exactly, with equal strides. */
CLN_CHECKED clnorm_status cln_ranges_check_overlap(const struct cln_range *ranges, size_t count);

/* That, and CLNORM_BAD_BUFFER where kernels may not use a buffer so: it was made for the other direction alone. */
CLN_CHECKED clnorm_status cln_ranges_check(const struct cln_range *ranges, size_t count);

#endif
