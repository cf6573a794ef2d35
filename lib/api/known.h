/* known.h: a problem whose answer is known: inputs, right outputs from the reference in double, and what they may be
 * off by. SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_KNOWN_H
#define CLN_KNOWN_H

#include "base/status.h"

enum cln_known_name {
	CLN_KNOWN_X,
	CLN_KNOWN_RESIDUAL,
	CLN_KNOWN_DY,
	CLN_KNOWN_GAMMA,
	CLN_KNOWN_BETA,
	CLN_KNOWN_PARTS, /* moments of a set's thirds */
	CLN_KNOWN_INPUTS,
	CLN_KNOWN_Y = CLN_KNOWN_INPUTS,
	CLN_KNOWN_MEAN,
	CLN_KNOWN_RSTD,
	CLN_KNOWN_DX,
	CLN_KNOWN_DGAMMA,
	CLN_KNOWN_DBETA,
	CLN_KNOWN_ARRAYS
};

#define CLN_KNOWN_THIRDS 3

/* Numbers that are exact in the dtype, where they are inputs. */
struct cln_known_array {
	double *values;
	size_t count;
	clnorm_dtype dtype;
};

struct cln_known {
	clnorm_desc desc;
	struct cln_known_array arrays[CLN_KNOWN_ARRAYS];
	double *memory; /* of all of them */
};

/* Of a valid description of one spatial axis, not empty, with affine parameters. CLNORM_OUT_OF_MEMORY. Starts empty;
 * cln_known_clear() also after a failure. */
CLN_CHECKED clnorm_status cln_known_init(struct cln_known *known, const clnorm_desc *desc);
void cln_known_clear(struct cln_known *known);

const char *cln_known_array_name(enum cln_known_name name);

/* What element i of an output may be off by. */
double cln_known_tolerance(const struct cln_known *known, enum cln_known_name name, size_t i);

#endif
