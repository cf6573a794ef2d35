/* back_partial.cl: the stage "back_partial": sums of one chunk of one slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers as back_fused.cl, with the statistics given (CLN_GIVEN or CLN_MERGE); sums [slabs,lanes,chunks,4], written:
 * sum(g), sum(g*d), sum(d) of each chunk, and how many of it are valid (0 without VALID). Launch as partial.cl. */
KERNEL void cln_back_partial(struct cln_arguments a CLN_OPERANDS_BACK_PARTIAL(ARGUMENT))
{
	DECLARE_SCRATCH
	CLN_OPERANDS_BACK_PARTIAL(BEGIN)
	struct range range = unit_range_again(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks, stride = 4 * (ulong)a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		SLAB_AFFINE f;
		EACH_PIECE(at)
		{
			struct stats s = slab_merged(a, mean, rstd, parts, a.parts_count, PIECE(at), SCRATCH).s;
			AFFINE_PUT(f, at, PIECE(at), slab_affine(a, gamma, beta, PIECE(at), s))
		}
		AFFINE_CLOSE(f, at)
		SLAB_SUMS of_chunk =
			slab_sums(a, SLAB_SOURCE(at), SLAB_OF(dy, DY, at), SLAB_OF(residual, RESIDUAL, at), at,
		                  part * a.chunk, chunk_length(a, part), AFFINE_OF_ALL(f), false, &keep, SCRATCH);
		EACH_PIECE(at)
		{
			struct sums c = PIECE_SUMS(of_chunk, at);
			struct place piece = PIECE(at);
			ulong to = PARTS_OF(piece) * stride + 4 * part;
			if (LEADER) {
				LANES_SCATTER(c.g + c.g_low, sums, to, stride, piece.lanes);
				LANES_SCATTER(c.gd + c.gd_low, sums, to + 1, stride, piece.lanes);
				LANES_SCATTER(c.d + c.d_low, sums, to + 2, stride, piece.lanes);
				LANES_SCATTER(COUNT_OF(c, (LANE)(0)), sums, to + 3, stride, piece.lanes);
			}
		}
		if (ONCE)
			break;
	}
}
