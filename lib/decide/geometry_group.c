/* geometry_group.c: stream, split: a work-group reads an instance, or a chunk of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/steps.h"
#include "decide/unit_workgroup.h"

/* Bytes of a tile on a processor, where all work-items of a group live on the stack of one thread: PoCL 3.1 takes about
 * 12 times as much for backward, and has 8 MB. */
#define STACK_TILE 262144
/* Terms of a work-item's sum for each work-item of its group, whose sums meet in a tree: with more of them, settings
 * would make the moments of a long instance lose digits. */
#define MOST_TERMS 256
/* `stream` forward takes the largest group that leaves an instance as many tiles. */
#define STREAM_TILES 4
/* Chunks of an instance that every chunk can still merge for itself. */
#define MOST_CHUNKS 256
/* Work-groups that one compute unit is to have of a split instance, so that some read while others merge. */
#define GROUPS_A_UNIT 8

CLN_REFUSE(stream)
{
	(void)caps;
	(void)op;
	return p->s <= 0x7fffffff ? NULL : "an instance has more than 2^31-1 elements";
}

/* What a group of these kernels has asked for at a time: a tile, or all there is of a shorter chunk. */
static double tile_bytes(const struct cln_problem *p, clnorm_op op, const struct cln_geometry *g)
{
	double tile = (double)g->group * g->items * g->vector;
	double bytes = (double)cln_read_bytes(p, op) / (double)most(p->s, 1);
	return cln_lesser(tile, (double)g->chunk) * bytes / g->group;
}

/* Group, vector and items of the kernels that read an instance, or a chunk of it, of n elements piece by piece. */
static void lay_out_group(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                          clnorm_op op, unsigned usual, size_t n, struct cln_geometry *g)
{
	size_t each;
	g->vector = cln_wish(knobs, CLN_VECTOR, cln_workgroup_vector(p));
	g->group = cln_workgroup_limit(p, caps, cln_wish(knobs, CLN_GROUP, usual));
	g->items = cln_wish(knobs, CLN_ITEMS, cln_workgroup_items(p, op));
	each = (size_t)g->items * g->vector * (p->dtype == CLNORM_F64 ? 8 : 4);
	if (caps->cpu) {
		g->group = (unsigned)least(g->group, most(STACK_TILE / each, 1));
	}
	if (n / ((size_t)g->group * g->items * g->vector) > (size_t)MOST_TERMS * g->group) {
		g->vector = cln_workgroup_vector(p);
		g->group = cln_workgroup_limit(p, caps, usual);
		g->items = cln_workgroup_items(p, op);
	}
}

/* The largest group where units have one instance each. Else one that goes through an instance in STREAM_TILES tiles,
 * so that groups of a unit read while others meet: 1x256x33153 forward takes 32 us in groups of 512, 37 in groups of
 * 1024 (bench/H200.md). Backward, a group of all the work-items that Intel's GPUs take spilled there: half of them are
 * no fewer in flight. */
static unsigned stream_group(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op)
{
	unsigned limit = cln_workgroup_register_limit(p, caps, op), group = CLN_WORKGROUP_USUAL;
	if (caps->cpu) {
		return 2 * CLN_WORKGROUP_USUAL;
	}
	if (op == CLNORM_OP_BACKWARD) {
		return (unsigned)least(limit, most(caps->max_group / 2, CLN_WORKGROUP_USUAL));
	}
	if (p->seen_instances <= caps->compute_units) {
		return limit;
	}
	while (group < limit &&
	       (size_t)group * 2 * CLN_WORKGROUP_ITEMS * cln_workgroup_vector(p) * STREAM_TILES <= p->s) {
		group *= 2;
	}
	return group;
}

CLN_LAY_OUT(stream)
{
	size_t in_flight;
	lay_out_group(p, caps, knobs, op, stream_group(p, caps, op), p->s, g);
	in_flight = caps->compute_units * (caps->cpu ? 1 : most(CLN_WORKGROUP_MOST / g->group, 1));
	g->slabs = g->wave = g->groups = p->instances;
	g->once = true;
	g->owned = cln_workgroup_is_owned(p, op);
	g->chunks = 1;
	g->chunk = p->s;
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * least(in_flight, g->slabs), caps);
	g->busy = cln_workgroup_busy(caps, g, tile_bytes(p, op, g));
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
	return enough && !caps->cpu ? CLN_WORKGROUP_USUAL / 2 : CLN_WORKGROUP_USUAL;
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
	g->busy = cln_workgroup_busy(caps, g, tile_bytes(p, op, g));
}

static size_t task_steps(const struct cln_problem *p, const struct cln_geometry *g, size_t parts)
{
	(void)p;
	return g->chunk / ((size_t)g->group * g->vector) * CLN_STEPS_SHARE + parts;
}

static struct cln_probe_shape probe_shape(const struct cln_geometry *g, bool split)
{
	size_t tile = least((size_t)g->group * g->items * g->vector, CLN_PROBE_TILE), rest = tile / 3 + 1;
	struct cln_probe_shape shape = cln_probe_shape_of(split ? 2 * tile + rest : tile + rest);
	shape.chunk = split ? tile : shape.s;
	return shape;
}

static const struct cln_family family = {
	.name = "group",
	.stands_on = {"tree", "spread"},
	.looks_up = true,
	.task_steps = task_steps,
	.probe_shape = probe_shape,
};

const struct cln_variant cln_variant_stream = {
	.info = {.name = "stream",
                 .text = "GPU, larger instances: one work-group each, second read in reverse from cache",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = CLN_GROUP_KNOBS},
	.family = &family,
	.sweeps = 1,
	.refuse = refuse_stream,
	.lay_out = lay_out_stream,
};

const struct cln_variant cln_variant_split = {
	.info = {.name = "split",
                 .text = "GPU, few large instances: moments of chunks, merge, normalize",
                 .ops = CLN_PARTS,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = CLN_GROUP_KNOBS | CLN_KNOB(TILES) | CLN_KNOB(WAVE_KIB)},
	.family = &family,
	.split = true,
	.sweeps = 1,
	.lay_out = lay_out_split,
};
