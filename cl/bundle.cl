/* bundle.cl: the family for short instances on CPUs: a slab is V of them, neighbouring channels of a sample, and one
 * work-item does at once for all what is done once for each. SPDX-License-Identifier: Apache-2.0
 *
 * Each instance is read along its elements, V at a time, and adds up to a vector of partial sums. V such vectors are
 * added across, in a tree of halves, to one whose lane j is the sum of instance j; so a division or a root is one of V
 * lanes, where each instance waits for its own in rows.cl. Statistics are two sweeps, the mean and then the deviations
 * from it, and y is a third; the first-level cache serves the second and third. The last vector of an instance ends
 * where the instance does and overlaps the one before it.
 * Macros: LANE must be ACCV; V is 4, 8 or 16. V <= S <= 16*V: with more than 8 vectors an accumulator, sums would lose
 * digits. Private memory of 4*V vectors. */
#define ELEMENTS_DIFFER 1

/* The even lanes of two vectors in one; the odd ones. By name: see SUM_FOUR. */
#if V == 4
#define EVENS(a, b) (ACCV)((a).s0, (a).s2, (b).s0, (b).s2)
#define ODDS(a, b) (ACCV)((a).s1, (a).s3, (b).s1, (b).s3)
#elif V == 8
#define EVENS(a, b) (ACCV)((a).s0, (a).s2, (a).s4, (a).s6, (b).s0, (b).s2, (b).s4, (b).s6)
#define ODDS(a, b) (ACCV)((a).s1, (a).s3, (a).s5, (a).s7, (b).s1, (b).s3, (b).s5, (b).s7)
#else
#define EVENS(a, b)                                                                                      \
	(ACCV)((a).s0, (a).s2, (a).s4, (a).s6, (a).s8, (a).sa, (a).sc, (a).se, (b).s0, (b).s2, (b).s4, \
	       (b).s6, (b).s8, (b).sa, (b).sc, (b).se)
#define ODDS(a, b)                                                                                       \
	(ACCV)((a).s1, (a).s3, (a).s5, (a).s7, (a).s9, (a).sb, (a).sd, (a).sf, (b).s1, (b).s3, (b).s5, \
	       (b).s7, (b).s9, (b).sb, (b).sd, (b).sf)
#endif

#define PACKED_STEP a.spatial
#define LANES_APART(NAME, channel) ((channel) * a.steps[CLN_ROLE_##NAME].inner)

static struct place slab_place(struct cln_arguments a, ulong slab)
{
	struct place at;
	ulong slabs = (a.channels + V - 1) / V; /* of one sample */
	ulong channel = slab % slabs * V;
	at.run = slab / slabs * a.channels + channel;
	at.x = at.run * a.spatial;
	at.ahead = 0;
	at.lanes = (uint)min((ulong)V, a.channels - channel);
	return at;
}

static LANE slab_first(struct cln_arguments a, SOURCE x, struct place at, ulong from)
{
#define LANE_HERE(k) min((uint)(k), at.lanes - 1)
#define FIRST_OF(k) IF_VALID(ACC, valid_at(x, 0, LANE_HERE(k)), LOAD(X_OF(x), LANE_HERE(k) * STEP_OF_SLAB(X)))
	return FROM_LANES(FIRST_OF);
}

/* sum = x + skip in the runs of a slab. */
#if SKIP
static void slab_add(struct cln_arguments a, const __global T *x, const __global T *skip, __global T *sum,
                     struct place at, ulong from, ulong n)
{
	for (uint j = 0; j < at.lanes; ++j) {
		ulong first = from + j * STEP_OF_SLAB(X), i = first;
		for (; i + V <= first + n; i += V)
			STOREV(LOADV(x, i) + LOADV(skip, i), sum, i);
		for (; i < first + n; ++i)
			STORE(LOAD(x, i) + LOAD(skip, i), sum, i);
	}
}
#endif

/* The sums of V vectors, as lanes in their order; they are used up. */
INLINE ACCV sum_across(ACCV *of)
{
	for (uint n = V / 2; n > 0; n /= 2)
		for (uint k = 0; k < n; ++k)
			of[k] = EVENS(of[2 * k], of[2 * k + 1]) + ODDS(of[2 * k], of[2 * k + 1]);
	return of[0];
}

/* A vector of deviations into the accumulators k. */
#define INSTANCE_TERMS(k, deviations)    \
	{                                \
		ACCV d = deviations;     \
		s##k += d;               \
		q##k = FMA(d, d, q##k);  \
	}

/* Lanes that add up to sum(x - center) and, in *squares unless it is 0, to that of squares. */
INLINE ACCV instance_sums(SOURCE x, uint n, ACC center, ACCV *squares)
{
	ACCV s0 = (ACCV)(0), s1 = s0, q0 = s0, q1 = s0;
	uint i = 0;
	for (; i + 2 * V <= n; i += 2 * V) {
		INSTANCE_TERMS(0, DEVIATED(ACCV, LOADV, x, i, center))
		INSTANCE_TERMS(1, DEVIATED(ACCV, LOADV, x, i + V, center))
	}
	if (i + V <= n) {
		INSTANCE_TERMS(0, DEVIATED(ACCV, LOADV, x, i, center))
		i += V;
	}
	if (i < n)
		INSTANCE_TERMS(1, end_keep(DEVIATED(ACCV, LOADV, x, n - V, center), n))
	if (squares)
		*squares = q0 + q1;
	return s0 + s1;
}

/* Valid elements of each run. */
#if VALID
static LANE slab_counts(struct cln_arguments a, SOURCE x, uint n, uint lanes)
{
	ACCV counts;
	for (uint j = 0; j < V; ++j)
		LANE_OF_ANY(counts, j) = j < lanes ? source_count(SOURCE_RUN(x, j), n) : 0;
	return counts;
}
#else
#define slab_counts(a, x, n, lanes) ((LANE)((ACC)(n)))
#endif

static struct moments slab_moments(struct cln_arguments a, SOURCE x, struct place at, ulong from, ulong n, LANE shift,
                                   SLAB_KEEP *keep, __local ACC *scratch)
{
	SOURCE p = SOURCE_AT(x, from);
	LANE count = slab_counts(a, p, (uint)n, at.lanes);
	ACCV sums[V], squares[V];
	for (uint j = 0; j < V; ++j) {
		sums[j] = (ACCV)(0);
		if (j < at.lanes)
			sums[j] = instance_sums(SOURCE_RUN(p, j), (uint)n, LANE_OF(shift, j), 0);
	}
	LANE center = shift + sum_across(sums) / SOME(count);
	for (uint j = 0; j < V; ++j) {
		sums[j] = squares[j] = (ACCV)(0);
		if (j < at.lanes)
			sums[j] = instance_sums(SOURCE_RUN(p, j), (uint)n, LANE_OF(center, j), squares + j);
	}
	ACCV d = sum_across(sums);
	return moments_first(shift, count, center, d, sum_across(squares));
}

INLINE ACCV instance_y(SOURCE x, const __global T *residual, struct affine_one f, uint i)
{
	ELEMENT_VALUE(ACCV, LOADV, i);
	return value;
}

/* y of one instance; residual 0: none. What the last vector overlaps is loaded before it is stored: y may be x. */
INLINE void instance_apply(SOURCE x, const __global T *residual, __global T *y, uint n, struct affine_one f)
{
	ACCV end = instance_y(x, residual, f, n - V);
	for (uint i = 0; i + V < n; i += V)
		STOREV(instance_y(x, residual, f, i), y, i);
	STOREV(end, y, n - V);
}

static void slab_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, struct place at,
                       ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	for (uint j = 0; j < at.lanes; ++j) {
		SOURCE from_x = SOURCE_RUN(SOURCE_AT(x, from), j);
		const __global T *from_residual = residual + from + j * STEP_OF_SLAB(RESIDUAL);
		__global T *to = y + from + j * STEP_OF_SLAB(Y);
		struct affine_one one = affine_lane(&f, j);
		if (HAS(RESIDUAL))
			instance_apply(from_x, from_residual, to, (uint)n, one);
		else
			instance_apply(from_x, 0, to, (uint)n, one);
	}
}
