/* back_fused.cl: the stage "back_fused": statistics where they are not given, sums, and dx in one launch.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formulas: gradient.cl. x, dy, residual, dx [N,C,S] in the plan's layout; gamma, beta [C] or [N,C]; mean, rstd [N,G]
 * with CLN_GIVEN; parts [N,G,parts_count,4] with CLN_MERGE; totals [2,N,C], written: sum(g), sum(g*xhat) of each
 * run, where others read them. dx may be x or dy. Launch as fused.cl.
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
			put_summed(a, totals, dgamma, dbeta, at.run + k);
	}
}

#if RUNS == 1 && LOOKUP == 0
/* Run by run: sums, which meet with gamma as their weight; what each run contributes to dbeta and dgamma; and dx. */
static void slab_back_runs(struct cln_arguments a, SOURCE x, const __global T *dy,
                           const __global ACC *gamma, const __global ACC *beta, const __global T *residual,
                           __global T *dx, __global ACC *totals, struct place at, struct stats s, SLAB_KEEP *keep)
{
	struct sums all = sums_none();
	for (ulong r = 0; r < a.runs; ++r) {
		ulong i = r * a.spatial;
		struct place run = slab_run(at, r);
		LANE weight = slab_parameter(a, gamma, CLN_HAS(GAMMA), run, 1);
		struct input_gradient plain;
		struct sums one = slab_sums(a, SOURCE_AT(x, i), dy + i, residual + i, run, 0, a.spatial,
		                            slab_affine(a, gamma, beta, run, s), true, keep, SCRATCH);
		plain.total_g = one.g + one.g_low;
		plain.total_gx = one.gd + one.gd_low;
		all = sums_add(all, weight * plain.total_g, weight * plain.total_gx, one.d + one.d_low);
		ADD_COUNT(all, one.count);
		slab_put_totals(a, totals, run, plain);
	}
	struct input_gradient in = set_gradient_of(all, s, (ACC)SLAB_LENGTH, divisor_of(a));
	LANE delta = MEAN_LACKS(LANE, s.low, all.d + all.d_low, COUNT_OF(all, (LANE)((ACC)SLAB_LENGTH)));
	for (ulong r = a.runs; r-- > 0;) { /* the nearest cache still holds the last ones */
		ulong i = r * a.spatial;
		struct place run = slab_run(at, r);
		__global ACC *total_g = totals + run.run, *total_gx = total_g + a.totals;
		total_gx[0] = s.rstd * FMA(-delta, total_g[0], total_gx[0]);
		struct affine f = slab_affine(a, gamma, beta, run, s);
		in.scale = f.scale;
		if (HAS(DX))
			slab_dx(a, SOURCE_AT(x, i), dy + i, residual + i, dx + i, run, 0, a.spatial, f, in, keep);
	}
}
#endif

/* What a slab contributes, to its parameters where they are its own. Where runs are elements, slab_dx() does it. */
static void slab_put_gradient(struct cln_arguments a, __global ACC *totals, __global ACC *dgamma, __global ACC *dbeta,
                              struct place at, struct input_gradient in)
{
#if OWNED && ONCE
	put_gradients(a, dgamma, dbeta, at.run, in.total_g, in.total_gx);
#elif !LOOKUP
	slab_put_totals(a, totals, at, in);
#endif
}

/* The slab of a unit's task in a round; after its last task that one again, and nothing is stored. */
static struct place back_place(struct cln_arguments a, struct range range, ulong tasks, ulong rounds, ulong r)
{
	ulong task = range.from + (SHARED ? r % rounds : r);
	bool mine = task < range.to;
	ulong slab = a.first + (SHARED ? r / rounds * tasks : 0) + (mine ? task : max(tasks, (ulong)1) - 1);
	struct place at = slab_place(a, slab);
	ulong next = slab + (task + 1 < range.to ? 1 : tasks + 1 - rounds);
	if (next < a.first + a.slabs)
		at.ahead = slab_place(a, next).x - at.x;
	return at;
}

KERNEL void cln_back_fused(struct cln_arguments a CLN_OPERANDS_BACK_FUSED(ARGUMENT))
{
	DECLARE_SCRATCH
	CLN_OPERANDS_BACK_FUSED(BEGIN)
	ulong samples = SHARED ? a.instances / a.params : 1, tasks = a.slabs / samples;
	struct range range = unit_range(tasks);
	ulong rounds = SHARED && SLAB_UNIFORM ? range.to - range.from : unit_rounds(tasks);
	bool there = (a.flags & (CLN_GIVEN | CLN_MERGE)) != 0;
	for (ulong r = 0; r < samples * rounds; ++r) {
		bool mine = range.from + (SHARED ? r % rounds : r) < range.to;
		if (SLAB_UNIFORM && !mine)
			break;
		struct place at = back_place(a, range, tasks, rounds, r);
		SOURCE from = SLAB_SOURCE(at);
		const __global T *from_dy = SLAB_OF(dy, DY, at);
		const __global T *from_residual = SLAB_OF(residual, RESIDUAL, at);
		SLAB_KEEP keep;
		PIECE_STATS(s);
		SLAB_AFFINE f;
		SLAB_GRADIENT gradient;
		if (there) {
			EACH_PIECE(at)
			STATS_OF_PIECE(s) = slab_stats(a, mean, rstd, parts, a.parts_count, PIECE(at));
		} else {
			LANE shift = slab_first(a, from, at, 0);
			struct moments m = slab_moments(a, from, at, 0, SLAB_LENGTH, shift, &keep, SCRATCH);
			EACH_PIECE(at)
			STATS_OF_PIECE(s) = moments_stats(PIECE_MOMENTS(m, keep, at),
			                                  PIECE_SHIFT(from, PIECE(at), 0, shift), divisor_of(a));
		}
		EACH_PIECE(at)
		AFFINE_PUT(f, at, PIECE(at), slab_affine(a, gamma, beta, PIECE(at), STATS_OF_PIECE(s)))
		AFFINE_CLOSE(f, at)
#if RUNS == 1 && LOOKUP == 0
		slab_back_runs(a, from, from_dy, gamma, beta, from_residual, SLAB_OF(dx, DX, at), totals, at, s, &keep);
#else
		SLAB_SUMS sums = slab_sums(a, from, from_dy, from_residual, at, 0, SLAB_LENGTH, AFFINE_OF_ALL(f),
		                           !there, &keep, SCRATCH);
		EACH_PIECE(at)
		{
			struct place piece = PIECE(at);
			struct input_gradient in =
				slab_gradient(a, gamma, totals, piece, PIECE_SUMS(sums, at), STATS_OF_PIECE(s), r > 0);
			if (LEADER && mine)
				slab_put_gradient(a, totals, dgamma, dbeta, piece, in);
			GRADIENT_PUT(gradient, at, piece, in)
		}
		GRADIENT_CLOSE(gradient, at)
		if (HAS(DX) && mine)
			slab_dx(a, from, from_dy, from_residual, SLAB_OF(dx, DX, at), at, 0, SLAB_LENGTH,
			        AFFINE_OF_ALL(f), GRADIENT_OF_ALL(gradient), &keep);
#if LOOKUP
		else if (mine)
			slab_put_all_totals(a, from, from_dy, from_residual, 0, SLAB_LENGTH, f, gradient);
#endif
#endif
	}
	if (SHARED && LEADER)
		put_owned(a, range, totals, dgamma, dbeta);
}
