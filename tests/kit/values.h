/* values.h: a tensor's values on the host, and what is near enough to what is right.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VALUES_H
#define TESTS_VALUES_H

#include <clnorm/clnorm.h>

/* All of them, in order; the caller frees. */
double *values_of(const clnorm_tensor *tensor);

/* Fails where they differ by more than so much, or one is NaN: "split: mean[3] is 2, not 1". */
void values_near(const char *what, const char *variant, size_t i, double got, double right, double tolerance);

#endif
