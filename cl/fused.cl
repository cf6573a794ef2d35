/* fused.cl: the stage "fused": statistics and normalize in one launch, a whole slab by one unit.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     mean = sum(x)/S   rstd = 1/sqrt(sum((x-mean)^2)/S + epsilon)   y = act(gamma*(x-mean)*rstd + beta + residual)
 *
 * Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022, eq. 3.
 * x, residual, y [N,C,S] in the plan's layout; gamma, beta [C] or [N,C]; mean, rstd [N,C]; moments [N,C,4].
 * Launch: any global size; a unit takes neighbouring slabs. Barriers lie in uniform flow: where a group holds several
 * units (SLAB_UNIFORM 0) each of them goes `rounds` times, at last perhaps over a slab that is not its own, and
 * stores nothing. */
KERNEL void cln_fused(struct cln_arguments a, const __global T *x, const __global ACC *gamma,
                      const __global ACC *beta, const __global T *residual, __global T *y, __global ACC *mean,
                      __global ACC *rstd, __global ACC *moments)
{
	DECLARE_SCRATCH
	struct range range = unit_range(a.slabs);
	ulong rounds = unit_rounds(a.slabs);
	for (ulong r = 0; r < rounds; ++r) {
		ulong slab = range.from + r;
		bool mine = slab < range.to;
		if (SLAB_UNIFORM && !mine)
			break;
		struct place at = slab_place(a, a.first + (mine ? slab : max(a.slabs, (ulong)1) - 1));
		if (slab + 1 < range.to)
			at.next = slab_place(a, a.first + slab + 1).x;
		SLAB_KEEP keep;
		LANE shift = slab_first(a, x + a.x, at);
		struct moments m = slab_moments(a, x + a.x, at, 0, a.spatial, shift, &keep, SCRATCH);
		struct stats s = moments_stats(m, shift, SCALAR(a.epsilon));
		if (LEADER && mine)
			slab_put_stats(a, mean, rstd, moments, at, m, s);
		if ((a.flags & CLN_PUT_Y) && mine)
			slab_apply(a, x, residual, y, at, 0, a.spatial, slab_affine(a, gamma, beta, at, s), &keep);
	}
}
