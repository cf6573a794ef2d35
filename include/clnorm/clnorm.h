/* clnorm/clnorm.h: instance, group and layer normalization for OpenCL; the one header a user includes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An instance is one (n,c) plane of S = prod(spatial) elements of x [N,C,spatial...]. A set is what shares mean and
 * rstd: the planes of C/G neighbouring channels of a sample, M = S*C/G elements, N*G sets in all. G is
 * clnorm_desc.groups: C, the default, makes each instance a set (instance norm), 1 each sample (layer norm), others are
 * group norm. Over a set
 *
 *     mean = sum(x)/M      var = sum((x-mean)^2)/M      rstd = 1/sqrt(var + epsilon)
 *     xhat = (x - mean)*rstd                            y = act(gamma*xhat + beta + residual)
 *
 * with gamma and beta of the element's channel, or instance (Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022, eq. 3;
 * Wu, He 2018, arXiv:1803.08494, eq. 1 to 6; Ba, Kiros, Hinton 2016, arXiv:1607.06450; variance biased). Statistics
 * are taken by the corrected two-pass algorithm (Chan, Golub, LeVeque 1983, eq. 1.7) and merged pairwise (eq. 2.1),
 * never as E[x^2] - E[x]^2.
 * |y - exact| <= 5e-7 * max(1, |gamma*xhat| + |beta|) for f32, M up to 2^24, |mean|/std up to 1e4, before the
 * activation. Same device, shape and settings give the same bits.
 *
 * Threads: a context may be shared; a plan is used by one thread at a time (kernel arguments are its state).
 * Processes: OpenCL does not survive a fork. In a child of a process that has called it, clnorm's device list among the
 * calls, only what needs no device may be called: the words, descriptions, moments and reference on the host. No object
 * of the parent may be used or destroyed there, and a context of the child's own is no way out: PoCL, whose worker
 * threads the child does not have, then waits for ever. Fork before the first OpenCL call, or call exec in the child.
 * Nothing here prints, exits, or waits for the device unless its comment says so; there is no global OpenCL object.
 * In every function an output parameter is written only on CLNORM_OK.
 */
#ifndef CLNORM_H
#define CLNORM_H

#include <clnorm/types.h>
#include <clnorm/version.h>

#ifdef __APPLE__
#include <OpenCL/cl.h>
#else
#include <CL/cl.h>
#endif

#if defined(__GNUC__)
#define CLNORM_CHECKED __attribute__((warn_unused_result))
#else
#define CLNORM_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Words -------------------------------------------------------------------------------------------------- */

/* The library's version at run time, "MAJOR.MINOR.PATCH"; equals CLNORM_VERSION when header and library belong
 * together. */
const char *clnorm_version(void);

/* The name of a status ("CLNORM_BAD_SHAPE") and what it means; never NULL, also for numbers that are no status. */
const char *clnorm_status_name(clnorm_status status);
const char *clnorm_status_text(clnorm_status status);

/* The sentence of the calling thread's last failure, names and numbers in it ("gamma has 4 elements; C is 3").
 * "" when none failed yet. Valid until the thread's next failing call. */
const char *clnorm_last_error(void);

/* The compiler's log of the calling thread's last CLNORM_BUILD_FAILED; "" when there was none. Valid until the next. */
const char *clnorm_build_log(void);

/* The name of what an OpenCL call returned ("CL_INVALID_VALUE"); "an unknown code" for a number that has none. */
const char *clnorm_opencl_name(cl_int code);

/* Name, or "?" for a number outside the enum: "f32", "nchw", "none". */
const char *clnorm_dtype_name(clnorm_dtype dtype);
const char *clnorm_layout_name(clnorm_layout layout);
const char *clnorm_activation_name(clnorm_activation activation);

/* The value of a name; false when there is none of that name, and *out stays. */
bool clnorm_dtype_parse(const char *name, clnorm_dtype *out);
bool clnorm_layout_parse(const char *name, clnorm_layout *out);
/* "none", "relu", "leaky-relu", "leaky-relu:SLOPE", "silu", "gelu"; *slope is written only where one is given. */
bool clnorm_activation_parse(const char *name, clnorm_activation *out, double *slope);
/* Writes what clnorm_activation_parse() gives back exactly: "silu", "leaky-relu:0.2"; returns text. */
#define CLNORM_ACTIVATION_BYTES 48
const char *clnorm_activation_print(char text[CLNORM_ACTIVATION_BYTES], clnorm_activation activation, double slope);

/* The axis of C in a tensor (N, C, spatial...) of this rank, 2 or more, as the layout has it: 1, or channels last
 * rank - 1. The others stay in their order. */
unsigned clnorm_layout_channel_axis(clnorm_layout layout, unsigned rank);

/* Bytes of one element; 0 for a number outside the enum. */
size_t clnorm_dtype_bytes(clnorm_dtype dtype);
/* The type of statistics, parameters and their gradients for data of this type: CLNORM_F64 for f64, else CLNORM_F32. */
clnorm_dtype clnorm_dtype_statistics(clnorm_dtype dtype);

/* Converts count elements on the host, round to nearest even, NaN kept NaN. from and to may not overlap.
 * CLNORM_BAD_ARGUMENT: an unknown dtype, or NULL where count > 0. */
CLNORM_CHECKED clnorm_status clnorm_convert(clnorm_dtype from_dtype, const void *from, clnorm_dtype to_dtype, void *to,
                                            size_t count);

/* The table of variants: how many, and row i; NULL past the end. Constant, owned by the library. */
size_t clnorm_variant_count(void);
const clnorm_variant_info *clnorm_variant_get(size_t i);

/* A sentence about the i-th environment variable of clnorm's whose word is not understood, and what counts in its
 * place, cut to `capacity` characters with the NUL: "CLNORM_CACHE_BYTES is "abc", no number of bytes, ..."; false past
 * the last, and nothing is written. */
bool clnorm_setting_fault(size_t i, char *text, size_t capacity);

/* ---- Devices ------------------------------------------------------------------------------------------------ */

/* Plain facts of one device. Texts are cut to fit and end in NUL. */
typedef struct clnorm_device_info {
	cl_platform_id platform;
	cl_device_id device;
	unsigned platform_index, device_index;   /* what "P:D" names */
	char platform_name[128], name[128], vendor[128];
	char version[128], driver[128];          /* CL_DEVICE_VERSION, CL_DRIVER_VERSION */
	char type[16];                           /* "gpu", "cpu", "accelerator", "custom" */
	unsigned compute_units, max_group;       /* CL_DEVICE_MAX_COMPUTE_UNITS, CL_DEVICE_MAX_WORK_GROUP_SIZE */
	unsigned long long global_bytes, max_alloc_bytes, local_bytes, cache_bytes;
	bool fp16, fp64;                         /* cl_khr_fp16 (not needed for f16), cl_khr_fp64 */
	bool available, compiler;
	bool usable;                             /* clnorm can work on it */
	char reason[160];                        /* why not, when usable is false; else "" */
} clnorm_device_info;

/* Fills infos[0 .. min(capacity, *count)-1] with the devices of all platforms in platform order, and *count with how
 * many there are; call with capacity 0 (infos may be NULL) to count. A device whose driver fails is in the list with
 * what the driver told, not usable, the reason being call and code; a driver that does not even name its devices is
 * there once, with device NULL.
 * CLNORM_NO_PLATFORM: no platform; CLNORM_NO_DEVICE: platforms, but no device at all, the text says why where that is
 * known; CLNORM_OUT_OF_MEMORY; CLNORM_OPENCL_ERROR: the loader fails. */
CLNORM_CHECKED clnorm_status clnorm_device_list(size_t capacity, clnorm_device_info *infos, size_t *count);

/* Chooses a device. choice: NULL = the environment's CLNORM_DEVICE, or "" where that is unset; "" = the best usable one
 * (GPU, then accelerator, then CPU; the first of each); "gpu", "cpu", "accelerator"; "P:D" indices; else a part of
 * the platform's or device's name, or of what follows "OpenCL MAJOR.MINOR" in the device's version ("pocl"): a choice
 * without a letter is indices or nothing. Letter case of ASCII is ignored, whatever the locale.
 * CLNORM_BAD_ARGUMENT: info is NULL; CLNORM_NO_PLATFORM; CLNORM_NO_DEVICE: nothing fits, the text lists what there is;
 * CLNORM_NO_COMPILER, CLNORM_UNSUPPORTED: the one named device cannot be used; CLNORM_OUT_OF_MEMORY,
 * CLNORM_OUT_OF_DEVICE_MEMORY, CLNORM_OPENCL_ERROR: its driver fails, the text says with what. */
CLNORM_CHECKED clnorm_status clnorm_device_find(const char *choice, clnorm_device_info *info);

/* ---- Contexts ----------------------------------------------------------------------------------------------- */

typedef struct clnorm_context clnorm_context;

/* Wraps a cl_context and one of its devices, or a sub-device of one; both are retained until destroy.
 * CLNORM_BAD_ARGUMENT: NULL, or the device is not of the context; CLNORM_NO_COMPILER; CLNORM_UNSUPPORTED: the device
 * lacks what every kernel needs; CLNORM_OUT_OF_MEMORY; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_context_create(cl_context cl, cl_device_id device, clnorm_context **out);

/* Opens the device that clnorm_device_find(choice) names, with a cl_context and an in-order queue of its own.
 * Statuses of clnorm_device_find() and clnorm_context_create(). */
CLNORM_CHECKED clnorm_status clnorm_context_open(const char *choice, clnorm_context **out);

/* Releases what the context holds; NULL is fine. Plans and tensors made from it must be destroyed before. */
void clnorm_context_destroy(clnorm_context *ctx);

/* What the context stands on; borrowed. The queue is NULL where the context was made by clnorm_context_create().
 * clnorm_context_info(): CLNORM_BAD_ARGUMENT: NULL. */
cl_context clnorm_context_cl(const clnorm_context *ctx);
cl_device_id clnorm_context_device(const clnorm_context *ctx);
cl_command_queue clnorm_context_queue(const clnorm_context *ctx);
CLNORM_CHECKED clnorm_status clnorm_context_info(const clnorm_context *ctx, clnorm_device_info *info);

/* ---- Descriptions ------------------------------------------------------------------------------------------- */

/* A description of x (n, c, spatial...) with the defaults named at clnorm_desc. Not validated: plan creation does
 * that. */
clnorm_desc clnorm_desc_1d(size_t n, size_t c, size_t l);
clnorm_desc clnorm_desc_2d(size_t n, size_t c, size_t h, size_t w);
clnorm_desc clnorm_desc_3d(size_t n, size_t c, size_t d, size_t h, size_t w);
/* From dims[0..rank-1] = (N, C, spatial...), rank 2 to 8; another rank gives a description that plan creation
 * refuses. */
clnorm_desc clnorm_desc_nd(unsigned rank, const size_t *dims);

/* ---- Plans -------------------------------------------------------------------------------------------------- */

typedef struct clnorm_plan clnorm_plan;

/* Validates the description, chooses a variant for each op in desc->ops, compiles, and allocates scratch: all cost is
 * here. The context must outlive the plan. Plans of a context share programs: a thread waits for another one's compile
 * only where both want the same. Of the programs that no plan uses any more a context keeps 64, or as many as
 * CLNORM_PROGRAMS says when it is made; those used longest ago go first.
 * With a driver and version that the library does not know to be good, a program is first run once, on a few thousand
 * elements whose answer is known, and this WAITS for it; the verdict is kept with the program, on disk too. A variant
 * that computes wrongly is passed over for the next one, as clnorm_plan_explain() then says, and refused where it is
 * forced. CLNORM_PROBE=off in the environment, when the context is made, takes this away; on tries good drivers too.
 * CLNORM_BAD_ARGUMENT: NULL, unknown enum value, no ops, epsilon negative or NaN, epsilon or slope not finite in
 * the statistics type (1e39 is not, for f32), settings of a forced variant that it does not take; CLNORM_BAD_SHAPE:
 * rank, byte count past size_t, groups that do not divide C, strides by which elements of a tensor coincide or lie
 * between one another's, or whose bytes are past size_t, sets of one element with CLNORM_STRICT_SPATIAL, or, for a
 * forward pass, with CLNORM_RUNNING_STATISTICS; CLNORM_UNSUPPORTED: running statistics of sets of several channels, f64
 * without cl_khr_fp64, an unknown forced variant or one that does not apply here (the text says why), or no variant
 * that the driver computes rightly; CLNORM_BUILD_FAILED; CLNORM_OUT_OF_MEMORY;
 * CLNORM_OUT_OF_DEVICE_MEMORY; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_plan_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_plan **out);

/* Releases the plan; NULL is fine. Work already enqueued is not disturbed. */
void clnorm_plan_destroy(clnorm_plan *plan);

/* Runs every kernel of the plan once over nothing and WAITS: some drivers (PoCL) compile at the first launch, which
 * this takes out of the first real call. Optional.
 * CLNORM_BAD_ARGUMENT: NULL, a queue of another context or for another device; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_plan_prepare(clnorm_plan *plan, cl_command_queue queue);

/* The chosen variant's name for one op; NULL where the plan was not made for it. */
const char *clnorm_plan_variant(const clnorm_plan *plan, clnorm_op op);

/* One line: variant, launch geometry and why, for one op; "" where the plan was not made for it. Owned by the plan. */
const char *clnorm_plan_explain(const clnorm_plan *plan, clnorm_op op);

/* Bytes of scratch that a call of any of the plan's ops needs (0 is possible). */
size_t clnorm_plan_workspace_bytes(const clnorm_plan *plan);

/* ---- Running ------------------------------------------------------------------------------------------------ */

/* A place in device memory: element offset into a buffer, in elements of the tensor it holds. mem NULL = not given. */
typedef struct clnorm_view {
	cl_mem mem;
	size_t offset;
} clnorm_view;

/* Running statistics of each channel, [C] of the statistics type, as torch.nn.InstanceNorm2d(track_running_stats=True)
 * keeps them: mean over N of the means and of the unbiased variances, m2/(S - 1),
 *
 *     new = (1 - momentum)*old + momentum*batch       momentum is 0.1 there; with momentum 1 old is not read
 */
typedef struct clnorm_running {
	clnorm_view mean, variance;
	double momentum;
} clnorm_running;

/* x [N,C,S] of the plan's dtype and layout (required); gamma, beta [C] or [N,C] as desc.affine says, of the
 * statistics type, each optional; residual like x, optional; y like x, optional (without it: statistics only); mean,
 * rstd [N,G] of the statistics type, optional outputs; moments [N,G,4] records (CLNORM_MOMENTS_WIDTH), optional
 * output; workspace: bytes at a byte offset that is a multiple of 64, only with CLNORM_CALLER_WORKSPACE; running:
 * NULL, or statistics that take a step, both required, only with CLNORM_RUNNING_STATISTICS; mask: unsigned bytes
 * [mask_n, mask_c, S] in the order of x, packed, required with CLNORM_VALID_MASK; lengths: cl_uint [N], required with
 * CLNORM_VALID_LENGTHS, where what is past the axis counts as all of it; skip and sum like x, strides too, both
 * required with CLNORM_SKIP_SUM: sum = x + skip, rounded to the dtype, is written and stands for x in all that follows,
 * as the sum of a skip connection that is needed again. Backward, x is that sum, and dx the gradient of both.
 * y may be x, or residual, exactly (in place, with the same strides), and sum x, or skip. Otherwise no output may share
 * an element with another operand; it may lie in a tensor's gaps, as slices of channels of one buffer do. Whether
 * strided elements
 * meet is known of tensors with equal strides, of one without gaps, and where the one lies within two steps of the
 * other; what is not known is refused. */
typedef struct clnorm_forward_args {
	clnorm_view x, gamma, beta, residual;
	clnorm_view y, mean, rstd, moments;
	clnorm_view workspace;
	const clnorm_running *running;
	clnorm_view mask, lengths;
	clnorm_view skip, sum;
} clnorm_forward_args;

/* Enqueues y = act(gamma*(x - mean)*rstd + beta + residual) and the statistics asked for. Returns when queued: no
 * allocation, no compile, no wait. The n_wait events are waited for on the device; *event (event may be NULL)
 * completes with the last kernel, or fails with one of them, and is the caller's to release. In-order and
 * out-of-order queues are both fine. A shape with a zero in it: success, nothing written.
 * Two calls of one plan that may run at once on the device (out-of-order, or two queues) need CLNORM_CALLER_WORKSPACE
 * with a workspace each. On a failure outputs are as they were, unless CLNORM_OPENCL_ERROR says that a later launch
 * of the same call failed. CLNORM_BAD_ARGUMENT: NULL, a queue of another context or for another device, a
 * wait list without events, nothing to write, gamma or beta with CLNORM_AFFINE_NONE, running without the flag or with a
 * momentum that is not finite in the statistics type; CLNORM_BAD_BUFFER: x, running mean or variance missing, too
 * small for shape + offset, of another context, an output that is CL_MEM_READ_ONLY or an input that is
 * CL_MEM_WRITE_ONLY, misaligned workspace; CLNORM_BAD_OVERLAP; CLNORM_BAD_ORDER: the plan was not made for
 * CLNORM_OP_FORWARD; CLNORM_OPENCL_ERROR. */
CLNORM_CHECKED clnorm_status clnorm_forward(clnorm_plan *plan, cl_command_queue queue, const clnorm_forward_args *args,
                                            cl_uint n_wait, const cl_event *wait, cl_event *event);

/* Like clnorm_forward_args, with the statistics as inputs: either mean and rstd [N,G], or moments [N,G,parts,4]
 * (parts >= 1; 0 counts as 1), which are merged in order and with which rstd = 1/sqrt(m2/count + epsilon), or, with
 * CLNORM_RUNNING_STATISTICS, running: rstd = 1/sqrt(variance + epsilon); without its mean that is 0. */
typedef struct clnorm_apply_args {
	clnorm_view x, gamma, beta, residual;
	clnorm_view mean, rstd, moments;
	size_t parts;
	clnorm_view y;
	clnorm_view workspace; /* only for running statistics, and with CLNORM_CALLER_WORKSPACE */
	const clnorm_running *running;
	clnorm_view mask, lengths; /* only where desc.outside is not CLNORM_OUTSIDE_NORMALIZE */
	clnorm_view skip, sum;
} clnorm_apply_args;

/* Enqueues y = act(gamma*(x - mean)*rstd + beta + residual) with given statistics. As clnorm_forward() otherwise.
 * CLNORM_BAD_ARGUMENT also: none or more than one of (mean, rstd), moments and running; CLNORM_BAD_ORDER: not made for
 * CLNORM_OP_APPLY. */
CLNORM_CHECKED clnorm_status clnorm_apply(clnorm_plan *plan, cl_command_queue queue, const clnorm_apply_args *args,
                                          cl_uint n_wait, const cl_event *wait, cl_event *event);

/* How new parameter gradients meet old ones: grad = scale*new + momentum*old; with momentum 0 old is not read, so that
 * even a NaN in it is overwritten. */
typedef struct clnorm_accumulate {
	double scale, momentum;
} clnorm_accumulate;

/* x, dy [N,C,S] of the plan's dtype and layout (required); gamma, beta, residual as they were in the forward pass
 * (beta and residual matter only through the activation); mean and rstd [N,G] of the forward pass, both or neither;
 * moments [N,G,4] of the forward pass, optional. Without any of these the statistics are taken anew from x; so they
 * are with an activation and mean and rstd alone, because a rounded mean could put a value on the wrong side of a kink.
 * dx like x, optional; dgamma, dbeta [C] or [N,C] as desc.affine says, of the statistics type, each optional; at
 * least one of the three. accumulate: NULL = overwrite. workspace as in clnorm_forward_args.
 * With CLNORM_CONSTANT_STATISTICS one of the three that clnorm_apply() took: mean and rstd, moments, or running, for
 * which the plan has CLNORM_RUNNING_STATISTICS too.
 * dx may be dy, or x, exactly (in place, with the same strides); otherwise outputs share no element with another
 * operand, as in clnorm_forward_args. */
typedef struct clnorm_backward_args {
	clnorm_view x, dy, gamma, beta, residual;
	clnorm_view mean, rstd, moments;
	clnorm_view dx, dgamma, dbeta;
	const clnorm_accumulate *accumulate;
	clnorm_view workspace;
	clnorm_view mask, lengths; /* as in the forward pass */
	const clnorm_running *running;
} clnorm_backward_args;

/* Enqueues, with z = gamma*xhat + beta + residual, g = dy*act'(z), and means over the M elements of the set,
 *
 *     dx = rstd*(gamma*g - mean(gamma*g) - xhat*mean(gamma*g*xhat))      dgamma = sum(g*xhat)      dbeta = sum(g)
 *
 * (Ioffe, Szegedy 2015, arXiv:1502.03167, section 3, with a set for a batch). Parameter gradients are plain
 * sums over S, and over N with CLNORM_AFFINE_CHANNEL, in a fixed order. gamma is the one passed here, for every N:
 * change it between the passes and dx is that of the new one. relu'(0) = 0, leaky'(0) = slope. M = 1 gives dx = 0; an
 * empty tensor gives zero parameter gradients. For f32, dx is within 1e-6 of rstd*max|gamma*g| over its set, or of
 * rstd*|xhat|*mean|gamma*g*xhat| where that is more, next to an outlier; dgamma within 1e-6 of sum|g*xhat| +
 * sum|g|/8, dbeta of sum|g|.
 * With CLNORM_CONSTANT_STATISTICS dx = gamma*rstd*g, and dgamma and dbeta are as above. Returns when queued; statuses
 * as clnorm_forward().
 * CLNORM_BAD_ARGUMENT also: only one of mean and rstd, more than one of (mean, rstd), moments and running; with
 * CLNORM_CONSTANT_STATISTICS none of them, without it running; dgamma or dbeta with CLNORM_AFFINE_NONE, scale or
 * momentum not finite in the statistics type; CLNORM_BAD_ORDER: not made for CLNORM_OP_BACKWARD. */
CLNORM_CHECKED clnorm_status clnorm_backward(clnorm_plan *plan, cl_command_queue queue,
                                             const clnorm_backward_args *args, cl_uint n_wait, const cl_event *wait,
                                             cl_event *event);

/* ---- Moments on the host ------------------------------------------------------------------------------------ */

/* Merges parts in order, by Chan, Golub, LeVeque eq. 2.1, in double; parts of count 0 are passed over; none gives
 * zeros. */
clnorm_moments clnorm_moments_merge(size_t count, const clnorm_moments *parts);
/* rstd = 1/sqrt(m2/count + epsilon); 0 where that would divide by zero. */
double clnorm_moments_rstd(const clnorm_moments *moments, double epsilon);

/* ---- Program cache ------------------------------------------------------------------------------------------ */

/* Built programs are kept on disk in CLNORM_CACHE_DIR, else clnorm in XDG_CACHE_HOME, else .cache/clnorm in HOME, each
 * an absolute path, so that the next process need not compile. CLNORM_CACHE=off keeps none, on keeps them also where a
 * driver's own cache does as well (NVIDIA, PoCL before 3.1); CLNORM_CACHE_BYTES limits the folder (64M). What cannot be
 * kept or is damaged is compiled again, silently. */
typedef struct clnorm_cache_info {
	bool on;                        /* programs are kept and looked up */
	char reason[160];               /* why not; or, where on is true, why nothing can be added; else "" */
	char folder[1024];              /* "" where none is named; it is made when the first program is kept */
	size_t entries;                 /* programs in it */
	unsigned long long bytes;       /* their size */
	unsigned long long limit_bytes; /* what the folder may hold */
} clnorm_cache_info;

/* The cache as it is for a device; NULL: for one whose driver has no cache of its own. CLNORM_BAD_ARGUMENT: info is
 * NULL; CLNORM_OUT_OF_MEMORY. */
CLNORM_CHECKED clnorm_status clnorm_cache_describe(const clnorm_device_info *device, clnorm_cache_info *info);

/* Removes all entries, and no other file; *removed (may be NULL): how many. CLNORM_BAD_FILE: the folder cannot be used,
 * or not all could be removed; the text says why. */
CLNORM_CHECKED clnorm_status clnorm_cache_clear(size_t *removed);

#ifdef __cplusplus
}
#endif

#include <clnorm/conditional.h>
#include <clnorm/layer.h>
#include <clnorm/reference.h>
#include <clnorm/tensor.h>
#include <clnorm/tuning.h>

#endif
