/* geometry_scan.c: scan, scan-split: a work-item takes whole pixels, channels last.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/steps.h"
#include "decide/unit_workitem.h"

#define SCAN_KNOBS (CLN_KNOB(UNITS) | CLN_KNOB(UNIT_ELEMENTS) | CLN_KNOB(BLOCK_PIXELS) | CLN_KNOB(NONTEMPORAL))
/* Lanes of the tables of channels last: some 20 numbers of private memory each. */
#define MOST_TILE 512
/* Of a longer block, a part has to do in a probe. */
#define PROBE_BLOCK 256

/* What a GPU makes of tasks of one work-item each: it wants a lane a task. */
static double lanes_busy(const struct cln_caps *caps, size_t tasks)
{
	return (double)least(tasks, (size_t)caps->compute_units * 256) / (caps->compute_units * 256.0);
}

static size_t slabs(const struct cln_geometry *g, size_t channels)
{
	return channels <= g->tile ? 1 : cln_ceil_div(channels, g->tile - g->vector);
}

/* Vectors of a pixel's channels that are in one slab. */
static size_t slab_vectors(const struct cln_problem *p, const struct cln_geometry *g)
{
	return cln_ceil_div(least(p->c, g->tile), g->vector);
}

/* A pixel that is in several slabs has elements at the ends of each that fill no vector. */
static size_t pixel_steps(const struct cln_problem *p, const struct cln_geometry *g)
{
	return CLN_STEPS_VECTOR * slab_vectors(p, g) + (p->c > g->tile ? CLN_STEPS_ENDS : 0);
}

/* Parts, and half a dozen short loops more, for each vector. */
static size_t task_steps(const struct cln_problem *p, const struct cln_geometry *g, size_t parts)
{
	return g->chunk * pixel_steps(p, g) + parts * slab_vectors(p, g);
}

/* A row of lanes is one pixel, or so many as fill whole vectors; room for it in powers of two, so that programs are
 * few. More channels than private memory holds tables of are several slabs. One lane where a compiler would write out
 * each: no lane of a channel looks at another. */
static void lay_out_pixels(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                           clnorm_op op, struct cln_geometry *g)
{
	size_t width = p->c, tile = MOST_TILE / 8;
	g->vector = caps->lanewise ? 1 : p->dtype == CLNORM_F64 ? 8 : 16;
	while (p->is_strided && g->vector > 1 && p->c < g->vector) {
		g->vector /= 2; /* a row is one pixel, whose vectors may overlap but not pass its end */
	}
	while (p->c < g->vector && width % g->vector != 0) {
		width *= 2;
	}
	while (tile < MOST_TILE && tile < width) {
		tile *= 2;
	}
	g->tile = (unsigned)tile;
	g->slabs = p->n * slabs(g, p->c);
	g->wave = g->slabs;
	g->block = (unsigned)knobs->of[CLN_BLOCK_PIXELS];
	g->nontemporal = cln_workitem_is_nontemporal(p, caps, knobs, op);
}

CLN_LAY_OUT(scan)
{
	lay_out_pixels(p, caps, knobs, op, g);
	g->chunks = 1;
	g->chunk = p->s;
	cln_workitem_lay_out_units(caps, knobs, g->slabs, p->elements / g->slabs, g);
	g->busy = caps->cpu ? g->busy : lanes_busy(caps, g->slabs);
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * p->c, caps);
}

CLN_LAY_OUT(scan_split)
{
	size_t units = caps->compute_units * knobs->of[CLN_UNITS], slab, seen;
	lay_out_pixels(p, caps, knobs, op, g);
	slab = cln_ceil_div(p->n * p->c, g->slabs);
	seen = p->flags & CLNORM_BATCH_INVARIANT ? g->slabs / p->n : g->slabs;
	cln_workitem_lay_out_chunks(p, units, seen, cln_ceil_div(knobs->of[CLN_CHUNK], slab),
	                            cln_steps_longest(caps, pixel_steps(p, g), 1), g->block, g);
	cln_workitem_lay_out_wave(caps, knobs, cln_read_bytes(p, op) * slab, g);
	cln_workitem_lay_out_units(caps, knobs, g->wave * g->chunks, g->chunk * slab, g);
	g->busy = caps->cpu ? g->busy : lanes_busy(caps, g->wave * g->chunks);
}

/* A row of lanes is a pixel of more channels than a vector has, which the least table holds. */
static struct cln_probe_shape probe_shape(const struct cln_geometry *g, bool split)
{
	size_t s = least(g->block, PROBE_BLOCK) + 9;
	return (struct cln_probe_shape){2, g->vector + 3, s, split ? cln_ceil_div(s, 3) : s};
}

static const struct cln_family family = {
	.name = "scan",
	.stands_on = {"item", "stream", "pixels"},
	.cpu = true,
	.lanes = true,
	.slabs = slabs,
	.task_steps = task_steps,
	.probe_shape = probe_shape,
};

const struct cln_variant cln_variant_scan = {
	.info = {.name = "scan",
                 .text = "CPU, channels last: one work-item a sample, whole pixels in the order of memory",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_LAST,
                 .knobs = SCAN_KNOBS},
	.family = &family,
	.sweeps = 1,
	.lay_out = lay_out_scan,
};

const struct cln_variant cln_variant_scan_split = {
	.info = {.name = "scan-split",
                 .text = "CPU, channels last, fewer samples than cores: chunks of whole pixels, merge, apply",
                 .ops = CLN_PARTS,
                 .layouts = CLN_CHANNELS_LAST,
                 .knobs = SCAN_KNOBS | CLN_CUT_KNOBS},
	.family = &family,
	.split = true,
	.sweeps = 1,
	.lay_out = lay_out_scan_split,
};
