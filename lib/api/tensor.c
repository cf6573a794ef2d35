/* tensor.c: a device buffer that knows its dtype and shape.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "base/types.h"
#include "device/context.h"
#include "opencl/buffer.h"
#include "opencl/queue.h"

#define MOST_DIMS 8

struct clnorm_tensor {
	clnorm_context *ctx; /* borrowed */
	cl_mem mem;          /* of one element at least: OpenCL has no empty buffers */
	clnorm_dtype dtype;
	unsigned rank;
	size_t dims[MOST_DIMS];
	size_t count;
};

static clnorm_status count_elements(clnorm_dtype dtype, unsigned rank, const size_t *dims, size_t *count)
{
	size_t bytes = cln_dtype_facts(dtype)->bytes;
	size_t total = 1;
	bool empty = false;

	if (rank < 1 || rank > MOST_DIMS) {
		return cln_fail(CLNORM_BAD_SHAPE, "a tensor has rank 1 to %d, not %u", MOST_DIMS, rank);
	}
	for (unsigned i = 0; i < rank; ++i) {
		empty = empty || dims[i] == 0;
	}
	for (unsigned i = 0; i < rank && !empty; ++i) {
		if (dims[i] > SIZE_MAX / bytes / total) {
			return cln_fail(CLNORM_BAD_SHAPE, "the tensor's bytes pass size_t at axis %u of %zu elements",
			                i, dims[i]);
		}
		total *= dims[i];
	}
	*count = empty ? 0 : total;
	return CLNORM_OK;
}

/* NVIDIA's driver makes a buffer of a million gigabytes, and fails when it is used. */
static clnorm_status check_room(const clnorm_context *ctx, size_t bytes)
{
	unsigned long long room = ctx->info.global_bytes;
	if (room > 0 && bytes > room) {
		return cln_fail(CLNORM_OUT_OF_DEVICE_MEMORY, "a tensor needs %zu bytes; the device has %llu", bytes,
		                room);
	}
	return CLNORM_OK;
}

clnorm_status clnorm_tensor_create(clnorm_context *ctx, clnorm_dtype dtype, unsigned rank, const size_t *dims,
                                   clnorm_tensor **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_tensor *tensor = NULL;
	size_t count = 0, bytes;

	if (!ctx || !dims || !out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tensor_create: %s is NULL",
		                !ctx    ? "the context"
		                : !dims ? "dims"
		                        : "out");
	}
	if (!cln_dtype_facts(dtype)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "there is no dtype %d", (int)dtype);
	}
	CLN_TRY(count_elements(dtype, rank, dims, &count));
	tensor = calloc(1, sizeof(*tensor));
	if (!tensor) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a tensor");
	}
	*tensor = (clnorm_tensor){.ctx = ctx, .dtype = dtype, .rank = rank, .count = count};
	for (unsigned i = 0; i < rank; ++i) {
		tensor->dims[i] = dims[i];
	}
	bytes = clnorm_tensor_bytes(tensor);
	CLN_TRY(check_room(ctx, bytes));
	CLN_TRY(cln_buffer_create(ctx->cl, bytes > 0 ? bytes : 8, NULL, "a tensor", &tensor->mem));
	*out = tensor;
	tensor = NULL;
done:
	clnorm_tensor_destroy(tensor);
	return st;
}

void clnorm_tensor_destroy(clnorm_tensor *tensor)
{
	if (tensor && tensor->mem) {
		clReleaseMemObject(tensor->mem);
	}
	free(tensor);
}

static clnorm_status transfer_check(const clnorm_tensor *tensor, cl_command_queue queue, const void *host,
                                    const char *function)
{
	if (!tensor || (!host && tensor->count > 0)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: %s is NULL", function, tensor ? "host" : "the tensor");
	}
	return cln_queue_check(queue, tensor->ctx->cl, NULL);
}

clnorm_status clnorm_tensor_upload(clnorm_tensor *tensor, cl_command_queue queue, const void *host)
{
	clnorm_status st = CLNORM_OK;
	cl_event copied = NULL;

	CLN_TRY(transfer_check(tensor, queue, host, "clnorm_tensor_upload"));
	if (tensor->count > 0) {
		CLN_TRY(cln_cl(clEnqueueWriteBuffer(queue, tensor->mem, CL_TRUE, 0, clnorm_tensor_bytes(tensor), host,
		                                    0, NULL, &copied),
		               "clEnqueueWriteBuffer"));
		/* A blocking write promises that the host's memory is free again, not that the data has arrived. */
		CLN_TRY(cln_cl(clWaitForEvents(1, &copied), "clWaitForEvents"));
	}
done:
	if (copied) {
		clReleaseEvent(copied);
	}
	return st;
}

clnorm_status clnorm_tensor_download(const clnorm_tensor *tensor, cl_command_queue queue, void *host)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(transfer_check(tensor, queue, host, "clnorm_tensor_download"));
	if (tensor->count > 0) {
		CLN_TRY(cln_cl(clEnqueueReadBuffer(queue, tensor->mem, CL_TRUE, 0, clnorm_tensor_bytes(tensor), host, 0,
		                                   NULL, NULL),
		               "clEnqueueReadBuffer"));
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

clnorm_status clnorm_tensor_fill(clnorm_tensor *tensor, cl_command_queue queue, double value)
{
	clnorm_status st = CLNORM_OK;
	double pattern = 0; /* room for one element of any dtype */

	if (!tensor) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tensor_fill: the tensor is NULL");
	}
	CLN_TRY(cln_queue_check(queue, tensor->ctx->cl, NULL));
	if (tensor->count > 0) {
		CLN_TRY(clnorm_convert(CLNORM_F64, &value, tensor->dtype, &pattern, 1));
		CLN_TRY(cln_cl(clEnqueueFillBuffer(queue, tensor->mem, &pattern, cln_dtype_facts(tensor->dtype)->bytes,
		                                   0, clnorm_tensor_bytes(tensor), 0, NULL, NULL),
		               "clEnqueueFillBuffer"));
	}
done:
	return st;
}

clnorm_view clnorm_tensor_view(const clnorm_tensor *tensor)
{
	return (clnorm_view){tensor ? tensor->mem : NULL, 0};
}

clnorm_dtype clnorm_tensor_dtype(const clnorm_tensor *tensor)
{
	return tensor ? tensor->dtype : CLNORM_F32;
}

unsigned clnorm_tensor_rank(const clnorm_tensor *tensor)
{
	return tensor ? tensor->rank : 0;
}

size_t clnorm_tensor_dim(const clnorm_tensor *tensor, unsigned axis)
{
	return tensor && axis < tensor->rank ? tensor->dims[axis] : 1;
}

size_t clnorm_tensor_count(const clnorm_tensor *tensor)
{
	return tensor ? tensor->count : 0;
}

size_t clnorm_tensor_bytes(const clnorm_tensor *tensor)
{
	return tensor ? tensor->count * cln_dtype_facts(tensor->dtype)->bytes : 0;
}
