/* tensor.c: a device buffer that knows its dtype, shape and strides.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/tensor.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/types.h"
#include "device/context.h"
#include "opencl/buffer.h"

static clnorm_status count_elements(clnorm_dtype dtype, unsigned rank, const size_t *dims, size_t *count)
{
	size_t bytes = cln_dtype_facts(dtype)->bytes;
	size_t total = 1;
	bool empty = false;

	if (rank < 1 || rank > CLN_MOST_AXES) {
		return cln_fail(CLNORM_BAD_SHAPE, "a tensor has rank 1 to %d, not %u", CLN_MOST_AXES, rank);
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

static clnorm_status arguments_check(const char *function, const clnorm_context *ctx, clnorm_dtype dtype,
                                     const size_t *dims, clnorm_tensor **out)
{
	if (!ctx || !dims || !out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: %s is NULL", function,
		                !ctx    ? "the context"
		                : !dims ? "dims"
		                        : "out");
	}
	if (!cln_dtype_facts(dtype)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "there is no dtype %d", (int)dtype);
	}
	return CLNORM_OK;
}

/* A packed tensor without its memory. */
static clnorm_status tensor_init(clnorm_context *ctx, clnorm_dtype dtype, unsigned rank, const size_t *dims,
                                 clnorm_tensor **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_tensor *tensor = NULL;
	size_t count = 0;

	CLN_TRY(count_elements(dtype, rank, dims, &count));
	tensor = calloc(1, sizeof(*tensor));
	if (!tensor) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a tensor");
	}
	*tensor = (clnorm_tensor){.ctx = ctx, .dtype = dtype, .axes.rank = rank, .count = count};
	for (unsigned i = 0; i < rank; ++i) {
		tensor->axes.axes[i].count = dims[i];
	}
	cln_axes_pack(&tensor->axes);
	*out = tensor;
done:
	return st;
}

clnorm_status clnorm_tensor_create(clnorm_context *ctx, clnorm_dtype dtype, unsigned rank, const size_t *dims,
                                   clnorm_tensor **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_tensor *tensor = NULL;
	size_t bytes;

	CLN_TRY(arguments_check("clnorm_tensor_create", ctx, dtype, dims, out));
	CLN_TRY(tensor_init(ctx, dtype, rank, dims, &tensor));
	bytes = clnorm_tensor_bytes(tensor);
	CLN_TRY(check_room(ctx, bytes));
	CLN_TRY(cln_buffer_create(ctx->cl, bytes > 0 ? bytes : 8, NULL, "a tensor", &tensor->mem));
	*out = tensor;
	tensor = NULL;
done:
	clnorm_tensor_destroy(tensor);
	return st;
}

clnorm_status clnorm_tensor_wrap(clnorm_context *ctx, clnorm_dtype dtype, unsigned rank, const size_t *dims,
                                 clnorm_view view, const size_t *strides, clnorm_tensor **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_tensor *tensor = NULL;
	size_t bytes;
	struct cln_range range;

	CLN_TRY(arguments_check("clnorm_tensor_wrap", ctx, dtype, dims, out));
	CLN_TRY(tensor_init(ctx, dtype, rank, dims, &tensor));
	for (unsigned i = 0; strides && i < rank; ++i) {
		tensor->axes.axes[i].step = strides[i];
	}
	bytes = cln_dtype_facts(dtype)->bytes;
	CLN_TRY(cln_axes_check(&tensor->axes, bytes));
	if (!view.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "clnorm_tensor_wrap: the buffer is missing"));
	}
	CLN_TRY(cln_range_init(&range, "the tensor", view, cln_axes_span(&tensor->axes), bytes, ctx->cl));
	CLN_TRY(cln_cl(clRetainMemObject(view.mem), "clRetainMemObject"));
	tensor->mem = view.mem;
	tensor->offset = view.offset;
	tensor->is_wrapped = true;
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

clnorm_view clnorm_tensor_view(const clnorm_tensor *tensor)
{
	return tensor ? (clnorm_view){tensor->mem, tensor->offset} : (clnorm_view){NULL, 0};
}

clnorm_dtype clnorm_tensor_dtype(const clnorm_tensor *tensor)
{
	return tensor ? tensor->dtype : CLNORM_F32;
}

unsigned clnorm_tensor_rank(const clnorm_tensor *tensor)
{
	return tensor ? tensor->axes.rank : 0;
}

size_t clnorm_tensor_dim(const clnorm_tensor *tensor, unsigned axis)
{
	return tensor && axis < tensor->axes.rank ? tensor->axes.axes[axis].count : 1;
}

size_t clnorm_tensor_stride(const clnorm_tensor *tensor, unsigned axis)
{
	return tensor && axis < tensor->axes.rank ? tensor->axes.axes[axis].step : 1;
}

size_t clnorm_tensor_count(const clnorm_tensor *tensor)
{
	return tensor ? tensor->count : 0;
}

size_t clnorm_tensor_bytes(const clnorm_tensor *tensor)
{
	return tensor ? tensor->count * cln_dtype_facts(tensor->dtype)->bytes : 0;
}
