/* team_back.cl: the backward half of team.cl: x and dy are read once each and kept in registers.
 * SPDX-License-Identifier: Apache-2.0 */

#define ACC4 CAT(ACC, 4)

/* team_sum() of four numbers, in half as many rounds as two pairs take. */
INLINE ACC4 team_sum_all(ACC4 all, __local ACC2 *tree, __local ACC2 *total)
{
	uint lid = get_local_id(0), lane = TEAM_LANE, team = lid / TEAM;
	tree[lid] = all.xy;
	tree[GROUP + lid] = all.zw;
	for (uint n = TEAM; n > 1; n = (n + 1) / 2) {
		uint half_up = (n + 1) / 2;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lane + half_up < n) {
			tree[lid] += tree[lid + half_up];
			tree[GROUP + lid] += tree[GROUP + lid + half_up];
		}
	}
	if (lane == 0) {
		total[team] = tree[lid];
		total[TEAMS + team] = tree[GROUP + lid];
	}
	/* Global too: in place, the next stores go where others of the team have read. */
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	ACC2 low = total[team], high = total[TEAMS + team];
	/* By components: oclgrind 21 crashes on a vector made of two. */
	return (ACC4)(low.x, low.y, high.x, high.y);
}

/* `kept` says that slab_moments() has x in *keep already. */
INLINE struct sums slab_sums(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                             struct place at, ulong from, ulong n, struct affine f, bool kept, SLAB_KEEP *keep,
                             SCRATCH_POINTER scratch)
{
	uint length = (uint)n;
	ACC sum_g = 0, sum_gd = 0, sum_d = 0;
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		if (!kept)
			keep->r[k] = TEAM_LOAD(X_OF(x), k, length);
		ACCV d = keep->r[k] - f.mean;
		ACCV z = FMA(d, SCALE_AT(ACCV, IN_TEAM, f, k), OFFSET_AT(ACCV, IN_TEAM, f, k));
		if (READS_Z && HAS(RESIDUAL))
			z += TEAM_LOAD(residual, k, length);
		ACCV incoming = TEAM_LOAD(dy, k, length);
		keep->g[k] = GRADIENT(ACCV, incoming, z, f.slope);
		ACCV plain = keep->g[k], g = TEAM_MASK(WEIGHTED(ACCV, IN_TEAM, plain, f, k), k, length);
		SUM_TERMS(ACCV, VALID_TEAM_LOAD(x, k, length));
		ACCV gd = TEAM_MASK(g * d, k, length);
		d = TEAM_MASK(OWN(d), k, length);
		sum_g += SUM_LANES(g);
		sum_gd += SUM_LANES(gd);
		sum_d += SUM_LANES(d);
	}
	ACC4 all = team_sum_all((ACC4)(sum_g, sum_gd, sum_d, team_count(x, length)), scratch->tree, scratch->sums);
	struct sums sums = sums_none();
	ADD_COUNT(sums, all.w);
	return sums_add(sums, all.x, all.y, all.z);
}

static void slab_dx(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		ACCV d = keep->r[k] - f.mean, plain = keep->g[k], g = WEIGHTED(ACCV, IN_TEAM, plain, f, k);
#if VALID && OUTSIDE == 1
		ACCV incoming = TEAM_LOAD(dy, k, (uint)n);
#endif
		ACCV value = DX(ACCV, VALID_TEAM_LOAD(x, k, (uint)n), d, g, in);
		SUM_TERMS(ACCV, VALID_TEAM_LOAD(x, k, (uint)n));
		SPREAD_PUT_TOTALS(plain, d, in, TEAM_AT(k), TEAM, n)
		TEAM_STORE(value, dx, k, (uint)n);
	}
}
