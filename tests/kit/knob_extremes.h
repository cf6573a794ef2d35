/* knob_extremes.h: choices that no search would come up with: knobs at both ends of their limits, and values that
 * divide nothing. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_KNOB_EXTREMES_H
#define TESTS_KNOB_EXTREMES_H

#include <clnorm/types.h>
#include <stdbool.h>
#include <stddef.h>

extern const char *const knob_extremes[];
extern const size_t knob_extreme_count;

/* Whether a run that is not long tries the choice for the operation: each for one, forward and backward in turn. */
bool knob_extreme_is_due(size_t choice, clnorm_op op);

#endif
