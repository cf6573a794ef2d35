/* back_fused.cl: the stage "back_fused": statistics where they are not given, sums, and dx in one launch.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formulas: gradient.cl. x, dy, residual, dx [N,C,S] in the plan's layout; gamma, beta [C] or [N,C]; mean, rstd [N,C]
 * with CLN_GIVEN; parts [N,C,parts_count,4] with CLN_MERGE; totals [N,C,2], written: sum(g), sum(g*xhat) of each
 * instance, where others read them. dx may be x or dy. Launch as fused.cl.
 * Macro: OWNED (1: a unit takes all slabs that share parameters, sample after sample, and then writes dgamma and dbeta
 * as back_params.cl does; all slabs in one launch. With ONCE that is one slab: no two share parameters). */
#ifndef OWNED
#define OWNED 0
#endif
#define SHARED (OWNED && !ONCE)

/* dgamma and dbeta of the slabs from .. to-1 of the first sample. */
static void put_owned(struct cln_arguments a, struct range owned, const __global ACC *totals, __global ACC *dgamma,
                      __global ACC *dbeta)
{
	for (ulong slab = owned.from; slab < owned.to; ++slab) {
		struct place at = slab_place(a, slab);
		for (uint k = 0; k < at.lanes; ++k)
			put_summed(a, totals, dgamma, dbeta, at.instance + k);
	}
}

KERNEL void cln_back_fused(struct cln_arguments a, const __global T *x, const __global T *dy,
                           const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                           const __global ACC *mean, const __global ACC *rstd, const __global ACC *parts,
                           __global T *dx, __global ACC *totals, __global ACC *dgamma, __global ACC *dbeta)
{
	DECLARE_SCRATCH
	ulong samples = SHARED ? a.instances / a.params : 1, tasks = a.slabs / samples;
	struct range range = unit_range(tasks);
	ulong rounds = SHARED && SLAB_UNIFORM ? range.to - range.from : unit_rounds(tasks);
	for (ulong r = 0; r < samples * rounds; ++r) {
		ulong task = range.from + (SHARED ? r % rounds : r);
		bool mine = task < range.to;
		if (SLAB_UNIFORM && !mine)
			break;
		ulong slab = a.first + (SHARED ? r / rounds * tasks : 0) + (mine ? task : max(tasks, (ulong)1) - 1);
		struct place at = slab_place(a, slab);
		ulong next = slab + (task + 1 < range.to ? 1 : tasks + 1 - rounds);
		if (next < a.first + a.slabs)
			at.next = slab_place(a, next).x;
		SLAB_KEEP keep;
		struct stats s;
		bool there = (a.flags & (CLN_GIVEN | CLN_MERGE)) != 0;
		if (there) {
			s = slab_stats(a, mean, rstd, parts, a.parts_count, at);
		} else {
			LANE shift = slab_first(a, x + a.x, at);
			struct moments m = slab_moments(a, x + a.x, at, 0, a.spatial, shift, &keep, SCRATCH);
			s = moments_stats(m, shift, SCALAR(a.epsilon));
		}
		struct affine f = slab_affine(a, gamma, beta, at, s);
		struct sums sums = slab_sums(a, x, dy, residual, at, 0, a.spatial, f, !there, &keep, SCRATCH);
		struct input_gradient i =
			gradient_of(sums, s, slab_parameter(a, gamma, a.gamma, CLN_HAS_GAMMA, at, 1), (ACC)a.spatial);
		if (LEADER && mine) {
#if OWNED && ONCE
			put_gradients(a, dgamma, dbeta, at.instance, i.total_g, i.total_gx);
#else
			slab_put_totals(a, totals, at, i);
#endif
		}
		if ((a.flags & CLN_PUT_DX) && mine)
			slab_dx(a, x, dy, residual, dx, at, 0, a.spatial, f, i, &keep);
	}
	if (SHARED && LEADER)
		put_owned(a, range, totals, dgamma, dbeta);
}
