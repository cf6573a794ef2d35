/* team_back.cl: the backward half of team.cl: x and dy are read once each and kept in registers.
 * SPDX-License-Identifier: Apache-2.0 */

/* `kept` says that slab_moments() has x in *keep already. */
static struct sums slab_sums(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global T *residual, struct place at, ulong from, ulong n, struct affine f,
                             bool kept, SLAB_KEEP *keep, __local ACC2 *scratch)
{
	uint length = (uint)n;
	ACC sum_g = 0, sum_gd = 0, sum_d = 0;
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		uint i = (k * TEAM + TEAM_LANE) * V;
		if (!kept)
			keep->r[k] = TEAM_LOAD(x + a.x + at.x, k, i, length);
		ACCV d = keep->r[k] - f.mean;
		ACCV z = FMA(d, (ACCV)(f.scale), (ACCV)(f.offset));
		if (a.flags & CLN_HAS_RESIDUAL)
			z += TEAM_LOAD(residual + a.residual + at.x, k, i, length);
		ACCV incoming = TEAM_LOAD(dy + a.dy + at.x, k, i, length);
		keep->g[k] = GRADIENT(ACCV, incoming, z, f.slope);
		ACCV g = TEAM_MASK(keep->g[k], k, i, length);
		ACCV gd = TEAM_MASK(g * d, k, i, length);
		d = TEAM_MASK(d, k, i, length);
		sum_g += SUM_LANES(g);
		sum_gd += SUM_LANES(gd);
		sum_d += SUM_LANES(d);
	}
	ACC2 pair = team_sum((ACC2)(sum_g, sum_gd), scratch);
	ACC2 other = team_sum((ACC2)(sum_d, 0), scratch);
	return sums_add(sums_none(), pair.x, pair.y, other.x);
}

static void slab_dx(struct cln_arguments a, const __global T *x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
#pragma unroll
	for (uint k = 0; k < ITEMS; ++k) {
		uint i = (k * TEAM + TEAM_LANE) * V;
		ACCV d = keep->r[k] - f.mean;
		team_store(INPUT_GRADIENT(ACCV, d, keep->g[k], in), dx + a.dx + at.x, k, i, (uint)n);
	}
}
