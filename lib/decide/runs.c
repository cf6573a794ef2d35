/* runs.c: how the runs of a set come to the kernels of a variant, and what the problem is to its geometry; pure.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sets whose runs lie one behind the other are slabs, where a unit can take run by run, or its work-items can look up
 * the parameters of each element. Else slabs are runs, as in instance norm, and stages of their own bring together what
 * the runs of a set have. */
#include "decide/runs.h"

/* Elements of a run that positions in it are counted in 32 bits for. */
#define LONGEST_RUN 0x7fffffff

const char *cln_runs_choose(const struct cln_variant *variant, const struct cln_problem *p, clnorm_op op,
                            struct cln_runs *runs)
{
	const struct cln_family *family = variant->family;
	bool one_element = p->s == 1;

	*runs = (struct cln_runs){CLN_RUNS_ONE, CLN_LOOKUP_NONE};
	if (p->runs == 1) {
		return NULL;
	}
	if (cln_problem_has_whole_sets(p) && !family->lanes) {
		if (one_element) {
			*runs = (struct cln_runs){CLN_RUNS_WHOLE, CLN_LOOKUP_ELEMENT};
			return NULL;
		}
		if (family->looks_up && op != CLNORM_OP_BACKWARD && p->s <= LONGEST_RUN) {
			*runs = (struct cln_runs){CLN_RUNS_WHOLE, CLN_LOOKUP_RUN};
			return NULL;
		}
		if (!family->looks_up && !variant->split) {
			*runs = (struct cln_runs){CLN_RUNS_WHOLE, CLN_LOOKUP_NONE};
			return NULL;
		}
	}
	*runs = (struct cln_runs){CLN_RUNS_APART, CLN_LOOKUP_NONE};
	return variant->split ? NULL : "a set has several runs, which its work-items cannot take together";
}

struct cln_problem cln_runs_view(const struct cln_problem *p, struct cln_runs runs)
{
	struct cln_problem view = *p;
	if (runs.kind == CLN_RUNS_WHOLE) {
		view.c = p->groups;
		view.s = p->runs * p->s;
		view.instances = p->sets;
		view.seen_instances = p->seen_instances / p->runs;
		view.params = 0; /* nobody has all slabs of a parameter */
	}
	return view;
}

bool cln_runs_add_up(const struct cln_variant *variant, const struct cln_problem *p, clnorm_op op,
                     const struct cln_geometry *g)
{
	bool one_item = variant->family->cpu && !variant->family->lanes && !variant->split;
	size_t units = g->groups * g->group;
	return op == CLNORM_OP_BACKWARD && one_item && g->runs.lookup == CLN_LOOKUP_ELEMENT && p->groups == 1 &&
	       p->params == p->c && 2 * units <= p->n;
}

void cln_runs_align(const struct cln_variant *variant, const struct cln_problem *p, struct cln_geometry *g)
{
	g->set_slabs = g->set_count = 1;
	if (g->runs.kind != CLN_RUNS_APART) {
		return;
	}
	g->set_slabs = variant->family->lanes ? g->slabs / p->n : p->runs;
	g->set_count = variant->family->lanes ? p->groups : 1;
	g->wave = (g->wave + g->set_slabs - 1) / g->set_slabs * g->set_slabs;
	if (g->once) {
		g->groups = g->wave * g->chunks;
	}
}
