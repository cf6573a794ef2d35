/* moments.cl: count, mean and M2 of a set of numbers: add a block, merge two sets, finish into mean and rstd.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance": corrected two-pass (eq. 1.7) inside a
 * block, pairwise merge (eq. 2.1) between blocks. Sums are kept around one shift of the instance, as a sum of two
 * floats: the mean of a block may lie sqrt(S/block) standard deviations off, and 1e4 in one float is off by 5e-4 at
 * std 1. Macro: LANE, the type of one number: ACC (default), or ACCV where each lane is an instance of its own. */
#ifndef LANE
#define LANE ACC
#endif

struct moments {
	LANE sum, low;   /* sum of (x - shift) = sum + low */
	LANE m2, m2_low; /* sum of (x - mean)^2, likewise: equal blocks are rounded alike, thousands of times */
	LANE count;
};

/* What the second read needs: y = (x - mean)*rstd..., mean + low being the mean to twice the precision. */
struct stats {
	LANE mean, low, rstd;
};

static struct moments moments_none(void)
{
	struct moments m;
	m.sum = m.low = m.m2 = m.m2_low = m.count = (LANE)(0);
	return m;
}

/* a + b exactly: the rounded sum, and in *error what rounding took away (Knuth, TAOCP 2, 4.2.2, theorem B). */
#define TWO_SUM(name, TYPE)                                \
	static TYPE name(TYPE a, TYPE b, TYPE *error)      \
	{                                                  \
		TYPE s = a + b;                            \
		TYPE t = s - a;                            \
		*error = (a - (s - t)) + (b - t);          \
		return s;                                  \
	}
TWO_SUM(two_sum, LANE)

/* 1/n; 0 where n is 0. */
static LANE reciprocal(LANE n)
{
	return n > (LANE)(0) ? (LANE)(1) / n : (LANE)(0);
}

/* sum/count to twice the precision: quotient, and in *rest what is missing. */
static LANE moments_quotient(struct moments m, LANE *rest)
{
	LANE inverse = reciprocal(m.count);
	LANE q = m.sum * inverse;
	*rest = (FMA(-q, m.count, m.sum) + m.low) * inverse;
	return q;
}

/* n numbers b around `center`: d = sum(b - center), dd = sum((b - center)^2). */
static struct moments moments_add(struct moments m, LANE shift, LANE n, LANE center, LANE d, LANE dd)
{
	LANE offset_error, sum_error, m2_error, rest;
	LANE inverse = reciprocal(n);
	LANE offset = two_sum(center, -shift, &offset_error);
	LANE q = moments_quotient(m, &rest);
	LANE between = (offset - q) + ((offset_error + d * inverse) - rest);
	LANE product = offset * n;
	LANE product_error = FMA(offset, n, -product);
	LANE squares = FMA(-d * inverse, d, dd) + between * between * (m.count * n * reciprocal(m.count + n));

	m.m2 = two_sum(m.m2, squares, &m2_error);
	m.m2_low += m2_error;
	m.sum = two_sum(m.sum, product, &sum_error);
	m.low += sum_error + (product_error + FMA(offset_error, n, d));
	m.count += n;
	return m;
}

/* moments_add() to none: the first block. */
static struct moments moments_first(LANE shift, LANE n, LANE center, LANE d, LANE dd)
{
	struct moments m;
	LANE offset_error;
	LANE offset = two_sum(center, -shift, &offset_error);
	m.sum = offset * n;
	m.low = FMA(offset, n, -m.sum) + FMA(offset_error, n, d);
	m.m2 = FMA(-d * reciprocal(n), d, dd);
	m.m2_low = (LANE)(0);
	m.count = n;
	return m;
}

/* Both around the same shift. */
static struct moments moments_merge(struct moments a, struct moments b)
{
	LANE a_rest, b_rest, error, m2_error;
	LANE count = a.count + b.count;
	LANE between = moments_quotient(b, &b_rest) - moments_quotient(a, &a_rest) + (b_rest - a_rest);

	a.m2 = two_sum(a.m2, b.m2 + between * between * (a.count * b.count * reciprocal(count)), &m2_error);
	a.m2_low += b.m2_low + m2_error;
	a.sum = two_sum(a.sum, b.sum, &error);
	a.low += b.low + error;
	a.count = count;
	return a;
}

/* 1/sqrt(v): rsqrt is good to 2 ulp, one Newton step makes it 1; 0 where v is 0 (epsilon 0 on a constant plane). */
static LANE inverse_root(LANE v)
{
	LANE r = rsqrt(v);
	LANE better = FMA(r * (ACC)0.5, FMA(-v * r, r, (LANE)(1)), r);
	return v == 0 ? (LANE)(0) : better;
}

/* The sum of squared deviations as one number. By comparison, so that NaN stays NaN, which fmax would not do. */
static LANE moments_squares(struct moments m)
{
	LANE m2 = m.m2 + m.m2_low;
	return m2 < (LANE)(0) ? (LANE)(0) : m2;
}

/* What makes a deviation of a variance: epsilon, ddof, and 1 over the least deviation (0: there is none). */
struct divisor {
	ACC epsilon, ddof, most_rstd;
};

/* rstd. Of no more elements than ddof the variance is 0; a constant, as gradients see it, where it is most_rstd. */
static LANE moments_root(struct moments m, struct divisor by)
{
#if DEVIATION
	LANE degrees = m.count - by.ddof, most = (LANE)(by.most_rstd);
	LANE v = (degrees > (LANE)(0) ? moments_squares(m) / degrees : (LANE)(0)) + by.epsilon, root = inverse_root(v);
	return most > (LANE)(0) && (v == (LANE)(0) || root > most) ? most : root;
#else
	return inverse_root(moments_squares(m) / m.count + by.epsilon);
#endif
}

static struct stats moments_stats(struct moments m, LANE shift, struct divisor by)
{
	struct stats s;
	LANE rest, error;
	LANE q = moments_quotient(m, &rest);
	s.mean = two_sum(shift, q, &error);
	/* rest is large where the first center was an outlier's; the backward pass wants a mean that stands alone. */
	s.mean = two_sum(s.mean, error + rest, &s.low);
	s.rstd = moments_root(m, by);
#if VALID || DEVIATION
	s.mean = m.count > (LANE)(0) ? s.mean : (LANE)(0);
	s.low = m.count > (LANE)(0) ? s.low : (LANE)(0);
	s.rstd = m.count > (LANE)(0) ? s.rstd : (LANE)(0);
#endif
	return s;
}
