/* blascheck.h: a second opinion on sums: plane means, dbeta and dgamma by CLBlast, on the same device.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_BLASCHECK_H
#define TOOL_BLASCHECK_H

#include "tools/judge/trial.h"

enum tool_blascheck { TOOL_BLASCHECK_MEAN = 0, TOOL_BLASCHECK_DBETA, TOOL_BLASCHECK_DGAMMA, TOOL_BLASCHECK_COUNT };

/* "5x33x961 f32 mean by CLBlast", ... */
const char *tool_blascheck_name(enum tool_blascheck check);

/* Compares each of them with what clnorm's own kernels give; all are skipped where the programs were built without
 * CLBlast. Takes seconds: CLBlast compiles at its first call. error is relative to the sum of the terms' sizes. */
void tool_blascheck_run(clnorm_context *ctx, unsigned long long seed, struct tool_trial trials[TOOL_BLASCHECK_COUNT]);

#endif
