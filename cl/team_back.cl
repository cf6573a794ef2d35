/* team_back.cl: the backward half of team.cl: x and dy are read once each and kept in registers.
 * SPDX-License-Identifier: Apache-2.0 */

/* `kept` says that slab_moments() has x in *keep already. */
static struct sums slab_sums(struct cln_arguments a, const __global T *x, const __global T *dy,
                             const __global T *residual, struct place at, ulong from, ulong n, struct affine f,
                             bool kept, SLAB_KEEP *keep, __local ACC2 *scratch)
{
	uint length = (uint)n;
	ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g;
	for (uint k = 0; k < ITEMS; ++k) {
		uint i = (k * TEAM + TEAM_LANE) * V;
		if (!kept)
			keep->r[k] = load_clamped(x + a.x + at.x, i, length);
		ACCV d = keep->r[k] - f.mean;
		ACCV z = FMA(d, (ACCV)(f.scale), (ACCV)(f.offset));
		if (a.flags & CLN_HAS_RESIDUAL)
			z += load_clamped(residual + a.residual + at.x, i, length);
		ACCV incoming = load_clamped(dy + a.dy + at.x, i, length);
		keep->g[k] = GRADIENT(ACCV, incoming, z, f.slope);
		ACCV g = keep_below(keep->g[k], i, length);
		sum_g += g;
		sum_gd += keep_below(g * d, i, length);
		sum_d += keep_below(d, i, length);
	}
	ACC2 pair = team_sum((ACC2)(SUM_LANES(sum_g), SUM_LANES(sum_gd)), scratch);
	ACC2 other = team_sum((ACC2)(SUM_LANES(sum_d), 0), scratch);
	return sums_add(sums_none(), pair.x, pair.y, other.x);
}

static void slab_dx(struct cln_arguments a, const __global T *x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	for (uint k = 0; k < ITEMS; ++k) {
		uint i = (k * TEAM + TEAM_LANE) * V;
		ACCV d = keep->r[k] - f.mean;
		team_store(INPUT_GRADIENT(ACCV, d, keep->g[k], in), dx + a.dx + at.x, i, (uint)n);
	}
}
