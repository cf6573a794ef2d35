/* clnorm/types.h: the words of the interface: enums and plain structs; needs no OpenCL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLNORM_TYPES_H
#define CLNORM_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call came to. Every function that can fail returns one; the sentence
 * with the names and numbers is clnorm_last_error(). */
typedef enum clnorm_status {
	CLNORM_OK = 0,
	CLNORM_BAD_ARGUMENT,         /* a NULL where none may be, an unknown enum value, epsilon < 0 or NaN */
	CLNORM_BAD_SHAPE,            /* rank, zero or overflowing sizes, parameter length that is not C or N*C */
	CLNORM_BAD_BUFFER,           /* too small for shape + offset, of another context, missing, not a buffer */
	CLNORM_BAD_OVERLAP,          /* an output shares elements with another operand, but not exactly in place */
	CLNORM_NO_PLATFORM,          /* the ICD loader knows no OpenCL platform */
	CLNORM_NO_DEVICE,            /* no device fits the device choice */
	CLNORM_NO_COMPILER,          /* the device cannot build programs from source */
	CLNORM_BUILD_FAILED,         /* a kernel did not build; clnorm_build_log() has the compiler's words */
	CLNORM_OUT_OF_MEMORY,        /* the host refused memory */
	CLNORM_OUT_OF_DEVICE_MEMORY, /* the device refused memory; the text names the bytes */
	CLNORM_UNSUPPORTED,          /* the device or the named variant cannot do this */
	CLNORM_BAD_ORDER,            /* before the call it needs: an op the plan was not made for, backward first */
	CLNORM_BAD_FILE,             /* a file is not what it should be, or cannot be read or written */
	CLNORM_OPENCL_ERROR,         /* OpenCL failed otherwise; the text names call and code */
	CLNORM_BLAS_ERROR,           /* CLBlast failed; the text names routine and code */
	CLNORM_NOT_BUILT,            /* the library was configured without this part */
	CLNORM_STATUS_COUNT
} clnorm_status;

/* Element type of x, y, residual, dy and dx. f16 and bf16 are storage types:
 * arithmetic, statistics, gamma, beta and their gradients are float (double for f64). */
typedef enum clnorm_dtype {
	CLNORM_F32 = 0, /* IEEE 754 binary32 */
	CLNORM_F16,     /* IEEE 754 binary16, round to nearest even */
	CLNORM_BF16,    /* upper half of a binary32, round to nearest even */
	CLNORM_F64,     /* IEEE 754 binary64; the device must have cl_khr_fp64 */
	CLNORM_DTYPE_COUNT
} clnorm_dtype;

/* Order of the elements of a tensor (N, C, spatial...). Packed unless clnorm_desc.strides says otherwise. */
typedef enum clnorm_layout {
	CLNORM_NCHW = 0, /* channels first: instance (n,c) is contiguous; also NCL, NCDHW */
	CLNORM_NHWC,     /* channels last: the C values of a pixel are contiguous; also NLC, NDHWC */
	CLNORM_LAYOUT_COUNT
} clnorm_layout;

/* How long gamma and beta are. Either may be left out of a call (gamma 1, beta 0). */
typedef enum clnorm_affine {
	CLNORM_AFFINE_NONE = 0, /* neither gamma nor beta */
	CLNORM_AFFINE_CHANNEL,  /* C values: one a channel */
	CLNORM_AFFINE_INSTANCE, /* N*C values: one an instance (AdaIN, conditional normalization) */
	CLNORM_AFFINE_COUNT
} clnorm_affine;

/* act() of y = act(gamma*xhat + beta + residual). */
typedef enum clnorm_activation {
	CLNORM_ACT_NONE = 0,
	CLNORM_ACT_RELU,       /* max(z, 0) */
	CLNORM_ACT_LEAKY_RELU, /* z > 0 ? z : slope*z */
	CLNORM_ACT_SILU,       /* z / (1 + exp(-z)) */
	CLNORM_ACT_GELU,       /* z * (1 + erf(z/sqrt(2))) / 2, the exact form */
	CLNORM_ACTIVATION_COUNT
} clnorm_activation;

/* Operations a plan can be made for; bits of clnorm_desc.ops. */
typedef enum clnorm_op {
	CLNORM_OP_FORWARD = 1,  /* clnorm_forward(): normalize, or statistics only */
	CLNORM_OP_APPLY = 2,    /* clnorm_apply(): normalize with given statistics */
	CLNORM_OP_BACKWARD = 4  /* clnorm_backward(): dx, dgamma, dbeta */
} clnorm_op;

/* Bits of clnorm_desc.flags. */
typedef enum clnorm_flag {
	CLNORM_BATCH_INVARIANT = 1,  /* a sample's bits do not depend on N */
	CLNORM_STRICT_SPATIAL = 2,   /* sets of one element (S = 1, G = C) are CLNORM_BAD_SHAPE instead of y = beta */
	CLNORM_CALLER_WORKSPACE = 4, /* the plan allocates no scratch; every call brings its workspace */
	CLNORM_RUNNING_STATISTICS = 8, /* calls may bring running statistics; with one channel a set alone */
	CLNORM_CONSTANT_STATISTICS = 16, /* backward, the statistics that calls bring do not hang on x */
	CLNORM_SKIP_SUM = 32 /* forward calls bring skip and sum: x + skip is normalized, and kept in sum */
} clnorm_flag;

/* Which elements of x statistics are taken of, the valid ones; default CLNORM_VALID_ALL. */
typedef enum clnorm_valid {
	CLNORM_VALID_ALL = 0,
	CLNORM_VALID_MASK,    /* those whose byte in the call's mask is not 0 */
	CLNORM_VALID_LENGTHS, /* of sample i those below lengths[i] along the outermost spatial axis */
	CLNORM_VALID_COUNT
} clnorm_valid;

/* What y is where x is not valid, and what of it reaches the gradients. */
typedef enum clnorm_outside {
	CLNORM_OUTSIDE_NORMALIZE = 0, /* normalized as the others are, by their statistics */
	CLNORM_OUTSIDE_KEEP,          /* y = x; dx = dy */
	CLNORM_OUTSIDE_ZERO,          /* y = 0; dx = 0 */
	CLNORM_OUTSIDE_COUNT
} clnorm_outside;

#define CLNORM_MAX_SPATIAL 6

/* Elements from a sample of a tensor to the next, and from a channel to the next (channels last: from a pixel to the
 * next); 0: as in a packed tensor, whatever the other is. What is further in is packed always: the S elements of a
 * channel, the C of a pixel. A slice of channels has the sample stride of the whole; a tensor (C, N, spatial...) seen
 * as (N, C, spatial...) a sample stride of S and a channel stride of N*S. No two elements may coincide, and samples and
 * channels (pixels) may not lie between one another's elements. */
typedef struct clnorm_strides {
	size_t sample, inner;
} clnorm_strides;

/* The question a plan answers. Make it with clnorm_desc_2d() and kin, then change fields.
 * Shape (n, c, spatial[0], ..., spatial[spatial_rank-1]); an instance is one (n,c), of S = prod(spatial)
 * elements (S = 1 when spatial_rank is 0); a set, whose elements share mean and rstd, is C/G instances. */
typedef struct clnorm_desc {
	size_t n, c;
	size_t spatial[CLNORM_MAX_SPATIAL];
	unsigned spatial_rank;
	clnorm_dtype dtype;           /* default CLNORM_F32 */
	clnorm_layout layout;         /* default CLNORM_NCHW */
	clnorm_affine affine;         /* default CLNORM_AFFINE_CHANNEL */
	clnorm_activation activation; /* default CLNORM_ACT_NONE */
	double slope;                 /* of CLNORM_ACT_LEAKY_RELU, finite likewise; default 0.01 */
	double epsilon;               /* >= 0, finite in the statistics type, never clamped; default 1e-5 */
	unsigned ops;                 /* clnorm_op bits; default CLNORM_OP_FORWARD */
	unsigned flags;               /* clnorm_flag bits; default 0 */
	/* G: the channels of a sample are cut into G sets of C/G neighbouring ones; the elements of a set share mean
	 * and rstd (group norm). Divides C. 0, the default: each instance is a set, as C would say. 1: a sample is
	 * (layer norm; over the last axis of rows: n the rows, c the axis, no spatial sizes). gamma and beta are as
	 * affine says, whatever the sets. */
	size_t groups;
	/* Where x, residual, y, dy and dx are not packed; default all 0. */
	struct {
		clnorm_strides x, residual, y, dy, dx;
	} strides;
	/* Valid elements: padding of a batch, or all but a region, left out of the statistics. M are then the valid
	 * elements of a set alone; where there is none, mean and rstd are 0. What x holds elsewhere, NaN and infinity
	 * too, changes no number of a valid element and no parameter gradient. */
	clnorm_valid valid;           /* default CLNORM_VALID_ALL */
	clnorm_outside outside;       /* default CLNORM_OUTSIDE_NORMALIZE */
	size_t mask_n, mask_c;        /* the mask is [mask_n, mask_c, spatial...] in the layout of x: 1 or N, 1 or C;
	                                 0, the default, counts as 1 */
	/* var = sum((x-mean)^2)/(M - ddof), 0 where M is at most ddof; 0, the default, or 1 (sample deviation). */
	unsigned ddof;
	/* D >= 0, finite in the statistics type: rstd = 1/max(sqrt(var + epsilon), D); where D is what counts, it is a
	 * constant, and so it is for the gradients. 0, the default: none. */
	double min_std;
	/* forces a variant by name; NULL: the planner chooses. Settings of its knobs may follow, a blank before each:
	 * "rows-split units=8 chunk=32768" (see clnorm/tuning.h). Read at plan creation only. */
	const char *variant;
} clnorm_desc;

/* Count, mean and sum of squared deviations of a set of numbers; var = m2/count. */
typedef struct clnorm_moments {
	double count, mean, m2;
} clnorm_moments;

/* Values in one device record of moments: count, mean, mean_low, m2, each of the statistics type
 * (float; double for f64). The mean is mean + mean_low: a float alone would lose 5e-4 std at mean/std = 1e4. */
#define CLNORM_MOMENTS_WIDTH 4

/* One row of the table of kernel variants. */
typedef struct clnorm_variant_info {
	const char *name;   /* what clnorm_desc.variant takes */
	const char *text;   /* one line: what it is for */
	unsigned ops;       /* clnorm_op bits that it can do */
	unsigned layouts;   /* bit (1 << layout) for each layout that it can do */
	unsigned knobs;     /* bit (1 << i) for each row i of the table of knobs that it can be set by */
} clnorm_variant_info;

/* One row of the table of knobs: a number that a variant's launch geometry is made of. */
typedef struct clnorm_knob_info {
	const char *name;     /* what stands before the = in a setting */
	const char *text;     /* one line: what it is, with its unit */
	size_t usual;         /* the default; 0: no number but a rule, which the text names */
	size_t least, most;   /* limits of what may be set */
	size_t step;          /* a value is a multiple of it; 0: a power of two */
	const size_t *values; /* worth trying; owned by the library */
	size_t value_count;
} clnorm_knob_info;

#ifdef __cplusplus
}
#endif
#endif
