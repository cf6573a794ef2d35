/* refused.h: a call that is right, of which tests spoil one thing at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REFUSED_H
#define TESTS_REFUSED_H

#include "tests/kit/trial.h"

/* Checked fixtures: the description, its plan for forward and apply, and a trial with all inputs and outputs. */
void refused_setup(void);
void refused_teardown(void);
clnorm_desc refused_desc(void);

extern struct trial refused_trial;
extern clnorm_plan *refused_plan;
extern clnorm_forward_args refused_args;

/* Objects of another OpenCL context on the same device; the buffer has 64 KB. */
extern cl_mem refused_other_mem;
extern cl_command_queue refused_other_queue;

/* clnorm_forward() with refused_args fails so, with both words in its message, writes nothing, and makes no event. The
 * arguments are right again afterwards. */
void refused_check(clnorm_status status, const char *one, const char *other);

#endif
