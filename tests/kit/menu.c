/* menu.c: the programs that a run of the tests compiles: a few that have, together, all that programs are told.
 * SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/context.h"
#include "tests/kit/cases.h"
#include "tests/kit/cover.h"
#include "tests/kit/device.h"
#include "tests/kit/menu.h"
#include "tests/kit/menu_program.h"
#include "tests/kit/trial.h"

/* Pairs of words of a program's options at most. */
#define MOST_PAIRS (MENU_PROGRAM_WORDS * (MENU_PROGRAM_WORDS - 1) / 2)
/* An option has few values where it has no more than a flag or the width of a vector has. */
#define FEW_VALUES 3

#define OPS 3

struct menu {
	bool is_made;
	struct menu_program *programs; /* those on the menu first */
	size_t count, capacity, chosen;
};

static struct menu menus[CLN_VARIANT_COUNT][OPS];

/* ---- What the planner asks for ---------------------------------------------------------------------------------- */

static struct menu_program *menu_program_find(const struct menu *menu, uint64_t key)
{
	for (size_t i = 0; i < menu->count; i++) {
		if (menu->programs[i].key == key) {
			return &menu->programs[i];
		}
	}
	return NULL;
}

static void menu_program_add(struct menu *menu, const struct menu_program *program)
{
	if (menu->count == menu->capacity) {
		menu->capacity = 2 * menu->capacity + 64;
		menu->programs = realloc(menu->programs, menu->capacity * sizeof(*menu->programs));
		ck_assert_ptr_nonnull(menu->programs);
	}
	menu->programs[menu->count++] = *program;
}

/* One shape in every dtype, activation and affine form that a program can be of. */
static void shape_add(struct menu *menu, const struct cases_shape *shape, const char *variant, clnorm_op op)
{
	for (int i = 0; i < 2 * CLNORM_DTYPE_COUNT * CLNORM_ACTIVATION_COUNT * CLNORM_LAYOUT_COUNT; i++) {
		struct menu_program program;
		clnorm_desc desc = cases_desc(shape);
		desc.variant = variant;
		desc.ops = op;
		desc.layout = (clnorm_layout)(i % CLNORM_LAYOUT_COUNT);
		desc.affine = i / CLNORM_LAYOUT_COUNT % 2 ? CLNORM_AFFINE_INSTANCE : CLNORM_AFFINE_CHANNEL;
		desc.activation = (clnorm_activation)(i / CLNORM_LAYOUT_COUNT / 2 % CLNORM_ACTIVATION_COUNT);
		desc.dtype = (clnorm_dtype)(i / CLNORM_LAYOUT_COUNT / 2 / CLNORM_ACTIVATION_COUNT);
		desc.slope = 0.2;
		if ((desc.dtype != CLNORM_F64 || device_get()->info.fp64) && menu_program_make(&program, &desc, op) &&
		    !menu_program_find(menu, program.key)) {
			menu_program_add(menu, &program);
		}
	}
}

/* ---- What is chosen of it --------------------------------------------------------------------------------------- */

static bool is_plain(const struct menu_program *program, clnorm_dtype dtype)
{
	return program->desc.dtype == dtype && program->desc.activation == CLNORM_ACT_NONE;
}

/* All of the core shapes in f32; of the first one, which is in front of the others, each affine form, and a 16-bit
 * type, of every second variant f16. */
static void menu_begin(struct menu *menu, size_t variant)
{
	bool has_half = device_is_small(), has_own = device_is_small();
	for (size_t i = 0; i < menu->count; i++) {
		struct menu_program *program = &menu->programs[i];
		bool is_own = is_plain(program, CLNORM_F32) && program->desc.affine == CLNORM_AFFINE_INSTANCE;
		bool is_half = is_plain(program, variant % 2 ? CLNORM_BF16 : CLNORM_F16);
		program->is_chosen =
			(is_plain(program, CLNORM_F32) && !is_own) || (is_half && !has_half) || (is_own && !has_own);
		has_half = has_half || is_half;
		has_own = has_own || is_own;
	}
}

/* What the program's option of this name is; 0: it has none. */
static uint64_t word_of(const struct menu_program *program, uint64_t name)
{
	for (unsigned i = 0; i < program->word_count; i++) {
		if (program->names[i] == name) {
			return program->words[i];
		}
	}
	return 0;
}

/* The names of all options there are, and whether each has few values. */
struct option {
	uint64_t name, values[FEW_VALUES];
	size_t value_count;
	bool has_few;
};

static void option_note(struct option *option, uint64_t value)
{
	for (size_t i = 0; i < option->value_count; i++) {
		if (option->values[i] == value) {
			return;
		}
	}
	if (option->value_count == FEW_VALUES) {
		option->has_few = false;
		return;
	}
	option->values[option->value_count++] = value;
}

static size_t options_gather(const struct menu *menu, struct option options[MENU_PROGRAM_WORDS])
{
	size_t count = 0;
	for (size_t i = 0; i < menu->count; i++) {
		for (unsigned k = 0; k < menu->programs[i].word_count; k++) {
			size_t at = 0;
			while (at < count && options[at].name != menu->programs[i].names[k]) {
				at++;
			}
			if (at == count) {
				ck_assert_uint_lt(count, MENU_PROGRAM_WORDS);
				options[count++] = (struct option){.name = menu->programs[i].names[k], .has_few = true};
			}
		}
	}
	for (size_t i = 0; i < menu->count * count; i++) {
		struct option *option = &options[i % count];
		option_note(option, word_of(&menu->programs[i / count], option->name));
	}
	return count;
}

/* A program's features. An option that is not there is a value of it too. */
struct features {
	uint64_t wanted[MENU_PROGRAM_WORDS + MOST_PAIRS], welcome[MOST_PAIRS];
};

static void features_make(const struct menu_program *program, const struct option *options, size_t count,
                          struct features *features, struct cover_row *row)
{
	*row = (struct cover_row){
		.wanted = features->wanted, .welcome = features->welcome, .chosen = program->is_chosen};
	for (size_t i = 0; i < count; i++) {
		uint64_t one = cover_pair(options[i].name, word_of(program, options[i].name));
		features->wanted[row->wanted_count++] = one;
		for (size_t k = i + 1; k < count; k++) {
			uint64_t both = cover_pair(one, cover_pair(options[k].name, word_of(program, options[k].name)));
			if (options[i].has_few && options[k].has_few) {
				features->wanted[row->wanted_count++] = both;
			} else {
				features->welcome[row->welcome_count++] = both;
			}
		}
	}
}

static void menu_cover(struct menu *menu)
{
	struct option options[MENU_PROGRAM_WORDS];
	size_t count = options_gather(menu, options);
	struct cover_row *rows = calloc(menu->count + 1, sizeof(*rows));
	struct features *features = calloc(menu->count + 1, sizeof(*features));
	ck_assert(rows && features);
	for (size_t i = 0; i < menu->count; i++) {
		features_make(&menu->programs[i], options, count, &features[i], &rows[i]);
	}
	cover_choose(rows, menu->count);
	for (size_t i = 0; i < menu->count; i++) {
		menu->programs[i].is_chosen = rows[i].chosen;
	}
	free(features);
	free(rows);
}

/* Those that are chosen to the front. */
static void menu_sort(struct menu *menu)
{
	for (size_t i = 0; i < menu->count; i++) {
		if (menu->programs[i].is_chosen) {
			struct menu_program other = menu->programs[menu->chosen];
			menu->programs[menu->chosen++] = menu->programs[i];
			menu->programs[i] = other;
		}
	}
}

/* Of every second variant one program more. */
static void menu_turn(struct menu *menu, size_t turn)
{
	for (size_t i = 0; turn % 2 == 0 && i < menu->count; i++) {
		const clnorm_desc *desc = &menu->programs[i].desc;
		if (desc->dtype == (clnorm_dtype)(1 + turn / 2 % (CLNORM_DTYPE_COUNT - 1)) &&
		    desc->activation == (clnorm_activation)(1 + turn / 2 % (CLNORM_ACTIVATION_COUNT - 1))) {
			menu->programs[i].is_chosen = true;
			return;
		}
	}
}

static void menu_make(struct menu *menu, size_t variant, clnorm_op op)
{
	const char *name = clnorm_variant_get(variant)->name;
	size_t core = device_is_small() ? 1 : cases_core_count();
	for (size_t k = 0; k < core; k++) {
		shape_add(menu, cases_core(k), name, op);
	}
	if (!device_is_small()) {
		shape_add(menu, cases_large(), name, op);
	}
	menu_begin(menu, variant);
	if (device_is_small()) {
		menu_turn(menu, variant + op / 2);
	} else {
		for (size_t k = 0; k < cases_shape_count(); k++) {
			shape_add(menu, cases_shape(k), name, op);
		}
		menu_cover(menu);
	}
	menu_sort(menu);
	menu->is_made = true;
}

static size_t variant_index(const struct cln_variant *variant)
{
	size_t i = 0;
	while (cln_variants[i] != variant) {
		i++;
	}
	return i;
}

static const struct menu *menu_of(size_t variant, clnorm_op op)
{
	struct menu *menu = &menus[variant][op / 2];
	if (!menu->is_made) {
		menu_make(menu, variant, op);
	}
	return menu;
}

/* ---- What is on it ---------------------------------------------------------------------------------------------- */

enum answer { ANSWER_HAS, ANSWER_LEAVES_OUT, ANSWER_DOES_NOT_APPLY, ANSWERS };

static enum answer answer_for(const clnorm_desc *desc, clnorm_op op)
{
	struct cln_problem problem;
	struct cln_choice choice;
	struct menu_program program;
	if (!menu_program_choose(desc, op, &device_get()->ctx->tuning, &problem, &choice)) {
		return ANSWER_DOES_NOT_APPLY;
	}
	if (choice.is_tuned || problem.elements == 0) {
		return ANSWER_HAS;
	}
	const struct menu *menu = menu_of(variant_index(choice.variant), op);
	if (!menu_program_make(&program, desc, op)) {
		return ANSWER_DOES_NOT_APPLY;
	}
	const struct menu_program *found = menu_program_find(menu, program.key);
	return found && (size_t)(found - menu->programs) < menu->chosen ? ANSWER_HAS : ANSWER_LEAVES_OUT;
}

/* The shapes of the menu are of packed instances. Sets of several channels and tensors with gaps have programs of their
 * own, a few by themselves. */
static bool is_off_the_menu(const clnorm_desc *desc)
{
	static const clnorm_desc packed;
	bool is_strided = memcmp(&desc->strides, &packed.strides, sizeof(packed.strides)) != 0;
	return device_is_long() || is_strided || (desc->groups != 0 && desc->groups != desc->c);
}

/* Of all operations: the one that is furthest from a program. */
static enum answer answer_make(const clnorm_desc *desc)
{
	enum answer answer = ANSWER_HAS;
	for (unsigned op = CLNORM_OP_FORWARD; !is_off_the_menu(desc) && op <= CLNORM_OP_BACKWARD; op *= 2) {
		enum answer one = desc->ops & op ? answer_for(desc, (clnorm_op)op) : ANSWER_HAS;
		answer = one > answer ? one : answer;
	}
	return answer;
}

bool menu_has(const clnorm_desc *desc)
{
	return answer_make(desc) == ANSWER_HAS;
}

static unsigned long answers[ANSWERS];

static void answers_tell(void)
{
	printf("menu: %lu plans; %lu left out, %lu of variants that do not apply\n", answers[ANSWER_HAS],
	       answers[ANSWER_LEAVES_OUT], answers[ANSWER_DOES_NOT_APPLY]);
}

bool menu_takes(const clnorm_desc *desc)
{
	static bool is_told;
	enum answer answer = answer_make(desc);
	answers[answer]++;
	is_told = is_told || atexit(answers_tell) == 0;
	return answer == ANSWER_HAS;
}

bool menu_fit_activation(clnorm_desc *desc, int variant, size_t turn)
{
	trial_force(desc, variant);
	clnorm_desc fit = *desc;
	for (size_t i = 0; !device_is_long() && i < CLNORM_ACTIVATION_COUNT; i++) {
		fit.activation = (clnorm_activation)((turn + i) % CLNORM_ACTIVATION_COUNT);
		fit.slope = 0.2;
		if (menu_has(&fit)) {
			*desc = fit;
			return true;
		}
	}
	return device_is_long();
}

bool menu_fit(clnorm_desc *desc, int variant, size_t turn)
{
	clnorm_desc fit = *desc;
	for (size_t i = 0; !device_is_long() && i < CLNORM_DTYPE_COUNT; i++) {
		fit.dtype = (clnorm_dtype)((turn + i) % CLNORM_DTYPE_COUNT);
		if ((fit.dtype != CLNORM_F64 || device_get()->info.fp64) && menu_fit_activation(&fit, variant, turn)) {
			*desc = fit;
			return true;
		}
	}
	return device_is_long();
}

size_t menu_count(int variant, clnorm_op op)
{
	return variant < (int)clnorm_variant_count() ? menu_of((size_t)variant, op)->chosen : 0;
}

const clnorm_desc *menu_desc(int variant, clnorm_op op, size_t k)
{
	return &menu_of((size_t)variant, op)->programs[k].desc;
}

clnorm_desc menu_core(const clnorm_desc *desc, size_t turn)
{
	clnorm_desc core = cases_desc(cases_core(turn % cases_core_count()));
	core.variant = desc->variant;
	core.ops = desc->ops;
	core.layout = desc->layout;
	core.dtype = desc->dtype;
	core.affine = desc->affine;
	core.activation = desc->activation;
	return menu_has(&core) ? core : *desc;
}
