/* clnorm/layer.h: the layer that a training loop uses; clnorm.h includes it, and users include that alone.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A layer is an instance normalization over C channels ("maps") with its parameters gamma (scale) and beta (bias),
 * their gradients, and what a backward pass needs of the last forward pass. It keeps plans and buffers for the
 * shapes it saw last, so that a training loop allocates and compiles nothing after its first step of a shape.
 *
 * Queues: every call takes an in-order queue of the layer's context and returns when queued, unless its comment says
 * WAITS. Use one queue for a layer, or wait between queues.
 * Threads: a layer is used by one thread at a time; layers of one context may be used by several.
 * Failures: a refused call (CLNORM_BAD_...) changes nothing; after another failure of a forward pass the layer is as
 * after clnorm_layer_reset(). */
#ifndef CLNORM_LAYER_H
#define CLNORM_LAYER_H

#include <clnorm/clnorm.h>
#include <clnorm/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLNORM_DEFAULT_EPSILON 1e-5

/* Shapes whose plans and buffers a layer keeps: training and validation, each with a last, smaller batch. */
#define CLNORM_LAYER_SHAPES 4

typedef struct clnorm_layer clnorm_layer;

/* ---- Making one --------------------------------------------------------------------------------------------- */

/* What a layer is besides its number of channels. Begin with clnorm_layer_defaults(), then change fields. */
typedef struct clnorm_layer_options {
	double epsilon;       /* >= 0; default CLNORM_DEFAULT_EPSILON */
	bool affine;          /* default true; false: gamma and beta are applied, but never trained */
	const char *name;     /* default NULL: none; copied. In weight files and JSON; UTF-8 without '/' and controls */
	clnorm_dtype dtype;   /* of x, y, dy and dx; default CLNORM_F32 */
	clnorm_layout layout; /* default CLNORM_NCHW */
	clnorm_activation activation; /* default CLNORM_ACT_NONE */
	double slope;                 /* of CLNORM_ACT_LEAKY_RELU; default 0.01 */
	size_t groups;                /* G of clnorm.h: default 0: an instance a channel; divides the channels */
	/* Default false. true: each forward pass of the training mode is a step of running statistics (clnorm_running),
	 * those of the evaluation mode take them instead of x's own; groups 0 or the number of channels. */
	bool track_running_statistics;
	double momentum; /* of a step; default 0.1 */
} clnorm_layer_options;

clnorm_layer_options clnorm_layer_defaults(void);

/* A layer for num_of_maps channels, in training mode: gamma 1, beta 0, gradients 0, running mean 0 and variance 1, of
 * type clnorm_dtype_statistics(dtype), in memory of the layer's own. The context must outlive it.
 * CLNORM_BAD_ARGUMENT: NULL, epsilon negative or NaN, epsilon, slope or momentum not finite in the statistics type, an
 * unknown enum value, a name with '/' or control characters; CLNORM_BAD_SHAPE: no channels, too many, or groups that do
 * not divide them; CLNORM_UNSUPPORTED: running statistics of sets of several channels; CLNORM_OUT_OF_MEMORY;
 * CLNORM_OUT_OF_DEVICE_MEMORY; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_create(clnorm_context *ctx, size_t num_of_maps, double epsilon, bool affine,
                                                 const char *name, clnorm_layer **out);
CLNORM_CHECKED clnorm_status clnorm_layer_create_with(clnorm_context *ctx, size_t num_of_maps,
                                                      const clnorm_layer_options *options, clnorm_layer **out);

/* Releases what the layer holds, y and dx among it; NULL is fine. Work already enqueued is not disturbed. */
void clnorm_layer_destroy(clnorm_layer *layer);

/* ---- A step ------------------------------------------------------------------------------------------------- */

/* Enqueues y = act(gamma*(x - mean)*rstd + beta), statistics from x itself, in training and evaluation alike; where the
 * layer keeps running statistics, training is a step of theirs, and evaluation takes them.
 * x: of the layer's dtype, (N, C, spatial...) or, with CLNORM_NHWC, (N, spatial..., C), rank 2 to 8, packed or with
 * samples and channels (pixels) apart as clnorm_strides has them (clnorm_tensor_wrap()). The layer keeps x's memory
 * alive, without a copy: leave its contents alone until the backward pass is done.
 * *y: of x's shape, packed, owned by the layer; valid until its next forward pass, trim or destroy. Writing into it is
 * fine (an activation in place): the backward pass does not read it. The first call of a shape makes plan and buffers:
 * then also the statuses of clnorm_plan_create(), and of clnorm_tensor_create(); where the device is out of memory,
 * after the buffers of all other shapes were given up for it.
 * CLNORM_BAD_ARGUMENT: NULL, an out-of-order queue or one of another context, x of another dtype; CLNORM_BAD_SHAPE:
 * rank, C is not the layer's, other strides, or one element a channel for a step of running statistics;
 * CLNORM_BAD_BUFFER: x of another context, a part bound to memory that kernels may not read, or write where it takes a
 * step; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_forward(clnorm_layer *layer, cl_command_queue queue, const clnorm_tensor *x,
                                                  const clnorm_tensor **y);

/* What clnorm_layer_backward() is to compute; bits. */
typedef enum clnorm_layer_wanted {
	CLNORM_WANT_DX = 1,         /* the gradient of x */
	CLNORM_WANT_PARAMETERS = 2, /* the gradients of gamma and beta */
	CLNORM_WANT_ALL = 3
} clnorm_layer_wanted;

/* Enqueues the gradients of the last forward pass: clnorm_backward() with its x and its statistics, and with gamma
 * and beta as they are now. Each call computes from dy what it is asked for and nothing else, so both parts in one
 * call, one alone, and one after the other come to the same.
 * dy: of y's shape and dtype, with strides of its own as x may have. *dx: packed, owned by the layer, valid until its
 * next backward or forward pass, trim or destroy; dx may be NULL without CLNORM_WANT_DX. Parameter gradients:
 * grad = scale*new + momentum*grad; accumulate NULL: scale 1, momentum 0, and with momentum 0 even a NaN in the old
 * gradient is overwritten. They are passed over with affine = false, and in evaluation mode. After an evaluation with
 * running statistics these do not hang on x: dx = gamma*rstd*g, g being dy through the activation.
 * CLNORM_BAD_ORDER: no forward pass since the layer was made or reset; CLNORM_BAD_SHAPE: dy is not of y's shape, or
 * has other strides than x may have; CLNORM_BAD_ARGUMENT: NULL, the queue, dy's dtype, nothing or something unknown
 * wanted, scale or momentum not finite; CLNORM_BAD_BUFFER: dgamma or dbeta is bound to CL_MEM_READ_ONLY memory;
 * the first call of a shape: as at clnorm_layer_forward(); CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_backward(clnorm_layer *layer, cl_command_queue queue, const clnorm_tensor *dy,
                                                   unsigned wanted, const clnorm_accumulate *accumulate,
                                                   const clnorm_tensor **dx);

/* Enqueues: the gradients of gamma and beta become 0. CLNORM_BAD_ARGUMENT: NULL, the queue; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_zero_gradients(clnorm_layer *layer, cl_command_queue queue);

/* Enqueues gamma += learning_rate*dgamma, beta += learning_rate*dbeta: PLUS, as dy is meant to point downhill;
 * negate the rate where it does not. Nothing happens with affine = false.
 * CLNORM_BAD_ARGUMENT: NULL, the queue, a rate that is not finite in the parameters' type; CLNORM_BAD_BUFFER: gamma
 * or beta is bound to memory that kernels may not read and write, a gradient to CL_MEM_WRITE_ONLY memory; the first
 * call: as at clnorm_plan_create(); CLNORM_OPENCL_ERROR, after which gamma may have moved and beta not. */
CLNORM_CHECKED clnorm_status clnorm_layer_update(clnorm_layer *layer, cl_command_queue queue, double learning_rate);

/* ---- Modes -------------------------------------------------------------------------------------------------- */

/* Training (true, as a new layer is) or evaluation. Evaluation changes no value, but that it takes running statistics
 * where the layer keeps them, which then stay as they are; the backward pass leaves parameter gradients alone.
 * Both call clnorm_layer_reset(). NULL is fine. */
void clnorm_layer_set_training(clnorm_layer *layer, bool training);
bool clnorm_layer_is_training(const clnorm_layer *layer);

/* Forgets the last forward pass, so that a backward pass needs a new one, and lets go of x. Parameters, gradients,
 * plans and buffers stay. NULL is fine. */
void clnorm_layer_reset(clnorm_layer *layer);

/* Gives up the plans and buffers of all shapes but the last forward pass's; with none remembered, of all. NULL is
 * fine. */
void clnorm_layer_trim(clnorm_layer *layer);

/* ---- Parameters --------------------------------------------------------------------------------------------- */

/* The vectors of a layer, of C values of type clnorm_dtype_statistics(dtype) each; the running ones only where it keeps
 * running statistics. */
typedef enum clnorm_layer_part {
	CLNORM_GAMMA = 0,
	CLNORM_BETA,
	CLNORM_DGAMMA,
	CLNORM_DBETA,
	CLNORM_RUNNING_MEAN,
	CLNORM_RUNNING_VARIANCE,
	CLNORM_LAYER_PARTS
} clnorm_layer_part;

/* Where a part is, for kernels and optimizers of the caller; borrowed, valid until it is bound elsewhere. Empty for
 * NULL or a part that the layer has not. */
clnorm_view clnorm_layer_view(const clnorm_layer *layer, clnorm_layer_part part);

/* From now on the part lives at a place in the caller's buffer, which is retained; mem NULL: in the layer's own
 * memory again.
 * queue: the values move there (enqueued); NULL: what is there already is the part's value.
 * CLNORM_BAD_ARGUMENT: NULL, a part that the layer has not, the queue; CLNORM_BAD_BUFFER: too small for C values at
 * the offset, of another context, not a buffer; CLNORM_BAD_OVERLAP: it shares bytes with another part, or partly with
 * its old place; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_bind(clnorm_layer *layer, cl_command_queue queue, clnorm_layer_part part,
                                               clnorm_view view);

/* C values from and to the host, converted where host_dtype is another type; both WAIT.
 * CLNORM_BAD_ARGUMENT: NULL, a part that the layer has not, an unknown dtype, the queue; CLNORM_BAD_BUFFER: the part is
 * bound to memory that the host may not write to, or read (CL_MEM_HOST_NO_ACCESS and its like); CLNORM_OUT_OF_MEMORY;
 * CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_write(clnorm_layer *layer, cl_command_queue queue, clnorm_layer_part part,
                                                clnorm_dtype host_dtype, const void *host);
CLNORM_CHECKED clnorm_status clnorm_layer_read(const clnorm_layer *layer, cl_command_queue queue,
                                               clnorm_layer_part part, clnorm_dtype host_dtype, void *host);

/* ---- Questions ---------------------------------------------------------------------------------------------- */

/* mean and rstd = 1/sqrt(var + epsilon) of each set of the last forward pass, N*G values each (N*C where groups is 0);
 * of one with running statistics, what these are now. Either may be NULL. WAITS.
 * CLNORM_BAD_ARGUMENT: NULL layer, the queue; CLNORM_BAD_ORDER: no forward pass is remembered; CLNORM_OUT_OF_MEMORY;
 * CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_statistics(const clnorm_layer *layer, cl_command_queue queue, double *mean,
                                                     double *rstd);

/* The moments [N,G,CLNORM_MOMENTS_WIDTH] of the last forward pass, on the device, as the backward pass uses them;
 * owned by the layer. NULL where none is remembered, or it took running statistics. */
const clnorm_tensor *clnorm_layer_moments(const clnorm_layer *layer);

/* Values in gamma and beta together (2C), and their bytes (8C; 16C for f64). 0 for NULL. */
size_t clnorm_layer_parameter_count(const clnorm_layer *layer);
size_t clnorm_layer_parameter_bytes(const clnorm_layer *layer);

/* The layer's description as one line of JSON:
 *
 *     {"classname": "InstanceNorm2D", "scheme": {"numOfMaps": 3, "epsilon": 1e-05, "affine": true, "name": null},
 *      "numOfParams": 6, "paramSize": 24, "dtype": "f32", "layout": "nchw", "activation": "none"}
 *
 * with the activation as clnorm_activation_print() writes it ("leaky-relu:0.2"), and "groups" behind the epsilon
 * where they are not 0; as much of it as fits capacity bytes, always ended by NUL where capacity > 0. Returns the whole
 * text's length without the NUL, as snprintf() does; text may be NULL where capacity is 0. 0 for NULL. */
size_t clnorm_layer_json(const clnorm_layer *layer, size_t capacity, char *text);

/* ---- Weight files ------------------------------------------------------------------------------------------- */

/* What a layer has learnt, in HDF5: group "params" with datasets "0", "1", ... of shape (1,C,1,1), little-endian
 * float32 (float64 from an f64 layer), gzip where this HDF5 has it; group "links" with scalar integers "NAME.scale"
 * and "NAME.bias" that name the dataset, the layer's name before the dot, nothing where it has none. A layer that
 * keeps running statistics has these beside them, in the same form, as "NAME.running_mean" and "NAME.running_var",
 * the names of PyTorch's modules.
 *
 * Threads: calls of clnorm wait for each other; the program's own HDF5 calls must not run meanwhile, unless the HDF5
 * library in use is a thread-safe build. */

/* Writes a temporary file beside path, syncs it, and renames it: after a failure, a crash or a kill at any time,
 * path is the old file or the new one, whole. (A kill may leave a file .clnorm-PID-NUMBER behind.) A link is
 * followed; an existing file keeps its mode. WAITS.
 * CLNORM_BAD_FILE: the file cannot be written, the text has path and reason; CLNORM_NOT_BUILT: configured without
 * HDF5; CLNORM_BAD_ARGUMENT: NULL, the queue; CLNORM_OUT_OF_MEMORY; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_layer_save(const clnorm_layer *layer, cl_command_queue queue, const char *path);

/* Reads the values by their keys, other keys ignored, checks everything, and only then changes the layer: all of them
 * or none. Running statistics that the file has not stay as they are. Floats that the parameters' type holds exactly
 * are converted (float16 to float32); others are refused. WAITS.
 * CLNORM_BAD_BUFFER: a part is bound to memory that the host may not read and write; CLNORM_BAD_FILE: missing or
 * unreadable, not HDF5, truncated, packed with a filter that this HDF5 lacks, a key or dataset missing, shape or type
 * wrong, running statistics for a layer that keeps none, or one of them without the other; the text has path, place and
 * reason, of a missing name also those that are there; others as at clnorm_layer_save(). */
CLNORM_CHECKED clnorm_status clnorm_layer_load(clnorm_layer *layer, cl_command_queue queue, const char *path);

#ifdef __cplusplus
}
#endif
#endif
