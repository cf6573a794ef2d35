/* scan_back_apply.cl: the stage "back_apply" of scan.cl: add up the sums of all channels of a slab, then dx over one of
 * its chunks. SPDX-License-Identifier: Apache-2.0
 *
 * Buffers and launch as back_apply.cl. */
KERNEL void cln_back_apply(struct cln_arguments a, const __global T *x, const __global T *dy,
                           const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                           const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                           const __global ACC *sums, __global T *dx, __global ACC *totals)
{
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		struct table table;
		struct back_table back;
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			struct stats s = slab_stats(a, mean, rstd, parts, a.parts_count, piece);
			LANE g = slab_parameter(a, gamma, a.gamma, CLN_HAS_GAMMA, piece, 1);
			struct input_gradient in =
				gradient_of(slab_add_chunks(a, sums, piece, SCRATCH), s, g, (ACC)a.spatial);
			if (part == 0)
				slab_put_totals(a, totals, piece, in);
			table_put(&table, (uint)(piece.x - at.x), slab_affine(a, gamma, beta, piece, s));
			back_table_put(&back, (uint)(piece.x - at.x), in);
		}
		table_close(&table, at.lanes);
		back_table_close(&back, at.lanes);
		if (a.flags & CLN_PUT_DX)
			slab_dx(a, x, dy, residual, dx, at, part * a.chunk, chunk_length(a, part), &table, &back);
	}
}
