/* group_back.cl: the backward half of group.cl: one work-group a slab or chunk, x and dy read twice.
 * SPDX-License-Identifier: Apache-2.0 */

/* The work-items' sums, in every work-item; any GROUP: an odd one out waits for the next round. */
static struct sums group_add(struct sums s, __local ACC *scratch)
{
	uint lid = get_local_id(0);
	scratch[lid] = s.g + s.g_low;
	scratch[GROUP + lid] = s.gd + s.gd_low;
	scratch[2 * GROUP + lid] = s.d + s.d_low;
	for (uint n = GROUP; n > 1; n = (n + 1) / 2) {
		uint half_up = (n + 1) / 2;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lid + half_up < n) {
			scratch[lid] += scratch[lid + half_up];
			scratch[GROUP + lid] += scratch[GROUP + lid + half_up];
			scratch[2 * GROUP + lid] += scratch[2 * GROUP + lid + half_up];
		}
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	s = sums_add(sums_none(), scratch[0], scratch[GROUP], scratch[2 * GROUP]);
	/* Global too: in place, the next stores go where others of the group have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	return s;
}

/* Sums over n elements of a slab: each work-item KEPT vectors at a time, folded into sums of two numbers. */
INLINE struct sums group_sums(const __global T *x, const __global T *dy, const __global T *residual, uint n,
                              struct affine f)
{
	struct sums all = sums_none();
	uint whole = n / V;
	for (uint v = get_local_id(0); v < whole;) {
		ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g;
		for (uint k = 0; k < KEPT && v < whole; ++k, v += GROUP) {
			ELEMENT_GRADIENT(ACCV, LOADV, v * V);
			sum_g += g;
			sum_gd = FMA(g, d, sum_gd);
			sum_d += d;
		}
		all = sums_add(all, SUM_LANES(sum_g), SUM_LANES(sum_gd), SUM_LANES(sum_d));
	}
	for (uint i = whole * V + get_local_id(0); i < n; i += GROUP) {
		ELEMENT_GRADIENT(ACC, LOAD, i);
		all = sums_add(all, g, g * d, d);
	}
	return all;
}

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
static struct sums slab_sums(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global T *residual, struct place at, ulong from, ulong n, struct affine f,
                             bool kept, SLAB_KEEP *keep, __local ACC *scratch)
{
	ulong i = at.x + from;
	struct sums mine;
	if (a.flags & CLN_HAS_RESIDUAL)
		mine = group_sums(x + a.x + i, dy + a.dy + i, residual + a.residual + i, (uint)n, f);
	else
		mine = group_sums(x + a.x + i, dy + a.dy + i, 0, (uint)n, f);
	return group_add(mine, scratch);
}

/* Backwards, so that the end of the slab, read last, is read again first, while caches still hold it. */
INLINE void group_dx(const __global T *x, const __global T *dy, const __global T *residual, __global T *dx, uint n,
                     struct affine f, struct input_gradient in)
{
	uint lid = get_local_id(0), whole = n / V;
	for (uint i = whole * V + lid; i < n; i += GROUP) {
		ELEMENT_GRADIENT(ACC, LOAD, i);
		STORE(INPUT_GRADIENT(ACC, d, g, in), dx, i);
	}
	for (uint v = whole > lid ? (whole - 1 - lid) / GROUP + 1 : 0; v > 0; --v) {
		uint i = ((v - 1) * GROUP + lid) * V;
		ELEMENT_GRADIENT(ACCV, LOADV, i);
		STOREV(INPUT_GRADIENT(ACCV, d, g, in), dx, i);
	}
}

static void slab_dx(struct cln_arguments a, const __global T *x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	ulong i = at.x + from;
	if (a.flags & CLN_HAS_RESIDUAL)
		group_dx(x + a.x + i, dy + a.dy + i, residual + a.residual + i, dx + a.dx + i, (uint)n, f, in);
	else
		group_dx(x + a.x + i, dy + a.dy + i, 0, dx + a.dx + i, (uint)n, f, in);
}
