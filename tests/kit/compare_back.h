/* compare_back.h: gradients against the oracle, within what the numerics contract and the rounding of the dtype allow.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_COMPARE_BACK_H
#define TESTS_COMPARE_BACK_H

#include "tests/kit/compare.h"
#include "tests/kit/trial_back.h"

/* Fails where a gradient of the trial is further from the oracle's than allowed, and remembers the worst figures. */
void compare_backward(const struct trial_back *trial);

/* One clnorm_backward(), from made-up data to a comparison; otherwise as compare_run(). */
bool compare_run_backward(clnorm_desc *desc, int variant, enum cases_data data, unsigned seed,
                          struct trial_back_way way);
/* The same of every variant; otherwise as compare_run_all(). */
void compare_run_all_backward(const clnorm_desc *desc, enum cases_data data, unsigned seed, struct trial_back_way way);

/* The contract's bounds: on dx, for each rstd*max(max|gamma*g|, |xhat|*mean|gamma*g*xhat|) of its set, which is the
 * size of its terms; on dgamma and dbeta, for each sum|g*xhat| and sum|g|. */
double compare_gradient_bound(clnorm_dtype dtype);

#endif
