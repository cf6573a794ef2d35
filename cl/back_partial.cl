/* back_partial.cl: the stage "back_partial": sums of one chunk of one slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers as back_fused.cl, with the statistics given (CLN_GIVEN or CLN_MERGE); sums [N,C,chunks,4], written: sum(g),
 * sum(g*d), sum(d), 0 of each chunk. Launch as partial.cl. */
KERNEL void cln_back_partial(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                             const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                             __global ACC *sums)
{
	DECLARE_SCRATCH
	struct range range = unit_range_again(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		struct stats s = slab_merged(a, mean, rstd, parts, a.parts_count, at, SCRATCH).s;
		struct sums c = slab_sums(a, x, dy, residual, at, part * a.chunk, chunk_length(a, part),
		                          slab_affine(a, gamma, beta, at, s), false, &keep, SCRATCH);
		if (LEADER) {
			ulong stride = 4 * (ulong)a.chunks;
			ulong to = a.sums + at.instance * stride + 4 * part;
			LANES_SCATTER(c.g + c.g_low, sums, to, stride, at.lanes);
			LANES_SCATTER(c.gd + c.gd_low, sums, to + 1, stride, at.lanes);
			LANES_SCATTER(c.d + c.d_low, sums, to + 2, stride, at.lanes);
			LANES_SCATTER((LANE)(0), sums, to + 3, stride, at.lanes);
		}
		if (ONCE)
			break;
	}
}
