/* bundle_back.cl: the backward half of bundle.cl: V short instances by one work-item, their sums added across.
 * SPDX-License-Identifier: Apache-2.0 */

/* Lanes that add up to the sums of one instance. */
struct lane_sums {
	ACCV g, gd, d;
};

#define LANE_SUMS(k, i)                          \
	{                                        \
		ELEMENT_GRADIENT(ACCV, LOADV, i); \
		SUM_TERMS(ACCV, VALID_LOADV(x, i)); \
		g##k += g;                       \
		gd##k = FMA(g, d, gd##k);        \
		d##k += OWN(d);                  \
	}

INLINE struct lane_sums instance_gradient_sums(SOURCE x, const __global T *dy, const __global T *residual, uint n,
                                               struct affine_one f)
{
	struct lane_sums s;
	ACCV g0 = (ACCV)(0), gd0 = g0, d0 = g0, g1 = g0, gd1 = g0, d1 = g0;
	uint i = 0;
	for (; i + 2 * V <= n; i += 2 * V) {
		LANE_SUMS(0, i)
		LANE_SUMS(1, i + V)
	}
	if (i + V <= n) {
		LANE_SUMS(0, i)
		i += V;
	}
	if (i < n) {
		ELEMENT_GRADIENT(ACCV, LOADV, n - V);
		SUM_TERMS(ACCV, VALID_LOADV(x, n - V));
		g1 += end_keep(g, n);
		gd1 += end_keep(g * d, n);
		d1 += end_keep(OWN(d), n);
	}
	s.g = g0 + g1, s.gd = gd0 + gd1, s.d = d0 + d1;
	return s;
}

/* Run j of a slab in a tensor whose element `from` p is; 0: there is none. */
#define RUN_OF(p, NAME, j) ((p) + from + (j)*STEP_OF_SLAB(NAME))
#define RESIDUAL_OF(j) (HAS(RESIDUAL) ? RUN_OF(residual, RESIDUAL, j) : 0)

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
static struct sums slab_sums(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                             struct place at, ulong from, ulong n, struct affine f, bool kept, SLAB_KEEP *keep,
                             __local ACC *scratch)
{
	struct sums all = sums_none();
	SOURCE x_from = SOURCE_AT(x, from);
	ACCV sum_g[V], sum_gd[V], sum_d[V];
	for (uint j = 0; j < V; ++j) {
		struct lane_sums s = {(ACCV)(0), (ACCV)(0), (ACCV)(0)};
		if (j < at.lanes) {
			const __global T *r = RESIDUAL_OF(j);
			SOURCE from_x = SOURCE_RUN(x_from, j);
			s = instance_gradient_sums(from_x, RUN_OF(dy, DY, j), r, (uint)n, affine_lane(&f, j));
		}
		sum_g[j] = s.g, sum_gd[j] = s.gd, sum_d[j] = s.d;
	}
	ACCV g = sum_across(sum_g), gd = sum_across(sum_gd);
	ADD_COUNT(all, slab_counts(a, x_from, (uint)n, at.lanes));
	return sums_add(all, g, gd, sum_across(sum_d));
}

struct input_gradient_one {
	ACC scale, slant, base;
};

INLINE ACCV instance_gradient(SOURCE x, const __global T *dy, const __global T *residual, struct affine_one f,
                              struct input_gradient_one in, uint i)
{
	ELEMENT_GRADIENT(ACCV, LOADV, i);
	return DX(ACCV, VALID_LOADV(x, i), d, g, in);
}

/* What the last vector overlaps is loaded before it is stored: dx may be x or dy. */
INLINE void instance_dx(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, uint n,
                        struct affine_one f, struct input_gradient_one in)
{
	ACCV end = instance_gradient(x, dy, residual, f, in, n - V);
	for (uint i = 0; i + V < n; i += V)
		STOREV(instance_gradient(x, dy, residual, f, in, i), dx, i);
	STOREV(end, dx, n - V);
}

static void slab_dx(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	for (uint j = 0; j < at.lanes; ++j) {
		const __global T *r = RESIDUAL_OF(j);
		struct input_gradient_one one;
		one.scale = LANE_OF(in.scale, j), one.slant = LANE_OF(in.slant, j), one.base = LANE_OF(in.base, j);
		SOURCE from_x = SOURCE_RUN(SOURCE_AT(x, from), j);
		instance_dx(from_x, RUN_OF(dy, DY, j), r, RUN_OF(dx, DX, j), (uint)n, affine_lane(&f, j), one);
	}
}
