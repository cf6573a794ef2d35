/* buffer.c: the user's views as elements of buffers: large enough, of this context, not overlapping.
 * SPDX-License-Identifier: Apache-2.0 */
#include "opencl/buffer.h"

#include <stdint.h>

clnorm_status cln_buffer_create(cl_context cl, size_t bytes, const void *values, const char *what, cl_mem *out)
{
	cl_int err = CL_SUCCESS;
	cl_mem_flags flags = CL_MEM_READ_WRITE | (values ? CL_MEM_COPY_HOST_PTR : 0);
	cl_mem mem = clCreateBuffer(cl, flags, bytes, (void *)values, &err);
	if (err == CL_INVALID_BUFFER_SIZE) {
		err = CL_MEM_OBJECT_ALLOCATION_FAILURE; /* more than the device gives in one piece */
	}
	clnorm_status st = cln_cl(err, "clCreateBuffer");
	if (st == CLNORM_OUT_OF_DEVICE_MEMORY) {
		return cln_fail(st, "the device refused %zu bytes for %s (%s)", bytes, what, clnorm_opencl_name(err));
	}
	if (st == CLNORM_OK) {
		*out = mem;
	}
	return st;
}

/* Facts of a memory object; CLNORM_BAD_BUFFER where it is none. */
struct memory {
	cl_mem_object_type type;
	cl_mem_flags flags;
	cl_context context;
	size_t bytes, offset;
	cl_mem parent;
};

static clnorm_status memory_query(cl_mem mem, const char *name, struct memory *out)
{
	struct memory m = {0};
	const struct {
		cl_mem_info key;
		size_t bytes;
		void *out;
	} rows[] = {
		{CL_MEM_TYPE, sizeof(m.type), &m.type},
		{CL_MEM_FLAGS, sizeof(m.flags), &m.flags},
		{CL_MEM_CONTEXT, sizeof(m.context), &m.context},
		{CL_MEM_SIZE, sizeof(m.bytes), &m.bytes},
		{CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(cl_mem), &m.parent},
		{CL_MEM_OFFSET, sizeof(m.offset), &m.offset},
	};
	/* A whole buffer begins at 0: a call makes a few queries for each operand, and some drivers lock for each. */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
		if (rows[i].key == CL_MEM_OFFSET && !m.parent) {
			continue;
		}
		cl_int err = clGetMemObjectInfo(mem, rows[i].key, rows[i].bytes, rows[i].out, NULL);
		if (err != CL_SUCCESS) {
			clnorm_status st = err == CL_INVALID_MEM_OBJECT ? CLNORM_BAD_BUFFER : cln_cl_status(err);
			return cln_fail(st, "%s: clGetMemObjectInfo: %s (%d)", name, clnorm_opencl_name(err), (int)err);
		}
	}
	*out = m;
	return CLNORM_OK;
}

clnorm_status cln_range_init(struct cln_range *range, const char *name, clnorm_view view, size_t count,
                             size_t element_bytes, cl_context context)
{
	const struct cln_axes axes = {1, {{count, 1}}};
	return cln_range_init_axes(range, name, view, &axes, element_bytes, context);
}

clnorm_status cln_range_init_axes(struct cln_range *range, const char *name, clnorm_view view,
                                  const struct cln_axes *axes, size_t element_bytes, cl_context context)
{
	clnorm_status st = CLNORM_OK;
	struct memory m = {0};
	size_t count = cln_axes_span(axes);

	*range = (struct cln_range){.name = name};
	if (!view.mem) {
		return CLNORM_OK;
	}
	CLN_TRY(memory_query(view.mem, name, &m));
	if (m.type != CL_MEM_OBJECT_BUFFER) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "%s is not a buffer", name));
	}
	if (m.context != context) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "%s is a buffer of another OpenCL context", name));
	}
	if (view.offset > m.bytes / element_bytes || count > m.bytes / element_bytes - view.offset) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER,
		                 "%s needs %zu elements of %zu bytes from element %zu on; its buffer has %zu bytes",
		                 name, count, element_bytes, view.offset, m.bytes));
	}
	range->flags = m.flags;
	range->root = m.parent ? m.parent : view.mem;
	range->elements =
		(struct cln_elements){(m.parent ? m.offset : 0) + view.offset * element_bytes, *axes, element_bytes};
done:
	return st;
}

static bool may_be_in_place(const struct cln_range *a, const struct cln_range *b)
{
	return b->may_share && !b->written && a->may_share && a->elements.from == b->elements.from;
}

static size_t stride_of(const struct cln_range *range, unsigned axis)
{
	return range->elements.axes.axes[axis].step;
}

/* Two tensors begin at one element and go on apart. */
static clnorm_status fail_in_place(const struct cln_range *a, const struct cln_range *b)
{
	return cln_fail(CLNORM_BAD_OVERLAP,
	                "%s is in the place of %s, but its strides are %zu and %zu elements, not %zu and %zu", a->name,
	                b->name, stride_of(a, 0), stride_of(a, 1), stride_of(b, 0), stride_of(b, 1));
}

/* Two ranges of one buffer, the first of which is written. */
static clnorm_status pair_check(const struct cln_range *a, const struct cln_range *b)
{
	size_t at = 0;
	enum cln_overlap overlap = cln_elements_overlap(&a->elements, &b->elements, &at);
	if (overlap == CLN_APART || (may_be_in_place(a, b) && cln_elements_are_same(&a->elements, &b->elements))) {
		return CLNORM_OK;
	}
	if (may_be_in_place(a, b)) {
		return fail_in_place(a, b);
	}
	if (overlap == CLN_UNDECIDED) {
		return cln_fail(CLNORM_BAD_OVERLAP,
		                "%s (bytes %zu to %zu of its buffer) reaches into %s (bytes %zu to %zu); whether they "
		                "have elements in common is known only where their strides are equal",
		                a->name, a->elements.from, cln_elements_end(&a->elements), b->name, b->elements.from,
		                cln_elements_end(&b->elements));
	}
	return cln_fail(CLNORM_BAD_OVERLAP,
	                "%s (bytes %zu to %zu of its buffer) overlaps %s (bytes %zu to %zu) at byte %zu", a->name,
	                a->elements.from, cln_elements_end(&a->elements), b->name, b->elements.from,
	                cln_elements_end(&b->elements), at);
}

/* Kernels may not write what the host has promised that they only read, nor the other way about: OpenCL leaves open
 * what comes of it. */
static clnorm_status flags_check(const struct cln_range *range)
{
	if (range->written && (range->flags & CL_MEM_READ_ONLY)) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is written to; its buffer is CL_MEM_READ_ONLY", range->name);
	}
	if ((!range->written || range->read_again) && (range->flags & CL_MEM_WRITE_ONLY)) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is read; its buffer is CL_MEM_WRITE_ONLY", range->name);
	}
	return CLNORM_OK;
}

clnorm_status cln_range_check_host(const struct cln_range *range)
{
	cl_mem_flags allowed = range->written ? CL_MEM_HOST_WRITE_ONLY : CL_MEM_HOST_READ_ONLY;
	cl_mem_flags given = range->flags & (CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS);
	if (given && given != allowed) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is %s by the host; its buffer is %s", range->name,
		                range->written ? "written" : "read",
		                given & CL_MEM_HOST_NO_ACCESS ? "CL_MEM_HOST_NO_ACCESS"
		                : range->written              ? "CL_MEM_HOST_READ_ONLY"
		                                              : "CL_MEM_HOST_WRITE_ONLY");
	}
	return CLNORM_OK;
}

clnorm_status cln_ranges_check_overlap(const struct cln_range *ranges, size_t count)
{
	clnorm_status st = CLNORM_OK;
	for (size_t i = 0; i < count; ++i) {
		for (size_t k = 0; ranges[i].written && k < count; ++k) {
			if (k != i && ranges[i].root && ranges[i].root == ranges[k].root) {
				CLN_TRY(pair_check(&ranges[i], &ranges[k]));
			}
		}
	}
done:
	return st;
}

clnorm_status cln_ranges_check(const struct cln_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; ++i) {
		clnorm_status st = flags_check(&ranges[i]);
		if (st != CLNORM_OK) {
			return st;
		}
	}
	return cln_ranges_check_overlap(ranges, count);
}
