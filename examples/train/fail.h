/* fail.h: ends the program with one line of reason where a call fails: an example has nothing to clean up for.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_FAIL_H
#define TRAIN_FAIL_H

#include <clnorm/clnorm.h>

/* "train: REASON" on stderr, exit 1. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Each of them returns where the result is a success. */
void need_clnorm(clnorm_status status);
void need_cl(cl_int code, const char *call);
void need_blas(int code, const char *routine);
void *need_memory(size_t count, size_t bytes);

#endif
