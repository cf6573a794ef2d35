/* gradient.cl: g = dy through the activation; sums over g, and the input gradient that follows from them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     dx = gamma*rstd*(g - mean(g) - xhat*mean(g*xhat))   dgamma = sum(g*xhat)   dbeta = sum(g)
 *
 * Ioffe, Szegedy 2015, arXiv:1502.03167, section 3. Sums are taken around the mean that was handed in, which may be
 * rounded: with d = x - mean, delta = sum(d)/S is what it lacks, and sum(g*xhat) = rstd*(sum(g*d) - delta*sum(g)). */

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
};

static struct sums sums_none(void)
{
	struct sums s;
	s.g = s.gd = s.d = s.g_low = s.gd_low = s.d_low = (LANE)(0);
	return s;
}

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

/* What one instance contributes to dbeta and dgamma, and dx = scale*(g - ((x - mean)*slant + base)). */
struct input_gradient {
	LANE total_g, total_gx;
	LANE scale, slant, base;
};

static struct input_gradient gradient_of(struct sums sums, struct stats s, LANE gamma, ACC count)
{
	struct input_gradient out;
	LANE delta = (sums.d + sums.d_low) / count;
	LANE g = sums.g + sums.g_low;
	LANE mean_g = g / count;
	out.total_g = g;
	out.total_gx = s.rstd * FMA(-delta, g, sums.gd + sums.gd_low);
	out.scale = gamma * s.rstd;
	out.slant = s.rstd * (out.total_gx / count);
	out.base = FMA(-delta, out.slant, mean_g);
	return out;
}

#define INPUT_GRADIENT(TYPE, d, g, in) ((TYPE)((in).scale) * ((g)-FMA(d, (TYPE)((in).slant), (TYPE)((in).base))))

/* Declares d = x - mean and g of element i, TYPE being ACC with GET = LOAD or ACCV with LOADV; from the names x, dy,
 * residual (0: none) and f of the place where it stands. */
#define ELEMENT_GRADIENT(TYPE, GET, i)                                                                      \
	TYPE d = GET(x, i) - (TYPE)(f.mean);                                                                \
	TYPE z = FMA(d, (TYPE)(f.scale), (TYPE)(f.offset)) + (residual ? GET(residual, i) : (TYPE)(0));     \
	TYPE g = GRADIENT(TYPE, GET(dy, i), z, f.slope)
