/* group.cl: the family for GPUs with one work-group a slab (an instance, or a chunk of one); read twice, never kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tile is what the group takes at a time: KEPT vectors a work-item, whose lanes lie GROUP elements apart. Each
 * work-item sweeps its part twice in registers (its own mean, then the deviations from it) and adds it to its moments;
 * the work-items' moments are merged by a tree of fixed order.
 * Macros: GROUP, the work-group's size, any; KEPT (default 4). Local memory: 4*GROUP accumulators. */
#ifndef GROUP
#define GROUP 64
#endif
#ifndef KEPT
#define KEPT 4
#endif
#define TILE (KEPT * V * GROUP)
/* Element of a tile that is the first lane of vector k. */
#define TILE_AT(k) ((k) * (V * GROUP) + get_local_id(0))

#define UNIT get_group_id(0)
#define UNITS get_num_groups(0)
#define LEADER (get_local_id(0) == 0)
#define SLAB_UNIFORM 1
#define SLAB_KEEP int
#define DECLARE_SCRATCH __local ACC scratch[4 * GROUP];
#define SCRATCH_POINTER __local ACC *
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

/* The moments of the first `count` work-items, in every work-item; right for every count: an odd one out waits for the
 * next round. */
INLINE struct moments group_merge(struct moments m, uint count, __local ACC *scratch)
{
	uint lid = get_local_id(0);
	scratch_put(scratch, lid, m);
	for (uint n = min(count, (uint)GROUP); n > 1; n = (n + 1) / 2) {
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

/* What a group's work-items add up together: parts of a slab, one a work-item. */
#define MERGE_FIRST get_local_id(0)
#define MERGE_STEP GROUP
#define MERGE_ALL(m, count, scratch) group_merge(m, count, scratch)

/* This work-item's part of a tile, of which there are n elements, all where it is `whole`; added as one block. */
INLINE struct moments tile_add(struct moments m, const __global T *x, uint n, LANE shift, bool whole)
{
	uint lid = get_local_id(0);
	ACC count = whole ? KEPT * V : n > lid ? (ACC)((n - 1 - lid) / GROUP + 1) : 0;
	ACCV r[KEPT], total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		r[k] = SPREAD_LOAD(whole, x, TILE_AT(k), GROUP, n);
		total += SPREAD_KEEP(whole, r[k] - shift, TILE_AT(k), GROUP, n);
	}
	ACC center = shift + SUM_LANES(total) * reciprocal(count);
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ACCV e = SPREAD_KEEP(whole, r[k] - center, TILE_AT(k), GROUP, n);
		d += e;
		dd = FMA(e, e, dd);
	}
	return moments_add(m, shift, count, center, SUM_LANES(d), SUM_LANES(dd));
}

INLINE struct moments slab_moments(struct cln_arguments a, const __global T *x, struct place at, ulong from, ulong n,
                                   LANE shift, SLAB_KEEP *keep, __local ACC *scratch)
{
	const __global T *p = x + at.x + from;
	struct moments m = moments_none();
	for (uint left = (uint)(n / TILE); left > 0; --left, p += TILE)
		m = tile_add(m, p, TILE, shift, true);
	if (n % TILE > 0)
		m = tile_add(m, p, (uint)(n % TILE), shift, false);
	return group_merge(m, GROUP, scratch);
}

/* All loads of a tile before its first store, which they could be the target of, for all that a compiler knows. */
INLINE void tile_apply(const __global T *x, const __global T *residual, __global T *y, uint n, struct affine f,
                       bool whole)
{
	ACCV z[KEPT];
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		z[k] = NORMALIZED(ACCV, SPREAD_LOAD(whole, x, TILE_AT(k), GROUP, n), f);
		if (residual)
			z[k] += SPREAD_LOAD(whole, residual, TILE_AT(k), GROUP, n);
	}
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		SPREAD_STORE(whole, ACTIVATE(ACCV, z[k], f.slope), y, TILE_AT(k), GROUP, n);
	}
}

/* Backwards, so that the end of the slab, read last, is read again first, while caches still hold it. */
INLINE void group_apply(const __global T *x, const __global T *residual, __global T *y, uint n, struct affine f)
{
	uint i = n - n % TILE;
	if (n > i)
		tile_apply(x + i, residual ? residual + i : 0, y + i, n - i, f, false);
	while (i > 0) {
		i -= TILE;
		tile_apply(x + i, residual ? residual + i : 0, y + i, TILE, f, true);
	}
}

/* 0 where there is none: a branch that all work-items take alike. A loop for each would be twice as long to compile. */
#define RESIDUAL_AT(i) (a.flags & CLN_HAS_RESIDUAL ? residual + a.residual + (i) : 0)

static void slab_apply(struct cln_arguments a, const __global T *x, const __global T *residual, __global T *y,
                       struct place at, ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	ulong i = at.x + from;
	group_apply(x + a.x + i, RESIDUAL_AT(i), y + a.y + i, (uint)n, f);
}
