/* tiles_back.cl: the backward half of tiles.cl: x and dy read twice.
 * SPDX-License-Identifier: Apache-2.0 */

#define PIXEL(p, i) pixel_load((p) + (i), lanes)

/* Sums over n pixels: KEPT at a time, folded into sums of two numbers. */
INLINE struct sums item_sums(SOURCE x, const __global T *dy, const __global T *residual, ulong n,
                             struct item_strides by, uint lanes, struct affine f)
{
	struct sums all = sums_none();
	ulong i = 0;
	ADD_COUNT(all, pixels_count(x, (uint)n, lanes));
	for (; n >= KEPT; n -= KEPT) {
		ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g;
#pragma unroll
		for (uint k = 0; k < KEPT; ++k, ++i) {
			STEPPED_GRADIENT(ACCV, PIXEL, i * by.x, i * by.dy, i * by.residual);
			SUM_TERMS(ACCV, VALID_PIXEL(x, i));
			sum_g += g;
			sum_gd = FMA(g, d, sum_gd);
			sum_d += OWN(d);
		}
		all = sums_add(all, sum_g, sum_gd, sum_d);
	}
	for (; n > 0; --n, ++i) {
		STEPPED_GRADIENT(ACCV, PIXEL, i * by.x, i * by.dy, i * by.residual);
		SUM_TERMS(ACCV, VALID_PIXEL(x, i));
		all = sums_add(all, g, g * d, OWN(d));
	}
	return all;
}

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
INLINE struct sums slab_sums(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                             struct place at, ulong from, ulong n, struct affine f, bool kept, SLAB_KEEP *keep,
                             SCRATCH_POINTER scratch)
{
	ulong i = from + ROW, mine = item_pixels(at, n);
	struct item_strides by = ITEM_STRIDES(DX);
	SOURCE mine_x = SOURCE_PIXELS(x, i);
	const __global T *mine_dy = dy + i * STEP_OF_SLAB(DY);
	struct sums s;
	if (HAS(RESIDUAL))
		s = item_sums(mine_x, mine_dy, residual + i * STEP_OF_SLAB(RESIDUAL), mine, by, at.lanes, f);
	else
		s = item_sums(mine_x, mine_dy, 0, mine, by, at.lanes, f);
	return tree_add(s, ROWS, scratch);
}

/* Backwards, and KEPT pixels loaded before the first is stored, as tile_apply(). */
INLINE void tile_dx(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, ulong n,
                    struct item_strides by, uint lanes, struct affine f, struct input_gradient in)
{
	for (; n % KEPT > 0; --n) {
		ulong i = n - 1;
		STEPPED_GRADIENT(ACCV, PIXEL, i * by.x, i * by.dy, i * by.residual);
		pixel_store(DX(ACCV, VALID_PIXEL(x, i), d, g, in), dx + i * by.out, lanes);
	}
	for (; n > 0; n -= KEPT) {
		ulong i = n - KEPT;
		ACCV out[KEPT];
#pragma unroll
		for (uint k = 0; k < KEPT; ++k) {
			STEPPED_GRADIENT(ACCV, PIXEL, (i + k) * by.x, (i + k) * by.dy, (i + k) * by.residual);
			out[k] = DX(ACCV, VALID_PIXEL(x, i + k), d, g, in);
		}
#pragma unroll
		for (uint k = 0; k < KEPT; ++k)
			pixel_store(out[k], dx + (i + k) * by.out, lanes);
	}
}

static void slab_dx(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	ulong i = from + ROW, mine = item_pixels(at, n);
	struct item_strides by = ITEM_STRIDES(DX);
	SOURCE mine_x = SOURCE_PIXELS(x, i);
	const __global T *mine_dy = dy + i * STEP_OF_SLAB(DY);
	__global T *mine_dx = dx + i * STEP_OF_SLAB(DX);
	if (HAS(RESIDUAL))
		tile_dx(mine_x, mine_dy, residual + i * STEP_OF_SLAB(RESIDUAL), mine_dx, mine, by, at.lanes, f, in);
	else
		tile_dx(mine_x, mine_dy, 0, mine_dx, mine, by, at.lanes, f, in);
}
