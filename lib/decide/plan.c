/* plan.c: the decision: problem and device facts to a ranked list of choices; pure.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/plan.h"

#include <string.h>

#include "decide/runs.h"
#include "decide/steps.h"

/* Launches, and bytes and instances over the share of the device that has work. Only the order counts. */
static double estimate_us(const struct cln_choice *choice, const struct cln_problem *p, const struct cln_caps *caps)
{
	const struct cln_geometry *g = &choice->geometry;
	double waves = (double)((g->slabs + g->wave - 1) / g->wave);
	double launches = cln_variant_stages(choice->variant, choice->op, g)->count * waves;
	double inputs = choice->op == CLNORM_OP_BACKWARD ? 2 : 1;
	double reads = choice->op == CLNORM_OP_APPLY ? 1 : g->reads;
	double bytes = (double)cln_problem_bytes(p) * (reads * inputs + 1);
	return launches * caps->launch_us + (bytes / (caps->gbytes_s * 1e3) + g->each_us) / g->busy;
}

/* NULL where the variant can answer the problem, and then how its sets come to it; else why not. */
static const char *refusal(const struct cln_variant *v, const struct cln_problem *p, const struct cln_caps *caps,
                           clnorm_op op, struct cln_runs *runs)
{
	const char *why;
	if (!(v->info.layouts & (1u << p->layout))) {
		return "it is for another layout";
	}
	if (!(v->info.ops & op)) {
		return "it cannot do this operation";
	}
	why = cln_runs_choose(v, p, op, runs);
	struct cln_problem view = cln_runs_view(p, *runs);
	return why || !v->refuse ? why : v->refuse(&view, caps, op);
}

/* A tuned choice before the others; families of the device's kind before those of the other: a GPU's cores stand idle
 * in a one-item group, a CPU's barriers cost what loops over lanes cost (4 to 20 times slower on PoCL, and no better
 * elsewhere); then by estimates. */
static bool ranks_before(const struct cln_choice *a, const struct cln_choice *b)
{
	if (a->is_tuned != b->is_tuned) {
		return a->is_tuned;
	}
	return a->is_foreign != b->is_foreign ? b->is_foreign : a->estimate_us < b->estimate_us;
}

static void rank_insert(struct cln_ranking *ranking, const struct cln_choice *choice)
{
	size_t i = ranking->count++;
	for (; i > 0 && ranks_before(choice, &ranking->choices[i - 1]); --i) {
		ranking->choices[i] = ranking->choices[i - 1];
	}
	ranking->choices[i] = *choice;
}

/* What a choice of arithmetic may look at: with the batch-invariant flag, a batch of one. */
static struct cln_problem seen_problem(const struct cln_problem *p)
{
	struct cln_problem seen = *p;
	if (p->flags & CLNORM_BATCH_INVARIANT) {
		seen.n = p->n > 0 ? 1 : 0;
		seen.instances = seen.n * p->c;
		seen.sets = seen.n * p->groups;
		seen.elements = seen.instances * p->s;
		seen.params = p->params < seen.instances ? p->params : seen.instances;
	}
	return seen;
}

/* What the caller and the records ask for. */
struct wish {
	const char *forced;             /* NULL, or as the caller wrote it */
	const struct cln_variant *only; /* NULL without */
	bool has_settings;
	struct cln_knobs knobs;        /* of `only` */
	const struct cln_tuned *tuned; /* NULL, or the record's entry for the problem */
};

static clnorm_status wish_init(struct wish *wish, const char *forced)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text why_not = {0};
	*wish = (struct wish){.forced = forced, .knobs = cln_knobs_usual()};
	if (forced) {
		wish->has_settings = strchr(forced, ' ') != NULL;
		if (!cln_tuning_choice_parse(forced, &wish->only, &wish->knobs, &why_not)) {
			st = cln_fail(wish->has_settings ? CLNORM_BAD_ARGUMENT : CLNORM_UNSUPPORTED, "%s",
			              cln_text_chars(&why_not));
		}
	}
	cln_text_clear(&why_not);
	return st;
}

/* The geometry for a problem, as its slabs make it look; and that look. */
static struct cln_problem lay_out_one(struct cln_choice *choice, const struct cln_knobs *knobs,
                                      const struct cln_problem *problem, const struct cln_caps *caps)
{
	struct cln_geometry *g = &choice->geometry;
	struct cln_runs runs = g->runs;
	struct cln_problem view = cln_runs_view(problem, runs);
	*g = (struct cln_geometry){.runs = runs};
	choice->variant->lay_out(&view, caps, knobs, choice->op, g);
	g->strided = problem->is_strided;
	g->constant = choice->op == CLNORM_OP_BACKWARD && (problem->flags & CLNORM_CONSTANT_STATISTICS) != 0;
	g->running = (problem->flags & CLNORM_RUNNING_STATISTICS) != 0;
	g->running = g->running && (choice->op != CLNORM_OP_BACKWARD || g->constant);
	g->skip = choice->op != CLNORM_OP_BACKWARD && (problem->flags & CLNORM_SKIP_SUM) != 0;
	g->valid = cln_problem_looks_at_valid(problem, choice->op);
	g->ahead = g->ahead && !g->strided;
	g->by_unit = cln_runs_add_up(choice->variant, problem, choice->op, g);
	cln_runs_align(choice->variant, problem, g);
	return view;
}

/* What comes of the settings. NULL, or why there is no such choice. */
static const char *lay_out(struct cln_choice *choice, const struct cln_knobs *knobs, const struct cln_problem *problem,
                           const struct cln_problem *seen, const struct cln_caps *caps)
{
	lay_out_one(choice, knobs, seen, caps);
	choice->estimate_us = estimate_us(choice, seen, caps);
	struct cln_problem view = lay_out_one(choice, knobs, problem, caps);
	choice->geometry.lanewise = caps->lanewise;
	return cln_steps_fit(choice->variant, &view, caps, &choice->geometry);
}

/* The choice of one row: its settings and what comes of them. NULL, or why there is none. */
static const char *choice_of(const struct cln_variant *variant, struct cln_runs runs, const struct wish *wish,
                             const struct cln_problem *problem, const struct cln_problem *seen,
                             const struct cln_caps *caps, clnorm_op op, struct cln_choice *out)
{
	struct cln_choice choice = {
		.variant = variant, .op = op, .is_foreign = variant->family->cpu != caps->cpu, .geometry.runs = runs};
	const char *why = NULL;
	const struct cln_knobs usual = cln_knobs_usual(), *knobs = &usual;

	if (problem->elements == 0) {
		choice.geometry = (struct cln_geometry){
			.group = 1, .groups = 1, .vector = 4, .wave = 1, .set_slabs = 1, .set_count = 1};
		*out = choice;
		return NULL;
	}
	if (wish->has_settings) {
		knobs = &wish->knobs;
	} else if (wish->tuned && wish->tuned->variant == variant) {
		knobs = &wish->tuned->knobs;
		choice.is_tuned = true;
	}
	why = lay_out(&choice, knobs, problem, seen, caps);
	if (why && choice.is_tuned) {
		choice.is_tuned = false;
		why = lay_out(&choice, &usual, problem, seen, caps);
	}
	*out = choice;
	return why;
}

clnorm_status cln_plan_choose(const struct cln_problem *problem, const struct cln_caps *caps, clnorm_op op,
                              const char *forced, const struct cln_tuning *tuning, struct cln_ranking *out)
{
	clnorm_status st = CLNORM_OK;
	struct cln_ranking ranking = {0};
	struct cln_problem seen = seen_problem(problem);
	struct wish wish;
	const char *why = "";

	CLN_TRY(wish_init(&wish, forced));
	wish.tuned = tuning ? cln_tuning_find(tuning, &seen, op) : NULL;
	for (size_t i = 0; i < CLN_VARIANT_COUNT; ++i) {
		const struct cln_variant *variant = cln_variants[i];
		if (wish.only && wish.only != variant) {
			continue;
		}
		struct cln_choice choice;
		struct cln_runs runs;
		why = refusal(variant, problem, caps, op, &runs);
		why = why ? why : choice_of(variant, runs, &wish, problem, &seen, caps, op, &choice);
		if (!why) {
			rank_insert(&ranking, &choice);
		}
	}
	if (ranking.count == 0) {
		st = forced ? cln_fail(CLNORM_UNSUPPORTED, "variant %s does not apply: %s", wish.only->info.name, why)
		            : cln_fail(CLNORM_UNSUPPORTED, "no variant can do this on the device");
	} else {
		*out = ranking;
	}
done:
	return st;
}

/* Pieces begin at multiples of 16 numbers, so that vectors of them are aligned. */
static size_t place_piece(size_t *end, size_t numbers)
{
	size_t start = *end;
	*end = (start + numbers + 15) / 16 * 16;
	return start;
}

size_t cln_choice_totals(const struct cln_choice *choice, const struct cln_problem *problem)
{
	const struct cln_geometry *g = &choice->geometry;
	return g->by_unit ? g->groups * g->group * problem->c : problem->instances;
}

struct cln_scratch cln_choice_scratch(const struct cln_choice *choice, const struct cln_problem *problem)
{
	struct cln_scratch scratch = {0};
	size_t end = 0;
	size_t cut = choice->geometry.runs.kind == CLN_RUNS_WHOLE ? problem->sets : problem->instances;
	size_t kept = choice->geometry.running ? problem->sets : 0;
	bool forward = choice->op == CLNORM_OP_FORWARD, cuts = choice->variant->split && choice->op != CLNORM_OP_APPLY;
	size_t records = cuts ? cut * choice->geometry.chunks : 0;

	scratch.moments = place_piece(&end, forward ? kept * CLNORM_MOMENTS_WIDTH : 0);
	scratch.parts = place_piece(&end, (!forward && kept > records ? kept : records) * CLNORM_MOMENTS_WIDTH);
	if (choice->op == CLNORM_OP_BACKWARD) {
		scratch.sums = place_piece(&end, records * 4);
		size_t kinds = choice->geometry.by_unit ? 4 : 2;
		scratch.totals = place_piece(&end, cln_choice_totals(choice, problem) * kinds);
	}
	scratch.bytes = end * cln_problem_statistic_bytes(problem);
	return scratch;
}

/* What sets are: their runs, and which of their elements count. */
static void add_sets(const struct cln_choice *choice, const struct cln_problem *problem, struct cln_text *text)
{
	const struct cln_geometry *g = &choice->geometry;
	if (g->runs.kind != CLN_RUNS_ONE) {
		cln_text_add(text, " -DRUNS=%u", (unsigned)g->runs.kind);
	}
	if (g->runs.lookup != CLN_LOOKUP_NONE) {
		cln_text_add(text, " -DLOOKUP=%u", (unsigned)g->runs.lookup);
	}
	if (g->valid) {
		cln_text_add(text, " -DVALID=%u -DOUTSIDE=%u", (unsigned)problem->valid, (unsigned)problem->outside);
		if (problem->valid == CLNORM_VALID_MASK && problem->mask.channel == 1 && problem->mask.element > 1) {
			cln_text_add(text, " -DMASK_LANES=1");
		}
	}
	if (cln_problem_has_deviation(problem)) {
		cln_text_add(text, " -DDEVIATION=1");
	}
	if (g->skip) {
		cln_text_add(text, " -DSKIP=%d", choice->op == CLNORM_OP_APPLY ? 2 : 1);
	}
}

void cln_choice_options(const struct cln_choice *choice, const struct cln_problem *problem, struct cln_text *text)
{
	const struct cln_geometry *g = &choice->geometry;
	const struct {
		const char *name;
		bool is_set;
	} flags[] = {
		{"LOOSE", g->loose},     {"LANEWISE", g->lanewise}, {"NONTEMPORAL", g->nontemporal},
		{"ONCE", g->once},       {"AHEAD", g->ahead},       {"OWNED", g->owned},
		{"STRIDED", g->strided}, {"BY_UNIT", g->by_unit},   {"CONSTANT", g->constant},
	};

	cln_text_add(text, "-cl-std=CL1.2 -D%s -D%s -DV=%u -DGROUP=%u", cln_dtype_facts(problem->dtype)->macro,
	             cln_activation_facts(problem->activation)->macro, g->vector, g->group);
	if (choice->variant->family->lanes) {
		cln_text_add(text, " -DLANE=ACCV");
	}
	if (g->team > 0) {
		cln_text_add(text, " -DTEAM=%u -DITEMS=%u", g->team, g->items);
	} else if (g->items > 0) {
		cln_text_add(text, " -DKEPT=%u", g->items);
	}
	if (g->tile > 0) {
		cln_text_add(text, " -DTILE=%u", g->tile);
	}
	if (g->columns > 0) {
		cln_text_add(text, " -DCOLUMNS=%u", g->columns);
	}
	if (g->even) {
		cln_text_add(text, " -DEVEN=1");
	}
	if (g->block > 0) {
		cln_text_add(text, " -DBLOCK=%u", g->block);
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); ++i) {
		if (flags[i].is_set) {
			cln_text_add(text, " -D%s=1", flags[i].name);
		}
	}
	add_sets(choice, problem, text);
}

void cln_choice_explain(const struct cln_choice *choice, struct cln_text *text)
{
	const struct cln_geometry *g = &choice->geometry;

	cln_text_add(text, "%s: %zu groups of %u, vectors of %u", choice->variant->info.name, g->groups, g->group,
	             g->vector);
	if (g->team > 0) {
		cln_text_add(text, ", teams of %u keeping %u vectors each", g->team, g->items);
	}
	if (g->columns > 0) {
		cln_text_add(text, ", %u side by side", g->columns);
	}
	if (g->chunks > 1) {
		cln_text_add(text, ", %u chunks of %zu an instance", g->chunks, g->chunk);
	}
	if (g->wave < g->slabs) {
		cln_text_add(text, ", waves of %zu", g->wave);
	}
	if (g->nontemporal) {
		cln_text_add(text, ", non-temporal stores%s", g->ahead ? " while the next instance is fetched" : "");
	}
	if (g->owned) {
		cln_text_add(text, ", dgamma and dbeta in the same launch");
	}
	if (choice->is_tuned) {
		cln_text_add(text, ", tuned");
	}
	cln_text_add(text, "; x read %.1f times, %.0f%% of the device busy, about %.0f us", g->reads, 100 * g->busy,
	             choice->estimate_us);
}
