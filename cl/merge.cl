/* merge.cl: statistics that are there already: parts to be merged, or mean and rstd as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * parts [N,C,parts_count,4] are merged in order by every chunk alike (a few dozen steps; a launch of its own would cost
 * more); with CLN_GIVEN mean and rstd [N,C] are read instead.
 * A family whose unit has several work-items for a lane shares the parts out to them: each takes part PART_FIRST and
 * every PART_STEP-th after it, and MOMENTS_MEET, SUMS_MEET make one of what they have, by the local memory MEETING. */
#ifndef PART_STEP
#define PART_FIRST 0
#define PART_STEP 1
#define MOMENTS_MEET(m, count, scratch) (m)
#define SUMS_MEET(s, count, scratch) (s)
#define DECLARE_MEETING
#define MEETING ((__local ACCV *)0)
#endif

/* Whether a condition holds in all lanes: the family says how to ask, or the search goes on to the last part. */
#ifndef EVERY_LANE
#define EVERY_LANE(condition) false
#endif

/* The mean of the first part that is not empty; lane by lane, as instances may be cut differently. */
static LANE slab_shift(const __global ACC *parts, struct place at, uint count, ulong stride)
{
	LANE shift = (LANE)(0), seen = shift;
	for (uint k = 0; k < count; ++k) {
		if (EVERY_LANE(seen > (LANE)(0)))
			break;
		ulong i = at.instance * stride + 4 * k;
		LANE n = LANES_GATHER(parts, i, stride, at.lanes);
		LANE part_mean = LANES_GATHER(parts, i + 1, stride, at.lanes);
		LANE here = n > (LANE)(0) ? part_mean : shift;
		shift = seen > (LANE)(0) ? shift : here;
		seen += n;
	}
	return shift;
}

/* The parts of a slab around the shift. Of an empty part nothing but its count is taken. */
static struct moments slab_merge(const __global ACC *parts, struct place at, uint count, ulong stride, LANE shift)
{
	struct moments m = moments_none();
	for (uint k = PART_FIRST; k < count; k += PART_STEP) {
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

static struct stats slab_stats(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                               const __global ACC *parts, uint count, struct place at, struct moments *m,
                               __local ACCV *meeting)
{
	struct stats s;
	if (a.flags & CLN_GIVEN) {
		s.mean = LANES_LOAD(mean, a.mean + at.instance, at.lanes);
		s.low = (LANE)(0);
		s.rstd = LANES_LOAD(rstd, a.rstd + at.instance, at.lanes);
	} else {
		ulong stride = 4 * (ulong)count;
		LANE shift = slab_shift(parts + a.parts, at, count, stride);
		*m = MOMENTS_MEET(slab_merge(parts + a.parts, at, count, stride, shift), count, meeting);
		s = moments_stats(*m, shift, SCALAR(a.epsilon));
	}
	return s;
}
