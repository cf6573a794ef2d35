/* back_apply.cl: the stage "back_apply": add up the sums of a slab's chunks, then dx over one of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers as back_fused.cl and back_partial.cl. The first chunk of a slab writes its totals. dx may be x or dy.
 * Launch as apply.cl. */

KERNEL void cln_back_apply(struct cln_arguments a, const __global T *x, const __global T *dy,
                           const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                           const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                           const __global ACC *sums, __global T *dx, __global ACC *totals)
{
	DECLARE_SCRATCH
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		struct stats s = slab_merged(a, mean, rstd, parts, a.parts_count, at, SCRATCH).s;
		struct affine f = slab_affine(a, gamma, beta, at, s);
		struct input_gradient i =
			gradient_of(slab_add_chunks(a, sums, at, SCRATCH), s,
		                    slab_parameter(a, gamma, a.gamma, CLN_HAS_GAMMA, at, 1), (ACC)a.spatial);
		if (LEADER && part == 0)
			slab_put_totals(a, totals, at, i);
		if (a.flags & CLN_PUT_DX)
			slab_dx(a, x, dy, residual, dx, at, part * a.chunk, chunk_length(a, part), f, i, &keep);
		if (ONCE)
			break;
	}
}
