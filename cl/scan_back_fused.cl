/* scan_back_fused.cl: the stage "back_fused" of scan.cl: statistics where they are not given, sums, and dx in one
 * launch, all channels of a slab. SPDX-License-Identifier: Apache-2.0
 *
 * Buffers as back_fused.cl. Launch: any global size; a unit takes neighbouring slabs. */
KERNEL void cln_back_fused(struct cln_arguments a, const __global T *x, const __global T *dy,
                           const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                           const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                           __global T *dx, __global ACC *totals, __global ACC *dgamma, __global ACC *dbeta)
{
	struct range range = unit_range(a.slabs);
	bool there = (a.flags & (CLN_GIVEN | CLN_MERGE)) != 0;
	for (ulong slab = range.from; slab < range.to; ++slab) {
		struct place at = slab_place(a, a.first + slab);
		struct lanes lanes;
		struct stats stats[VECTORS];
		struct table table;
		struct lane_sums sums;
		struct back_table back;
		if (!there)
			scan_lanes(a, x + a.x, at, 0, a.spatial, &lanes);
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			stats[k] = there ? slab_stats(a, mean, rstd, parts, a.parts_count, piece)
			                 : moments_stats(piece_moments(&lanes, at, k), slab_first(a, x + a.x, piece),
			                                 SCALAR(a.epsilon));
			table_put(&table, (uint)(piece.x - at.x), slab_affine(a, gamma, beta, piece, stats[k]));
		}
		table_close(&table, at.lanes);
		scan_sums(a, x, dy, residual, at, 0, a.spatial, &table, &sums);
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			LANE g = slab_parameter(a, gamma, a.gamma, CLN_HAS_GAMMA, piece, 1);
			struct input_gradient in = gradient_of(piece_sums(&sums, at, k), stats[k], g, (ACC)a.spatial);
			slab_put_totals(a, totals, piece, in);
			back_table_put(&back, (uint)(piece.x - at.x), in);
		}
		back_table_close(&back, at.lanes);
		if (a.flags & CLN_PUT_DX)
			slab_dx(a, x, dy, residual, dx, at, 0, a.spatial, &table, &back);
	}
}
