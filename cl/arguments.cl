/* arguments.cl: the scalar arguments of every stage, one struct by value; read by the kernels and by
 * lib/device/stages.c alike. SPDX-License-Identifier: Apache-2.0
 *
 * Offsets are in elements of the buffer they belong to. A slab is what one unit of a kernel works on at a time: one
 * instance, or the instances of a few neighbouring channels. A chunk is a part of a slab. */

/* A number as the accumulators take it: SCALAR() of types.cl, which knows a double only where there are doubles. */
struct cln_scalar {
	ulong bits;    /* of the double */
	float rounded; /* to a float */
	uint unused;
};

struct cln_arguments {
	ulong x, gamma, beta, residual, y, mean, rstd, moments;
	ulong dy, dx, dgamma, dbeta;
	ulong parts, sums, totals;
	ulong spatial;      /* S, elements of an instance */
	ulong channels;     /* C */
	ulong instances;    /* N*C */
	ulong params;       /* length of gamma and beta: C or N*C, 1 without them */
	ulong first;        /* first slab of this launch */
	ulong slabs;        /* slabs of this launch */
	ulong chunk;        /* elements of a chunk (the last one may be shorter) */
	uint chunks;        /* chunks of an instance */
	uint parts_count;   /* records of an instance in parts */
	uint flags;         /* CLN_HAS_..., CLN_PUT_..., CLN_GIVEN */
	uint unused;
	struct cln_scalar epsilon, slope;
	struct cln_scalar scale, momentum; /* parameter gradients: scale*new + momentum*old */
};

#define CLN_HAS_GAMMA 1u
#define CLN_HAS_BETA 2u
#define CLN_HAS_RESIDUAL 4u
#define CLN_PUT_Y 8u
#define CLN_PUT_MEAN 16u
#define CLN_PUT_RSTD 32u
#define CLN_PUT_MOMENTS 64u
#define CLN_PUT_DX 128u
#define CLN_PUT_DGAMMA 256u
#define CLN_PUT_DBETA 512u
#define CLN_GIVEN 1024u /* mean and rstd are inputs */
#define CLN_MERGE 2048u /* parts are an input, to be merged into mean and rstd */
