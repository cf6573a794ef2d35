/* menu_program.c: a program that the planner could ask for, and the words of its options.
 * SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <clnorm/clnorm.h>
#include <stdlib.h>
#include <string.h>

#include "device/context.h"
#include "tests/kit/cover.h"
#include "tests/kit/device.h"
#include "tests/kit/menu_program.h"

bool menu_program_choose(const clnorm_desc *desc, clnorm_op op, const struct cln_tuning *tuning,
                         struct cln_problem *problem, struct cln_choice *choice)
{
	struct cln_ranking ranking;
	if (cln_problem_init(problem, desc) != CLNORM_OK ||
	    cln_plan_choose(problem, &device_get()->ctx->caps, op, desc->variant, tuning, &ranking) != CLNORM_OK) {
		return false;
	}
	*choice = ranking.choices[0];
	return true;
}

/* One word of the options: its name, and its value, of numbers the power of two above them. */
static void word_add(struct menu_program *program, const char *word, size_t length)
{
	const char *equals = memchr(word, '=', length);
	size_t name = equals ? (size_t)(equals - word) : 0; /* the type and the activation have names of their own */
	uint64_t value = cover_feature(word, length);
	if (equals && equals[1] >= '0' && equals[1] <= '9') {
		unsigned long number = strtoul(equals + 1, NULL, 10), bits = 0;
		for (; number > 0; number /= 2) {
			bits++;
		}
		value = cover_pair(cover_feature(word, name), bits + 1);
	}
	ck_assert_uint_lt(program->word_count, MENU_PROGRAM_WORDS);
	program->names[program->word_count] = equals ? cover_feature(word, name) : program->word_count + 1;
	program->words[program->word_count++] = value;
}

static void words_split(struct menu_program *program, const char *options)
{
	program->key = cover_feature(options, strlen(options));
	for (const char *at = strstr(options, " -D"); at; at = strstr(at + 1, " -D")) {
		word_add(program, at + 3, strcspn(at + 3, " "));
	}
}

bool menu_program_make(struct menu_program *program, const clnorm_desc *desc, clnorm_op op)
{
	struct cln_problem problem;
	struct cln_choice choice;
	struct cln_text options = {0};
	if (!menu_program_choose(desc, op, NULL, &problem, &choice)) {
		return false;
	}
	*program = (struct menu_program){.desc = *desc};
	cln_choice_options(&choice, &problem, &options);
	words_split(program, cln_text_chars(&options));
	cln_text_clear(&options);
	return true;
}
