/* affine.cl: the second half of the formula: activation(xhat*gamma + beta + residual).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Macros: one of CLN_NONE (default), CLN_RELU, CLN_LEAKY_RELU, CLN_SILU, CLN_GELU. */

/* scale = gamma*rstd; y = (x - mean)*scale + offset: subtracting first loses nothing at mean/std = 1e4. */
struct affine {
	LANE mean, scale, offset;
	ACC slope;
};

static struct affine affine_of(struct stats s, LANE gamma, LANE beta, ACC slope)
{
	struct affine f;
	f.mean = s.mean;
	f.scale = gamma * s.rstd;
	f.offset = FMA(-s.low, f.scale, beta);
	f.slope = slope;
	return f;
}

/* (value - mean)*scale + offset, TYPE being ACC or ACCV. */
#define NORMALIZED(TYPE, value, f) FMA((value) - (TYPE)((f).mean), (TYPE)((f).scale), (TYPE)((f).offset))

/* z of type TYPE. Comparisons are written so that NaN stays NaN, which fmax would not do; the
 * complement erfc keeps the digits of GELU far left, where 1 + erf would cancel. */
#if defined(CLN_RELU)
#define ACTIVATE(TYPE, z, slope) ((z) < (TYPE)(0) ? (TYPE)(0) : (z))
#elif defined(CLN_LEAKY_RELU)
#define ACTIVATE(TYPE, z, slope) ((z) < (TYPE)(0) ? (z) * (TYPE)(slope) : (z))
#elif defined(CLN_SILU)
#define ACTIVATE(TYPE, z, slope) ((z) / ((TYPE)(1) + exp(-(z))))
#elif defined(CLN_GELU)
#define ACTIVATE(TYPE, z, slope) ((z) * (ACC)0.5 * erfc((z) * (ACC)-0.70710678118654752440))
#else
#define ACTIVATE(TYPE, z, slope) (z)
#endif
