/* merge.cl: statistics that are there already: parts to be merged, or mean and rstd as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * parts [N,G,parts_count,4] are merged in a fixed order by every chunk alike (a few dozen steps; a launch of its own
 * would cost more); with CLN_GIVEN mean and rstd [N,G] are read instead. Of sets of several runs (RUNS) the records lie
 * parts_stride apart, and join.cl has made one of all.
 * Macros, of a family whose work-items share the merging: MERGE_FIRST and MERGE_STEP, the parts that are this
 * work-item's; MERGE_ALL, theirs together. */
#ifndef MERGE_STEP
#define MERGE_FIRST 0
#define MERGE_STEP 1
#define MERGE_ALL(m, count, scratch) (m)
#define ADD_ALL(s, count, scratch) (s)
#endif

/* Numbers from the parts of a set to those of the next. */
#define PARTS_APART(count) (4 * (ulong)(RUNS > 0 ? a.parts_stride : (count)))

/* The mean of the first part that is not empty; lane by lane, as sets may be cut differently. */
static LANE slab_shift(struct cln_arguments a, const __global ACC *parts, struct place at, uint count)
{
	LANE shift = (LANE)(0), seen = shift;
	for (uint k = 0; k < count && !LANES_ALL(seen > (LANE)(0)); ++k) {
		LANE n = SETS_LOAD(parts, 4 * k, PARTS_APART(count), at);
		LANE part_mean = SETS_LOAD(parts, 4 * k + 1, PARTS_APART(count), at);
		shift = seen == (LANE)(0) && n > (LANE)(0) ? part_mean : shift;
		seen += n;
	}
	return shift;
}

/* A part, as a record has it, into moments around the shift. Of an empty part nothing but its count is taken. */
static struct moments moments_add_part(struct moments m, LANE shift, LANE n, LANE mean, LANE low, LANE m2)
{
	LANE center = n > (LANE)(0) ? mean : shift;
	LANE d = n > (LANE)(0) ? low * n : (LANE)(0);
	/* dd so that moments_add() finds m2 in it. */
	return moments_add(m, shift, n, center, d, n > (LANE)(0) ? FMA(d, low, m2) : (LANE)(0));
}

/* Parts `first`, first + step, ... of a slab's set around the shift. */
static struct moments slab_merge(struct cln_arguments a, const __global ACC *parts, struct place at, uint count,
                                 LANE shift, uint first, uint step)
{
	struct moments m = moments_none();
	for (uint k = first; k < count; k += step) {
		LANE n = SETS_LOAD(parts, 4 * k, PARTS_APART(count), at);
		LANE part_mean = SETS_LOAD(parts, 4 * k + 1, PARTS_APART(count), at);
		LANE part_low = SETS_LOAD(parts, 4 * k + 2, PARTS_APART(count), at);
		LANE part_m2 = SETS_LOAD(parts, 4 * k + 3, PARTS_APART(count), at);
		m = moments_add_part(m, shift, n, part_mean, part_low, part_m2);
	}
	return m;
}

static struct stats stats_given(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                                struct place at)
{
	struct stats s;
	s.mean = SETS_LOAD(mean, 0, 1, at);
	s.low = (LANE)(0);
	s.rstd = SETS_LOAD(rstd, 0, 1, at);
	return s;
}

/* Each work-item merges all parts by itself: no barrier, so that it may be called under a condition. */
static struct stats slab_stats(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                               const __global ACC *parts, uint count, struct place at)
{
	if (a.flags & CLN_GIVEN)
		return stats_given(a, mean, rstd, at);
	LANE shift = slab_shift(a, parts, at, count);
	return moments_stats(slab_merge(a, parts, at, count, shift, 0, 1), shift, divisor_of(a));
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
		shift = slab_shift(a, parts, at, count);
		all.m = slab_merge(a, parts, at, count, shift, MERGE_FIRST, MERGE_STEP);
	}
	all.m = MERGE_ALL(all.m, a.flags & CLN_GIVEN ? 0 : count, scratch);
	all.s = a.flags & CLN_GIVEN ? stats_given(a, mean, rstd, at) : moments_stats(all.m, shift, divisor_of(a));
	return all;
}
