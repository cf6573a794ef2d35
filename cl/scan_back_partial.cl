/* scan_back_partial.cl: the stage "back_partial" of scan.cl: sums of one chunk of all channels of a slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers and launch as back_partial.cl. */
KERNEL void cln_back_partial(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                             const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                             __global ACC *sums)
{
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks, stride = 4 * (ulong)a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		struct table table;
		struct lane_sums all;
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			struct stats s = slab_stats(a, mean, rstd, parts, a.parts_count, piece);
			table_put(&table, (uint)(piece.x - at.x), slab_affine(a, gamma, beta, piece, s));
		}
		table_close(&table, at.lanes);
		scan_sums(a, x, dy, residual, at, part * a.chunk, chunk_length(a, part), &table, &all);
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			struct sums c = piece_sums(&all, at, k);
			ulong to = a.sums + piece.instance * stride + 4 * part;
			LANES_SCATTER(c.g + c.g_low, sums, to, stride, piece.lanes);
			LANES_SCATTER(c.gd + c.gd_low, sums, to + 1, stride, piece.lanes);
			LANES_SCATTER(c.d + c.d_low, sums, to + 2, stride, piece.lanes);
			LANES_SCATTER((LANE)(0), sums, to + 3, stride, piece.lanes);
		}
	}
}
