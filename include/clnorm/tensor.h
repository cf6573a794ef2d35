/* clnorm/tensor.h: a device buffer with a shape; clnorm.h includes it, and users include that alone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLNORM_TENSOR_H
#define CLNORM_TENSOR_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A device buffer that knows its dtype, shape and strides. */
typedef struct clnorm_tensor clnorm_tensor;

/* Allocates an uninitialized, packed tensor of dims[0..rank-1], rank 1 to 8; zero sizes are allowed.
 * CLNORM_BAD_ARGUMENT; CLNORM_BAD_SHAPE: rank, byte count past size_t; CLNORM_OUT_OF_MEMORY;
 * CLNORM_OUT_OF_DEVICE_MEMORY: bytes named. */
CLNORM_CHECKED clnorm_status clnorm_tensor_create(clnorm_context *ctx, clnorm_dtype dtype, unsigned rank,
                                                  const size_t *dims, clnorm_tensor **out);
/* A tensor over a buffer of the caller's, from element view.offset on. Nothing is copied; the buffer is retained until
 * destroy. strides[0..rank-1]: elements from one to the next along each axis; NULL: packed. Channels 32 to 63 of a
 * packed buffer (N, 128, H, W) are (N, 32, H, W) with strides (128*H*W, H*W, W, 1) from element 32*H*W on. A layer
 * takes what clnorm_strides can say.
 * CLNORM_BAD_ARGUMENT: NULL, dtype; CLNORM_BAD_SHAPE: rank, byte count past size_t, strides by which elements coincide
 * or lie between one another's (0 or negative ones among them); CLNORM_BAD_BUFFER: no buffer, one of another context,
 * or too small for shape, strides and offset; CLNORM_OUT_OF_MEMORY; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_tensor_wrap(clnorm_context *ctx, clnorm_dtype dtype, unsigned rank,
                                                const size_t *dims, clnorm_view view, const size_t *strides,
                                                clnorm_tensor **out);
/* Releases the tensor, and its hold on the buffer; NULL is fine. */
void clnorm_tensor_destroy(clnorm_tensor *tensor);

/* Host data of the tensor's dtype and packed shape, all of it; both WAIT until the copy is done. A tensor with gaps is
 * copied rectangle by rectangle (clEnqueueWriteBufferRect), what lies in the gaps stays.
 * CLNORM_BAD_ARGUMENT: NULL; CLNORM_BAD_BUFFER: a wrapped buffer that the host may not write to, or read
 * (CL_MEM_HOST_NO_ACCESS and its like); CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_tensor_upload(clnorm_tensor *tensor, cl_command_queue queue, const void *host);
CLNORM_CHECKED clnorm_status clnorm_tensor_download(const clnorm_tensor *tensor, cl_command_queue queue, void *host);
/* The same from and to host data of another dtype, converted on the host. CLNORM_OUT_OF_MEMORY too. */
CLNORM_CHECKED clnorm_status clnorm_tensor_upload_from(clnorm_tensor *tensor, cl_command_queue queue,
                                                       clnorm_dtype host_dtype, const void *host);
CLNORM_CHECKED clnorm_status clnorm_tensor_download_to(const clnorm_tensor *tensor, cl_command_queue queue,
                                                       clnorm_dtype host_dtype, void *host);
/* Enqueues: every element becomes value, rounded to the dtype; with gaps one command for each row of neighbouring
 * elements. Returns when queued. CLNORM_BAD_ARGUMENT: a NULL tensor, or a queue that is NULL or of another context;
 * CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_tensor_fill(clnorm_tensor *tensor, cl_command_queue queue, double value);

/* {the buffer, element 0's place in it}; an empty view for NULL, so that an absent tensor is an absent argument. */
clnorm_view clnorm_tensor_view(const clnorm_tensor *tensor);
clnorm_dtype clnorm_tensor_dtype(const clnorm_tensor *tensor);
unsigned clnorm_tensor_rank(const clnorm_tensor *tensor);
size_t clnorm_tensor_dim(const clnorm_tensor *tensor, unsigned axis); /* 1 past the rank */
/* Elements from one to the next along the axis; 1 past the rank. */
size_t clnorm_tensor_stride(const clnorm_tensor *tensor, unsigned axis);
/* Elements, and their bytes without the gaps. */
size_t clnorm_tensor_count(const clnorm_tensor *tensor);
size_t clnorm_tensor_bytes(const clnorm_tensor *tensor);

#ifdef __cplusplus
}
#endif
#endif
