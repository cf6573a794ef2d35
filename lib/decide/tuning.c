/* tuning.c: what was measured to be best for single shapes on one device: kept, and looked up.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/tuning.h"

#include <stdlib.h>
#include <string.h>

void cln_tuning_clear(struct cln_tuning *tuning)
{
	free(tuning->entries);
	*tuning = (struct cln_tuning){0};
}

static int compare(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* The order of entries: by what they are for. */
static int compare_entries(const struct cln_tuned *a, const struct cln_tuned *b)
{
	const size_t of_a[] = {a->op, a->dtype, a->layout, a->n, a->c, a->s, a->groups};
	const size_t of_b[] = {b->op, b->dtype, b->layout, b->n, b->c, b->s, b->groups};
	int order = 0;
	for (size_t i = 0; i < sizeof(of_a) / sizeof(of_a[0]) && order == 0; ++i) {
		order = compare(of_a[i], of_b[i]);
	}
	return order;
}

/* The first entry that does not come before. */
static size_t place_of(const struct cln_tuning *tuning, const struct cln_tuned *entry)
{
	size_t from = 0, to = tuning->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (compare_entries(&tuning->entries[middle], entry) < 0) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	return from;
}

bool cln_tuning_put(struct cln_tuning *tuning, const struct cln_tuned *entry)
{
	size_t at = place_of(tuning, entry);
	struct cln_tuned *entries;
	if (at < tuning->count && compare_entries(&tuning->entries[at], entry) == 0) {
		tuning->entries[at] = *entry;
		return true;
	}
	if (tuning->count >= CLN_TUNING_ENTRIES) {
		return false;
	}
	entries = realloc(tuning->entries, (tuning->count + 1) * sizeof(*entries));
	if (!entries) {
		return false;
	}
	memmove(entries + at + 1, entries + at, (tuning->count - at) * sizeof(*entries));
	entries[at] = *entry;
	tuning->entries = entries;
	++tuning->count;
	return true;
}

bool cln_tuning_merge(struct cln_tuning *tuning, const struct cln_tuning *from)
{
	struct cln_tuning both = {0};
	bool is_done = true;
	for (size_t i = 0; i < tuning->count && is_done; ++i) {
		is_done = cln_tuning_put(&both, &tuning->entries[i]);
	}
	for (size_t i = 0; i < from->count && is_done; ++i) {
		is_done = cln_tuning_put(&both, &from->entries[i]);
	}
	if (is_done) {
		cln_tuning_clear(tuning);
		*tuning = both;
	} else {
		cln_tuning_clear(&both);
	}
	return is_done;
}

const struct cln_tuned *cln_tuning_find(const struct cln_tuning *tuning, const struct cln_problem *seen, clnorm_op op)
{
	struct cln_tuned wanted = {.op = op,
	                           .dtype = seen->dtype,
	                           .layout = seen->layout,
	                           .n = seen->n,
	                           .c = seen->c,
	                           .s = seen->s,
	                           .groups = seen->groups};
	size_t at = place_of(tuning, &wanted);
	return at < tuning->count && compare_entries(&tuning->entries[at], &wanted) == 0 ? &tuning->entries[at] : NULL;
}

bool cln_tuning_choice_parse(const char *chars, const struct cln_variant **variant, struct cln_knobs *knobs,
                             struct cln_text *why_not)
{
	char name[32] = "";
	size_t length = strcspn(chars, " ");
	const struct cln_variant *found = NULL;
	const char *fault;
	if (length < sizeof(name)) {
		memcpy(name, chars, length);
		found = cln_variant_find(name);
	}
	if (!found) {
		cln_text_add(why_not, "there is no variant named %.*s", length < 64 ? (int)length : 64, chars);
		return false;
	}
	if (!cln_knobs_parse(chars[length] == ' ' ? chars + length + 1 : "", found->info.knobs, knobs, &fault)) {
		cln_text_add(why_not, "%.160s: %s", chars, fault);
		return false;
	}
	*variant = found;
	return true;
}
