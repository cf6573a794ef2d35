/* affine.cl: the second half of the formula: activation(xhat*gamma + beta + residual).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Macros: one of CLN_NONE (default), CLN_RELU, CLN_LEAKY_RELU, CLN_SILU, CLN_GELU.
 * LOOKUP: 0 (default): what is taken at a time has one gamma and beta; 1: each element of a slab of several runs looks
 * up those of its run; 2: the same where each run is one element. */
#ifndef LOOKUP
#define LOOKUP 0
#endif

/* scale = gamma*rstd; y = (x - mean)*scale + offset: subtracting first loses nothing at mean/std = 1e4. */
struct affine {
	LANE mean, scale, offset;
	ACC slope;
#if LOOKUP
	/* Of the slab's first run, 0 where there are none; scale is rstd then, and offset what the mean lacks. */
	const __global ACC *gamma, *beta;
	uint length; /* of a run */
	uint rest;   /* elements of the first run that come before */
#endif
};

/* The same for the elements from `from` on. */
#if LOOKUP
static struct affine affine_from(struct affine f, ulong from)
{
	struct affine later = f;
	ulong runs = (f.rest + from) / f.length;
	later.gamma = f.gamma ? f.gamma + runs : 0;
	later.beta = f.beta ? f.beta + runs : 0;
	later.rest = (uint)((f.rest + from) % f.length);
	return later;
}
#else
#define affine_from(f, from) (f)
#endif

static struct affine affine_of(struct stats s, LANE gamma, LANE beta, ACC slope)
{
	struct affine f;
	f.mean = s.mean;
	f.scale = gamma * s.rstd;
	f.offset = FMA(-s.low, f.scale, beta);
	f.slope = slope;
	return f;
}

/* Of element i of the slab: gamma*rstd, and what makes (x - mean)*scale + offset right. TYPE is ACC or ACCV, GET what
 * loads so many parameters for i and after: LOOKUP_GET(p, i), which the family defines. */
#if LOOKUP
#define WEIGHT_AT(TYPE, GET, f, i) ((f).gamma ? LOOKUP_##GET((f).gamma, i, f) : (TYPE)(1))
#define SHIFT_AT(TYPE, GET, f, i) ((f).beta ? LOOKUP_##GET((f).beta, i, f) : (TYPE)(0))
#define SCALE_AT(TYPE, GET, f, i) (WEIGHT_AT(TYPE, GET, f, i) * (TYPE)((f).scale))
#define OFFSET_AT(TYPE, GET, f, i) \
	FMA((TYPE)((f).offset), SCALE_AT(TYPE, GET, f, i), SHIFT_AT(TYPE, GET, f, i))
#else
#define SCALE_AT(TYPE, GET, f, i) ((TYPE)((f).scale))
#define OFFSET_AT(TYPE, GET, f, i) ((TYPE)((f).offset))
#endif

#define LOOKUP_LOAD(p, i, f) ((p)[i])

/* (value - mean)*scale + offset of element i. */
#define NORMALIZED(TYPE, GET, value, f, i) \
	FMA((value) - (TYPE)((f).mean), SCALE_AT(TYPE, GET, f, i), OFFSET_AT(TYPE, GET, f, i))

/* LANEWISE = 1: the compiler takes vectors lane by lane, and erfc() costs it no more than what would stand for it. */
#ifndef LANEWISE
#define LANEWISE 0
#endif
#if defined(CLN_GELU) && !defined(CLN_F64) && !LANEWISE
#define GELU_IN_VECTORS 1
/* The normal distribution in vectors of float, as libraries take erfc() lane by lane. From here on exp(-a*a/2) is 0. */
#define GAUSS_END 13.25f
#define STEP_OF(p, t, c) p = FMA(p, t, (ACCV)(c))

/* exp(-a*a/2), a not negative, to 1 ulp: 2^n * exp(r), |r| <= log(2)/2, n rounded by a number whose ulp is 1. */
INLINE ACCV gauss(ACCV a)
{
	ACCV b = a < (ACCV)(GAUSS_END) ? a : (ACCV)(GAUSS_END), half_b = b * -0.5f;
	ACCV c = b * half_b, error = FMA(b, half_b, -c);
	ACCV n = FMA(c, (ACCV)(1.44269504f), (ACCV)(12582912.0f)), whole = n - 12582912.0f;
	ACCV r = FMA(whole, (ACCV)(2.12194440e-4f), FMA(whole, (ACCV)(-0.693359375f), c)) + error;
	ACCV p = (ACCV)(0.00138131611f);
	STEP_OF(p, r, 0.00836941041f);
	STEP_OF(p, r, 0.041668456f);
	STEP_OF(p, r, 0.166665152f);
	STEP_OF(p, r, 0.49999994f);
	p = FMA(r * r, p, r) + 1.0f;
	p *= CAT(as_, ACCV)((CAT(as_, UINTV)(n) + 127u) << 23);
	return a < (ACCV)(GAUSS_END) ? p : (ACCV)(0);
}

/* The share of the distribution below z, g being gauss(|z|): to 4 ulp, far left too. What lies beyond |z| is
 * g*t*p(t), t = 1/(1 + 0.35*|z|), with p a minimax fit, 3.2e-8 off. */
INLINE ACCV gauss_below(ACCV z, ACCV a, ACCV g)
{
	ACCV t = 1.0f / FMA(a, (ACCV)(0.35f), (ACCV)(1));
	ACCV p = (ACCV)(-0.0291120186f);
	STEP_OF(p, t, 0.143803552f);
	STEP_OF(p, t, -0.25535962f);
	STEP_OF(p, t, 0.158759862f);
	STEP_OF(p, t, -0.0228174925f);
	STEP_OF(p, t, 0.105380848f);
	STEP_OF(p, t, 0.119866043f);
	STEP_OF(p, t, 0.139857143f);
	STEP_OF(p, t, 0.13962169f);
	p *= t * g;
	return z < (ACCV)(0) ? p : 1.0f - p;
}

INLINE ACCV CAT(gelu_, ACCV)(ACCV z)
{
	ACCV a = z < (ACCV)(0) ? -z : z;
	return z * gauss_below(z, a, gauss(a));
}

INLINE ACCV CAT(gelu_slope_, ACCV)(ACCV z)
{
	ACCV a = z < (ACCV)(0) ? -z : z, g = gauss(a);
	return FMA(z * g, (ACCV)(0.398942280f), gauss_below(z, a, g));
}

#if V > 1
static ACC CAT(gelu_, ACC)(ACC z)
{
	return CAT(gelu_, ACCV)((ACCV)(z)).s0;
}

static ACC CAT(gelu_slope_, ACC)(ACC z)
{
	return CAT(gelu_slope_, ACCV)((ACCV)(z)).s0;
}
#endif
#endif

/* z of type TYPE. Comparisons are written so that NaN stays NaN, which fmax would not do; the
 * complement erfc keeps the digits of GELU far left, where 1 + erf would cancel. */
#if defined(CLN_RELU)
#define ACTIVATE(TYPE, z, slope) ((z) < (TYPE)(0) ? (TYPE)(0) : (z))
#elif defined(CLN_LEAKY_RELU)
#define ACTIVATE(TYPE, z, slope) ((z) < (TYPE)(0) ? (z) * (TYPE)(slope) : (z))
#elif defined(CLN_SILU)
#define ACTIVATE(TYPE, z, slope) ((z) / ((TYPE)(1) + exp(-(z))))
#elif defined(GELU_IN_VECTORS)
#define ACTIVATE(TYPE, z, slope) CAT(gelu_, TYPE)(z)
#elif defined(CLN_GELU)
#define ACTIVATE(TYPE, z, slope) ((z) * (ACC)0.5 * erfc((z) * (ACC)-0.70710678118654752440))
#else
#define ACTIVATE(TYPE, z, slope) (z)
#endif
