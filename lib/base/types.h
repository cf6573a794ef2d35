/* types.h: the dtype, layout and activation tables: name, bytes, kernel macro, host conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_TYPES_H
#define CLN_TYPES_H

#include "base/status.h"

struct cln_dtype_facts {
	const char *name;         /* "f32" */
	const char *macro;        /* what cl/types.cl is told: "CLN_F32" */
	size_t bytes;
	clnorm_dtype statistics;  /* type of statistics and parameters */
	double rounding;          /* half an ulp of 1: 2^-24 for f32 */
	double (*get)(const void *data, size_t i);           /* element i as double, exact */
	void (*set)(void *data, size_t i, double value);     /* round to nearest even */
};

struct cln_layout_facts {
	const char *name;         /* "nchw" */
	const char *macro;        /* "CLN_NCHW" */
	bool channels_last;       /* the C values of a pixel lie together, else the S of a channel */
};

struct cln_activation_facts {
	const char *name;         /* "relu" */
	const char *macro;        /* "CLN_RELU" */
};

/* Rows of the tables; NULL for a number outside the enum. */
const struct cln_dtype_facts *cln_dtype_facts(clnorm_dtype dtype);
const struct cln_layout_facts *cln_layout_facts(clnorm_layout layout);
const struct cln_activation_facts *cln_activation_facts(clnorm_activation activation);

/* Whether a number is finite in the type of the dtype's statistics, where scalars like epsilon are used. */
bool cln_dtype_is_finite(clnorm_dtype dtype, double value);

#endif
