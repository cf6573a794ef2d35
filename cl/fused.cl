/* fused.cl: the stage "fused": statistics and normalize in one launch, a whole slab by one unit.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     mean = sum(x)/S   rstd = 1/sqrt(sum((x-mean)^2)/S + epsilon)   y = act(gamma*(x-mean)*rstd + beta + residual)
 *
 * Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022, eq. 3; of sets of several runs Wu, He 2018, arXiv:1803.08494,
 * eq. 1 to 4, sums over all of the set.
 * x, residual, y [N,C,S] in the plan's layout; gamma, beta [C] or [N,C]; mean, rstd [N,G]; moments [N,G,4].
 * Launch: any global size; a unit takes neighbouring slabs. Barriers lie in uniform flow: where a group holds several
 * units (SLAB_UNIFORM 0) each of them goes `rounds` times, at last perhaps over a slab that is not its own, and
 * stores nothing. */

#if RUNS == 1 && LOOKUP == 0
/* y of the slab, run by run, the last one first: the nearest cache still holds it. */
static void slab_apply_runs(struct cln_arguments a, SOURCE x, const __global ACC *gamma,
                            const __global ACC *beta, const __global T *residual, __global T *y, struct place at,
                            struct stats s, SLAB_KEEP *keep)
{
	for (ulong r = a.runs; r-- > 0;) {
		ulong i = r * a.spatial;
		struct place run = slab_run(at, r);
		struct affine f = slab_affine(a, gamma, beta, run, s);
		slab_apply(a, SOURCE_AT(x, i), residual + i, y + i, run, 0, a.spatial, f, keep);
	}
}
#endif

KERNEL void cln_fused(struct cln_arguments a CLN_OPERANDS_FUSED(ARGUMENT))
{
	DECLARE_SCRATCH
	CLN_OPERANDS_FUSED(BEGIN)
	struct range range = unit_range(a.slabs);
	ulong rounds = unit_rounds(a.slabs);
	for (ulong r = 0; r < rounds; ++r) {
		ulong slab = range.from + r;
		bool mine = slab < range.to;
		if (SLAB_UNIFORM && !mine)
			break;
		struct place at = slab_place(a, a.first + (mine ? slab : max(a.slabs, (ulong)1) - 1));
		if (slab + 1 < range.to)
			at.ahead = slab_place(a, a.first + slab + 1).x - at.x;
		SOURCE from = SLAB_SOURCE(at);
#if SKIP
		if (mine)
			ADD_SKIP(at, 0, SLAB_LENGTH)
		SHARE_SUM
#endif
		SLAB_KEEP keep;
		SLAB_AFFINE f;
		struct stats s;
		LANE shift = slab_first(a, from, at, 0);
		struct moments m = slab_moments(a, from, at, 0, SLAB_LENGTH, shift, &keep, SCRATCH);
		EACH_PIECE(at)
		{
			struct moments of = PIECE_MOMENTS(m, keep, at);
			s = moments_stats(of, PIECE_SHIFT(from, PIECE(at), 0, shift), divisor_of(a));
			if (LEADER && mine)
				slab_put_stats(a, mean, rstd, moments, PIECE(at), SET(PIECE(at)), of, s);
			AFFINE_PUT(f, at, PIECE(at), slab_affine(a, gamma, beta, PIECE(at), s))
		}
		AFFINE_CLOSE(f, at)
		if (HAS(Y) && mine) {
#if RUNS == 1 && LOOKUP == 0
			slab_apply_runs(a, from, gamma, beta, SLAB_OF(residual, RESIDUAL, at), SLAB_OF(y, Y, at), at, s,
			                &keep);
#else
			slab_apply(a, from, SLAB_OF(residual, RESIDUAL, at), SLAB_OF(y, Y, at), at, 0, SLAB_LENGTH,
			           AFFINE_OF_ALL(f), &keep);
#endif
		}
	}
}
