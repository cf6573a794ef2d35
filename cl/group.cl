/* group.cl: the family for GPUs with one work-group a slab (an instance, or a chunk of one); read twice, never kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tile is what the group takes at a time: KEPT vectors a work-item, whose lanes lie GROUP elements apart. Each
 * work-item sweeps its part twice in registers (its own mean, then the deviations from it) and adds it to its moments;
 * the work-items' moments are merged as in tree.cl, in one column.
 * Macros: GROUP, the work-group's size, any; KEPT (default 4). Local memory as tree.cl. */
#ifndef KEPT
#define KEPT 4
#endif
#define TILE (KEPT * V * GROUP)
/* Element of a tile that is the first lane of vector k. */
#define TILE_AT(k) ((k) * (V * GROUP) + get_local_id(0))

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
                                   LANE shift, SLAB_KEEP *keep, SCRATCH_POINTER scratch)
{
	const __global T *p = x + from;
	struct moments m = moments_none();
	for (uint left = (uint)(n / TILE); left > 0; --left, p += TILE)
		m = tile_add(m, p, TILE, shift, true);
	if (n % TILE > 0)
		m = tile_add(m, p, (uint)(n % TILE), shift, false);
	return tree_merge(m, ROWS, scratch);
}

#define LOOKUP_IN_TILE(p, k, f) spread_lookup(p, TILE_AT(k), GROUP, n, f)

/* All loads of a tile before its first store, which they could be the target of, for all that a compiler knows. */
INLINE void tile_apply(const __global T *x, const __global T *residual, __global T *y, uint n, struct affine f,
                       bool whole)
{
	ACCV z[KEPT];
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		z[k] = NORMALIZED(ACCV, IN_TILE, SPREAD_LOAD(whole, x, TILE_AT(k), GROUP, n), f, k);
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
		tile_apply(x + i, residual ? residual + i : 0, y + i, n - i, affine_from(f, i), false);
	while (i > 0) {
		i -= TILE;
		tile_apply(x + i, residual ? residual + i : 0, y + i, TILE, affine_from(f, i), true);
	}
}

/* 0 where there is none: a branch that all work-items take alike. A loop for each would be twice as long to compile. */
#define RESIDUAL_AT(i) (HAS(RESIDUAL) ? residual + (i) : 0)

static void slab_apply(struct cln_arguments a, const __global T *x, const __global T *residual, __global T *y,
                       struct place at, ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	group_apply(x + from, RESIDUAL_AT(from), y + from, (uint)n, affine_from(f, from));
}
