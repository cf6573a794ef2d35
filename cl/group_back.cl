/* group_back.cl: the backward half of group.cl: one work-group a slab or chunk, x and dy read twice.
 * SPDX-License-Identifier: Apache-2.0 */

/* d = x - mean and g of vector k of a tile, as ELEMENT_GRADIENT declares them. */
#define LOOKUP_TILE_LOAD(p, k, f) LOOKUP_IN_TILE(p, k, f)

INLINE struct sums tile_sums(struct sums all, SOURCE x, const __global T *dy, const __global T *residual,
                             uint n, struct affine f, bool whole)
{
	ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g;
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ELEMENT_GRADIENT(ACCV, TILE_LOAD, k);
		SUM_TERMS(ACCV, VALID_TILE_LOAD(x, k));
		sum_g += SPREAD_KEEP(whole, g, TILE_AT(k), GROUP, n);
		sum_gd += SPREAD_KEEP(whole, g * d, TILE_AT(k), GROUP, n);
		sum_d += SPREAD_KEEP(whole, OWN(d), TILE_AT(k), GROUP, n);
	}
	ADD_COUNT(all, TILE_COUNT(x, n));
	return sums_add(all, SUM_LANES(sum_g), SUM_LANES(sum_gd), SUM_LANES(sum_d));
}

INLINE struct sums group_sums(SOURCE x, const __global T *dy, const __global T *residual, uint n,
                              struct affine f)
{
	struct sums all = sums_none();
	uint i = 0;
	for (; i + TILE <= n; i += TILE)
		all = tile_sums(all, SOURCE_AT(x, i), dy + i, residual ? residual + i : 0, TILE, affine_from(f, i),
		                true);
	if (i < n)
		all = tile_sums(all, SOURCE_AT(x, i), dy + i, residual ? residual + i : 0, n - i, affine_from(f, i),
		                false);
	return all;
}

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
INLINE struct sums slab_sums(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                             struct place at, ulong from, ulong n, struct affine f, bool kept, SLAB_KEEP *keep,
                             SCRATCH_POINTER scratch)
{
	struct affine f_here = affine_from(f, from);
	return tree_add(group_sums(SOURCE_AT(x, from), dy + from, RESIDUAL_AT(from), (uint)n, f_here), ROWS, scratch);
}

/* All loads of a tile before its first store, which they could be the target of, for all that a compiler knows. */
INLINE void tile_dx(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, uint n,
                    struct affine f, struct input_gradient in, bool whole)
{
	ACCV r[KEPT];
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		ELEMENT_GRADIENT(ACCV, TILE_LOAD, k);
		r[k] = DX(ACCV, VALID_TILE_LOAD(x, k), d, g, in);
		SUM_TERMS(ACCV, VALID_TILE_LOAD(x, k));
		SPREAD_PUT_TOTALS(plain, d, in, TILE_AT(k), GROUP, n)
	}
#pragma unroll
	for (uint k = 0; k < KEPT; ++k) {
		SPREAD_STORE(whole, r[k], dx, TILE_AT(k), GROUP, n);
	}
}

/* Backwards, so that the end of the slab, read last, is read again first, while caches still hold it. */
INLINE void group_dx(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, uint n,
                     struct affine f, struct input_gradient in)
{
	uint i = n - n % TILE;
	if (n > i)
		tile_dx(SOURCE_AT(x, i), dy + i, residual ? residual + i : 0, dx + i, n - i, affine_from(f, i),
		        gradient_from(in, i), false);
	while (i > 0) {
		i -= TILE;
		tile_dx(SOURCE_AT(x, i), dy + i, residual ? residual + i : 0, dx + i, TILE, affine_from(f, i),
		        gradient_from(in, i), true);
	}
}

static void slab_dx(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	group_dx(SOURCE_AT(x, from), dy + from, RESIDUAL_AT(from), dx + from, (uint)n, affine_from(f, from),
	         gradient_from(in, from));
}
