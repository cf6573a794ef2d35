/* clnorm/conditional.h: gamma and beta that depend on the sample: of a style vector by weights, or of a style tensor.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by clnorm.h. Both kinds give gamma and beta [N,C] for a plan with CLNORM_AFFINE_INSTANCE. */
#ifndef CLNORM_CONDITIONAL_H
#define CLNORM_CONDITIONAL_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Of style vectors, by a weight matrix ------------------------------------------------------------------- */

/* What conditional parameters are made of; all of it float, row-major and packed. Of styles [N,K], weights [2C,K] and
 * bias [2C], whose first C rows make gamma and whose last C rows make beta,
 *
 *     gamma[n,c] = one + bias[c]   + sum_k styles[n,k]*weights[c,k]
 *     beta[n,c]  =       bias[C+c] + sum_k styles[n,k]*weights[C+c,k]
 *
 * (conditional instance normalization: Dumoulin, Shlens, Kudlur 2017, arXiv:1610.07629, eq. 5, where a style is one of
 * K unit vectors; the affine maps of Karras, Laine, Aila 2019, arXiv:1812.04948, eq. 1.) A linear layer's weights of a
 * framework that stores [outputs, inputs] fit as they are, where its outputs are gamma, then beta. */
typedef struct clnorm_conditional_desc {
	size_t n;              /* samples; 0 is allowed: gradients of weights and bias are then sums over nothing */
	size_t c, k;           /* channels, length of a style; at least 1 */
	bool gamma_around_one; /* one is 1, so that zero weights and bias leave the normalized values as they are; else
	                          0 */
} clnorm_conditional_desc;

/* The products' scratch memory, and a vector of ones. */
typedef struct clnorm_conditional clnorm_conditional;

/* Allocates what the calls below need, so that they allocate nothing. The matrix products are CLBlast's, which keeps
 * sizes and offsets in an int: every matrix, and the offset it begins at, must stay below 2^31 elements. WAITS for one
 * small upload. The context must outlive the handle; one thread at a time uses it. CLNORM_NOT_BUILT: configured without
 * CLBlast; CLNORM_BAD_ARGUMENT: NULL; CLNORM_BAD_SHAPE: c or k is 0, or a matrix that is too large, numbers in the
 * text; CLNORM_OUT_OF_MEMORY; CLNORM_OUT_OF_DEVICE_MEMORY; CLNORM_OPENCL_ERROR; CLNORM_BLAS_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_conditional_create(clnorm_context *ctx, const clnorm_conditional_desc *desc,
                                                       clnorm_conditional **out);
/* Releases the handle; NULL is fine. Work already enqueued is not disturbed. CLBlast itself keeps its compiled kernels,
 * and through them the cl_context, until CLBlastClearCache(): one cache for the whole process, so that only a program
 * may clear it. Its version 1.7.0 also keeps 32 bytes of host memory of every product for ever, in 1.6.3 and before it
 * nothing. */
void clnorm_conditional_destroy(clnorm_conditional *conditional);

/* Runs every product of both calls below once, over zeros, and WAITS: CLBlast compiles at its first call in a context,
 * which takes seconds (about 10 with PoCL), and some drivers compile once more at the first launch of a kernel. Without
 * this the first real call pays. Allocates as much as all operands take, and frees it. Optional. Statuses of the calls.
 */
CLNORM_CHECKED clnorm_status clnorm_conditional_prepare(clnorm_conditional *conditional, cl_command_queue queue);

/* styles [N,K], weights [2C,K]; bias [2C], optional (0); gamma, beta [N,C], outputs. */
typedef struct clnorm_conditional_forward_args {
	clnorm_view styles, weights, bias;
	clnorm_view gamma, beta;
} clnorm_conditional_forward_args;

/* Enqueues gamma and beta by the formula above. Returns when queued, but for the first call in a context: see
 * clnorm_conditional_prepare(). The n_wait events are waited for on the device; *event (event may be NULL) completes
 * with the last command and is the caller's to release. In-order and out-of-order queues are both fine; two calls of
 * one handle may not run at once on two queues. n = 0: success, nothing written. Same device and sizes give the same
 * bits. Where OpenCL fails inside CLBlast, CLBlast prints a line to stderr, which clnorm cannot keep it from.
 * CLNORM_NOT_BUILT; CLNORM_BAD_ARGUMENT: NULL, a wait list that does not fit its count, a queue of another context
 * or for another device;
 * CLNORM_BAD_SHAPE: an offset that leads past 2^31 elements; CLNORM_BAD_BUFFER: missing, too small for shape + offset
 * (so also where C or K is not that of the handle), of another context, an output that is CL_MEM_READ_ONLY or an input
 * that is CL_MEM_WRITE_ONLY; CLNORM_BAD_OVERLAP: gamma or beta overlaps
 * anything; CLNORM_BLAS_ERROR: the text names routine and code; CLNORM_OUT_OF_DEVICE_MEMORY; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_conditional_forward(clnorm_conditional *conditional, cl_command_queue queue,
                                                        const clnorm_conditional_forward_args *args, cl_uint n_wait,
                                                        const cl_event *wait, cl_event *event);

/* styles, weights as in the forward pass; dgamma, dbeta [N,C], both required: what clnorm_backward() gives for a plan
 * with CLNORM_AFFINE_INSTANCE. dweights [2C,K], dbias [2C], dstyles [N,K], each an optional output; at least one.
 * styles are needed for dweights alone, weights for dstyles alone. accumulate: of dweights and dbias,
 * accumulate_styles: of dstyles, as several layers add to the gradient of one style; NULL = overwrite. */
typedef struct clnorm_conditional_backward_args {
	clnorm_view styles, weights, dgamma, dbeta;
	clnorm_view dweights, dbias, dstyles;
	const clnorm_accumulate *accumulate, *accumulate_styles;
} clnorm_conditional_backward_args;

/* Enqueues
 *
 *     dweights[c,k] = sum_n dgamma[n,c]*styles[n,k]      dweights[C+c,k] = sum_n dbeta[n,c]*styles[n,k]
 *     dbias[c]      = sum_n dgamma[n,c]                  dbias[C+c]      = sum_n dbeta[n,c]
 *     dstyles[n,k]  = sum_c dgamma[n,c]*weights[c,k] + dbeta[n,c]*weights[C+c,k]
 *
 * each as scale*new + momentum*old; with momentum 0 old is not read, so that even a NaN in it is overwritten. As
 * clnorm_conditional_forward() otherwise. CLNORM_BAD_ARGUMENT also: no output, scale or momentum not finite as a float.
 */
CLNORM_CHECKED clnorm_status clnorm_conditional_backward(clnorm_conditional *conditional, cl_command_queue queue,
                                                         const clnorm_conditional_backward_args *args, cl_uint n_wait,
                                                         const cl_event *wait, cl_event *event);

/* ---- Of a style tensor: AdaIN ------------------------------------------------------------------------------- */

/* A plan for the content, one for the statistics of the style, and the memory between them. Needs no CLBlast. */
typedef struct clnorm_adain clnorm_adain;

/* Adaptive instance normalization (Huang, Belongie 2017, arXiv:1703.06868, eq. 8): the content takes on the mean and
 * standard deviation (biased, no epsilon) that the style has in the same channel,
 *
 *     gamma[n,c] = sqrt(sum((s - mean)^2)/S)      beta[n,c] = mean      over the S elements of the style's instance
 * (n,c) y = act(gamma*(x - mean(x))*rstd(x) + beta + residual)
 *
 * content: x; its affine counts as CLNORM_AFFINE_INSTANCE and its ops as CLNORM_OP_FORWARD. style: its shape, dtype,
 * layout and flags count. C must agree; N of the style must be that of the content or 1, one style for all; spatial
 * sizes may differ. All cost is here. CLNORM_BAD_SHAPE: C or N do not agree, or the style has no elements where the
 * content has some; CLNORM_BAD_ARGUMENT also: one of the two is f64 and the other not, CLNORM_CALLER_WORKSPACE;
 * otherwise as clnorm_plan_create(). */
CLNORM_CHECKED clnorm_status clnorm_adain_create(clnorm_context *ctx, const clnorm_desc *content,
                                                 const clnorm_desc *style, clnorm_adain **out);
void clnorm_adain_destroy(clnorm_adain *adain);

/* clnorm_plan_prepare() for all kernels of the handle; WAITS. */
CLNORM_CHECKED clnorm_status clnorm_adain_prepare(clnorm_adain *adain, cl_command_queue queue);

/* x, style: as described at creation, style of its own dtype and layout; residual like x, optional; y like x, optional;
 * gamma, beta [N,C] of the statistics type, outputs, each optional. Without y only gamma and beta are made, and x is
 * not looked at. */
typedef struct clnorm_adain_args {
	clnorm_view x, style, residual;
	clnorm_view y, gamma, beta;
} clnorm_adain_args;

/* Enqueues the statistics of the style, gamma and beta of them, and the content's forward pass: no value comes to the
 * host in between. As clnorm_forward() otherwise; y may be x, exactly. CLNORM_BAD_ARGUMENT also: none of y, gamma and
 * beta. */
CLNORM_CHECKED clnorm_status clnorm_adain_forward(clnorm_adain *adain, cl_command_queue queue,
                                                  const clnorm_adain_args *args, cl_uint n_wait, const cl_event *wait,
                                                  cl_event *event);

#ifdef __cplusplus
}
#endif
#endif
