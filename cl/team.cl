/* team.cl: the family that keeps an instance in registers: TEAM work-items share it, read it once and normalize from
 * there. SPDX-License-Identifier: Apache-2.0
 *
 * A work-group of GROUP items holds GROUP/TEAM teams, each with an instance of its own (`pack`), or is one team
 * (`resident`). Work-item `lane` keeps ITEMS vectors; vector k starts at element (k*TEAM + lane)*V, so TEAM*ITEMS*V
 * >= S. Macros: GROUP, TEAM (divides GROUP; any number), ITEMS. Local memory: GROUP pairs of accumulators.
 * Barriers: every team of a group passes all of them, with an instance past the end as without. */
#ifndef GROUP
#define GROUP 64
#endif
/* Registers are shared out by the group's size: 1024 work-items can have 64 each where compilers may think of 256. In
 * group.cl, which needs few, that knowledge makes compilers spill for the sake of one more group a unit. */
#undef KERNEL
#define KERNEL __kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
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
#define SLAB_UNIFORM 0
#define SLAB_KEEP struct kept
#define ACC2 CAT(ACC, 2)
#define DECLARE_SCRATCH __local ACC2 scratch[GROUP];
#define SCRATCH scratch

struct kept {
	ACCV r[ITEMS]; /* x */
	ACCV g[ITEMS]; /* backward: dy, then g */
};

/* The sum of a pair over the team, in every work-item of it, by a tree of fixed order. */
static ACC2 team_sum(ACC2 pair, __local ACC2 *scratch)
{
	uint lid = get_local_id(0), lane = TEAM_LANE;
	scratch[lid] = pair;
	for (uint n = TEAM; n > 1; n = (n + 1) / 2) {
		uint half_up = (n + 1) / 2;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lane + half_up < n)
			scratch[lid] += scratch[lid + half_up];
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	pair = scratch[lid - lane];
	/* Global too: in place, the next stores go where others of the team have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	return pair;
}

/* Elements i .. i+V-1 of the n there are: past the end the last one again where i is not, else 0 and nothing is read,
 * as in place another work-item may be storing there. */
static ACCV load_clamped(const __global T *x, uint i, uint n)
{
	if (i + V <= n)
		return LOADV(x, i);
#if V == 1
	return 0;
#else
	if (i >= n)
		return (ACCV)(0);
#define CLAMPED(k) LOAD(x, min(i + k, n - 1))
	return FROM_LANES(CLAMPED);
#endif
}

/* All vectors but a work-item's last are whole. */
#define WHOLE(k) ((k) + 1 < ITEMS)
#define TEAM_LOAD(x, k, i, n) (WHOLE(k) ? LOADV(x, i) : load_clamped(x, i, n))
#define TEAM_MASK(v, k, i, n) (WHOLE(k) ? (v) : keep_below(v, i, n))

static struct moments slab_moments(struct cln_arguments a, const __global T *x, struct place at, ulong from, ulong n,
                                   LANE shift, SLAB_KEEP *keep, __local ACC2 *scratch)
{
	uint length = (uint)n, lane = TEAM_LANE;
	ACCV total = (ACCV)(0), d = total, dd = total;
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		uint i = (k * TEAM + lane) * V;
		keep->r[k] = TEAM_LOAD(x + at.x, k, i, length);
		total += TEAM_MASK(keep->r[k] - shift, k, i, length);
	}
	ACC2 sums = team_sum((ACC2)(SUM_LANES(total), 0), scratch);
	ACC center = shift + sums.x / (ACC)length;
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		uint i = (k * TEAM + lane) * V;
		ACCV e = TEAM_MASK(keep->r[k] - center, k, i, length);
		d += e;
		dd = FMA(e, e, dd);
	}
	sums = team_sum((ACC2)(SUM_LANES(d), SUM_LANES(dd)), scratch);
	return moments_add(moments_none(), shift, (ACC)length, center, sums.x, sums.y);
}

static void team_store(ACCV z, __global T *y, uint k, uint i, uint n)
{
	if (WHOLE(k) || i + V <= n) {
		STOREV(z, y, i);
	} else if (i < n) {
#if V == 1
		STORE(z, y, i);
#else
#define STORE_BELOW(j, lane)              \
	if (i + j < n)                    \
		STORE(lane, y, i + j);
		EACH_LANE(z, STORE_BELOW)
#endif
	}
}

/* Of the kept vectors from .. to-1, which are constants where it is called. */
INLINE void team_apply(struct cln_arguments a, const __global T *residual, __global T *y, struct place at, uint n,
                       struct affine f, SLAB_KEEP *keep, uint from, uint to)
{
#pragma unroll
	for (uint k = from; k < to; ++k) {
		uint i = (k * TEAM + TEAM_LANE) * V;
		ACCV z = NORMALIZED(ACCV, keep->r[k], f);
		if (a.flags & CLN_HAS_RESIDUAL)
			z += TEAM_LOAD(residual + a.residual + at.x, k, i, n);
		team_store(ACTIVATE(ACCV, z, f.slope), y + a.y + at.x, k, i, n);
	}
}

/* In two loops: Intel's compiler unrolls none of more than some 16000 instructions, which seven vectors of erfc are,
 * and what a loop indexes lies in memory. */
static void slab_apply(struct cln_arguments a, const __global T *x, const __global T *residual, __global T *y,
                       struct place at, ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	team_apply(a, residual, y, at, (uint)n, f, keep, 0, ITEMS / 2);
	team_apply(a, residual, y, at, (uint)n, f, keep, ITEMS / 2, ITEMS);
}
