/* sum.h: sums that are as exact of 2^24 terms as of two.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SUM_H
#define CLN_SUM_H

#include <math.h>

/* A sum with the rounding errors of its additions kept beside it (Neumaier 1974; the error by Knuth's two-sum). Not to
 * be compiled with -ffast-math. */
struct cln_sum {
	double high, low;
};

static inline void cln_sum_add(struct cln_sum *sum, double term)
{
	double high = sum->high + term;
	double part = high - sum->high;
	sum->low += (sum->high - (high - part)) + (term - part);
	sum->high = high;
}

/* Past infinity, the errors are NaN and mean nothing. */
static inline double cln_sum_value(const struct cln_sum *sum)
{
	return isfinite(sum->high) ? sum->high + sum->low : sum->high;
}

#endif
