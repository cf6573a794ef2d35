/* program.h: a choice to its built program: from the context's table, the disk, or the compiler.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PROGRAM_H
#define CLN_PROGRAM_H

#include "decide/plan.h"
#include "device/context.h"

/* Takes the program with all stages of the choice, to be given back by cln_programs_give().
 * CLNORM_BUILD_FAILED (log kept); CLNORM_NO_COMPILER; CLNORM_OUT_OF_MEMORY; CLNORM_OPENCL_ERROR. */
CLN_CHECKED clnorm_status cln_program_fetch(clnorm_context *ctx, const struct cln_choice *choice,
                                            const struct cln_problem *problem, struct cln_program **out);

/* Keeps a verdict about a program that was taken, also with its entry on disk where it is known and there is one: from
 * then on no process of this machine has to find it out. */
void cln_program_judge(clnorm_context *ctx, struct cln_program *program, const struct cln_verdict *verdict);

/* The program of cl/types.cl for the dtype and one more file of cl/, which stands outside the variants. As above. */
CLN_CHECKED clnorm_status cln_program_fetch_file(clnorm_context *ctx, const char *name, clnorm_dtype dtype,
                                                 struct cln_program **out);

#endif
