/* arguments.cl: the operands and the scalar arguments of every stage; read by the kernels and by lib/device/stages.h
 * alike. SPDX-License-Identifier: Apache-2.0
 *
 * A set is what shares mean and rstd, a run is the elements of a set that share gamma and beta: S elements of one
 * channel of one sample. A slab is what one unit of a kernel works on at a time: a run, the runs of a few neighbouring
 * channels, or all runs of a set. A chunk is a part of a slab. */
#ifndef CLN_ON_HOST
#ifndef VALID
#define VALID 0
#endif
#ifndef SKIP
#define SKIP 0
#endif
#endif

/* An operand: what its buffer is to an operation, its name in kernels, its type. Tensors first. */
#define CLN_OPERAND_X(DO) DO(X, x, const T)
#define CLN_OPERAND_SKIP(DO) DO(SKIP, skip, const T)
#define CLN_OPERAND_SUM(DO) DO(SUM, sum, T)
#define CLN_OPERAND_RESIDUAL(DO) DO(RESIDUAL, residual, const T)
#define CLN_OPERAND_Y(DO) DO(Y, y, T)
#define CLN_OPERAND_DY(DO) DO(DY, dy, const T)
#define CLN_OPERAND_DX(DO) DO(DX, dx, T)
#define CLN_OPERAND_VALID(DO) DO(VALID, valid, const VALID_TYPE)
#define CLN_OPERAND_GAMMA(DO) DO(GAMMA, gamma, const ACC)
#define CLN_OPERAND_BETA(DO) DO(BETA, beta, const ACC)
#define CLN_OPERAND_MEAN(DO) DO(MEAN, mean, ACC)
#define CLN_OPERAND_RSTD(DO) DO(RSTD, rstd, ACC)
#define CLN_OPERAND_MOMENTS(DO) DO(MOMENTS, moments, ACC)
#define CLN_OPERAND_RUNNING_MEAN(DO) DO(RUNNING_MEAN, running_mean, ACC)
#define CLN_OPERAND_RUNNING_VARIANCE(DO) DO(RUNNING_VARIANCE, running_variance, ACC)
#define CLN_OPERAND_DGAMMA(DO) DO(DGAMMA, dgamma, ACC)
#define CLN_OPERAND_DBETA(DO) DO(DBETA, dbeta, ACC)
#define CLN_OPERAND_PARTS(DO) DO(PARTS, parts, ACC)
#define CLN_OPERAND_SUMS(DO) DO(SUMS, sums, ACC)
#define CLN_OPERAND_TOTALS(DO) DO(TOTALS, totals, ACC)

#define CLN_TENSOR_OPERANDS(DO)                                                                                \
	CLN_OPERAND_X(DO) CLN_OPERAND_SKIP(DO) CLN_OPERAND_SUM(DO) CLN_OPERAND_RESIDUAL(DO) CLN_OPERAND_Y(DO) \
	CLN_OPERAND_DY(DO) CLN_OPERAND_DX(DO)
#define CLN_RUNNING_OPERANDS(DO) CLN_OPERAND_RUNNING_MEAN(DO) CLN_OPERAND_RUNNING_VARIANCE(DO)
#define CLN_ARRAY_OPERANDS(DO)                                                                                 \
	CLN_OPERAND_VALID(DO)                                                                                  \
	CLN_OPERAND_GAMMA(DO) CLN_OPERAND_BETA(DO) CLN_OPERAND_MEAN(DO) CLN_OPERAND_RSTD(DO)                   \
	CLN_OPERAND_MOMENTS(DO) CLN_OPERAND_DGAMMA(DO) CLN_OPERAND_DBETA(DO) CLN_OPERAND_PARTS(DO)             \
	CLN_OPERAND_SUMS(DO) CLN_OPERAND_TOTALS(DO) CLN_RUNNING_OPERANDS(DO)

/* Arguments of those programs alone that are told SKIP or VALID; the host asks the plan (lib/device/stages.c). */
#if defined(SKIP) && !SKIP
#define CLN_SKIP_OPERANDS(DO)
#else
#define CLN_SKIP_OPERANDS(DO) CLN_OPERAND_SKIP(DO) CLN_OPERAND_SUM(DO)
#endif
#if defined(VALID) && !VALID
#define CLN_VALID_OPERANDS(DO)
#else
#define CLN_VALID_OPERANDS(DO) CLN_OPERAND_VALID(DO)
#endif

/* The operands of each kind of stage, in the order of its kernel's arguments. */
#define CLN_SOURCE(DO) CLN_OPERAND_X(DO) CLN_SKIP_OPERANDS(DO) CLN_VALID_OPERANDS(DO)
#define CLN_INPUTS(DO) CLN_SOURCE(DO) CLN_OPERAND_GAMMA(DO) CLN_OPERAND_BETA(DO) CLN_OPERAND_RESIDUAL(DO)
#define CLN_STATISTICS(DO) CLN_OPERAND_MEAN(DO) CLN_OPERAND_RSTD(DO) CLN_OPERAND_MOMENTS(DO)
#define CLN_BACK_INPUTS(DO)                                                                                    \
	CLN_INPUTS(DO) CLN_OPERAND_DY(DO) CLN_OPERAND_MEAN(DO) CLN_OPERAND_RSTD(DO) CLN_OPERAND_PARTS(DO)
#define CLN_OPERANDS_FUSED(DO) CLN_INPUTS(DO) CLN_OPERAND_Y(DO) CLN_STATISTICS(DO)
#define CLN_OPERANDS_PARTIAL(DO) CLN_SOURCE(DO) CLN_OPERAND_PARTS(DO)
#define CLN_OPERANDS_JOIN(DO) CLN_STATISTICS(DO) CLN_OPERAND_PARTS(DO)
#define CLN_OPERANDS_APPLY(DO) CLN_INPUTS(DO) CLN_OPERAND_Y(DO) CLN_STATISTICS(DO) CLN_OPERAND_PARTS(DO)
#define CLN_OPERANDS_RUNNING(DO) CLN_RUNNING_OPERANDS(DO) CLN_OPERAND_MOMENTS(DO)
#define CLN_OPERANDS_RECALL(DO) CLN_RUNNING_OPERANDS(DO) CLN_OPERAND_PARTS(DO)
#define CLN_OPERANDS_BACK_FUSED(DO)                                                                            \
	CLN_BACK_INPUTS(DO) CLN_OPERAND_DX(DO) CLN_OPERAND_TOTALS(DO) CLN_OPERAND_DGAMMA(DO) CLN_OPERAND_DBETA(DO)
#define CLN_OPERANDS_BACK_PARTIAL(DO) CLN_BACK_INPUTS(DO) CLN_OPERAND_SUMS(DO)
#define CLN_OPERANDS_BACK_JOIN(DO)                                                                             \
	CLN_OPERAND_GAMMA(DO) CLN_OPERAND_MEAN(DO) CLN_OPERAND_RSTD(DO) CLN_OPERAND_PARTS(DO) CLN_OPERAND_SUMS(DO) \
	CLN_OPERAND_TOTALS(DO)
#define CLN_OPERANDS_BACK_APPLY(DO)                                                                            \
	CLN_BACK_INPUTS(DO) CLN_OPERAND_SUMS(DO) CLN_OPERAND_DX(DO) CLN_OPERAND_TOTALS(DO)
#define CLN_OPERANDS_BACK_PARAMS(DO) CLN_OPERAND_TOTALS(DO) CLN_OPERAND_DGAMMA(DO) CLN_OPERAND_DBETA(DO)

#define CLN_ROLE(NAME, name, type) CLN_ROLE_##NAME,
enum cln_role {
	CLN_TENSOR_OPERANDS(CLN_ROLE)
	CLN_TENSORS,
	CLN_LAST_TENSOR = CLN_TENSORS - 1,
	CLN_ARRAY_OPERANDS(CLN_ROLE)
	CLN_ROLES
};

/* A number as the accumulators take it: SCALAR() of types.cl, which knows a double only where there are doubles. */
struct cln_scalar {
	ulong bits;    /* of the double */
	float rounded; /* to a float */
	uint unused;
};

/* Where the mask of a run's element is: bytes from a sample, a channel and an element of a run to the next; or the
 * elements of a run that a length of 1 is. */
struct cln_valid_steps {
	ulong sample, channel, element, unit;
};

/* Elements from a sample to the next, and from a channel (channels last: a pixel) to the next. */
struct cln_steps {
	ulong sample, inner;
};

struct cln_arguments {
	ulong offsets[CLN_ROLES]; /* where each operand begins, elements of its buffer */
	struct cln_steps steps[CLN_TENSORS]; /* read by programs that are told STRIDED */
	struct cln_valid_steps valid; /* read by programs that are told VALID */
	ulong spatial;      /* S, elements of a run */
	ulong channels;     /* C */
	ulong instances;    /* N*C, all runs */
	ulong totals;       /* numbers of a kind in totals: N*C; C for each unit where those add up (BY_UNIT) */
	ulong runs;         /* of a set */
	ulong params;       /* length of gamma and beta: C or N*C, 1 without them */
	ulong first;        /* first slab of this launch */
	ulong slabs;        /* slabs of this launch */
	ulong first_set;    /* first set of this launch */
	ulong sets;         /* sets of this launch */
	ulong chunk;        /* elements of a chunk (the last one may be shorter) */
	uint chunks;        /* chunks of a slab */
	uint parts_count;   /* records of a set in parts that are to be merged */
	uint parts_stride;  /* records from a set to the next in parts */
	uint flags;         /* bit (1 << role) of each operand that is there; CLN_GIVEN, CLN_MERGE */
	struct cln_scalar epsilon, slope;
	struct cln_scalar ddof, most_rstd; /* read by programs that are told DEVIATION; no limit: 0 */
	struct cln_scalar scale, momentum; /* parameter gradients, running statistics: scale*new + momentum*old */
};

#define CLN_HAS(NAME) (1u << CLN_ROLE_##NAME)
#define CLN_GIVEN (1u << 30) /* mean and rstd are inputs */
#define CLN_MERGE (1u << 31) /* parts are an input, to be merged into mean and rstd */
