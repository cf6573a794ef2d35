/* geometry_groups.c: launch geometry of the families whose unit is a work-group or a team in one: pack, resident,
 * stream, split. SPDX-License-Identifier: Apache-2.0 */
#include "decide/geometry.h"

/* Vectors of 16 bytes that a work-item keeps: 8 are 32 registers, which leaves two or more groups a compute unit. The
 * backward pass keeps x and g, and so half as many of each. */
#define MOST_ITEMS 8
/* Vectors that a work-item asks for before it waits, kept or not. */
#define USUAL_ITEMS 4
/* Work-items a group where the instance does not ask for more. */
#define USUAL_GROUP 256
/* No group larger than this: beyond, barriers cost more than registers gain. */
#define MOST_GROUP 1024
/* Two such groups with 64 registers each fit a unit of NVIDIA's, and one works while the other waits at a barrier:
 * 6x256x15680 forward takes 56 us in groups of 512, 82 in groups of 992 and 1024 (bench/H200.md). It is also
 * the limit where a work-item needs more registers (doubles), and backward, where `stream` is faster than more of them.
 */
#define PAIR_GROUP 512
/* Doubles with the exponentials of SiLU or GELU. */
#define WIDE_GROUP 256
/* Groups are of whole warps: 32 work-items, or halves of a wavefront. */
#define WARP 32
/* Bytes of a tile on a processor, where all work-items of a group live on the stack of one thread: PoCL 3.1 takes about
 * 12 times as much for backward, and has 8 MB. */
#define STACK_TILE 262144
/* Largest instance that shares its work-group with others. */
#define PACK_ELEMENTS 1024
/* Teams of more than a warp wait for each other at barriers: 0.75 of the copy speed where a group each gave 0.84 (1024
 * elements, on an H200). */
#define PACK_SHARE 0.9
/* Terms of a work-item's sum for each work-item of its group, whose sums meet in a tree: with more of them, settings
 * would make the moments of a long instance lose digits. */
#define MOST_TERMS 256
/* Accumulators in local memory (cl/team.cl, cl/tree.cl): of a work-item, and of a team at most. */
#define TREE 4
#define TOTALS 8
/* `stream` forward takes the largest group that leaves an instance as many tiles. */
#define STREAM_TILES 4
/* Chunks of an instance that every chunk can still merge for itself. */
#define MOST_CHUNKS 256
/* Work-groups that one compute unit is to have of a split instance, so that some read while others merge. */
#define GROUPS_A_UNIT 8
/* Work-items that one compute unit keeps in flight, and bytes that they must have asked for to keep its share of the
 * memory busy: its speed times its latency, 4.2 TB/s and 1 us over 132 units of an H200. */
#define ITEMS_A_UNIT 2048
#define BYTES_A_UNIT 32768
/* One compute unit draws no more than about this many times its share. */
#define UNIT_DRAW 1.5

static unsigned vector_of(const struct cln_problem *p)
{
	return p->dtype == CLNORM_F64 ? 2 : 4;
}

static unsigned most_items(clnorm_op op)
{
	return op == CLNORM_OP_BACKWARD ? MOST_ITEMS / 2 : MOST_ITEMS;
}

/* Accumulators that local memory has room for. */
static size_t local_room(const struct cln_problem *p, const struct cln_caps *caps)
{
	return caps->local_bytes / cln_problem_statistic_bytes(p);
}

/* Work-items of a group that is one unit. */
static unsigned group_limit(const struct cln_problem *p, const struct cln_caps *caps, unsigned wanted)
{
	size_t by_local = (most(local_room(p, caps), TOTALS) - TOTALS) / TREE;
	return (unsigned)most(least(least(caps->max_group, wanted), by_local), 1);
}

/* The same of teams, each of one work-item at least. */
static unsigned teams_limit(const struct cln_problem *p, const struct cln_caps *caps, unsigned wanted)
{
	size_t by_local = local_room(p, caps) / (TREE + TOTALS);
	return (unsigned)most(least(least(caps->max_group, wanted), by_local), 1);
}

/* Work-items a group may have, each with registers for all that it keeps. */
static unsigned register_limit(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op)
{
	bool doubles = p->dtype == CLNORM_F64;
	if (doubles && cln_is_transcendental(p)) {
		return group_limit(p, caps, WIDE_GROUP);
	}
	return group_limit(p, caps, doubles || op == CLNORM_OP_BACKWARD ? PAIR_GROUP : MOST_GROUP);
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
	size_t held = (size_t)teams_limit(p, caps, USUAL_GROUP) * most_items(op) * vector_of(p);
	return p->s <= least(PACK_ELEMENTS, held) ? NULL : "an instance is too large to share a work-group";
}

CLN_REFUSE(resident)
{
	size_t held = (size_t)register_limit(p, caps, op) * most_items(op) * vector_of(p);
	return p->s <= held ? NULL : "an instance does not fit the registers of a work-group";
}

CLN_REFUSE(stream)
{
	(void)caps;
	(void)op;
	return p->s <= 0x7fffffff ? NULL : "an instance has more than 2^31-1 elements";
}

static double lesser(double a, double b)
{
	return a < b ? a : b;
}

/* The share of the memory's speed that the groups can ask for, each of their work-items for so many bytes at a time. */
static double busy_share(const struct cln_caps *caps, const struct cln_geometry *g, double bytes_each)
{
	double units = caps->compute_units, groups = (double)g->groups, items;
	if (caps->cpu) {
		return lesser(groups / units, 1);
	}
	items = lesser(groups * g->group, units * ITEMS_A_UNIT);
	return lesser(lesser(items * bytes_each / (units * BYTES_A_UNIT), UNIT_DRAW * groups / units), 1);
}

/* An instance of its own for every parameter: whoever sums it up writes the gradients too. */
static bool is_owned(const struct cln_problem *p, clnorm_op op)
{
	return op == CLNORM_OP_BACKWARD && p->params > 0 && p->params == p->instances;
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
	g->owned = is_owned(p, op);
	g->reads = 1;
	g->busy = busy_share(caps, g, (double)cln_read_bytes(p, op) / g->team);
}

CLN_LAY_OUT(pack)
{
	unsigned limit = power_of_two((size_t)-1, teams_limit(p, caps, cln_wish(knobs, CLN_GROUP, USUAL_GROUP)));
	size_t items = least(cln_wish(knobs, CLN_ITEMS, most_items(op) / 2), most_items(op));
	g->vector = vector_of(p);
	if (cln_ceil_div(p->s, (size_t)limit * g->vector) > most_items(op)) {
		limit = power_of_two((size_t)-1, teams_limit(p, caps, USUAL_GROUP)); /* the set group has no room */
	}
	g->group = limit;
	g->team = power_of_two(cln_ceil_div(p->s, items * g->vector), limit);
	lay_out_team(p, caps, op, g);
	if (g->team > WARP) {
		g->busy *= PACK_SHARE;
	}
}

/* Gradients of SiLU and GELU take registers of their own, in doubles more than there are for two vectors. */
static unsigned usual_items(const struct cln_problem *p, clnorm_op op)
{
	if (op != CLNORM_OP_BACKWARD || !cln_is_transcendental(p)) {
		return USUAL_ITEMS;
	}
	return p->dtype == CLNORM_F64 ? 1 : 2;
}

/* Whole warps, with the usual vectors each; with more of them where the group then fits a unit twice. */
static size_t resident_group(const struct cln_problem *p, const struct cln_knobs *knobs, clnorm_op op, size_t vectors)
{
	size_t items = least(cln_wish(knobs, CLN_ITEMS, usual_items(p, op)), most_items(op));
	size_t wanted = cln_ceil_div(cln_ceil_div(vectors, items), WARP) * WARP;
	bool fits_pair = cln_ceil_div(vectors, PAIR_GROUP) <= most_items(op);
	return knobs->of[CLN_ITEMS] == 0 && fits_pair ? least(wanted, PAIR_GROUP) : wanted;
}

CLN_LAY_OUT(resident)
{
	unsigned limit = register_limit(p, caps, op);
	size_t vectors;
	g->vector = vector_of(p);
	vectors = cln_ceil_div(p->s, g->vector);
	g->group = group_limit(
		p, caps, cln_wish(knobs, CLN_GROUP, (unsigned)least(resident_group(p, knobs, op, vectors), limit)));
	if (cln_ceil_div(vectors, g->group) > most_items(op)) {
		g->group = limit;
	}
	g->team = g->group;
	lay_out_team(p, caps, op, g);
}

/* What a group of these kernels has asked for at a time: a tile, or all there is of a shorter chunk. */
static double tile_bytes(const struct cln_problem *p, clnorm_op op, const struct cln_geometry *g)
{
	double tile = (double)g->group * g->items * g->vector;
	double bytes = (double)cln_read_bytes(p, op) / (double)most(p->s, 1);
	return lesser(tile, (double)g->chunk) * bytes / g->group;
}

/* Group, vector and items of the kernels that read an instance, or a chunk of it, of n elements piece by piece. */
static void lay_out_group(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                          clnorm_op op, unsigned usual, size_t n, struct cln_geometry *g)
{
	size_t each;
	g->vector = cln_wish(knobs, CLN_VECTOR, vector_of(p));
	g->group = group_limit(p, caps, cln_wish(knobs, CLN_GROUP, usual));
	g->items = cln_wish(knobs, CLN_ITEMS, usual_items(p, op));
	each = (size_t)g->items * g->vector * (p->dtype == CLNORM_F64 ? 8 : 4);
	if (caps->cpu) {
		g->group = (unsigned)least(g->group, most(STACK_TILE / each, 1));
	}
	if (n / ((size_t)g->group * g->items * g->vector) > (size_t)MOST_TERMS * g->group) {
		g->vector = vector_of(p);
		g->group = group_limit(p, caps, usual);
		g->items = usual_items(p, op);
	}
}

/* The largest group where units have one instance each. Else one that goes through an instance in STREAM_TILES tiles,
 * so that groups of a unit read while others meet: 1x256x33153 forward takes 32 us in groups of 512, 37 in groups of
 * 1024 (bench/H200.md). Backward, a group of all the work-items that Intel's GPUs take spilled there: half of them are
 * no fewer in flight. */
static unsigned stream_group(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op)
{
	unsigned limit = register_limit(p, caps, op), group = USUAL_GROUP;
	if (caps->cpu) {
		return 2 * USUAL_GROUP;
	}
	if (op == CLNORM_OP_BACKWARD) {
		return (unsigned)least(limit, most(caps->max_group / 2, USUAL_GROUP));
	}
	if (p->seen_instances <= caps->compute_units) {
		return limit;
	}
	while (group < limit && (size_t)group * 2 * USUAL_ITEMS * vector_of(p) * STREAM_TILES <= p->s) {
		group *= 2;
	}
	return group;
}

CLN_LAY_OUT(stream)
{
	size_t in_flight;
	lay_out_group(p, caps, knobs, op, stream_group(p, caps, op), p->s, g);
	in_flight = caps->compute_units * (caps->cpu ? 1 : most(MOST_GROUP / g->group, 1));
	g->slabs = g->wave = g->groups = p->instances;
	g->once = true;
	g->owned = is_owned(p, op);
	g->chunks = 1;
	g->chunk = p->s;
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * least(in_flight, g->slabs), caps);
	g->busy = busy_share(caps, g, tile_bytes(p, op, g));
}

/* Chunks of whole tiles, shorter than the knob says where the groups would be too few. */
static void lay_out_tiles(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                          struct cln_geometry *g)
{
	size_t tile = (size_t)g->group * g->items * g->vector;
	size_t groups = (size_t)caps->compute_units * (caps->cpu ? 1 : GROUPS_A_UNIT);
	size_t even = cln_ceil_div(p->s * p->seen_instances, groups);
	size_t chunk = most(least(even, tile * knobs->of[CLN_TILES]), cln_ceil_div(p->s, MOST_CHUNKS));
	g->chunk = most(cln_ceil_div(chunk, tile), 1) * tile;
	g->chunks = (unsigned)cln_ceil_div(p->s, g->chunk);
}

/* Small groups where there are enough of them: their tiles cut an instance finer, so that units have as many each. */
static unsigned split_group(const struct cln_problem *p, const struct cln_caps *caps)
{
	bool enough = p->seen_instances * MOST_CHUNKS >= (size_t)caps->compute_units * GROUPS_A_UNIT;
	return enough && !caps->cpu ? USUAL_GROUP / 2 : USUAL_GROUP;
}

/* All instances in one wave, unless a setting asks for more: a launch costs as much as memory saves (waves of half an
 * H200's cache took 1.5 to 3 times as long). */
CLN_LAY_OUT(split)
{
	size_t slab_bytes = cln_read_bytes(p, op);
	lay_out_group(p, caps, knobs, op, split_group(p, caps), cln_ceil_div(p->s, MOST_CHUNKS), g);
	lay_out_tiles(p, caps, knobs, g);
	g->slabs = g->wave = p->instances;
	if (knobs->of[CLN_WAVE_KIB] > 0) {
		g->wave = cln_wave_set(knobs, slab_bytes, g->slabs);
	}
	g->groups = g->wave * g->chunks;
	g->once = true;
	g->reads = 1 + cln_second_read(g->wave * slab_bytes, caps);
	g->busy = busy_share(caps, g, tile_bytes(p, op, g));
}
