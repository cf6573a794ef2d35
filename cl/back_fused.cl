/* back_fused.cl: the stage "back_fused": statistics where they are not given, sums, and dx in one launch.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formulas: gradient.cl. x, dy, residual, dx [N,C,S] in the plan's layout; gamma, beta [C] or [N,C]; mean, rstd [N,C]
 * with CLN_GIVEN; parts [N,C,parts_count,4] with CLN_MERGE; totals [N,C,2], written: sum(g), sum(g*xhat) of each
 * instance. dx may be x or dy. Launch as fused.cl. */
KERNEL void cln_back_fused(struct cln_arguments a, const __global T *x, const __global T *dy,
                           const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                           const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                           __global T *dx, __global ACC *totals)
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
		SLAB_KEEP keep;
		struct stats s;
		struct moments m;
		bool there = (a.flags & (CLN_GIVEN | CLN_MERGE)) != 0;
		if (there) {
			s = slab_stats(a, mean, rstd, parts, a.parts_count, at, &m);
		} else {
			LANE shift = slab_first(a, x + a.x, at);
			m = slab_moments(a, x + a.x, at, 0, a.spatial, shift, &keep, SCRATCH);
			s = moments_stats(m, shift, SCALAR(a.epsilon));
		}
		struct affine f = slab_affine(a, gamma, beta, at, s);
		struct sums sums = slab_sums(a, x, dy, residual, at, 0, a.spatial, f, !there, &keep, SCRATCH);
		struct input_gradient i =
			gradient_of(sums, s, slab_parameter(a, gamma, a.gamma, CLN_HAS_GAMMA, at, 1), (ACC)a.spatial);
		if (LEADER && mine)
			slab_put_totals(a, totals, at, i);
		if ((a.flags & CLN_PUT_DX) && mine)
			slab_dx(a, x, dy, residual, dx, at, 0, a.spatial, f, i, &keep);
	}
}
