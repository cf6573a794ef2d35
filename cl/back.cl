/* back.cl: what the backward stages share: where an instance's totals go, and dgamma and dbeta, their sums over N.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     dgamma = scale*sum_n(sum(g*xhat)) + momentum*dgamma      dbeta = scale*sum_n(sum(g)) + momentum*dbeta
 *
 * totals [2,N,C]; dgamma, dbeta [C] (then runs p, p+C, p+2C, ... belong to parameter p) or [N,C]. Sums are taken
 * in the order of N, whoever takes them. With momentum 0 the old value is not read.
 * Macro, of a family whose work-items share the adding of chunks: ADD_ALL, their sums together. */

/* What the backward half of a family must bring, beside the functions slab_sums and slab_dx. */
#ifndef ADD_ALL
#error "a family whose work-items share the parts out says how sums of theirs meet: ADD_ALL"
#endif
#if !(defined(SLAB_SUMS) && defined(PIECE_SUMS) && defined(PIECE_STATS) && defined(STATS_OF_PIECE))
#error "a family of pieces says what their sums are in: SLAB_SUMS, PIECE_SUMS, PIECE_STATS, STATS_OF_PIECE"
#endif
#if !(defined(SLAB_GRADIENT) && defined(GRADIENT_PUT) && defined(GRADIENT_CLOSE) && defined(GRADIENT_OF_ALL))
#error "a family of pieces says what gradients are in: SLAB_GRADIENT, GRADIENT_PUT, GRADIENT_CLOSE, GRADIENT_OF_ALL"
#endif

/* totals [2,N,C]: what each run contributes to dbeta and to dgamma. */
static void slab_put_totals(struct cln_arguments a, __global ACC *totals, struct place at, struct input_gradient in)
{
	LANES_STORE(in.total_g, totals, at.run, at.lanes);
	LANES_STORE(in.total_gx, totals, a.totals + at.run, at.lanes);
}

/* The gradient of a slab whose sums are there: of each of its elements gamma is looked up, or it has one. */
static struct input_gradient slab_gradient(struct cln_arguments a, const __global ACC *gamma, __global ACC *totals,
                                           struct place at, struct sums sums, struct stats s, bool adds)
{
#if LOOKUP
	struct input_gradient in = set_gradient_of(sums, s, (ACC)SLAB_LENGTH, divisor_of(a));
	bool wanted = HAS(DGAMMA) || HAS(DBETA);
	ulong first = BY_UNIT ? UNIT * a.channels : at.run;
	in.total_gs = wanted ? totals + first : 0;
	in.total_gxs = wanted ? totals + a.totals + first : 0;
#if BY_UNIT
	in.low = 2 * a.totals;
	in.adds = adds;
#endif
	return in;
#else
	LANE weight = slab_parameter(a, gamma, CLN_HAS(GAMMA), at, 1);
	return gradient_of(sums, s, weight, (ACC)SLAB_LENGTH, divisor_of(a));
#endif
}

#if LOOKUP
/* What runs of one element contribute to dbeta and dgamma, where nobody asks for dx, which would do it on the way. */
static void slab_put_all_totals(struct cln_arguments a, SOURCE x, const __global T *dy,
                                const __global T *residual, ulong from, ulong n, struct affine f,
                                struct input_gradient in)
{
	if (!HAS(RESIDUAL))
		residual = 0;
	for (ulong i = from + ITEM; in.total_gs && i < from + n; i += ITEMS_OF_UNIT) {
		ELEMENT_GRADIENT(ACC, LOAD, i);
		SUM_TERMS(ACC, VALID_LOAD(x, i));
		PUT_TOTALS(ACC, GET_ONE, PUT_ONE, plain, d, in, i)
	}
}
#endif

/* What the chunks of a slab add up to. */
INLINE struct sums slab_add_chunks(struct cln_arguments a, const __global ACC *sums, struct place at,
                                   SCRATCH_POINTER scratch)
{
	struct sums all = sums_none();
	ulong stride = 4 * (ulong)a.chunks;
	for (uint k = MERGE_FIRST; k < a.chunks; k += MERGE_STEP) {
		ulong i = PARTS_OF(at) * stride + 4 * k;
		LANE g = LANES_GATHER(sums, i, stride, at.lanes);
		LANE gd = LANES_GATHER(sums, i + 1, stride, at.lanes);
		ADD_COUNT(all, LANES_GATHER(sums, i + 3, stride, at.lanes));
		all = sums_add(all, g, gd, LANES_GATHER(sums, i + 2, stride, at.lanes));
	}
	return ADD_ALL(all, a.chunks, scratch);
}

/* Sums over N of V neighbouring parameters' totals, each as total_of() has it. */
#if V > 1 && !(defined(GROUP) && GROUP > 1)
#define TOTALS_IN_VECTORS 1
static ACCV totals_of(struct cln_arguments a, const __global ACC *totals, ulong p, ulong which)
{
	ACCV sum = (ACCV)(0), low = sum;
	for (ulong i = p; i < a.totals; i += a.params) {
		ACCV value = NUMBERS(totals + which * a.totals + i);
		if (BY_UNIT)
			low += NUMBERS(totals + (2 + which) * a.totals + i);
		ACCV s = sum + value, t = s - sum;
		low += (sum - (s - t)) + (value - t);
		sum = s;
	}
	return sum + low;
}
#endif

static ACC total_of(struct cln_arguments a, const __global ACC *totals, ulong p, ulong which)
{
	ACC sum = 0, low = 0;
	for (ulong i = p; i < a.totals; i += a.params) {
		ACC value = totals[which * a.totals + i];
		if (BY_UNIT)
			low += totals[(2 + which) * a.totals + i];
		ACC s = sum + value, t = s - sum;
		low += (sum - (s - t)) + (value - t);
		sum = s;
	}
	return sum + low;
}

static void put_gradient(struct cln_arguments a, __global ACC *p, ACC value)
{
	ACC momentum = SCALAR(a.momentum);
	value *= SCALAR(a.scale);
	*p = momentum != 0 ? FMA(momentum, *p, value) : value;
}

/* dgamma and dbeta of parameter p, of which instances contribute these totals. */
static void put_gradients(struct cln_arguments a, __global ACC *dgamma, __global ACC *dbeta, ulong p, ACC total_g,
                          ACC total_gx)
{
	if (HAS(DBETA))
		put_gradient(a, dbeta + p, total_g);
	if (HAS(DGAMMA))
		put_gradient(a, dgamma + p, total_gx);
}

#ifdef TOTALS_IN_VECTORS
/* put_gradient() of V neighbouring parameters. */
static void put_gradient_vector(struct cln_arguments a, __global ACC *p, ACCV value)
{
	ACC momentum = SCALAR(a.momentum);
	value *= SCALAR(a.scale);
	PUT_NUMBERS(momentum != 0 ? FMA((ACCV)(momentum), NUMBERS(p), value) : value, p);
}
#endif

/* The totals of what is not asked for are not read: a plan's trial has none. */
static void put_summed(struct cln_arguments a, const __global ACC *totals, __global ACC *dgamma, __global ACC *dbeta,
                       ulong p)
{
	ACC total_g = HAS(DBETA) ? total_of(a, totals, p, 0) : 0;
	ACC total_gx = HAS(DGAMMA) ? total_of(a, totals, p, 1) : 0;
	put_gradients(a, dgamma, dbeta, p, total_g, total_gx);
}
