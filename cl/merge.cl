/* merge.cl: statistics that are there already: parts to be merged, or mean and rstd as they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * parts [N,C,parts_count,4] are merged in order by every chunk alike (a few dozen steps; a launch of its own would cost
 * more); with CLN_GIVEN mean and rstd [N,C] are read instead. */

/* The parts of a slab around the mean of the first. */
static struct moments slab_merge(const __global ACC *parts, struct place at, uint count, ulong stride, LANE shift)
{
	struct moments m = moments_none();
	for (uint k = 0; k < count; ++k) {
		ulong i = at.instance * stride + 4 * k;
		LANE part_mean = LANES_GATHER(parts, i + 1, stride, at.lanes);
		LANE part_low = LANES_GATHER(parts, i + 2, stride, at.lanes);
		LANE part_m2 = LANES_GATHER(parts, i + 3, stride, at.lanes);
		ACC n = parts[i];
		if (n > 0) /* d = n*low; dd so that moments_add() finds m2 in it */
			m = moments_add(m, shift, n, part_mean, part_low * n, FMA(part_low * n, part_low, part_m2));
	}
	return m;
}

static struct stats slab_stats(struct cln_arguments a, const __global ACC *mean, const __global ACC *rstd,
                               const __global ACC *parts, uint count, struct place at, struct moments *m)
{
	struct stats s;
	if (a.flags & CLN_GIVEN) {
		s.mean = LANES_LOAD(mean, a.mean + at.instance, at.lanes);
		s.low = (LANE)(0);
		s.rstd = LANES_LOAD(rstd, a.rstd + at.instance, at.lanes);
	} else {
		ulong stride = 4 * (ulong)count;
		LANE shift = LANES_GATHER(parts + a.parts, at.instance * stride + 1, stride, at.lanes);
		*m = slab_merge(parts + a.parts, at, count, stride, shift);
		s = moments_stats(*m, shift, SPLIT_FLOAT(a.epsilon, a.epsilon_low));
	}
	return s;
}
