/* back_apply.cl: the stage "back_apply": add up the sums of a slab's chunks, then dx over one of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers as back_fused.cl and back_partial.cl. The first chunk of a slab writes its totals, but where back_join.cl did
 * and left slant and base of the set (RUNS 2). dx may be x or dy. Launch as apply.cl. */

/* What the sums of a slab come to. */
INLINE struct input_gradient slab_summed(struct cln_arguments a, const __global ACC *gamma, const __global ACC *sums,
                                         __global ACC *totals, struct place at, struct stats s, SCRATCH_POINTER scratch)
{
#if RUNS == 2
	struct input_gradient in;
	ulong apart = 4 * (ulong)a.chunks * a.runs;
	in.total_g = in.total_gx = (LANE)(0);
	in.scale = s.rstd * slab_parameter(a, gamma, CLN_HAS(GAMMA), at, 1);
	in.slant = SETS_LOAD(sums, 0, apart, at);
	in.base = SETS_LOAD(sums, 1, apart, at);
	return in;
#else
	return slab_gradient(a, gamma, totals, at, slab_add_chunks(a, sums, at, scratch), s, false);
#endif
}

KERNEL void cln_back_apply(struct cln_arguments a CLN_OPERANDS_BACK_APPLY(ARGUMENT))
{
	DECLARE_SCRATCH
	CLN_OPERANDS_BACK_APPLY(BEGIN)
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		SLAB_AFFINE f;
		SLAB_GRADIENT gradient;
		EACH_PIECE(at)
		{
			struct place piece = PIECE(at);
			struct stats s = slab_merged(a, mean, rstd, parts, a.parts_count, piece, SCRATCH).s;
			struct input_gradient in = slab_summed(a, gamma, sums, totals, piece, s, SCRATCH);
#if RUNS < 2 && !LOOKUP
			if (LEADER && part == 0)
				slab_put_totals(a, totals, piece, in);
#endif
			AFFINE_PUT(f, at, piece, slab_affine(a, gamma, beta, piece, s))
			GRADIENT_PUT(gradient, at, piece, in)
		}
		AFFINE_CLOSE(f, at)
		GRADIENT_CLOSE(gradient, at)
		if (HAS(DX))
			slab_dx(a, SLAB_SOURCE(at), SLAB_OF(dy, DY, at), SLAB_OF(residual, RESIDUAL, at),
			        SLAB_OF(dx, DX, at), at, part * a.chunk, chunk_length(a, part), AFFINE_OF_ALL(f),
			        GRADIENT_OF_ALL(gradient), &keep);
#if LOOKUP
		else
			slab_put_all_totals(a, SLAB_SOURCE(at), SLAB_OF(dy, DY, at), SLAB_OF(residual, RESIDUAL, at),
			                    part * a.chunk, chunk_length(a, part), f, gradient);
#endif
		if (ONCE)
			break;
	}
}
