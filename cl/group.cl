/* group.cl: the family for GPUs with one work-group a slab (an instance, or a chunk of one); read twice, never kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tile is what the group takes at a time: KEPT vectors a work-item, whose lanes lie GROUP elements apart. Each
 * work-item sweeps its part twice in registers (its own mean, then the deviations from it) and adds it to its moments;
 * the work-items' moments are merged as in tree.cl, in one column.
 * Macros: GROUP, the work-group's size, any; KEPT (default 4). Local memory as tree.cl. */
#define ELEMENTS_DIFFER 1
#ifndef KEPT
#define KEPT 4
#endif
#define TILE (KEPT * V * GROUP)
/* Element of a tile that is the first lane of vector k. */
#define TILE_AT(k) ((k) * (V * GROUP) + get_local_id(0))

#define TILE_LOAD(p, k) SPREAD_LOAD(whole, p, TILE_AT(k), GROUP, n)

/* What of vector k is there, and valid; how many elements of this work-item's are. */
#if VALID
#define VALID_TILE_LOAD(x, k) valid_spread(x, TILE_AT(k), GROUP, n)
#define TILE_KEEP(v, x, k) IF_VALID(ACCV, VALID_TILE_LOAD(x, k), v)
#define TILE_COUNT(x, n) tile_count(x, n)
static ACC tile_count(SOURCE x, uint n)
{
	ACCV count = (ACCV)(0);
	for (uint k = 0; k < KEPT; ++k)
		count += TILE_KEEP((ACCV)(1), x, k);
	return SUM_LANES(count);
}
#else
#define TILE_KEEP(v, x, k) SPREAD_KEEP(whole, v, TILE_AT(k), GROUP, n)
#define TILE_COUNT(x, n) (whole ? KEPT * V : n > get_local_id(0) ? (ACC)((n - 1 - get_local_id(0)) / GROUP + 1) : 0)
#endif

/* This work-item's part of a tile, of which there are n elements, all where it is `whole`; added as one block. */
INLINE struct moments tile_add(struct moments m, SOURCE x, uint n, LANE shift, bool whole)
{
	ACC count = TILE_COUNT(x, n);
	ACCV r[KEPT], total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		r[k] = TILE_LOAD(X_OF(x), k);
		total += TILE_KEEP(r[k] - shift, x, k);
	}
	ACC center = shift + SUM_LANES(total) * reciprocal(count);
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ACCV e = TILE_KEEP(r[k] - center, x, k);
		d += e;
		dd = FMA(e, e, dd);
	}
	return moments_add(m, shift, count, center, SUM_LANES(d), SUM_LANES(dd));
}

INLINE struct moments slab_moments(struct cln_arguments a, SOURCE x, struct place at, ulong from, ulong n, LANE shift,
                                   SLAB_KEEP *keep, SCRATCH_POINTER scratch)
{
	SOURCE p = SOURCE_AT(x, from);
	struct moments m = moments_none();
	for (uint left = (uint)(n / TILE); left > 0 && HAS_MORE(p); --left, p = SOURCE_AT(p, TILE))
		m = tile_add(m, p, TILE, shift, true);
	if (n % TILE > 0 && HAS_MORE(p))
		m = tile_add(m, p, (uint)(n % TILE), shift, false);
	return tree_merge(m, ROWS, scratch);
}

#define LOOKUP_IN_TILE(p, k, f) spread_lookup(p, TILE_AT(k), GROUP, n, f)

/* All loads of a tile before its first store, which they could be the target of, for all that a compiler knows. */
INLINE void tile_apply(SOURCE x, const __global T *residual, __global T *y, uint n, struct affine f, bool whole)
{
	ACCV z[KEPT];
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		z[k] = NORMALIZED(ACCV, IN_TILE, TILE_LOAD(X_OF(x), k), f, k);
		if (residual)
			z[k] += SPREAD_LOAD(whole, residual, TILE_AT(k), GROUP, n);
	}
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ACCV value = ACTIVATE(ACCV, z[k], f.slope);
		value = OUTSIDE_Y(ACCV, VALID_TILE_LOAD(x, k), value, TILE_LOAD(X_OF(x), k));
		SPREAD_STORE(whole, value, y, TILE_AT(k), GROUP, n);
	}
}

/* Backwards, so that the end of the slab, read last, is read again first, while caches still hold it. */
INLINE void group_apply(SOURCE x, const __global T *residual, __global T *y, uint n, struct affine f)
{
	uint i = n - n % TILE;
	if (n > i)
		tile_apply(SOURCE_AT(x, i), residual ? residual + i : 0, y + i, n - i, affine_from(f, i), false);
	while (i > 0) {
		i -= TILE;
		tile_apply(SOURCE_AT(x, i), residual ? residual + i : 0, y + i, TILE, affine_from(f, i), true);
	}
}

/* 0 where there is none: a branch that all work-items take alike. A loop for each would be twice as long to compile. */
#define RESIDUAL_AT(i) (HAS(RESIDUAL) ? residual + (i) : 0)

static void slab_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, struct place at,
                       ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	group_apply(SOURCE_AT(x, from), RESIDUAL_AT(from), y + from, (uint)n, affine_from(f, from));
}
