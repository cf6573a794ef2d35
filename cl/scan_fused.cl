/* scan_fused.cl: the stage "fused" of scan.cl: statistics and normalize in one launch, all channels of a slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formula and buffers as fused.cl. Launch: any global size; a unit takes neighbouring slabs. */
KERNEL void cln_fused(struct cln_arguments a, const __global T *x, const __global ACC *gamma,
                      const __global ACC *beta, const __global T *residual, __global T *y, __global ACC *mean,
                      __global ACC *rstd, __global ACC *moments)
{
	struct range range = unit_range(a.slabs);
	for (ulong slab = range.from; slab < range.to; ++slab) {
		struct place at = slab_place(a, a.first + slab);
		struct lanes lanes;
		struct table table;
		scan_lanes(a, x + a.x, at, 0, a.spatial, &lanes);
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			struct moments m = piece_moments(&lanes, at, k);
			LANE shift = slab_first(a, x + a.x, piece);
			struct stats s = moments_stats(m, shift, SCALAR(a.epsilon));
			slab_put_stats(a, mean, rstd, moments, piece, m, s);
			table_put(&table, (uint)(piece.x - at.x), slab_affine(a, gamma, beta, piece, s));
		}
		table_close(&table, at.lanes);
		if (a.flags & CLN_PUT_Y)
			slab_apply(a, x, residual, y, at, 0, a.spatial, &table);
	}
}
