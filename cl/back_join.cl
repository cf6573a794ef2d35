/* back_join.cl: the stage "back_join": the sums of all runs of a set, weighted by gamma, become what dx needs of
 * it; and what each run contributes to dbeta and dgamma. SPDX-License-Identifier: Apache-2.0
 *
 * Formulas: gradient.cl. sums [N,C,chunks,4]: of each set the first two numbers are overwritten by slant and base;
 * totals [2,N,C], written. Statistics as in back_fused.cl.
 * Launch: any global size; work-item i takes sets i, i + global size, ... */

/* A sum of two numbers. */
struct joined {
	ACC high, low;
};

TWO_SUM(two_sum_one, ACC)

static struct joined joined_add(struct joined sum, ACC value)
{
	ACC error;
	struct joined more;
	more.high = two_sum_one(sum.high, value, &error);
	more.low = sum.low + error;
	return more;
}

/* One number of a lane; all are of the same set here. */
#if V == 1
#define ANY_LANE(v) (v)
#else
#define ANY_LANE(v) CAT(any_lane_, LANE)(v)
static ACC CAT(any_lane_, ACC)(ACC v)
{
	return v;
}
static ACC CAT(any_lane_, ACCV)(ACCV v)
{
	return v.s0;
}
#endif

struct set_sums {
	struct joined g, gd, d;
	ACC count;
};

/* The plain sums of each run go to totals, those weighted by gamma are returned. */
static struct set_sums set_add(struct cln_arguments a, const __global ACC *sums, const __global ACC *gamma,
                               __global ACC *totals, ulong first)
{
	struct joined none = {0, 0};
	struct set_sums all = {none, none, none, VALID ? 0 : (ACC)(a.runs * a.spatial)};
	for (ulong run = first; run < first + a.runs; ++run) {
		ACC weight = HAS(GAMMA) ? gamma[run % a.params] : 1;
		struct joined g = none, gd = none;
		for (uint k = 0; k < a.chunks; ++k) {
			ulong i = (run * a.chunks + k) * 4;
			g = joined_add(g, sums[i]);
			gd = joined_add(gd, sums[i + 1]);
			all.d = joined_add(all.d, sums[i + 2]);
			if (VALID)
				all.count += sums[i + 3];
		}
		totals[run] = g.high + g.low;
		totals[a.totals + run] = gd.high + gd.low;
		all.g = joined_add(all.g, weight * (g.high + g.low));
		all.gd = joined_add(all.gd, weight * (gd.high + gd.low));
	}
	return all;
}

KERNEL void cln_back_join(struct cln_arguments a CLN_OPERANDS_BACK_JOIN(ARGUMENT))
{
	CLN_OPERANDS_BACK_JOIN(BEGIN)
	for (ulong i = get_global_id(0); i < a.sets; i += get_global_size(0)) {
		ulong first = (a.first_set + i) * a.runs;
		struct stats s = slab_stats(a, mean, rstd, parts, a.parts_count, set_place(a, a.first_set + i));
		ACC root = ANY_LANE(s.rstd);
		struct set_sums all = set_add(a, sums, gamma, totals, first);
		ACC delta = MEAN_LACKS(ACC, ANY_LANE(s.low), all.d.high + all.d.low, all.count);
		ACC g = all.g.high + all.g.low;
		ACC total_gx = root * FMA(-delta, g, all.gd.high + all.gd.low);
		ACC slant = root * BY_DEGREES(ACC, total_gx, all.count, root, divisor_of(a));
		for (ulong run = first; run < first + a.runs; ++run) {
			__global ACC *total = totals + a.totals + run;
			*total = root * FMA(-delta, totals[run], *total);
		}
		sums[first * a.chunks * 4] = root * slant;
		sums[first * a.chunks * 4 + 1] = root * FMA(-delta, slant, BY_COUNT(ACC, g, all.count));
	}
}
