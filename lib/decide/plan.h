/* plan.h: the decision: problem and device facts to a ranked list of choices; pure.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_PLAN_H
#define CLN_PLAN_H

#include "base/text.h"
#include "decide/tuning.h"

/* One way to answer the problem: a variant and how it is laid out. */
struct cln_choice {
	const struct cln_variant *variant;
	clnorm_op op;
	struct cln_geometry geometry;
	double estimate_us; /* what the ranking goes by */
	bool is_tuned;      /* the settings of a tuning record; ranks before all others */
	bool is_foreign;    /* its family is for the other kind of device; ranks behind all others */
};

struct cln_ranking {
	struct cln_choice choices[CLN_VARIANT_COUNT];
	size_t count; /* best first; at least 1 after success */
};

/* Ranks the variants that can do `op`. forced: NULL, or the one name to consider, perhaps with settings of its knobs.
 * tuning: NULL, or records; the problem's entry, where it applies, comes first, or has its settings taken where its
 * variant is forced without any.
 * CLNORM_UNSUPPORTED: nothing applies; with a forced name the text says why. CLNORM_BAD_ARGUMENT: its settings. */
CLN_CHECKED clnorm_status cln_plan_choose(const struct cln_problem *problem, const struct cln_caps *caps, clnorm_op op,
                                          const char *forced, const struct cln_tuning *tuning, struct cln_ranking *out);

/* Where a call's scratch lies in its workspace, in numbers of the statistics type; and all of it in bytes. */
struct cln_scratch {
	size_t moments, parts, sums, totals;
	size_t bytes;
};

/* Numbers of a kind in totals: of each run, or of each channel and unit where units add up what their slabs contribute.
 * Two kinds, sum(g) and sum(g*xhat); and where units add up, what the rounding of each took away. */
size_t cln_choice_totals(const struct cln_choice *choice, const struct cln_problem *problem);

/* moments: of sets, for running statistics; parts: moments of chunks, or what running statistics are as such; sums:
 * backward sums of chunks; totals: as above. What is not needed takes no room. */
struct cln_scratch cln_choice_scratch(const struct cln_choice *choice, const struct cln_problem *problem);

/* Appends the compiler options that specialise a choice's kernels; one line that says what and why. */
void cln_choice_options(const struct cln_choice *choice, const struct cln_problem *problem, struct cln_text *text);
void cln_choice_explain(const struct cln_choice *choice, struct cln_text *text);

#endif
