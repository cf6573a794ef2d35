/* team.cl: the family that keeps an instance in registers: TEAM work-items share it, read it once and normalize from
 * there. SPDX-License-Identifier: Apache-2.0
 *
 * A work-group of GROUP items holds GROUP/TEAM teams, each with an instance of its own (`pack`), or is one team
 * (`resident`). Work-item `lane` keeps ITEMS vectors; lane j of vector k is element (k*V + j)*TEAM + lane, so
 * TEAM*ITEMS*V >= S. Macros: GROUP, TEAM (divides GROUP; any number), ITEMS. Local memory: 4 accumulators a work-item,
 * 8 a team.
 * Barriers: every team of a group passes all of them, with an instance past the end as without. */
#define ELEMENTS_DIFFER 1
#ifndef GROUP
#define GROUP 64
#endif
#ifndef TEAM
#define TEAM GROUP
#endif
#ifndef ITEMS
#define ITEMS 4
#endif

/* Where a team is a group, everything about its instance is uniform, and compilers should see it. */
#if TEAM == GROUP
#define TEAM_LANE get_local_id(0)
#define UNIT get_group_id(0)
#else
#define TEAM_LANE (get_local_id(0) % TEAM)
#define UNIT (get_group_id(0) * (GROUP / TEAM) + get_local_id(0) / TEAM)
#endif
#define UNITS (get_num_groups(0) * (GROUP / TEAM))
#define LEADER (TEAM_LANE == 0)
#define ITEM TEAM_LANE
#define ITEMS_OF_UNIT TEAM
#define SLAB_UNIFORM 0
#define SLAB_KEEP struct kept
#define ACC2 CAT(ACC, 2)
#define TEAMS (GROUP / TEAM)
#define DECLARE_SCRATCH __local struct scratch scratch;
#define SCRATCH_POINTER __local struct scratch *
#define SCRATCH (&scratch)

/* A total has places of its own, as it is needed until the slab is done (README.md). */
struct scratch {
	ACC2 tree[2 * GROUP];
	ACC2 center[TEAMS], deviations[TEAMS], sums[2 * TEAMS];
};

struct kept {
	ACCV r[ITEMS]; /* x */
	ACCV g[ITEMS]; /* backward: dy, then g */
};

/* The sum of a pair over the team, in every work-item of it, by a tree of fixed order. */
INLINE ACC2 team_sum(ACC2 pair, __local ACC2 *tree, __local ACC2 *total)
{
	uint lid = get_local_id(0), lane = TEAM_LANE, team = lid / TEAM;
	tree[lid] = pair;
	for (uint n = TEAM; n > 1; n = (n + 1) / 2) {
		uint half_up = (n + 1) / 2;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lane + half_up < n)
			tree[lid] += tree[lid + half_up];
	}
	if (lane == 0)
		total[team] = tree[lid];
	/* Global too: in place, the next stores go where others of the team have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	return total[team];
}

/* Element of vector k's first lane; the others lie TEAM elements apart. */
#define TEAM_AT(k) ((k) * (V * TEAM) + TEAM_LANE)
/* All vectors but a work-item's last are whole. */
#define WHOLE(k) ((k) + 1 < ITEMS)
#define TEAM_LOAD(x, k, n) SPREAD_LOAD(WHOLE(k), x, TEAM_AT(k), TEAM, n)
#define TEAM_MASK(v, k, n) SPREAD_KEEP(WHOLE(k), v, TEAM_AT(k), TEAM, n)
#define TEAM_STORE(v, y, k, n) SPREAD_STORE(WHOLE(k), v, y, TEAM_AT(k), TEAM, n)
/* What of vector k is there, and valid. */
#if VALID
#define VALID_TEAM_LOAD(x, k, n) valid_spread(x, TEAM_AT(k), TEAM, n)
#define TEAM_KEEP(v, x, k, n) IF_VALID(ACCV, VALID_TEAM_LOAD(x, k, n), v)
#else
#define TEAM_KEEP(v, x, k, n) TEAM_MASK(v, k, n)
#endif
#define LOOKUP_IN_TEAM(p, k, f) spread_lookup(p, TEAM_AT(k), TEAM, n, f)

/* Valid elements that this work-item holds. */
#if VALID
INLINE ACC team_count(SOURCE x, uint n)
{
	ACCV count = (ACCV)(0);
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k)
		count += TEAM_KEEP((ACCV)(1), x, k, n);
	return SUM_LANES(count);
}
#else
#define team_count(x, n) 0
#endif

INLINE struct moments slab_moments(struct cln_arguments a, SOURCE x, struct place at, ulong from, ulong n, LANE shift,
                                   SLAB_KEEP *keep, SCRATCH_POINTER scratch)
{
	uint length = (uint)n;
	ACCV total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		keep->r[k] = TEAM_LOAD(X_OF(x), k, length);
		total += TEAM_KEEP(keep->r[k] - shift, x, k, length);
	}
	ACC2 sums = team_sum((ACC2)(SUM_LANES(total), team_count(x, length)), scratch->tree, scratch->center);
	ACC count = VALID ? sums.y : (ACC)length, center = shift + sums.x / SOME(count);
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		ACCV e = TEAM_KEEP(keep->r[k] - center, x, k, length);
		d += e;
		dd = FMA(e, e, dd);
	}
	sums = team_sum((ACC2)(SUM_LANES(d), SUM_LANES(dd)), scratch->tree, scratch->deviations);
	return moments_add(moments_none(), shift, count, center, sums.x, sums.y);
}

/* Of the kept vectors from .. to-1, which are constants where it is called. */
INLINE void team_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, uint n,
                       struct affine f, SLAB_KEEP *keep, uint from, uint to)
{
#pragma unroll
	for (uint k = from; k < to; ++k) {
		ACCV z = NORMALIZED(ACCV, IN_TEAM, keep->r[k], f, k);
		if (HAS(RESIDUAL))
			z += TEAM_LOAD(residual, k, n);
		z = OUTSIDE_Y(ACCV, VALID_TEAM_LOAD(x, k, n), ACTIVATE(ACCV, z, f.slope), keep->r[k]);
		TEAM_STORE(z, y, k, n);
	}
}

/* In two loops: Intel's compiler unrolls none of more than some 16000 instructions, which seven vectors of erfc are,
 * and what a loop indexes lies in memory. */
static void slab_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, struct place at,
                       ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	team_apply(a, x, residual, y, (uint)n, f, keep, 0, ITEMS / 2);
	team_apply(a, x, residual, y, (uint)n, f, keep, ITEMS / 2, ITEMS);
}
