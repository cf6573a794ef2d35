/* menu.h: the programs that a run of the tests compiles: a few that have, together, all that programs are told.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compiling is what most of a run goes for, and shapes, data and calls of a program that is there cost next to nothing.
 * So a run that is not long has, of each variant and operation, the programs of the core shapes in f32, one in a 16-bit
 * type and, of all that the planner makes of shapes, dtypes and activations, as many more as it takes to have each
 * dtype, each activation, each value of each compiler option (numbers by their power of two) and each pair of values of
 * the options that have few; tests/kit/cover.c chooses them. A small run has the first core shape in f32, and of every
 * second variant one program more, of a dtype and an activation in turn. In a long run everything is on the menu. */
#ifndef TESTS_MENU_H
#define TESTS_MENU_H

#include <clnorm/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether every program of a plan of this description, which may force a variant, is on the menu, or has its settings
 * from a tuning record. False where the variant does not apply. */
bool menu_has(const clnorm_desc *desc);
/* The same for a plan that is made if so: what was left out is counted, and said when the process ends, so that a test
 * that has gone empty is seen. */
bool menu_takes(const clnorm_desc *desc);

/* Another dtype and activation for the description, which forces the variant as trial_force() does, in turn, so that
 * its program is on the menu; false where none is. In a long run they stay as they are. */
bool menu_fit(clnorm_desc *desc, int variant, size_t turn);
/* The same with the dtype as it is. */
bool menu_fit_activation(clnorm_desc *desc, int variant, size_t turn);

/* The programs of a row of the variant table and an operation; a description that leads to the k-th one. */
size_t menu_count(int variant, clnorm_op op);
const clnorm_desc *menu_desc(int variant, clnorm_op op, size_t k);
/* A core shape, in turn, in the place of the description's, where the program for it is on the menu. */
clnorm_desc menu_core(const clnorm_desc *desc, size_t turn);

#endif
