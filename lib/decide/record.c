/* record.c: tuning records as text: written, and read with every byte in doubt.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "base/number.h"
#include "base/types.h"
#include "decide/tuning.h"

#define FIRST_LINE "clnorm-tuning 2"
#define FIRST_LINE_WITHOUT_GROUPS "clnorm-tuning 1"
#define DIGEST_DIGITS 16

static const struct {
	const char *name;
	clnorm_op op;
} op_names[] = {{"forward", CLNORM_OP_FORWARD}, {"apply", CLNORM_OP_APPLY}, {"backward", CLNORM_OP_BACKWARD}};

#define OPS (sizeof(op_names) / sizeof(op_names[0]))

static uint64_t digest_of(const char *chars, size_t length)
{
	uint64_t digest = 0xcbf29ce484222325u;
	for (size_t i = 0; i < length; ++i) {
		digest = (digest ^ (unsigned char)chars[i]) * 0x100000001b3u;
	}
	return digest;
}

/* ---- Identity ----------------------------------------------------------------------------------------------- */

#define FACTS 6

/* One line of the head: its word, and what stands behind it. */
struct fact {
	const char *word;
	char value[160];
};

static void fact_set(struct fact *fact, const char *word, const char *value)
{
	fact->word = word;
	snprintf(fact->value, sizeof(fact->value), "%.150s", value);
	for (char *p = fact->value; *p; ++p) {
		*p = (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p;
	}
}

static void list_facts(const struct cln_identity *identity, struct fact facts[FACTS])
{
	char units[16];
	snprintf(units, sizeof(units), "%u", identity->units);
	fact_set(&facts[0], "clnorm", identity->version);
	fact_set(&facts[1], "sources", identity->sources);
	fact_set(&facts[2], "platform", identity->platform);
	fact_set(&facts[3], "device", identity->device);
	fact_set(&facts[4], "driver", identity->driver);
	fact_set(&facts[5], "units", units);
}

/* ---- Writing ------------------------------------------------------------------------------------------------ */

static const char *op_name(clnorm_op op)
{
	size_t i = 0;
	while (i < OPS - 1 && op_names[i].op != op) {
		++i;
	}
	return op_names[i].name;
}

static void print_entry(const struct cln_tuned *entry, struct cln_text *text)
{
	char usual[CLN_NUMBER_BYTES], tuned[CLN_NUMBER_BYTES];
	cln_text_add(text, "entry %s %s %s %zu %zu %zu %zu %s %s %s", op_name(entry->op),
	             cln_dtype_facts(entry->dtype)->name, clnorm_layout_name(entry->layout), entry->n, entry->c,
	             entry->s, entry->groups, cln_number_print(usual, entry->usual_us, 5),
	             cln_number_print(tuned, entry->tuned_us, 5), entry->variant->info.name);
	cln_knobs_print(&entry->knobs, text);
	cln_text_add(text, "\n");
}

void cln_tuning_print(const struct cln_tuning *tuning, const struct cln_identity *identity, struct cln_text *text)
{
	struct fact facts[FACTS];
	size_t start = text->length;
	list_facts(identity, facts);
	cln_text_add(text, FIRST_LINE "\n");
	for (size_t i = 0; i < FACTS; ++i) {
		cln_text_add(text, "%s %s\n", facts[i].word, facts[i].value);
	}
	cln_text_add(text, "# entry: op, dtype, layout, N, C, elements of an instance, groups, microseconds by default "
	                   "and tuned, variant, settings\n");
	for (size_t i = 0; i < tuning->count; ++i) {
		print_entry(&tuning->entries[i], text);
	}
	if (!text->failed) {
		uint64_t digest = digest_of(text->chars + start, text->length - start);
		cln_text_add(text, "end %zu %016llx\n", tuning->count, (unsigned long long)digest);
	}
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

struct reader {
	const char *chars;
	size_t length, at; /* all bytes; the next line's first */
	size_t line_start, number;
	bool has_groups;                /* in its entries */
	char line[CLN_TUNING_LINE + 1]; /* without its end */
	struct cln_text *why_not;
};

static bool broken(struct reader *reader, const char *why)
{
	cln_text_add(reader->why_not, "line %zu: %s", reader->number, why);
	return false;
}

/* The next line that is not a remark. */
static bool next_line(struct reader *reader)
{
	do {
		const char *start = reader->chars + reader->at;
		size_t left = reader->length - reader->at;
		const char *end = memchr(start, '\n', left);
		size_t length = end ? (size_t)(end - start) : left;
		++reader->number;
		if (!end) {
			return broken(reader, left > 0 ? "it has no end" : "the record is cut off: no end line");
		}
		if (length > CLN_TUNING_LINE) {
			return broken(reader, "it is too long");
		}
		for (size_t i = 0; i < length; ++i) {
			if ((unsigned char)start[i] < ' ' || start[i] == 0x7f) {
				return broken(reader, "it is not text");
			}
		}
		memcpy(reader->line, start, length);
		reader->line[length] = '\0';
		reader->line_start = reader->at;
		reader->at += length + 1;
	} while (reader->line[0] == '#');
	return true;
}

/* Cuts the next word off *rest; "" where none is left. */
static const char *next_word(char **rest)
{
	char *word = *rest, *blank = strchr(word, ' ');
	*rest = blank ? blank + 1 : word + strlen(word);
	if (blank) {
		*blank = '\0';
	}
	return word;
}

/* A whole number from 1 (or 0) to the largest size, without a leading zero. */
static bool parse_size(const char *word, size_t least, size_t *out)
{
	size_t value = 0;
	if (word[0] == '\0' || (word[0] == '0' && word[1] != '\0')) {
		return false;
	}
	for (; *word; ++word) {
		size_t digit = (size_t)(*word - '0');
		if (*word < '0' || *word > '9' || value > (SIZE_MAX - digit) / 10) {
			return false;
		}
		value = value * 10 + digit;
	}
	*out = value;
	return value >= least;
}

static bool parse_us(const char *word, double *out)
{
	return cln_number_parse(word, out) && *out >= 0;
}

static bool parse_op(const char *word, clnorm_op *op)
{
	for (size_t i = 0; i < OPS; ++i) {
		if (strcmp(op_names[i].name, word) == 0) {
			*op = op_names[i].op;
			return true;
		}
	}
	return false;
}

/* "N C S" and, where the record has them, the groups. */
static bool parse_shape(struct reader *reader, char **rest, struct cln_tuned *entry)
{
	if (!parse_size(next_word(rest), 1, &entry->n) || !parse_size(next_word(rest), 1, &entry->c) ||
	    !parse_size(next_word(rest), 1, &entry->s)) {
		return broken(reader, "a shape is not three whole numbers of 1 or more");
	}
	entry->groups = entry->c;
	if (reader->has_groups && (!parse_size(next_word(rest), 1, &entry->groups) || entry->c % entry->groups != 0)) {
		return broken(reader, "groups is not a whole number that divides C");
	}
	return true;
}

static bool parse_entry(struct reader *reader, char *rest, struct cln_tuned *entry)
{
	entry->knobs = cln_knobs_usual();
	if (!parse_op(next_word(&rest), &entry->op) || !clnorm_dtype_parse(next_word(&rest), &entry->dtype) ||
	    !clnorm_layout_parse(next_word(&rest), &entry->layout)) {
		return broken(reader, "an op, dtype or layout is unknown");
	}
	if (!parse_shape(reader, &rest, entry)) {
		return false;
	}
	if (!parse_us(next_word(&rest), &entry->usual_us) || !parse_us(next_word(&rest), &entry->tuned_us)) {
		return broken(reader, "a time is not a number of microseconds");
	}
	cln_text_add(reader->why_not, "line %zu: ", reader->number);
	if (!cln_tuning_choice_parse(rest, &entry->variant, &entry->knobs, reader->why_not)) {
		return false;
	}
	cln_text_clear(reader->why_not);
	if (!(entry->variant->info.ops & entry->op) || !(entry->variant->info.layouts & (1u << entry->layout))) {
		return broken(reader, "the variant cannot do this operation in this layout");
	}
	return true;
}

/* The head, which must be of this library and device. */
static bool parse_facts(struct reader *reader, const struct cln_identity *identity)
{
	struct fact facts[FACTS];
	list_facts(identity, facts);
	if (!next_line(reader)) {
		return false;
	}
	reader->has_groups = strcmp(reader->line, FIRST_LINE) == 0;
	if (!reader->has_groups && strcmp(reader->line, FIRST_LINE_WITHOUT_GROUPS) != 0) {
		return broken(reader, "it is neither " FIRST_LINE " nor " FIRST_LINE_WITHOUT_GROUPS);
	}
	for (size_t i = 0; i < FACTS; ++i) {
		char *rest = reader->line;
		if (!next_line(reader)) {
			return false;
		}
		if (strcmp(next_word(&rest), facts[i].word) != 0) {
			return broken(reader, "a line of the head is missing");
		}
		if (strcmp(rest, facts[i].value) != 0) {
			cln_text_add(reader->why_not, "it is for %s %.150s; this is %s", facts[i].word, rest,
			             facts[i].value);
			return false;
		}
	}
	return true;
}

/* "end ENTRIES [DIGEST]", and nothing behind it. */
static bool parse_end(struct reader *reader, char *rest, size_t entries)
{
	char digest[DIGEST_DIGITS + 1];
	size_t said = 0;
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)digest_of(reader->chars, reader->line_start));
	if (!parse_size(next_word(&rest), 0, &said) || said != entries) {
		return broken(reader, "it does not have as many entries as it says");
	}
	if (rest[0] != '\0' && strcmp(rest, digest) != 0) {
		return broken(reader, "the record is damaged: its digest is another");
	}
	if (reader->at != reader->length) {
		return broken(reader, "something follows the end");
	}
	return true;
}

static bool parse_all(struct reader *reader, const struct cln_identity *identity, struct cln_tuning *made)
{
	if (!parse_facts(reader, identity)) {
		return false;
	}
	for (size_t entries = 0; next_line(reader); ++entries) {
		char *rest = reader->line;
		struct cln_tuned entry;
		const char *word = next_word(&rest);
		if (strcmp(word, "end") == 0) {
			return parse_end(reader, rest, entries);
		}
		if (strcmp(word, "entry") != 0) {
			return broken(reader, "it begins with an unknown word");
		}
		if (!parse_entry(reader, rest, &entry)) {
			return false;
		}
		if (!cln_tuning_put(made, &entry)) {
			return broken(reader, "there are too many entries, or there is no memory for them");
		}
	}
	return false;
}

bool cln_tuning_parse(struct cln_tuning *tuning, const char *chars, size_t length, const struct cln_identity *identity,
                      struct cln_text *why_not)
{
	struct cln_tuning made = {0};
	struct cln_text reason = {0};
	struct reader reader = {.chars = chars, .length = length, .why_not = &reason};
	bool is_done = parse_all(&reader, identity, &made);
	if (is_done && !cln_tuning_merge(tuning, &made)) {
		cln_text_add(&reason, "there are too many entries, or there is no memory for them");
		is_done = false;
	}
	cln_text_add(why_not, "%s", is_done ? "" : cln_text_chars(&reason));
	cln_text_clear(&reason);
	cln_tuning_clear(&made);
	return is_done;
}
