/* partial.cl: the stage "partial": moments of one chunk of one slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * x [N,C,S] in the plan's layout; parts [slabs,chunks,4], of slabs of several lanes [slabs,lanes,chunks,4]: count,
 * mean, mean_low, m2 of each chunk.
 * Launch: any global size; a unit takes neighbouring (slab, chunk) pairs. */
KERNEL void cln_partial(struct cln_arguments a CLN_OPERANDS_PARTIAL(ARGUMENT))
{
	DECLARE_SCRATCH
	CLN_OPERANDS_PARTIAL(BEGIN)
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks, begin = part * a.chunk;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SOURCE from = SLAB_SOURCE(at);
		ADD_SKIP(at, begin, chunk_length(a, part))
		SHARE_SUM
		SLAB_KEEP keep;
		LANE shift = slab_first(a, from, at, begin);
		struct moments m = slab_moments(a, from, at, begin, chunk_length(a, part), shift, &keep, SCRATCH);
		EACH_PIECE(at)
		{
			struct moments of = PIECE_MOMENTS(m, keep, at);
			struct stats s = moments_stats(of, PIECE_SHIFT(from, PIECE(at), begin, shift), divisor_of(a));
			ulong to = (PARTS_OF(PIECE(at)) * a.chunks + part) * 4;
			if (LEADER)
				slab_put_record(parts, to, 4 * (ulong)a.chunks, PIECE(at), of, s);
		}
		if (ONCE)
			break;
	}
}
