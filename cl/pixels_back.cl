/* pixels_back.cl: the backward half of pixels.cl: V channels of pixel after pixel, nothing summed across lanes.
 * SPDX-License-Identifier: Apache-2.0 */

/* Declares d and g of the pixel at element i; at.lanes channels of it are there. */
#define PIXEL_GRADIENT(i)                                                        \
	ACCV d = pixel_load(x + a.x + (i), at.lanes) - f.mean;                   \
	ACCV z = FMA(d, f.scale, f.offset);                                      \
	if (a.flags & CLN_HAS_RESIDUAL)                                          \
		z += pixel_load(residual + a.residual + (i), at.lanes);          \
	ACCV g = GRADIENT(ACCV, pixel_load(dy + a.dy + (i), at.lanes), z, f.slope)

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
static struct sums slab_sums(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global T *residual, struct place at, ulong from, ulong n, struct affine f,
                             bool kept, SLAB_KEEP *keep, __local ACC *scratch)
{
	struct sums all = sums_none();
	ulong i = at.x + from * a.channels;
	for (ulong k = 0; k < n;) {
		ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g;
		for (ulong end = min(n, k + SPAN / 2); k < end; ++k, i += a.channels) {
			PIXEL_GRADIENT(i);
			sum_g += g;
			sum_gd = FMA(g, d, sum_gd);
			sum_d += d;
		}
		all = sums_add(all, sum_g, sum_gd, sum_d);
	}
	return all;
}

static void slab_dx(struct cln_arguments a, const __global T *x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	ulong i = at.x + from * a.channels;
	for (ulong k = 0; k < n; ++k, i += a.channels) {
		PIXEL_GRADIENT(i);
		pixel_store(INPUT_GRADIENT(ACCV, d, g, in), dx + a.dx + i, at.lanes);
	}
}
