/* geometry_rows.c: rows, rows-split: a work-item takes an instance, or a chunk of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/steps.h"
#include "decide/unit_workitem.h"

#define ROWS_KNOBS (CLN_UNIT_KNOBS | CLN_KNOB(BLOCK) | CLN_KNOB(NONTEMPORAL))
/* Blocks of a chunk, one added to its moments after the other, that a smaller block may make: with more of them, their
 * sums would lose digits. */
#define MOST_BLOCKS 256
/* Of a longer block, a part has to do in a probe. */
#define PROBE_BLOCK 4096

/* While dx or y goes past the caches, the slab after it can come in, if the nearest cache holds both well. Beside
 * stores that go through the caches it only costs. */
static bool is_ahead(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op, bool nontemporal)
{
	return nontemporal && caps->prefetch && cln_read_bytes(p, op) <= caps->near_bytes / 4;
}

/* The block that is set, or so much of a larger one that n elements have no more blocks than they may. */
static unsigned rows_block(const struct cln_knobs *knobs, size_t n)
{
	size_t usual = cln_knob_table[CLN_BLOCK].usual, block = knobs->of[CLN_BLOCK];
	while (block < usual && n / block > MOST_BLOCKS) {
		block = least(2 * block, usual);
	}
	return (unsigned)block;
}

CLN_LAY_OUT(rows)
{
	g->vector = cln_workitem_vector(p, caps, knobs);
	g->block = rows_block(knobs, p->s);
	g->slabs = g->wave = p->instances;
	g->chunks = 1;
	g->chunk = p->s;
	g->nontemporal = cln_workitem_is_nontemporal(p, caps, knobs, op);
	g->ahead = is_ahead(p, caps, op, g->nontemporal);
	g->each_us = cln_workitem_each_us(caps, p->instances, CLN_ROWS_NS);
	cln_workitem_lay_out_units(caps, knobs, p->instances, p->s, g);
	if (op == CLNORM_OP_BACKWARD && p->params > 0) {
		cln_workitem_lay_out_owned(p, caps, knobs, p->params, g);
	}
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op), caps);
}

CLN_LAY_OUT(rows_split)
{
	g->vector = cln_workitem_vector(p, caps, knobs);
	g->slabs = p->instances;
	g->nontemporal = cln_workitem_is_nontemporal(p, caps, knobs, op);
	cln_workitem_lay_out_chunks(p, caps->compute_units * knobs->of[CLN_UNITS], p->seen_instances,
	                            knobs->of[CLN_CHUNK], cln_steps_longest(caps, CLN_STEPS_VECTOR, g->vector),
	                            rows_block(knobs, cln_ceil_div(p->s, CLN_WORKITEM_MOST_CHUNKS)), g);
	cln_workitem_lay_out_wave(caps, knobs, cln_read_bytes(p, op), g);
	cln_workitem_lay_out_units(caps, knobs, g->wave * g->chunks, g->chunk, g);
	g->each_us = cln_workitem_each_us(caps, p->instances, CLN_ROWS_NS * g->chunks);
}

static size_t task_steps(const struct cln_problem *p, const struct cln_geometry *g, size_t parts)
{
	(void)p;
	return g->chunk / g->vector * CLN_STEPS_VECTOR + parts;
}

static struct cln_probe_shape probe_shape(const struct cln_geometry *g, bool split)
{
	size_t block = least(g->block, PROBE_BLOCK), s = block + 3 * (size_t)g->vector + 1;
	struct cln_probe_shape shape = cln_probe_shape_of(s);
	shape.chunk = split ? cln_ceil_div(s, 3) : s;
	return shape;
}

static const struct cln_family family = {
	.name = "rows",
	.stands_on = {"item", "stream"},
	.cpu = true,
	.task_steps = task_steps,
	.probe_shape = probe_shape,
};

const struct cln_variant cln_variant_rows = {
	.info = {.name = "rows",
                 .text = "CPU: one work-item an instance, 16-wide vectors, no barrier",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = ROWS_KNOBS},
	.family = &family,
	.sweeps = 1,
	.lay_out = lay_out_rows,
};

const struct cln_variant cln_variant_rows_split = {
	.info = {.name = "rows-split",
                 .text = "CPU, fewer instances than cores: chunks by work-items, merge, apply",
                 .ops = CLN_PARTS,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = ROWS_KNOBS | CLN_CUT_KNOBS},
	.family = &family,
	.split = true,
	.sweeps = 1,
	.lay_out = lay_out_rows_split,
};
