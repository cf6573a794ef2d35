/* stage.cl: what every forward stage shares: its slabs, its parameters, where its statistics go.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Macro: ONCE = 1: the launch has a unit for every task, and no loop over tasks: its state takes up to 40 registers
 * of a GPU, as much as an instance that is kept there (tests/vendors.sh); 0 (default): any launch. AGAIN_FROM_END = 1:
 * a launch that reads what the one before it read begins with what that one read last.
 * Stands on a family, which names UNIT and UNITS (which work this is,
 * of how many), LEADER (who writes what the unit has in common), and the slab_ functions. */

/* What a family must bring, itself or by the files of its place and unit (cl/README.md); beside these the functions
 * slab_place, slab_first, slab_moments and slab_apply, which compilers miss where a stage calls them. */
#if !(defined(UNIT) && defined(UNITS) && defined(LEADER) && defined(ITEM) && defined(ITEMS_OF_UNIT))
#error "a family says who works: UNIT, UNITS, LEADER, ITEM, ITEMS_OF_UNIT"
#endif
#if !(defined(DECLARE_SCRATCH) && defined(SCRATCH_POINTER) && defined(SCRATCH))
#error "a family says what its units share: DECLARE_SCRATCH, SCRATCH_POINTER, SCRATCH"
#endif
#if !(defined(SLAB_UNIFORM) && defined(SLAB_KEEP) && defined(SLAB_LENGTH) && defined(SLAB_OF))
#error "a family says what a slab is: SLAB_UNIFORM, SLAB_KEEP, SLAB_LENGTH, SLAB_OF"
#endif
#if !(defined(SET) && defined(SETS_LOAD) && defined(PARTS_OF) && defined(PARAMETER))
#error "a family says where what belongs to a slab is: SET, SETS_LOAD, PARTS_OF, PARAMETER"
#endif
#if !(defined(LANES_ALL) && defined(LANES_LOAD) && defined(LANES_STORE)) || \
	!(defined(LANES_GATHER) && defined(LANES_SCATTER))
#error "a family says what lanes are: LANES_ALL, LANES_LOAD, LANES_STORE, LANES_GATHER, LANES_SCATTER"
#endif
#if !(defined(MERGE_FIRST) == defined(MERGE_STEP) && defined(MERGE_STEP) == defined(MERGE_ALL))
#error "a family whose work-items share the parts out says how: MERGE_FIRST, MERGE_STEP, MERGE_ALL"
#endif
#if defined(EACH_PIECE) && !(defined(PIECE) && defined(PIECE_SHIFT) && defined(PIECE_MOMENTS))
#error "a family of pieces says what one is: PIECE, PIECE_SHIFT, PIECE_MOMENTS"
#endif
#if defined(EACH_PIECE) && \
	!(defined(SLAB_AFFINE) && defined(AFFINE_PUT) && defined(AFFINE_CLOSE) && defined(AFFINE_OF_ALL))
#error "a family of pieces says what scales are in: SLAB_AFFINE, AFFINE_PUT, AFFINE_CLOSE, AFFINE_OF_ALL"
#endif

#ifndef ONCE
#define ONCE 0
#endif
#ifndef AGAIN_FROM_END
#define AGAIN_FROM_END 0
#endif

static struct divisor divisor_of(struct cln_arguments a)
{
	struct divisor by;
	by.epsilon = SCALAR(a.epsilon);
	by.ddof = SCALAR(a.ddof);
	by.most_rstd = SCALAR(a.most_rstd);
	return by;
}

/* The tasks (slabs, or pairs of slab and chunk) of this unit: from .. to-1, neighbours, shared out evenly: drivers
 * that hand out groups in batches would give all work to one core if the last groups went without. A unit without a
 * task has a `from` in range: Intel's CPU compiler (2026) reads its first number before it asks if there is one. */
struct range {
	ulong from, to;
};

static struct range unit_range(ulong tasks)
{
	struct range r;
	r.from = ONCE ? min((ulong)UNIT, max(tasks, (ulong)1) - 1) : tasks * UNIT / UNITS;
	r.to = ONCE ? r.from + (UNIT < tasks) : tasks * (UNIT + 1) / UNITS;
	return r;
}

/* The same of a second read: of "apply" after "partial"; of "back_partial", before a "back_apply" in usual order. */
static struct range unit_range_again(ulong tasks)
{
	struct range r = unit_range(tasks), again = r;
	if (AGAIN_FROM_END) {
		again.from = min(tasks - r.to, tasks - 1);
		again.to = again.from + (r.to - r.from);
	}
	return again;
}

/* How often the units of a group go through a loop over slabs whose barriers all of them pass. With ONCE also where
 * there is no slab, as PoCL 3.1 breaks barriers under a condition: a launch of no slabs then reads the first, and
 * stores nothing. */
static ulong unit_rounds(ulong slabs)
{
	return ONCE ? 1 : (slabs + UNITS - 1) / UNITS;
}

/* sum = x + skip in n elements of a slab from `from` on: each by the work-item that reads it again. */
#if SKIP && defined(ADD_ELEMENTS)
static void slab_add(struct cln_arguments a, const __global T *x, const __global T *skip, __global T *sum,
                     struct place at, ulong from, ulong n)
{
	ulong i = from, end = from + n;
	for (; ITEMS_OF_UNIT == 1 && i + V <= end; i += V)
		STOREV(LOADV(x, i) + LOADV(skip, i), sum, i);
	for (i += ITEM; i < end; i += ITEMS_OF_UNIT)
		STORE(LOAD(x, i) + LOAD(skip, i), sum, i);
}
#endif

/* Adds the skip to n elements of a slab. The first of them is read by all of the unit's work-items. */
#if SKIP
#define ADD_SKIP(at, from, n) \
	slab_add(a, SLAB_OF(x, X, at), SLAB_OF(skip, SKIP, at), SLAB_OF(sum, SUM, at), at, from, n);
#else
#define ADD_SKIP(at, from, n)
#endif
#if SKIP && defined(GROUP) && GROUP > 1
#define SHARE_SUM barrier(CLK_GLOBAL_MEM_FENCE);
#else
#define SHARE_SUM
#endif

/* Elements of a slab in its chunk `part`. */
static ulong chunk_length(struct cln_arguments a, ulong part)
{
	return min(a.chunk, SLAB_LENGTH - part * a.chunk);
}

/* Of a family whose slabs are more lanes than a vector has, pieces that are a vector each, and what holds the numbers
 * of all of them: EACH_PIECE() goes over k, which the macros below it may use. Of others a slab is one piece. */
#ifndef EACH_PIECE
#define EACH_PIECE(at)
#define PIECE(at) (at)
#define PIECE_SHIFT(x, piece, from, shift) (shift)
#define PIECE_MOMENTS(m, keep, at) (m)
#define PIECE_SUMS(sums, at) (sums)
#define PIECE_STATS(s) struct stats s
#define STATS_OF_PIECE(s) s
#define SLAB_AFFINE struct affine
#define AFFINE_PUT(all, at, piece, one) all = one;
#define AFFINE_CLOSE(all, at)
#define AFFINE_OF_ALL(all) (all)
#define SLAB_SUMS struct sums
#define SLAB_GRADIENT struct input_gradient
#define GRADIENT_PUT(all, at, piece, one) all = one;
#define GRADIENT_CLOSE(all, at)
#define GRADIENT_OF_ALL(all) (all)
#endif

/* Parameters of the slab, gamma or beta; `otherwise` where there are none. */
static LANE slab_parameter(struct cln_arguments a, const __global ACC *p, uint given, struct place at, ACC otherwise)
{
	if (a.flags & given)
		return LANES_LOAD(p, PARAMETER(at), at.lanes);
	return (LANE)(otherwise);
}

static struct affine slab_affine(struct cln_arguments a, const __global ACC *gamma, const __global ACC *beta,
                                 struct place at, struct stats s)
{
#if LOOKUP
	struct affine f = affine_of(s, 1, 0, SCALAR(a.slope));
	f.offset = -s.low;
	f.gamma = HAS(GAMMA) ? gamma + PARAMETER(at) : 0;
	f.beta = HAS(BETA) ? beta + PARAMETER(at) : 0;
	f.length = (uint)a.spatial;
	f.rest = 0;
	return f;
#else
	LANE g = slab_parameter(a, gamma, CLN_HAS(GAMMA), at, 1);
	LANE b = slab_parameter(a, beta, CLN_HAS(BETA), at, 0);
	return affine_of(s, g, b, SCALAR(a.slope));
#endif
}

/* One record of CLNORM_MOMENTS_WIDTH numbers for each lane of the slab, `stride` numbers apart. */
static void slab_put_record(__global ACC *records, ulong i, ulong stride, struct place at, struct moments m,
                            struct stats s)
{
	LANES_SCATTER(m.count, records, i, stride, at.lanes);
	LANES_SCATTER(s.mean, records, i + 1, stride, at.lanes);
	LANES_SCATTER(s.low, records, i + 2, stride, at.lanes);
	LANES_SCATTER(moments_squares(m), records, i + 3, stride, at.lanes);
}

/* Statistics of sets, from `set` on, one for each lane. */
static void slab_put_stats(struct cln_arguments a, __global ACC *mean, __global ACC *rstd, __global ACC *moments,
                           struct place at, ulong set, struct moments m, struct stats s)
{
	if (HAS(MEAN))
		LANES_STORE(s.mean + s.low, mean, set, at.lanes);
	if (HAS(RSTD))
		LANES_STORE(s.rstd, rstd, set, at.lanes);
	if (HAS(MOMENTS))
		slab_put_record(moments, set * 4, 4, at, m, s);
}
