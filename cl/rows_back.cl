/* rows_back.cl: the backward half of rows.cl: one work-item a slab or chunk, V-wide, block by block.
 * SPDX-License-Identifier: Apache-2.0 */

/* One vector of terms into the accumulators k; TERMS is SUM_TERMS or ALL_TERMS. */
#define ROW_SUMS(k, at, TERMS)                  \
	{                                       \
		ELEMENT_GRADIENT(ACCV, LOADV, at); \
		TERMS(ACCV, VALID_LOADV(x, at)); \
		g##k += g;                      \
		gd##k = FMA(g, d, gd##k);       \
		d##k += OWN(d);                 \
	}

/* Sums over n elements, at most a block. */
INLINE struct sums row_sums_of(struct sums all, SOURCE x, const __global T *dy, const __global T *residual,
                               uint n, struct affine f, bool checked)
{
	ACCV sum_g = (ACCV)(0), sum_gd = sum_g, sum_d = sum_g, low = sum_g, error;
	ACC rest_g = 0, rest_gd = 0, rest_d = 0;
	uint i = 0, inside = INSIDE(x, n);
	while (i + V <= n) {
		ACCV g0 = (ACCV)(0), gd0 = g0, d0 = g0, g1 = g0, gd1 = g0, d1 = g0;
		uint end = min(n, i + SPAN * 2 * V);
		for (; i + 2 * V <= min(end, inside); i += 2 * V) {
			ROW_SUMS(0, i, ALL_TERMS)
			ROW_SUMS(1, i + V, ALL_TERMS)
		}
		for (; VALID > 0 && i + 2 * V <= end; i += 2 * V) {
			ROW_SUMS(0, i, SUM_TERMS)
			ROW_SUMS(1, i + V, SUM_TERMS)
		}
		if (i + V <= end) {
			ROW_SUMS(0, i, SUM_TERMS)
			i += V;
		}
		sum_g += g0 + g1;
		sum_gd = two_sum_lanes(sum_gd, gd0 + gd1, &error);
		low += error;
		sum_d += d0 + d1;
	}
	for (; i < n; ++i) {
		ELEMENT_GRADIENT(ACC, LOAD, i);
		SUM_TERMS(ACC, VALID_LOAD(x, i));
		rest_g += g;
		rest_gd = FMA(g, d, rest_gd);
		rest_d += OWN(d);
	}
	ADD_COUNT(all, COUNT(x, n));
	return sums_add(all, SUM_LANES(sum_g) + rest_g, SUM_LANES(sum_gd + low) + rest_gd, SUM_LANES(sum_d) + rest_d);
}

/* Whether each element is a number is asked only where the sums are none. */
static struct sums row_sums(struct sums all, SOURCE x, const __global T *dy, const __global T *residual, uint n,
                            struct affine f)
{
	struct sums s = row_sums_of(all, x, dy, residual, n, f, false);
	if (NUMBERS_DIFFER && !(fabs(s.g + s.gd) < (ACC)(INFINITY)))
		s = row_sums_of(all, x, dy, residual, n, f, true);
	return s;
}

/* `kept` says that slab_moments() read x before; this family keeps nothing. */
static struct sums slab_sums(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                             struct place at, ulong from, ulong n, struct affine f, bool kept, SLAB_KEEP *keep,
                             __local ACC *scratch)
{
	struct sums all = sums_none();
	ulong end = from + SUMS_REACH(SOURCE_AT(x, from), n);
	for (ulong i = from; i < end; i += BLOCK) {
		uint length = (uint)min((ulong)BLOCK, from + n - i);
		if (HAS(RESIDUAL))
			all = row_sums(all, SOURCE_AT(x, i), dy + i, residual + i, length, affine_from(f, i));
		else
			all = row_sums(all, SOURCE_AT(x, i), dy + i, 0, length, affine_from(f, i));
	}
	return all;
}

/* What runs of one element contribute to dbeta and dgamma: GET and PUT are of one number or of V. */
#define PUT_ONE(value, p) *(p) = (value)
#define GET_ONE(p) (*(p))
#if BY_UNIT
#define TOTAL_ADD(TYPE, GET, PUT, value, p)                              \
	{                                                                \
		__global ACC *total = p, *low = total + in.low;          \
		TYPE old = in.adds ? GET(total) : (TYPE)(0), new = value; \
		TYPE sum = old + new, part = sum - old;                  \
		TYPE error = (old - (sum - part)) + (new - part);        \
		PUT(in.adds ? GET(low) + error : error, low);            \
		PUT(sum, total);                                         \
	}
#else
#define TOTAL_ADD(TYPE, GET, PUT, value, p) PUT(value, p);
#endif
#if LOOKUP
#define PUT_TOTALS(TYPE, GET, PUT, g, d, in, i)                                                                      \
	if (in.total_gs) {                                                                                           \
		TOTAL_ADD(TYPE, GET, PUT, g, in.total_gs + (i))                                                      \
		TOTAL_ADD(TYPE, GET, PUT, g * ((TYPE)(in.scale) * (d - (TYPE)(in.delta))), in.total_gxs + (i))       \
	}
#else
#define PUT_TOTALS(TYPE, GET, PUT, g, d, in, i)
#endif

static void row_dx_one(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx,
                       struct affine f, struct input_gradient in, bool is_inside, ulong i)
{
	ELEMENT_GRADIENT(ACC, LOAD, i);
	ACC value = DX(ACC, VALID_LOAD(x, i), d, g, in);
	SUM_TERMS(ACC, VALID_LOAD(x, i));
	PUT_TOTALS(ACC, GET_ONE, PUT_ONE, plain, d, in, i)
	STORE(value, dx, i);
}

INLINE ACCV row_dx_lanes(SOURCE x, const __global T *dy, const __global T *residual, struct affine f,
                         struct input_gradient in, bool is_inside, ulong i)
{
	ELEMENT_GRADIENT(ACCV, LOADV, i);
	ACCV value = DX(ACCV, VALID_LOADV(x, i), d, g, in);
	SUM_TERMS(ACCV, VALID_LOADV(x, i));
	PUT_TOTALS(ACCV, NUMBERS, PUT_NUMBERS, plain, d, in, i)
	return value;
}

/* next: how many elements on the next slab lies. */
static void row_dx(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, ulong n,
                   struct affine f, struct input_gradient in, bool is_inside, ulong next)
{
	ulong i = 0, head = stream_head(dx, n);
	for (; i < head % V; ++i)
		row_dx_one(x, dy, residual, dx, f, in, is_inside, i);
	if (i < head) {
		STOREV(row_dx_lanes(x, dy, residual, f, in, is_inside, i), dx, i);
		i += V;
	}
	for (; i + 2 * V <= n; i += 2 * V) {
		ACCV first = row_dx_lanes(x, dy, residual, f, in, is_inside, i);
		ACCV second = row_dx_lanes(x, dy, residual, f, in, is_inside, i + V);
		FETCH_PAIR(X_OF(x) + next + i);
		FETCH_PAIR(dy + next + i);
		STREAM_PAIR(first, second, dx, i);
	}
	for (; i + V <= n; i += V)
		STOREV(row_dx_lanes(x, dy, residual, f, in, is_inside, i), dx, i);
	for (; i < n; ++i)
		row_dx_one(x, dy, residual, dx, f, in, is_inside, i);
}

static void row_dx_from(SOURCE x, const __global T *dy, const __global T *residual, __global T *dx, ulong from, ulong n,
                        struct affine f, struct input_gradient in, bool is_inside, ulong next)
{
	SOURCE from_x = SOURCE_AT(x, from);
	struct affine f_here = affine_from(f, from);
	struct input_gradient in_here = gradient_from(in, from);
	if (residual)
		row_dx(from_x, dy + from, residual + from, dx + from, n, f_here, in_here, is_inside, next);
	else
		row_dx(from_x, dy + from, 0, dx + from, n, f_here, in_here, is_inside, next);
}

static void slab_dx(struct cln_arguments a, SOURCE x, const __global T *dy, const __global T *residual,
                    __global T *dx, struct place at, ulong from, ulong n, struct affine f, struct input_gradient in,
                    SLAB_KEEP *keep)
{
	const __global T *given = HAS(RESIDUAL) ? residual : 0;
	ulong inside = ELEMENTS_DIFFER ? n : REACH(SOURCE_AT(x, from), n), end = from + inside;
	row_dx_from(x, dy, given, dx, from, inside, f, in, true, at.ahead);
#if !ELEMENTS_DIFFER && VALID > 0 && OUTSIDE == 0
	row_dx_from(x, dy, given, dx, end, n - inside, f, in, false, at.ahead);
#endif
	if (!ELEMENTS_DIFFER)
		stream_outside(dy + end, dx + end, n - inside, NOTHING(a));
}
