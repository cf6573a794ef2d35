/* transfer.c: elements of a tensor from and to the host, and all of them one value.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "api/tensor.h"
#include "base/types.h"
#include "device/context.h"
#include "opencl/buffer.h"
#include "opencl/queue.h"

/* ---- Where the elements are ----------------------------------------------------------------------------------- */

/* A tensor as rectangles in its buffer: rows of neighbouring bytes, `pitch` bytes apart. On the host they lie one
 * behind the other. A packed tensor is one row. */
struct rectangles {
	size_t row, rows, pitch; /* bytes, how many, bytes */
	struct cln_axes outer;   /* of the rectangles, in bytes */
	size_t count;
};

/* The last axis that is no row gives the rows: OpenCL's third axis would have to be a multiple of the second. */
static struct rectangles rectangles_of(const clnorm_tensor *tensor)
{
	size_t bytes = cln_dtype_facts(tensor->dtype)->bytes;
	struct cln_axes axes = cln_axes_merge(&tensor->axes, 0, tensor->axes.rank);
	struct rectangles r = {.row = bytes, .rows = 1, .count = tensor->count > 0};

	if (axes.rank > 0 && axes.axes[axes.rank - 1].step == 1) {
		r.row *= axes.axes[--axes.rank].count;
	}
	r.pitch = r.row;
	if (axes.rank > 0) {
		const struct cln_axis rows = axes.axes[--axes.rank];
		r.rows = rows.count;
		r.pitch = rows.step * bytes;
	}
	for (unsigned i = 0; i < axes.rank; ++i) {
		axes.axes[i].step *= bytes;
		r.count *= axes.axes[i].count;
	}
	r.outer = axes;
	return r;
}

/* The byte of the buffer at which rectangle `i` begins. */
static size_t rectangle_at(const clnorm_tensor *tensor, const struct rectangles *r, size_t i)
{
	size_t at = tensor->offset * cln_dtype_facts(tensor->dtype)->bytes;
	for (unsigned k = r->outer.rank; k-- > 0;) {
		at += i % r->outer.axes[k].count * r->outer.axes[k].step;
		i /= r->outer.axes[k].count;
	}
	return at;
}

/* ---- To and from the host ------------------------------------------------------------------------------------- */

/* Of a buffer of the caller's the host may be kept from. */
static clnorm_status host_check(const clnorm_tensor *tensor, bool written)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range range;
	if (tensor->is_wrapped) {
		CLN_TRY(cln_range_init(&range, "the tensor", clnorm_tensor_view(tensor), cln_axes_span(&tensor->axes),
		                       cln_dtype_facts(tensor->dtype)->bytes, tensor->ctx->cl));
		range.written = written;
		CLN_TRY(cln_range_check_host(&range));
	}
done:
	return st;
}

static clnorm_status transfer_check(const clnorm_tensor *tensor, cl_command_queue queue, const void *host,
                                    const char *function)
{
	if (!tensor || (!host && tensor->count > 0)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: %s is NULL", function, tensor ? "host" : "the tensor");
	}
	return cln_queue_check(queue, tensor->ctx->cl, NULL);
}

static clnorm_status rectangle_upload(const clnorm_tensor *tensor, cl_command_queue queue, const struct rectangles *r,
                                      size_t i, const void *host)
{
	clnorm_status st = CLNORM_OK;
	const size_t from[] = {rectangle_at(tensor, r, i), 0, 0}, none[] = {0, 0, 0}, region[] = {r->row, r->rows, 1};
	cl_event copied = NULL;

	if (r->rows == 1) {
		CLN_TRY(cln_cl(
			clEnqueueWriteBuffer(queue, tensor->mem, CL_TRUE, from[0], r->row, host, 0, NULL, &copied),
			"clEnqueueWriteBuffer"));
	} else {
		CLN_TRY(cln_cl(clEnqueueWriteBufferRect(queue, tensor->mem, CL_TRUE, from, none, region, r->pitch, 0,
		                                        r->row, 0, host, 0, NULL, &copied),
		               "clEnqueueWriteBufferRect"));
	}
	/* A blocking write promises that the host's memory is free again, not that the data has arrived. */
	CLN_TRY(cln_cl(clWaitForEvents(1, &copied), "clWaitForEvents"));
done:
	if (copied) {
		clReleaseEvent(copied);
	}
	return st;
}

clnorm_status clnorm_tensor_upload(clnorm_tensor *tensor, cl_command_queue queue, const void *host)
{
	clnorm_status st = CLNORM_OK;

	CLN_TRY(transfer_check(tensor, queue, host, "clnorm_tensor_upload"));
	CLN_TRY(host_check(tensor, true));
	const struct rectangles r = rectangles_of(tensor);
	for (size_t i = 0; i < r.count; ++i) {
		CLN_TRY(rectangle_upload(tensor, queue, &r, i, (const char *)host + i * r.rows * r.row));
	}
done:
	return st;
}

static clnorm_status rectangle_download(const clnorm_tensor *tensor, cl_command_queue queue, const struct rectangles *r,
                                        size_t i, void *host)
{
	const size_t from[] = {rectangle_at(tensor, r, i), 0, 0}, none[] = {0, 0, 0}, region[] = {r->row, r->rows, 1};
	if (r->rows == 1) {
		return cln_cl(clEnqueueReadBuffer(queue, tensor->mem, CL_TRUE, from[0], r->row, host, 0, NULL, NULL),
		              "clEnqueueReadBuffer");
	}
	return cln_cl(clEnqueueReadBufferRect(queue, tensor->mem, CL_TRUE, from, none, region, r->pitch, 0, r->row, 0,
	                                      host, 0, NULL, NULL),
	              "clEnqueueReadBufferRect");
}

clnorm_status clnorm_tensor_download(const clnorm_tensor *tensor, cl_command_queue queue, void *host)
{
	clnorm_status st = CLNORM_OK;

	CLN_TRY(transfer_check(tensor, queue, host, "clnorm_tensor_download"));
	CLN_TRY(host_check(tensor, false));
	const struct rectangles r = rectangles_of(tensor);
	for (size_t i = 0; i < r.count; ++i) {
		CLN_TRY(rectangle_download(tensor, queue, &r, i, (char *)host + i * r.rows * r.row));
	}
done:
	return st;
}

/* Host memory for one tensor's worth of data in its own dtype. */
static clnorm_status staging_create(const clnorm_tensor *tensor, void **out)
{
	size_t bytes = clnorm_tensor_bytes(tensor);
	void *staging = malloc(bytes > 0 ? bytes : 1);
	if (!staging) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of converted elements", bytes);
	}
	*out = staging;
	return CLNORM_OK;
}

clnorm_status clnorm_tensor_upload_from(clnorm_tensor *tensor, cl_command_queue queue, clnorm_dtype host_dtype,
                                        const void *host)
{
	clnorm_status st = CLNORM_OK;
	void *staging = NULL;

	CLN_TRY(transfer_check(tensor, queue, host, "clnorm_tensor_upload_from"));
	if (host_dtype == tensor->dtype) {
		return clnorm_tensor_upload(tensor, queue, host);
	}
	CLN_TRY(staging_create(tensor, &staging));
	CLN_TRY(clnorm_convert(host_dtype, host, tensor->dtype, staging, tensor->count));
	CLN_TRY(clnorm_tensor_upload(tensor, queue, staging));
done:
	free(staging);
	return st;
}

clnorm_status clnorm_tensor_download_to(const clnorm_tensor *tensor, cl_command_queue queue, clnorm_dtype host_dtype,
                                        void *host)
{
	clnorm_status st = CLNORM_OK;
	void *staging = NULL;

	CLN_TRY(transfer_check(tensor, queue, host, "clnorm_tensor_download_to"));
	if (host_dtype == tensor->dtype) {
		return clnorm_tensor_download(tensor, queue, host);
	}
	CLN_TRY(staging_create(tensor, &staging));
	CLN_TRY(clnorm_tensor_download(tensor, queue, staging));
	CLN_TRY(clnorm_convert(tensor->dtype, staging, host_dtype, host, tensor->count));
done:
	free(staging);
	return st;
}

/* ---- One value ------------------------------------------------------------------------------------------------ */

/* OpenCL fills rows, not rectangles. */
static clnorm_status rectangle_fill(const clnorm_tensor *tensor, cl_command_queue queue, const struct rectangles *r,
                                    size_t i, const void *pattern)
{
	clnorm_status st = CLNORM_OK;
	size_t from = rectangle_at(tensor, r, i);
	for (size_t k = 0; k < r->rows; ++k) {
		CLN_TRY(cln_cl(clEnqueueFillBuffer(queue, tensor->mem, pattern, cln_dtype_facts(tensor->dtype)->bytes,
		                                   from + k * r->pitch, r->row, 0, NULL, NULL),
		               "clEnqueueFillBuffer"));
	}
done:
	return st;
}

clnorm_status clnorm_tensor_fill(clnorm_tensor *tensor, cl_command_queue queue, double value)
{
	clnorm_status st = CLNORM_OK;
	double pattern = 0; /* room for one element of any dtype */

	if (!tensor) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tensor_fill: the tensor is NULL");
	}
	CLN_TRY(cln_queue_check(queue, tensor->ctx->cl, NULL));
	CLN_TRY(clnorm_convert(CLNORM_F64, &value, tensor->dtype, &pattern, 1));
	const struct rectangles r = rectangles_of(tensor);
	for (size_t i = 0; i < r.count; ++i) {
		CLN_TRY(rectangle_fill(tensor, queue, &r, i, &pattern));
	}
done:
	return st;
}
