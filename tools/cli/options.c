/* options.c: a program's command line as a table: parsing, --help, --version, and readers of the common values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long options are told apart by these numbers, past any letter. */
enum { FIRST_CODE = 1000 };

/* ---- Parsing ------------------------------------------------------------------------------------------------- */

static void print_option(const struct tool_option *option)
{
	char left[64], letter[8] = "    ";
	if (option->letter != 0) {
		snprintf(letter, sizeof letter, "-%c, ", option->letter);
	}
	snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name, option->argument != NULL ? " " : "",
	         option->argument != NULL ? option->argument : "");
	printf("  %-32s %s\n", left, option->help);
}

static void print_help(const struct tool_command *command, const struct tool_option *all, size_t count)
{
	printf("Usage: %s %s\n%s\n\n", command->program, command->usage, command->about);
	for (size_t i = 0; i < count; ++i) {
		print_option(&all[i]);
	}
	if (command->more != NULL) {
		printf("\n%s", command->more);
	}
}

int tool_options_refuse(const struct tool_command *command)
{
	tool_report_note("%s (%s --help tells more)", tool_report_text(), command->program);
	return TOOL_USAGE;
}

/* getopt's tables for ours. `letters` has room for ':' and two characters an option. */
static void fill_tables(const struct tool_option *all, size_t count, struct option *longs, char *letters)
{
	*letters++ = ':'; /* a missing argument is told apart from an unknown option */
	for (size_t i = 0; i < count; ++i) {
		int has_argument = all[i].argument != NULL ? required_argument : no_argument;
		longs[i] = (struct option){.name = all[i].name, .has_arg = has_argument, .val = FIRST_CODE + (int)i};
		if (all[i].letter != 0) {
			*letters++ = (char)all[i].letter;
			if (all[i].argument != NULL) {
				*letters++ = ':';
			}
		}
	}
	*letters = '\0';
	longs[count] = (struct option){0};
}

static const struct tool_option *find_option(const struct tool_option *all, size_t count, int code)
{
	if (code >= FIRST_CODE) {
		return &all[code - FIRST_CODE];
	}
	for (size_t i = 0; i < count; ++i) {
		if (all[i].letter == code) {
			return &all[i];
		}
	}
	return NULL;
}

/* Says what getopt_long() stumbled over; `word` is the argument that it just left. */
static bool refuse_word(const struct tool_option *all, size_t count, int result, const char *word)
{
	if (result == ':') {
		const struct tool_option *option = find_option(all, count, optopt);
		return tool_report_fail("--%s needs %s", option->name, option->argument);
	}
	if (optopt >= FIRST_CODE) {
		return tool_report_fail("--%s takes no argument", all[optopt - FIRST_CODE].name);
	}
	if (optopt != 0) {
		return tool_report_fail("unknown option '-%c'", optopt);
	}
	return tool_report_fail("unknown option '%s'", word);
}

/* Says which value would be lost. */
static bool check_given(const struct tool_command *command, const struct tool_option *option, bool *is_given)
{
	bool may_repeat = option->argument == NULL ||
	                  (option->letter != 0 && strchr(command->repeatable, option->letter) != NULL);
	if (*is_given && !may_repeat) {
		return tool_report_fail("--%s is given twice; it takes one %s", option->name, option->argument);
	}
	*is_given = true;
	return true;
}

static bool take_options(const struct tool_command *command, const struct tool_option *all, int argc, char **argv)
{
	size_t count = command->count + 2;
	bool is_given[TOOL_OPTIONS_MAX + 2] = {false};
	struct option longs[TOOL_OPTIONS_MAX + 3];
	char letters[2 * (TOOL_OPTIONS_MAX + 2) + 2];
	fill_tables(all, count, longs, letters);
	opterr = 0;
	for (int code; (code = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
		if (code == '?' || code == ':') {
			return refuse_word(all, count, code, argv[optind - 1]);
		}
		const struct tool_option *option = find_option(all, count, code);
		if (!check_given(command, option, &is_given[option - all])) {
			return false;
		}
		if (!option->read(optarg, option->into)) {
			char subject[64];
			snprintf(subject, sizeof subject, "--%s", option->name);
			return tool_report_about(subject);
		}
	}
	if (optind < argc) {
		return tool_report_fail("unexpected argument '%s'", argv[optind]);
	}
	return true;
}

int tool_options_parse(const struct tool_command *command, int argc, char **argv)
{
	bool wants_help = false, wants_version = false;
	struct tool_option all[TOOL_OPTIONS_MAX + 2];
	if (command->count > TOOL_OPTIONS_MAX) {
		abort(); /* a table too long for its array is a mistake of ours */
	}
	memcpy(all, command->options, command->count * sizeof all[0]);
	all[command->count] =
		(struct tool_option){"help", 'h', NULL, "print this and exit", tool_options_flag, &wants_help};
	all[command->count + 1] = (struct tool_option){
		"version", 'V', NULL, "print the version and exit", tool_options_flag, &wants_version};
	bool is_parsed = take_options(command, all, argc, argv);
	if (!is_parsed && !wants_help) {
		return tool_options_refuse(command);
	}
	if (wants_help) {
		print_help(command, all, command->count + 2);
		return tool_report_finish(TOOL_DONE);
	}
	if (wants_version) {
		printf("%s (clnorm) %s\n", command->program, clnorm_version());
		return tool_report_finish(TOOL_DONE);
	}
	return TOOL_OPTIONS_GO;
}

/* ---- Readers ------------------------------------------------------------------------------------------------- */

bool tool_options_flag(const char *text, void *into)
{
	(void)text;
	*(bool *)into = true;
	return true;
}

bool tool_options_text(const char *text, void *into)
{
	if (text[0] == '\0') {
		return tool_report_fail("the argument is empty");
	}
	*(const char **)into = text;
	return true;
}

bool tool_options_file(const char *text, void *into)
{
	if (strcmp(text, "-") == 0) {
		return tool_report_fail(
			"'-' would be standard input or output, which are not taken; ./- is a file of that name");
	}
	return tool_options_text(text, into);
}

bool tool_options_choice(const char *text, void *into)
{
	*(const char **)into = text;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool tool_options_seed(const char *text, void *into)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (!is_digit(text[0]) || *end != '\0' || errno != 0) {
		return tool_report_fail("'%s' is not a whole number from 0 to 2^64-1", text);
	}
	*(unsigned long long *)into = value;
	return true;
}

bool tool_options_count(const char *text, void *into)
{
	unsigned long long value = 0;
	if (!tool_options_seed(text, &value) || value == 0 || value > 1000000000ULL) {
		return tool_report_fail("'%s' is not a whole number from 1 to 1000000000", text);
	}
	*(size_t *)into = (size_t)value;
	return true;
}

bool tool_options_bytes(const char *text, void *into)
{
	static const char letters[] = "KkMmGgTt";
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	const char *letter = *end != '\0' ? strchr(letters, *end) : NULL;
	unsigned shift = letter != NULL ? 10 * ((unsigned)(letter - letters) / 2 + 1) : 0;
	if (!is_digit(text[0]) || (letter == NULL ? *end : end[1]) != '\0' || errno != 0 || value == 0 ||
	    value > ~0ULL >> shift) {
		return tool_report_fail("'%s' is not bytes as in 4096, 64M or 2G", text);
	}
	*(unsigned long long *)into = value << shift;
	return true;
}

bool tool_options_epsilon(const char *text, void *into)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end != '\0') {
		return tool_report_fail("'%s' is not a number", text);
	}
	if (!isfinite(value) || value < 0) {
		return tool_report_fail("'%s' is not a finite number of 0 or more", text);
	}
	*(double *)into = value;
	return true;
}

bool tool_options_ddof(const char *text, void *into)
{
	bool is_one = strcmp(text, "1") == 0;
	if (!is_one && strcmp(text, "0") != 0) {
		return tool_report_fail("'%s' is not 0 or 1", text);
	}
	*(unsigned *)into = is_one;
	return true;
}

bool tool_options_outside(const char *text, void *into)
{
	static const char *const names[CLNORM_OUTSIDE_COUNT] = {"normalize", "keep", "zero"};
	for (int i = 0; i < CLNORM_OUTSIDE_COUNT; ++i) {
		if (strcmp(text, names[i]) == 0) {
			*(struct tool_outside_choice *)into = (struct tool_outside_choice){true, (clnorm_outside)i};
			return true;
		}
	}
	return tool_report_fail("'%s' is not normalize, keep or zero", text);
}

bool tool_options_dtype(const char *text, void *into)
{
	struct tool_dtype_choice *choice = into;
	if (!clnorm_dtype_parse(text, &choice->dtype)) {
		return tool_report_fail("'%s' is not f32, f16, bf16 or f64", text);
	}
	choice->is_given = true;
	return true;
}

bool tool_options_layout(const char *text, void *into)
{
	return clnorm_layout_parse(text, into) || tool_report_fail("'%s' is not nchw or nhwc", text);
}

bool tool_options_activation(const char *text, void *into)
{
	struct tool_activation_choice *choice = into;
	return clnorm_activation_parse(text, &choice->activation, &choice->slope) ||
	       tool_report_fail("'%s' is not none, relu, leaky-relu, leaky-relu:SLOPE, silu or gelu", text);
}

/* The row of the first `length` characters, or NULL with the names there are as the reason. */
static const clnorm_variant_info *find_variant(const char *text, size_t length)
{
	char names[512] = "";
	for (size_t i = 0, used = 0; i < clnorm_variant_count() && used < sizeof names; ++i) {
		const clnorm_variant_info *info = clnorm_variant_get(i);
		if (strlen(info->name) == length && strncmp(info->name, text, length) == 0) {
			return info;
		}
		used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "", info->name);
	}
	tool_report_fail("'%.*s' is no variant; there are %s", (int)(length < 200 ? length : 200), text, names);
	return NULL;
}

bool tool_options_variant(const char *text, void *into)
{
	const clnorm_variant_info *info = find_variant(text, strlen(text));
	if (info == NULL) {
		return false;
	}
	*(const char **)into = info->name;
	return true;
}

/* One "knob=value" of the variant; the library refuses what else is wrong with it, when the plan is made. */
static bool check_setting(const clnorm_variant_info *variant, const char *text, size_t length)
{
	char names[512] = "";
	for (size_t i = 0, used = 0; i < clnorm_knob_count() && used < sizeof names; ++i) {
		const clnorm_knob_info *knob = clnorm_knob_get(i);
		size_t name_length = strlen(knob->name);
		unsigned long long value = 0;
		if (!(variant->knobs >> i & 1)) {
			continue;
		}
		if (length > name_length && strncmp(text, knob->name, name_length) == 0 && text[name_length] == '=') {
			char digits[24] = "";
			snprintf(digits, sizeof digits, "%.*s", (int)(length - name_length - 1),
			         text + name_length + 1);
			return (tool_options_seed(digits, &value) && value >= knob->least && value <= knob->most) ||
			       tool_report_fail("'%.*s' is not %s=%zu to %zu", (int)length, text, knob->name,
			                        knob->least, knob->most);
		}
		used += (size_t)snprintf(names + used, sizeof names - used, "%s%s=", used > 0 ? ", " : "", knob->name);
	}
	return tool_report_fail("'%.*s' sets no knob of %s; it has %s", (int)length, text, variant->name, names);
}

bool tool_options_geometry(const char *text, void *into)
{
	size_t at = strcspn(text, " ");
	const clnorm_variant_info *variant = find_variant(text, at);
	if (variant == NULL || strlen(text) > 255) {
		return variant != NULL ? tool_report_fail("the settings are too long") : false;
	}
	while (text[at] != '\0') {
		size_t length = strcspn(text + ++at, " ");
		if (!check_setting(variant, text + at, length)) {
			return false;
		}
		at += length;
	}
	*(const char **)into = text;
	return true;
}
