/* odd.h: choices that no search would come up with: knobs at both ends of their limits, and values that divide nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ODD_H
#define TESTS_ODD_H

#include <stddef.h>

extern const char *const odd_choices[];
extern const size_t odd_choice_count;

#endif
