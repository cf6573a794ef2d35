/* group.cl: the family for GPUs with one work-group a slab (an instance, or a chunk of one); read twice, never kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each work-item takes KEPT vectors at a time into registers, sweeps them twice there (their own mean, then the
 * deviations from it) and adds them to its moments; the work-items' moments are merged by a tree of fixed order.
 * Macros: GROUP, the work-group's size, any; KEPT (default 4). Local memory: 4*GROUP accumulators. */
#ifndef GROUP
#define GROUP 64
#endif
#ifndef KEPT
#define KEPT 4
#endif

#define UNIT get_group_id(0)
#define UNITS get_num_groups(0)
#define LEADER (get_local_id(0) == 0)
#define SLAB_UNIFORM 1
#define SLAB_KEEP int
#define DECLARE_SCRATCH __local ACC scratch[4 * GROUP];
#define SCRATCH scratch

static void scratch_put(__local ACC *scratch, uint i, struct moments m)
{
	scratch[i] = m.sum;
	scratch[GROUP + i] = m.low;
	scratch[2 * GROUP + i] = m.m2 + m.m2_low;
	scratch[3 * GROUP + i] = m.count;
}

static struct moments scratch_get(__local const ACC *scratch, uint i)
{
	struct moments m;
	m.sum = scratch[i];
	m.low = scratch[GROUP + i];
	m.m2 = scratch[2 * GROUP + i];
	m.m2_low = 0;
	m.count = scratch[3 * GROUP + i];
	return m;
}

/* All work-items' moments, in every work-item; right for every GROUP: an odd one out waits for the next round. */
static struct moments group_merge(struct moments m, __local ACC *scratch)
{
	uint lid = get_local_id(0);
	scratch_put(scratch, lid, m);
	for (uint n = GROUP; n > 1; n = (n + 1) / 2) {
		uint half_up = (n + 1) / 2;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lid + half_up < n)
			scratch_put(scratch, lid,
			            moments_merge(scratch_get(scratch, lid), scratch_get(scratch, lid + half_up)));
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	m = scratch_get(scratch, 0);
	/* Global too: in place, the next stores go where others of the group have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	return m;
}

/* KEPT vectors, V*GROUP elements apart, added as one block. */
static struct moments item_add(struct moments m, const __global T *x, LANE shift)
{
	ACCV r[KEPT], total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		r[k] = LOADV(x, k * (V * GROUP));
		total += r[k] - shift;
	}
	ACC center = shift + SUM_LANES(total) / (KEPT * V);
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ACCV e = r[k] - center;
		d += e;
		dd = FMA(e, e, dd);
	}
	return moments_add(m, shift, KEPT * V, center, SUM_LANES(d), SUM_LANES(dd));
}

/* Every GROUP-th of n elements, added as one block; fewer than KEPT*V of them. */
static struct moments item_add_rest(struct moments m, const __global T *x, uint lid, uint n, LANE shift)
{
	ACC total = 0, d = 0, dd = 0, count = 0;
	for (uint i = lid; i < n; i += GROUP, count += 1)
		total += LOAD(x, i) - shift;
	if (count > 0) {
		ACC center = shift + total / count;
		for (uint i = lid; i < n; i += GROUP) {
			ACC e = LOAD(x, i) - center;
			d += e;
			dd = FMA(e, e, dd);
		}
		m = moments_add(m, shift, count, center, d, dd);
	}
	return m;
}

static struct moments slab_moments(struct cln_arguments a, const __global T *x, struct place at, ulong from, ulong n,
                                   LANE shift, SLAB_KEEP *keep, __local ACC *scratch)
{
	const uint tile = KEPT * V * GROUP;
	uint lid = get_local_id(0);
	const __global T *p = x + at.x + from;
	struct moments m = moments_none();
	for (ulong left = n / tile; left > 0; --left, p += tile)
		m = item_add(m, p + lid * V, shift);
	m = item_add_rest(m, p, lid, (uint)(n % tile), shift);
	return group_merge(m, scratch);
}

/* Backwards, so that the end of the slab, read last, is read again first, while caches still hold it. */
INLINE void group_apply(const __global T *x, const __global T *residual, __global T *y, uint n, struct affine f)
{
	uint lid = get_local_id(0), whole = n / V;
	for (uint i = n - n % V + lid; i < n; i += GROUP) {
		ACC z = NORMALIZED(ACC, LOAD(x, i), f);
		z += residual ? LOAD(residual, i) : 0;
		STORE(ACTIVATE(ACC, z, f.slope), y, i);
	}
	for (uint i = whole > lid ? (whole - 1 - lid) / GROUP + 1 : 0; i > 0; --i) {
		uint at = ((i - 1) * GROUP + lid) * V;
		ACCV z = NORMALIZED(ACCV, LOADV(x, at), f);
		if (residual)
			z += LOADV(residual, at);
		STOREV(ACTIVATE(ACCV, z, f.slope), y, at);
	}
}

static void slab_apply(struct cln_arguments a, const __global T *x, const __global T *residual, __global T *y,
                       struct place at, ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	ulong i = at.x + from;
	if (a.flags & CLN_HAS_RESIDUAL)
		group_apply(x + a.x + i, residual + a.residual + i, y + a.y + i, (uint)n, f);
	else
		group_apply(x + a.x + i, 0, y + a.y + i, (uint)n, f);
}
