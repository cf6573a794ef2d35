/* valid_case.h: a problem with valid elements, and its right answer in double, by the definitions alone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VALID_CASE_H
#define TESTS_VALID_CASE_H

#include <clnorm/clnorm.h>

/* Which elements are valid. Masks of the shapes that the description may have; lengths. */
enum valid_kind {
	VALID_ONES = 0,
	VALID_HALF,    /* [N,C,S] half of them, anywhere */
	VALID_THIRTY,  /* [1,1,S] three of ten */
	VALID_ABSENT,  /* [N,1,S] three of four but the first two, and none in the last sample */
	VALID_VOXEL,   /* [1,C,S] one a channel, and none in every third channel */
	VALID_LENGTHS, /* all, none, one, half of the axis, and past its end */
	VALID_KINDS
};

struct valid_case {
	clnorm_desc desc;
	enum valid_kind kind;
	size_t count, sets, params, mask_bytes;
	unsigned char *mask;
	cl_uint *lengths;
	bool *valid; /* of each element of x */
	/* Inputs, as the dtype has them; x is NaN and infinity outside where it is `padded`. */
	double *x, *dy, *residual, *gamma, *beta;
	bool padded;
	/* The answer, and what it may be off by. */
	double *y, *mean, *rstd, *dx, *dgamma, *dbeta;
	double *y_allowed, *dx_allowed, *gradient_allowed;
};

/* Sets what the kind is of in desc: valid, mask_n, mask_c. */
void valid_case_describe(clnorm_desc *desc, enum valid_kind kind);

/* desc as valid_case_describe() left it; means lie `offset` from 0. */
void valid_case_init(struct valid_case *c, const clnorm_desc *desc, enum valid_kind kind, bool padded, double offset);
void valid_case_clear(struct valid_case *c);

/* Whether y or dx of the element is to be looked at: not where padding itself goes through the formula. */
bool valid_case_counts(const struct valid_case *c, size_t i);

#endif
