/* rows.cl: the family for CPUs: a slab is one instance, read by one work-item in V-wide vectors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Statistics go block by block (BLOCK elements, which stay in L1) in one sweep of deviations from a center: the mean of
 * the block before, for the first block that of its beginning. With B elements a block, the sum over blocks of
 * B*(mean - center)^2 is at most 4 times the instance's M2, so taking d^2/B off dd costs a bounded factor in rounding;
 * a block whose center was FAR off (a border, a ramp, a beginning unlike the rest) is swept again around its own mean.
 * Accumulators are folded away every SPAN steps, squares into a sum of two numbers: equal terms are rounded alike, so
 * in a mask's instance all errors of a long sum would add up.
 * Macros: BLOCK (default 4096). */
#ifndef BLOCK
#define BLOCK 4096
#endif
#define SPAN 8
#define STEP (4 * V)
#define ELEMENTS_DIFFER (VALID == 1 || RUNS == 1)

/* A center for the first block: the mean of its first elements, around the shift. */
static ACC row_sample(SOURCE x, uint n, ACC shift)
{
	ACC rest = 0;
	if (n >= STEP) {
		ACCV near = DEVIATED(ACCV, LOADV, x, 0, shift) + DEVIATED(ACCV, LOADV, x, V, shift);
		ACCV far = DEVIATED(ACCV, LOADV, x, 2 * V, shift) + DEVIATED(ACCV, LOADV, x, 3 * V, shift);
		return shift + SUM_LANES(near + far) / SOME(COUNT(x, STEP));
	}
	for (uint i = 0; i < n; ++i)
		rest += DEVIATED(ACC, LOAD, x, i, shift);
	return shift + rest / SOME(COUNT(x, n));
}

TWO_SUM(two_sum_lanes, ACCV)

/* One vector of deviations into the accumulators k; a step of four, GET being DEVIATED or PLAIN_DEVIATED. */
#define ROW_DEVIATIONS(k, deviations)    \
	{                                \
		ACCV d = deviations;     \
		s##k += d;               \
		q##k = FMA(d, d, q##k);  \
	}
#define ROW_STEP(GET)                                            \
	ROW_DEVIATIONS(0, GET(ACCV, LOADV, x, i, center))         \
	ROW_DEVIATIONS(1, GET(ACCV, LOADV, x, i + V, center))     \
	ROW_DEVIATIONS(2, GET(ACCV, LOADV, x, i + 2 * V, center)) \
	ROW_DEVIATIONS(3, GET(ACCV, LOADV, x, i + 3 * V, center))

/* sum(d) and, in *dd, sum(d*d), d = x - center, over n elements; no accumulator takes more than SPAN + 3 terms. */
static ACC row_deviations(SOURCE x, uint n, ACC center, ACC *dd)
{
	ACCV total = (ACCV)(0), squares = total, low = total, error;
	ACC rest = 0, rest_squares = 0;
	uint i = 0, inside = INSIDE(x, n);
	while (i + V <= n && HAS_MORE(SOURCE_AT(x, i))) {
		ACCV s0 = (ACCV)(0), s1 = s0, s2 = s0, s3 = s0, q0 = s0, q1 = s0, q2 = s0, q3 = s0;
		uint end = min(n, i + SPAN * STEP);
		for (; i + STEP <= min(end, inside); i += STEP) {
			ROW_STEP(PLAIN_DEVIATED)
		}
		for (; VALID > 0 && i + STEP <= end; i += STEP) {
			ROW_STEP(DEVIATED)
		}
		for (; i + V <= end; i += V)
			ROW_DEVIATIONS(0, DEVIATED(ACCV, LOADV, x, i, center))
		total += (s0 + s1) + (s2 + s3);
		squares = two_sum_lanes(squares, (q0 + q1) + (q2 + q3), &error);
		low += error;
	}
	if (n >= V && n % V != 0) {
		ACCV d = end_keep(DEVIATED(ACCV, LOADV, x, n - V, center), n);
		total += d;
		squares = FMA(d, d, squares);
	} else {
		for (i = n - n % V; i < n; ++i) {
			ACC one = DEVIATED(ACC, LOAD, x, i, center);
			rest += one;
			rest_squares = FMA(one, one, rest_squares);
		}
	}
	*dd = SUM_LANES(squares + low) + rest_squares;
	return SUM_LANES(total) + rest;
}

static struct moments slab_moments(struct cln_arguments a, SOURCE x, struct place at, ulong from, ulong n, LANE shift,
                                   SLAB_KEEP *keep, __local ACC *scratch)
{
	struct moments m = moments_none();
	SOURCE p = SOURCE_AT(x, from);
	ulong end = REACH(p, n);
	ACC center = row_sample(p, (uint)min((ulong)BLOCK, n), shift);
	for (ulong i = 0; i < end; i += BLOCK) {
		uint length = (uint)min((ulong)BLOCK, n - i);
		SOURCE block = SOURCE_AT(p, i);
		ACC dd, count = COUNT(block, length);
		ACC d = row_deviations(block, length, center, &dd);
		ACC off = d / SOME(count);
		if (d * off > FAR * (dd - d * off)) {
			center += off;
			d = row_deviations(block, length, center, &dd);
			off = d / SOME(count);
		}
		m = i > 0 ? moments_add(m, shift, count, center, d, dd) : moments_first(shift, count, center, d, dd);
		center += off;
	}
	return m;
}

static void row_apply_one(SOURCE x, const __global T *residual, __global T *y, struct affine f, ulong i)
{
	ELEMENT_VALUE(ACC, LOAD, i);
	STORE(value, y, i);
}

INLINE ACCV row_normalized(SOURCE x, const __global T *residual, struct affine f, ulong i)
{
	ELEMENT_VALUE(ACCV, LOADV, i);
	return value;
}

/* y = act((x - mean)*scale + offset + residual) over n elements; residual 0: none; next: x of the next slab. */
static void row_apply(SOURCE x, const __global T *residual, __global T *y, ulong n, struct affine f,
                      const __global T *next)
{
	ulong i = 0, head = stream_head(y, n);
	for (; i < head % V; ++i)
		row_apply_one(x, residual, y, f, i);
	if (i < head) {
		STOREV(row_normalized(x, residual, f, i), y, i);
		i += V;
	}
	for (; i + 2 * V <= n; i += 2 * V) {
		ACCV first = row_normalized(x, residual, f, i);
		ACCV second = row_normalized(x, residual, f, i + V);
		FETCH_PAIR(next + i);
		STREAM_PAIR(first, second, y, i);
	}
	for (; i + V <= n; i += V)
		STOREV(row_normalized(x, residual, f, i), y, i);
	for (; i < n; ++i)
		row_apply_one(x, residual, y, f, i);
}

/* Where lengths are given, valid elements come first. */
static void slab_apply(struct cln_arguments a, SOURCE x, const __global T *residual, __global T *y, struct place at,
                       ulong from, ulong n, struct affine f, SLAB_KEEP *keep)
{
	const __global T *next = X_OF(x) + at.ahead + from;
	ulong inside = SUMS_REACH(SOURCE_AT(x, from), n), end = from + inside;
	if (HAS(RESIDUAL))
		row_apply(SOURCE_AT(x, from), residual + from, y + from, inside, affine_from(f, from), next);
	else
		row_apply(SOURCE_AT(x, from), 0, y + from, inside, affine_from(f, from), next);
	if (!ELEMENTS_DIFFER)
		stream_outside(X_OF(x) + end, y + end, n - inside, NOTHING(a));
}
