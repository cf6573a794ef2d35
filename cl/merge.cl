/* merge.cl: statistics that are there already: parts to be merged, or mean and rstd as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * parts [N,C,parts_count,4] are merged in a fixed order by every chunk alike (a few dozen steps; a launch of its own
 * would cost more); with CLN_GIVEN mean and rstd [N,C] are read instead.
 * Macros, of a family whose work-items share the merging: MERGE_FIRST and MERGE_STEP, the parts that are this
 * work-item's; MERGE_ALL, theirs together. */
#ifndef MERGE_STEP
#define MERGE_FIRST 0
#define MERGE_STEP 1
#define MERGE_ALL(m, count, scratch) (m)
#endif

/* The mean of the first part that is not empty; lane by lane, as instances may be cut differently. */
static LANE slab_shift(const __global ACC *parts, struct place at, uint count, ulong stride)
{
	LANE shift = (LANE)(0), seen = shift;
	for (uint k = 0; k < count && !LANES_ALL(seen > (LANE)(0)); ++k) {
		ulong i = at.instance * stride + 4 * k;
		LANE n = LANES_GATHER(parts, i, stride, at.lanes);
		LANE part_mean = LANES_GATHER(parts, i + 1, stride, at.lanes);
		shift = seen == (LANE)(0) && n > (LANE)(0) ? part_mean : shift;
		seen += n;
	}
	return shift;
}

/* Parts `first`, first + step, ... of a slab around the shift. Of an empty part nothing but its count is taken. */
static struct moments slab_merge(const __global ACC *parts, struct place at, uint count, LANE shift, uint first,
                                 uint step)
{
	ulong stride = 4 * (ulong)count;
	struct moments m = moments_none();
	for (uint k = first; k < count; k += step) {
		ulong i = at.instance * stride + 4 * k;
		LANE n = LANES_GATHER(parts, i, stride, at.lanes);
		LANE part_mean = LANES_GATHER(parts, i + 1, stride, at.lanes);
		LANE part_low = LANES_GATHER(parts, i + 2, stride, at.lanes);
		LANE part_m2 = LANES_GATHER(parts, i + 3, stride, at.lanes);
		LANE center = n > (LANE)(0) ? part_mean : shift;
		LANE d = n > (LANE)(0) ? part_low * n : (LANE)(0);
		/* dd so that moments_add() finds m2 in it. */
		m = moments_add(m, shift, n, center, d, n > (LANE)(0) ? FMA(d, part_low, part_m2) : (LANE)(0));
	}
	return m;
}

static struct stats stats_given(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                                struct place at)
{
	struct stats s;
	s.mean = LANES_LOAD(mean, a.mean + at.instance, at.lanes);
	s.low = (LANE)(0);
	s.rstd = LANES_LOAD(rstd, a.rstd + at.instance, at.lanes);
	return s;
}

/* Each work-item merges all parts by itself: no barrier, so that it may be called under a condition. */
static struct stats slab_stats(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                               const __global ACC *parts, uint count, struct place at)
{
	if (a.flags & CLN_GIVEN)
		return stats_given(a, mean, rstd, at);
	LANE shift = slab_shift(parts + a.parts, at, count, 4 * (ulong)count);
	return moments_stats(slab_merge(parts + a.parts, at, count, shift, 0, 1), shift, SCALAR(a.epsilon));
}

struct merged {
	struct moments m; /* none where mean and rstd are given */
	struct stats s;
};

/* The same by all work-items that share a slab: their barriers are under no condition but MERGE_ALL's own. */
INLINE struct merged slab_merged(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                                 const __global ACC *parts, uint count, struct place at, SCRATCH_POINTER scratch)
{
	LANE shift = (LANE)(0);
	struct merged all;
	all.m = moments_none();
	if (!(a.flags & CLN_GIVEN)) {
		shift = slab_shift(parts + a.parts, at, count, 4 * (ulong)count);
		all.m = slab_merge(parts + a.parts, at, count, shift, MERGE_FIRST, MERGE_STEP);
	}
	all.m = MERGE_ALL(all.m, a.flags & CLN_GIVEN ? 0 : count, scratch);
	all.s = a.flags & CLN_GIVEN ? stats_given(a, mean, rstd, at) : moments_stats(all.m, shift, SCALAR(a.epsilon));
	return all;
}
