/* tiles_back.cl: the backward half of tiles.cl: x and dy read twice.
 * SPDX-License-Identifier: Apache-2.0 */

#define PIXEL(p, i) pixel_load((p) + (i), lanes)

/* Sums over n pixels: KEPT at a time, folded into sums of two numbers. */
INLINE struct sums item_sums(const __global T *x, const __global T *dy, const __global T *residual, ulong n,
                             ulong stride, uint lanes, struct affine f)
{
	struct sums all = sums_none();
	ulong i = 0;
	for (; n >= KEPT; n -= KEPT) {
		ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g;
#pragma unroll
		for (uint k = 0; k < KEPT; ++k, i += stride) {
			ELEMENT_GRADIENT(ACCV, PIXEL, i);
			sum_g += g;
			sum_gd = FMA(g, d, sum_gd);
			sum_d += d;
		}
		all = sums_add(all, sum_g, sum_gd, sum_d);
	}
	for (; n > 0; --n, i += stride) {
		ELEMENT_GRADIENT(ACCV, PIXEL, i);
		all = sums_add(all, g, g * d, d);
	}
	return all;
}

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
INLINE struct sums slab_sums(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global T *residual, struct place at, ulong from, ulong n, struct affine f,
                             bool kept, SLAB_KEEP *keep, SCRATCH_POINTER scratch)
{
	ulong i = at.x + (from + ROW) * a.channels, stride = ROWS * a.channels, mine = item_pixels(at, n);
	struct sums s;
	if (a.flags & CLN_HAS_RESIDUAL)
		s = item_sums(x + a.x + i, dy + a.dy + i, residual + a.residual + i, mine, stride, at.lanes, f);
	else
		s = item_sums(x + a.x + i, dy + a.dy + i, 0, mine, stride, at.lanes, f);
	return tree_add(s, ROWS, scratch);
}

/* Backwards, and KEPT pixels loaded before the first is stored, as tile_apply(). */
INLINE void tile_dx(const __global T *x, const __global T *dy, const __global T *residual, __global T *dx, ulong n,
                    ulong stride, uint lanes, struct affine f, struct input_gradient in)
{
	for (; n % KEPT > 0; --n) {
		ulong i = (n - 1) * stride;
		ELEMENT_GRADIENT(ACCV, PIXEL, i);
		pixel_store(INPUT_GRADIENT(ACCV, d, g, in), dx + i, lanes);
	}
	for (; n > 0; n -= KEPT) {
		ulong i = (n - KEPT) * stride;
		ACCV out[KEPT];
#pragma unroll
		for (uint k = 0; k < KEPT; ++k) {
			ELEMENT_GRADIENT(ACCV, PIXEL, i + k * stride);
			out[k] = INPUT_GRADIENT(ACCV, d, g, in);
		}
#pragma unroll
		for (uint k = 0; k < KEPT; ++k)
			pixel_store(out[k], dx + i + k * stride, lanes);
	}
}

static void slab_dx(struct cln_arguments a, const __global T *x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	ulong i = at.x + (from + ROW) * a.channels, stride = ROWS * a.channels, mine = item_pixels(at, n);
	if (a.flags & CLN_HAS_RESIDUAL)
		tile_dx(x + a.x + i, dy + a.dy + i, residual + a.residual + i, dx + a.dx + i, mine, stride, at.lanes, f,
		        in);
	else
		tile_dx(x + a.x + i, dy + a.dy + i, 0, dx + a.dx + i, mine, stride, at.lanes, f, in);
}
