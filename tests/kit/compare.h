/* compare.h: outputs against the oracle, within what the numerics contract and the rounding of the dtype allow.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_COMPARE_H
#define TESTS_COMPARE_H

#include "tests/kit/trial.h"

/* Fails where an output of the trial is further from the oracle's than allowed, and remembers the worst figures. */
void compare_forward(const struct trial *trial);

/* One clnorm_forward() of all outputs, from made-up data to a comparison; variant as at trial_plan(), and false where
 * there is no plan. Wrong numbers are printed, the first of each trial; compare_verdict() then fails the test. */
bool compare_run(clnorm_desc *desc, int variant, enum cases_data data, unsigned seed, unsigned inputs);
/* The same of each variant that knows the layout and applies, and of the planner's choice; data is made once, and so is
 * the oracle's answer, which takes longer than any of them. */
void compare_run_all(const clnorm_desc *desc, enum cases_data data, unsigned seed, unsigned inputs);
void compare_verdict(void);

/* For the comparisons of other passes. The record of the trial's variant and dtype, with one trial more in it. */
struct worst;
struct worst *compare_worst(const struct trial *trial);
/* One number of an output; NaN never passes. */
void compare_number(struct worst *worst, const struct trial *trial, const char *what, size_t i, double got,
                    double wanted, double tolerance);
/* Keeps the largest value by this name, a constant. */
void compare_figure(struct worst *worst, const struct trial *trial, const char *what, double value);
/* Between these a wrong number is printed and counted for compare_verdict(); elsewhere it ends the test. */
void compare_sweep_begin(void);
void compare_sweep_end(void);

/* Half the distance between the dtype's numbers next to `value`. */
double compare_half_ulp(clnorm_dtype dtype, double value);
/* How far y may lie from exact, before rounding to the dtype, per max(1, |gamma*xhat| + |beta| + |residual|). */
double compare_bound(clnorm_dtype dtype);

/* The worst figures so far, a line for each variant and dtype, to standard output. */
void compare_report(void);

#endif
