/* stages.h: the table of stage kinds: file, kernel, and which buffer each kernel argument is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_STAGES_H
#define CLN_STAGES_H

#include "decide/variants.h"
#include "opencl/opencl.h"

/* The operands and the scalar arguments, read from the very file that the kernels read. */
#define ulong cl_ulong
#define uint cl_uint
#define CLN_ON_HOST
#include "../../cl/arguments.cl"
#undef CLN_ON_HOST
#undef ulong
#undef uint

/* In each wave; or once a call, before the first or after the last. */
enum cln_stage_turn { CLN_EACH_WAVE, CLN_BEFORE_WAVES, CLN_AFTER_WAVES, CLN_STAGE_TURNS };

struct cln_stage_facts {
	const char *file; /* in cl/, without ".cl" */
	const char *kernel;
	enum cln_stage_turn turn;
	enum cln_role roles[CLN_ROLES]; /* buffers after the scalars, in the kernel's order */
	unsigned role_count;
};

const struct cln_stage_facts *cln_stage_facts(enum cln_stage_kind kind);

/* One call's arguments: scalars, and a buffer for each role; NULL where it is absent. */
struct cln_call {
	struct cln_arguments scalars;
	cl_mem buffers[CLN_ROLES];
	unsigned skip; /* bit (1 << kind) for each stage kind that this call does without */
};

/* Binds a call to a kernel of the kind. An absent buffer is bound to x, which the flags keep from being touched: a NULL
 * argument is legal, but not all drivers take it. */
CLN_CHECKED clnorm_status cln_stage_bind(enum cln_stage_kind kind, cl_kernel kernel,
                                         const struct cln_geometry *geometry, const struct cln_call *call);

#endif
