/* knob_extremes.h: choices that no search would come up with: knobs at both ends of their limits, and values that
 * divide nothing. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ODD_H
#define TESTS_ODD_H

#include <clnorm/types.h>
#include <stdbool.h>
#include <stddef.h>

extern const char *const odd_choices[];
extern const size_t odd_choice_count;

/* Whether a run that is not long tries the choice for the operation: each for one, forward and backward in turn. */
bool odd_is_due(size_t choice, clnorm_op op);

#endif
