/* scan_partial.cl: the stage "partial" of scan.cl: moments of one chunk of all channels of a slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers and launch as partial.cl. */
KERNEL void cln_partial(struct cln_arguments a, const __global T *x, __global ACC *parts)
{
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		struct lanes lanes;
		scan_lanes(a, x + a.x, at, part * a.chunk, chunk_length(a, part), &lanes);
		for (uint k = 0; k < slab_pieces(at); ++k) {
			struct place piece = slab_piece(at, k);
			struct moments m = piece_moments(&lanes, at, k);
			LANE shift = slab_first(a, x + a.x + part * a.chunk * a.channels, piece);
			ulong to = a.parts + (piece.instance * a.chunks + part) * 4;
			slab_put_record(parts, to, 4 * (ulong)a.chunks, piece, m, moments_stats(m, shift, 0));
		}
	}
}
