/* gradient.cl: g = dy through the activation; sums over g, and the input gradient that follows from them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     dx = gamma*rstd*(g - mean(g) - xhat*mean(g*xhat))   dgamma = sum(g*xhat)   dbeta = sum(g)
 *
 * Ioffe, Szegedy 2015, arXiv:1502.03167, section 3. Sums are taken around the mean that was handed in, which may be
 * rounded: with d = x - mean, delta = sum(d)/S is what it lacks, and sum(g*xhat) = rstd*(sum(g*d) - delta*sum(g)).
 * Macro: CONSTANT (1: the statistics do not hang on x, so that dx = gamma*rstd*g, and delta is the mean's low part). */
#ifndef CONSTANT
#define CONSTANT 0
#endif

/* g, from dy and z = gamma*xhat + beta + residual; relu'(0) = 0, leaky'(0) = slope; TYPE is ACC or ACCV. */
#if defined(CLN_RELU)
#define GRADIENT(TYPE, dy, z, slope) ((z) > (TYPE)(0) ? (dy) : (TYPE)(0))
#elif defined(CLN_LEAKY_RELU)
#define GRADIENT(TYPE, dy, z, slope) ((z) > (TYPE)(0) ? (dy) : (dy) * (TYPE)(slope))
#elif defined(CLN_SILU)
#define SIGMOID(TYPE, z) ((TYPE)(1) / ((TYPE)(1) + exp(-(z))))
#define GRADIENT(TYPE, dy, z, slope) ((dy) * SIGMOID(TYPE, z) * ((TYPE)(1) + (z) * SIGMOID(TYPE, -(z))))
#elif defined(GELU_IN_VECTORS)
#define GRADIENT(TYPE, dy, z, slope) ((dy) * CAT(gelu_slope_, TYPE)(z))
#elif defined(CLN_GELU)
#define GRADIENT(TYPE, dy, z, slope)                               \
	((dy) * (erfc((z) * (ACC)-0.70710678118654752440) * (ACC)0.5 + \
	         (z) * exp((z) * (z) * (ACC)-0.5) * (ACC)0.39894228040143267794))
#else
#define GRADIENT(TYPE, dy, z, slope) (dy)
#define READS_Z 0
#endif
/* 0: what z is made of need not be read, and the compiler is to see it: clang 21 leaves a loop as it is, and warns,
 * where it finds a branch empty while unrolling. */
#ifndef READS_Z
#define READS_Z 1
#endif

/* Each a sum of two numbers: blocks are few, and the low parts cost nothing. */
struct sums {
	LANE g, gd, d;
	LANE g_low, gd_low, d_low;
#if VALID
	LANE count; /* of valid elements */
#endif
};

static struct sums sums_none(void)
{
	struct sums s;
	s.g = s.gd = s.d = s.g_low = s.gd_low = s.d_low = (LANE)(0);
#if VALID
	s.count = (LANE)(0);
#endif
	return s;
}

#if VALID
#define ADD_COUNT(s, n) (s).count += (n)
#define COUNT_OF(s, n) (s).count
#else
#define ADD_COUNT(s, n)
#define COUNT_OF(s, n) (n)
#endif

/* A sum by the number of its terms, which may be none where some are not valid; and one that is not by as many as the
 * variance has: 0 where the deviation is a constant. */
#if VALID
#define BY_COUNT(TYPE, sum, count) ((count) > (TYPE)(0) ? (sum) / (count) : (TYPE)(0))
#else
#define BY_COUNT(TYPE, sum, count) ((sum) / (count))
#endif
#if DEVIATION
#define BY_DEGREES(TYPE, sum, count, rstd, by)                                                              \
	((TYPE)(count) > (TYPE)((by).ddof) && !((by).most_rstd > 0 && (rstd) >= (TYPE)((by).most_rstd)) \
	         ? (sum) / ((TYPE)(count) - (TYPE)((by).ddof))                                             \
	         : (TYPE)(0))
#else
#define BY_DEGREES(TYPE, sum, count, rstd, by) BY_COUNT(TYPE, sum, count)
#endif

static struct sums sums_add(struct sums s, LANE g, LANE gd, LANE d)
{
	LANE error;
	s.g = two_sum(s.g, g, &error);
	s.g_low += error;
	s.gd = two_sum(s.gd, gd, &error);
	s.gd_low += error;
	s.d = two_sum(s.d, d, &error);
	s.d_low += error;
	return s;
}

/* What a run contributes to dbeta and dgamma, and dx = scale*(g - ((x - mean)*slant + base)); of sets of several runs
 * scale*g - ((x - mean)*slant + base), as runs differ in scale. */
struct input_gradient {
	LANE total_g, total_gx;
	LANE scale, slant, base;
#if LOOKUP
	LANE delta;                         /* what the mean lacks */
	__global ACC *total_gs, *total_gxs; /* of the slab's first run; 0: nobody asks for them */
#endif
#if BY_UNIT
	ulong low;  /* from a total to what its rounding took away */
	bool adds;  /* to those of the unit's slabs before */
#endif
};

/* delta, of deviations that add up to d. */
#define MEAN_LACKS(TYPE, low, d, count) (CONSTANT ? (low) : BY_COUNT(TYPE, d, count))

static struct input_gradient gradient_of(struct sums sums, struct stats s, LANE gamma, ACC length, struct divisor by)
{
	struct input_gradient out;
	LANE count = COUNT_OF(sums, (LANE)(length));
	LANE delta = MEAN_LACKS(LANE, s.low, sums.d + sums.d_low, count);
	LANE g = sums.g + sums.g_low;
	LANE mean_g = BY_COUNT(LANE, g, count);
	out.total_g = g;
	out.total_gx = s.rstd * FMA(-delta, g, sums.gd + sums.gd_low);
	out.scale = gamma * s.rstd;
	out.slant = s.rstd * BY_DEGREES(LANE, out.total_gx, count, s.rstd, by);
	out.base = FMA(-delta, out.slant, mean_g);
	return out;
}

#if RUNS > 0
/* gradient_of() a set whose sums are of gamma*g: what all of its runs have in common. */
static struct input_gradient set_gradient_of(struct sums weighted, struct stats s, ACC length, struct divisor by)
{
	struct input_gradient in = gradient_of(weighted, s, (LANE)(1), length, by);
	in.slant *= s.rstd;
	in.base *= s.rstd;
#if LOOKUP
	in.delta = MEAN_LACKS(LANE, s.low, weighted.d + weighted.d_low, COUNT_OF(weighted, (LANE)(length)));
#endif
	return in;
}

#endif

#if CONSTANT
#define INPUT_GRADIENT(TYPE, d, g, in) ((TYPE)((in).scale) * (g))
#elif RUNS > 0
#define INPUT_GRADIENT(TYPE, d, g, in) FMA((TYPE)((in).scale), g, -FMA(d, (TYPE)((in).slant), (TYPE)((in).base)))
#else
#define INPUT_GRADIENT(TYPE, d, g, in) ((TYPE)((in).scale) * ((g)-FMA(d, (TYPE)((in).slant), (TYPE)((in).base))))
#endif

/* The same for the elements from `from` on. */
#if LOOKUP
static struct input_gradient gradient_from(struct input_gradient in, ulong from)
{
	struct input_gradient later = in;
	later.total_gs = in.total_gs ? in.total_gs + from : 0;
	later.total_gxs = in.total_gxs ? in.total_gxs + from : 0;
	return later;
}
#else
#define gradient_from(in, from) (in)
#endif

/* g of the sums and of dx: gamma*g where each element looks its gamma up. */
#if LOOKUP
#define WEIGHTED(TYPE, GET, g, f, i) (WEIGHT_AT(TYPE, GET, f, i) * (g))
#else
#define WEIGHTED(TYPE, GET, g, f, i) (g)
#endif

/* dx of an element: INPUT_GRADIENT() where it is valid. Others move no statistics: by the formula of y theirs is
 * gamma*rstd*g, that of what they are left as dy, or 0. Where families take the two kinds apart, the name `is_inside`
 * says which it is. */
#if VALID == 0
#define DX(TYPE, condition, d, g, in) INPUT_GRADIENT(TYPE, d, g, in)
#else
#if OUTSIDE == 0
#define OUTSIDE_DX(TYPE, g, in) ((TYPE)((in).scale) * (g))
#elif OUTSIDE == 1
#define OUTSIDE_DX(TYPE, g, in) incoming
#else
#define OUTSIDE_DX(TYPE, g, in) (TYPE)(0)
#endif
#define DX(TYPE, condition, d, g, in)                                                                       \
	(ELEMENTS_DIFFER ? ((condition) ? INPUT_GRADIENT(TYPE, d, g, in) : OUTSIDE_DX(TYPE, g, in)) \
	                 : (is_inside ? INPUT_GRADIENT(TYPE, d, g, in) : OUTSIDE_DX(TYPE, g, in)))
#endif

/* What an element gives to sums, in the place of its d, g and plain: nothing where y does not depend on the statistics;
 * nor where one that is not valid is no number, as padding may be: that is asked where the name `checked` is true.
 * ALL_TERMS: of elements that are all valid. OWN: d, of valid elements alone. */
enum { checked = 1, is_inside = 1 };
#define ALL_TERMS(TYPE, condition) TYPE own = d
#define OWN(d) own
#if VALID && OUTSIDE == 0
#define NUMBERS_DIFFER 1
#define IN_SUMS(TYPE, condition) ((condition) || fabs(d) < (TYPE)(INFINITY))
#else
#define NUMBERS_DIFFER 0
#define IN_SUMS(TYPE, condition) (condition)
#endif
#if VALID == 0
#define SUM_TERMS ALL_TERMS
#else
#define SUM_TERMS(TYPE, condition)                                  \
	TYPE own = (condition) ? d : (TYPE)(0);                     \
	if (checked || !NUMBERS_DIFFER) {                           \
		g = IN_SUMS(TYPE, condition) ? g : (TYPE)(0);       \
		plain = IN_SUMS(TYPE, condition) ? plain : (TYPE)(0); \
		d = IN_SUMS(TYPE, condition) ? d : (TYPE)(0);       \
	}
#endif

/* Declares d = x - mean and g of element i, TYPE being ACC with GET = LOAD or ACCV with LOADV; from the names x, dy,
 * residual (0: none) and f of the place where it stands. `plain`: g without its weight. STEPPED: x, dy and residual at
 * indices of their own. */
#define ELEMENT_GRADIENT(TYPE, GET, i) STEPPED_GRADIENT(TYPE, GET, i, i, i)
#define STEPPED_GRADIENT(TYPE, GET, i, of_dy, of_residual)                                               \
	TYPE d = GET(X_OF(x), i) - (TYPE)(f.mean), incoming = GET(dy, of_dy);                            \
	TYPE z = FMA(d, SCALE_AT(TYPE, GET, f, i), OFFSET_AT(TYPE, GET, f, i)) +                         \
	         (residual ? GET(residual, of_residual) : (TYPE)(0));                                    \
	TYPE plain = GRADIENT(TYPE, incoming, z, f.slope), g = WEIGHTED(TYPE, GET, plain, f, i)
