/* apply.cl: the stage "apply": merge the parts of a slab, then normalize and affine, fused, over one of its chunks.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     y = act(gamma*(x - mean)*rstd + beta + residual)
 *
 * Statistics as in merge.cl. The first chunk of a slab writes them where asked for, but where join.cl did (RUNS 2).
 * Launch: any global size; a unit takes neighbouring (slab, chunk) pairs. */

KERNEL void cln_apply(struct cln_arguments a CLN_OPERANDS_APPLY(ARGUMENT))
{
	DECLARE_SCRATCH
	CLN_OPERANDS_APPLY(BEGIN)
	struct range range = unit_range_again(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		SLAB_AFFINE f;
		EACH_PIECE(at)
		{
			struct merged all = slab_merged(a, mean, rstd, parts, a.parts_count, PIECE(at), SCRATCH);
#if RUNS < 2
			if (LEADER && part == 0)
				slab_put_stats(a, mean, rstd, moments, PIECE(at), SET(PIECE(at)), all.m, all.s);
#endif
			AFFINE_PUT(f, at, PIECE(at), slab_affine(a, gamma, beta, PIECE(at), all.s))
		}
		AFFINE_CLOSE(f, at)
#if SKIP == 2
		ADD_SKIP(at, part * a.chunk, chunk_length(a, part))
#endif
		if (HAS(Y))
			slab_apply(a, SLAB_SOURCE(at), SLAB_OF(residual, RESIDUAL, at), SLAB_OF(y, Y, at), at,
			           part * a.chunk, chunk_length(a, part), AFFINE_OF_ALL(f), &keep);
		if (ONCE)
			break;
	}
}
