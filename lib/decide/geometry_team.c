/* geometry_team.c: pack, resident: a team keeps an instance in its registers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/steps.h"
#include "decide/unit_workgroup.h"

/* Vectors of 16 bytes that a work-item keeps: 8 are 32 registers, which leaves two or more groups a compute unit. The
 * backward pass keeps x and g, and so half as many of each. */
#define MOST_ITEMS 8
/* Groups are of whole warps: 32 work-items, or halves of a wavefront. */
#define WARP 32
/* Largest instance that shares its work-group with others. */
#define PACK_ELEMENTS 1024
/* Teams of more than a warp wait for each other at barriers: 0.75 of the copy speed where a group each gave 0.84 (1024
 * elements, on an H200). */
#define PACK_SHARE 0.9

static unsigned most_items(clnorm_op op)
{
	return op == CLNORM_OP_BACKWARD ? MOST_ITEMS / 2 : MOST_ITEMS;
}

/* The same of teams, each of one work-item at least. */
static unsigned teams_limit(const struct cln_problem *p, const struct cln_caps *caps, unsigned wanted)
{
	size_t by_local = cln_workgroup_local_room(p, caps) / (CLN_WORKGROUP_TREE + CLN_WORKGROUP_TOTALS);
	return (unsigned)most(least(least(caps->max_group, wanted), by_local), 1);
}

/* The least power of two that is enough, within a limit. */
static unsigned power_of_two(size_t enough, unsigned limit)
{
	unsigned p = 1;
	while (p < enough && p <= limit / 2) {
		p *= 2;
	}
	return p;
}

CLN_REFUSE(pack)
{
	size_t held = (size_t)teams_limit(p, caps, CLN_WORKGROUP_USUAL) * most_items(op) * cln_workgroup_vector(p);
	return p->s <= least(PACK_ELEMENTS, held) ? NULL : "an instance is too large to share a work-group";
}

CLN_REFUSE(resident)
{
	size_t held = (size_t)cln_workgroup_register_limit(p, caps, op) * most_items(op) * cln_workgroup_vector(p);
	return p->s <= held ? NULL : "an instance does not fit the registers of a work-group";
}

static void lay_out_team(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op, struct cln_geometry *g)
{
	size_t vectors = cln_ceil_div(p->s, g->vector);
	g->items = (unsigned)cln_ceil_div(vectors, g->team);
	g->slabs = g->wave = p->instances;
	g->chunks = 1;
	g->chunk = p->s;
	g->groups = cln_ceil_div(p->instances, g->group / g->team);
	g->once = true;
	g->owned = cln_workgroup_is_owned(p, op);
	g->reads = 1;
	g->busy = cln_workgroup_busy(caps, g, (double)cln_read_bytes(p, op) / g->team);
}

CLN_LAY_OUT(pack)
{
	unsigned limit =
		power_of_two((size_t)-1, teams_limit(p, caps, cln_wish(knobs, CLN_GROUP, CLN_WORKGROUP_USUAL)));
	size_t items = least(cln_wish(knobs, CLN_ITEMS, most_items(op) / 2), most_items(op));
	g->vector = cln_workgroup_vector(p);
	if (cln_ceil_div(p->s, (size_t)limit * g->vector) > most_items(op)) {
		limit = power_of_two((size_t)-1,
		                     teams_limit(p, caps, CLN_WORKGROUP_USUAL)); /* the set group has no room */
	}
	g->group = limit;
	g->team = power_of_two(cln_ceil_div(p->s, items * g->vector), limit);
	lay_out_team(p, caps, op, g);
	if (g->team > WARP) {
		g->busy *= PACK_SHARE;
	}
}

/* Whole warps, with the usual vectors each; with more of them where the group then fits a unit twice. */
static size_t resident_group(const struct cln_problem *p, const struct cln_knobs *knobs, clnorm_op op, size_t vectors)
{
	size_t items = least(cln_wish(knobs, CLN_ITEMS, cln_workgroup_items(p, op)), most_items(op));
	size_t wanted = cln_ceil_div(cln_ceil_div(vectors, items), WARP) * WARP;
	bool fits_pair = cln_ceil_div(vectors, CLN_WORKGROUP_PAIR) <= most_items(op);
	return knobs->of[CLN_ITEMS] == 0 && fits_pair ? least(wanted, CLN_WORKGROUP_PAIR) : wanted;
}

CLN_LAY_OUT(resident)
{
	unsigned limit = cln_workgroup_register_limit(p, caps, op);
	size_t vectors;
	g->vector = cln_workgroup_vector(p);
	vectors = cln_ceil_div(p->s, g->vector);
	g->group = cln_workgroup_limit(
		p, caps, cln_wish(knobs, CLN_GROUP, (unsigned)least(resident_group(p, knobs, op, vectors), limit)));
	if (cln_ceil_div(vectors, g->group) > most_items(op)) {
		g->group = limit;
	}
	g->team = g->group;
	lay_out_team(p, caps, op, g);
}

static size_t task_steps(const struct cln_problem *p, const struct cln_geometry *g, size_t parts)
{
	(void)p;
	return g->chunk / ((size_t)g->group * g->vector) * CLN_STEPS_SHARE + parts;
}

/* All of a work-item's vectors are whole but the last. */
static struct cln_probe_shape probe_shape(const struct cln_geometry *g, bool split)
{
	size_t row = (size_t)g->team * g->vector;
	(void)split;
	return cln_probe_shape_of((g->items - 1) * row + row - row / 3);
}

/* A team reads the first slab all the same, which is of instances that registers hold. */
static size_t reads_of_none(const struct cln_geometry *g, size_t runs)
{
	return g->runs.kind == CLN_RUNS_WHOLE ? runs : 1;
}

static const struct cln_family family = {
	.name = "team",
	.stands_on = {"spread"},
	.looks_up = true,
	.task_steps = task_steps,
	.probe_shape = probe_shape,
	.reads_of_none = reads_of_none,
};

const struct cln_variant cln_variant_pack = {
	.info = {.name = "pack",
                 .text = "GPU, small instances: several a work-group, a team of work-items each, kept in registers",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = CLN_TEAM_KNOBS},
	.family = &family,
	.sweeps = 1,
	.keeps = true,
	.refuse = refuse_pack,
	.lay_out = lay_out_pack,
};

const struct cln_variant cln_variant_resident = {
	.info = {.name = "resident",
                 .text = "GPU: one work-group an instance, read once and kept in registers",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = CLN_TEAM_KNOBS},
	.family = &family,
	.sweeps = 1,
	.keeps = true,
	.refuse = refuse_resident,
	.lay_out = lay_out_resident,
};
