/* set.h: one set of a problem on the host: where its elements lie, which of them are valid, what their statistics are.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SET_H
#define CLN_SET_H

#include "base/strides.h"

#include <clnorm/clnorm.h>

/* Element s of run r is at first + r*steps.c + s*steps.s of a packed tensor. */
struct cln_set {
	struct cln_steps steps;
	size_t first, runs, length;
	size_t parameter; /* the first run's place in gamma and beta; the others' follow */
	size_t prefix;    /* elements of a run past these are not valid */
	const unsigned char
		*mask; /* nor are those whose byte is 0: r*mask_steps.c + s*mask_steps.s; NULL: there is none */
	struct cln_steps mask_steps;
	double count;        /* elements that the statistics are of, M: the valid ones; 0 where they are given */
	double shift, delta; /* mean = shift + delta, where delta is the rounding error of shift */
	double rstd;
	double freedom; /* M - ddof; 0 where rstd does not depend on x */
};

/* Set i of a checked description, measured: with mask or lengths as desc->valid says. */
struct cln_set cln_set_of(const clnorm_desc *desc, const clnorm_reference_arrays *arrays, size_t i);

static inline size_t cln_set_at(const struct cln_set *set, size_t run, size_t s)
{
	return set->first + run * set->steps.c + s * set->steps.s;
}

static inline bool cln_set_is_valid(const struct cln_set *set, size_t run, size_t s)
{
	return s < set->prefix &&
	       (set->mask == NULL || set->mask[run * set->mask_steps.c + s * set->mask_steps.s] != 0);
}

/* x - mean. The first difference is exact where x is near the mean, and delta is what shift lacks: elements that are
 * all equal give 0. */
static inline double cln_set_deviation(const struct cln_set *set, double x)
{
	return (x - set->shift) - set->delta;
}

#endif
