/* menu_program.h: a program that the planner could ask for, and the words of its options; tests/kit/menu.c chooses
 * among them. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MENU_PROGRAM_H
#define TESTS_MENU_PROGRAM_H

#include <clnorm/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "decide/plan.h"

/* Words of a program's options at most. */
#define MENU_PROGRAM_WORDS 24

struct menu_program {
	clnorm_desc desc; /* that the planner asks for it with */
	uint64_t key;     /* of the options */
	unsigned word_count;
	uint64_t names[MENU_PROGRAM_WORDS], words[MENU_PROGRAM_WORDS]; /* of an option, and with its value */
	bool is_chosen;
};

/* The planner's choice for one operation, with a tuning record or NULL; false where there is none. */
bool menu_program_choose(const clnorm_desc *desc, clnorm_op op, const struct cln_tuning *tuning,
                         struct cln_problem *problem, struct cln_choice *choice);
/* The program of its choice without a tuning record; false where there is none. */
bool menu_program_make(struct menu_program *program, const clnorm_desc *desc, clnorm_op op);

#endif
