/* apply.cl: the stage "apply": merge the parts of a slab, then normalize and affine, fused, over one of its chunks.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     y = act(gamma*(x - mean)*rstd + beta + residual)
 *
 * Statistics as in merge.cl. The first chunk of a slab writes them where asked for.
 * Launch: any global size; a unit takes neighbouring (slab, chunk) pairs. */

KERNEL void cln_apply(struct cln_arguments a, const __global T *x, const __global ACC *gamma,
                      const __global ACC *beta, const __global T *residual, __global T *y, __global ACC *mean,
                      __global ACC *rstd, __global ACC *moments, const __global ACC *parts)
{
	DECLARE_SCRATCH
	struct range range = unit_range_again(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		struct merged all = slab_merged(a, mean, rstd, parts, a.parts_count, at, SCRATCH);
		if (LEADER && part == 0)
			slab_put_stats(a, mean, rstd, moments, at, all.m, all.s);
		if (a.flags & CLN_PUT_Y)
			slab_apply(a, x, residual, y, at, part * a.chunk, chunk_length(a, part),
			           slab_affine(a, gamma, beta, at, all.s), &keep);
		if (ONCE)
			break;
	}
}
