/* tuning.h: what was measured to be best for single shapes on one device: kept, looked up, written as text and read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A record is lines of text, each a word and its values with single blanks between:
 *
 *     clnorm-tuning 2
 *     clnorm VERSION             sources DIGEST        platform, device, driver NAME        units COUNT
 *     entry OP DTYPE LAYOUT N C S GROUPS USUAL_US TUNED_US VARIANT [KNOB=VALUE]...
 *     end ENTRIES [DIGEST]
 *
 * GROUPS are the sets of a sample, C in instance norm. Records of clnorm-tuning 1 are read too: their entries have no
 * groups, and are of instance norm. Lines that begin with # are passed over. The digest is an FNV-1a sum of all bytes
 * before the end line: against accidents, as nothing that a record can say makes a result wrong; who edits one takes it
 * away.
 *
 * An entry counts for its own shape and groups alone. A neighbour's numbers are no better than the defaults there: what
 * a chunk or a wave should be turns on how instances, cores and caches divide, which a single element can change. */
#ifndef CLN_TUNING_H
#define CLN_TUNING_H

#include "decide/variants.h"

/* More than these, or a longer line, is no record of ours. */
#define CLN_TUNING_ENTRIES 2048
#define CLN_TUNING_BYTES ((size_t)1 << 20)
#define CLN_TUNING_LINE 512

/* What a record depends on. Characters below blank count as '?'. */
struct cln_identity {
	const char *version, *sources; /* of the library */
	const char *platform, *device, *driver;
	unsigned units; /* compute units: a part of a CPU is another device */
};

/* The answer for one shape. */
struct cln_tuned {
	clnorm_op op;
	clnorm_dtype dtype;
	clnorm_layout layout;
	size_t n, c, s, groups;
	const struct cln_variant *variant;
	struct cln_knobs knobs;
	double usual_us, tuned_us; /* medians of the default choice and of this one, measured in turns */
};

/* Starts empty. Entries are sorted by what they are for, and no two are for the same. */
struct cln_tuning {
	struct cln_tuned *entries;
	size_t count;
};

void cln_tuning_clear(struct cln_tuning *tuning);

/* Adds an entry, in the place of one for the same; false where memory or the limit of entries is at its end. */
bool cln_tuning_put(struct cln_tuning *tuning, const struct cln_tuned *entry);
/* Puts all entries of `from`, all or none. */
bool cln_tuning_merge(struct cln_tuning *tuning, const struct cln_tuning *from);

/* The entry for a problem, or NULL; `seen` as the planner sees it: a batch-invariant plan takes the entry of N = 1. */
const struct cln_tuned *cln_tuning_find(const struct cln_tuning *tuning, const struct cln_problem *seen, clnorm_op op);

/* "rows-split units=8": the row and, over *knobs, its settings. False with the reason appended to why_not. */
bool cln_tuning_choice_parse(const char *chars, const struct cln_variant **variant, struct cln_knobs *knobs,
                             struct cln_text *why_not);

/* Merges a record's entries, all or none. False with the reason appended to why_not: broken, of another version or
 * device, too large. Any bytes may be given. */
bool cln_tuning_parse(struct cln_tuning *tuning, const char *chars, size_t length, const struct cln_identity *identity,
                      struct cln_text *why_not);

/* Appends the record. */
void cln_tuning_print(const struct cln_tuning *tuning, const struct cln_identity *identity, struct cln_text *text);

#endif
