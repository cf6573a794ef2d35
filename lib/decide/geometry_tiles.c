/* geometry_tiles.c: tiles, tiles-split: a work-group takes a tile of channels, channels last.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/steps.h"
#include "decide/unit_workgroup.h"

#define TILES_KNOBS (CLN_GROUP_KNOBS | CLN_KNOB(COLUMNS))

/* Bytes of a pixel that a tile takes, about: a cache line of NVIDIA and AMD. Wider tiles would be fewer, and so cut
 * into more chunks, whose parts every chunk reads. */
#define TILE_BYTES 128
/* Work-items a group, and where groups are few. */
#define USUAL_GROUP 256
#define LARGE_GROUP 512
/* Pixels that a work-item takes at a time. With 8 the kernel that does all in one launch takes more than 64 registers,
 * and a group of LARGE_GROUP the unit alone. Nor is a loop of 8 GELUs unrolled, and what it indexes is in memory. */
#define WHOLE_ITEMS 4
#define SPLIT_ITEMS 8
/* Fewer of them leave lanes of a warp idle, or the group without a second one. */
#define LEAST_GROUP 64
/* No group larger than this: beyond, barriers cost more than registers gain. */
#define MOST_GROUP 1024
/* Work-items that a compute unit has room for; those that 64 registers each leave it; those that keep memory busy with
 * the usual vectors in flight: 32 KB a unit. */
#define UNIT_ITEMS 2048
#define RESIDENT_ITEMS 1024
#define BUSY_ITEMS 512
/* Chunks of an instance, all of whose parts every chunk reads. */
#define MOST_CHUNKS 128
/* Pixels of an instance for the square of its chunks at least: parts are four numbers each, so that a chunk then reads
 * an eighth of its bytes in parts. */
#define MERGE_SHARE 32
/* Blocks of a work-item for each row, whose moments meet in a tree: with more of them, settings would make the moments
 * of a long instance lose digits. */
#define MOST_TERMS 256

/* Vectors of accumulators in local memory (cl/tree.cl): of a work-item, and of a column. */
#define TREE 4
#define TOTALS 7

/* 8 bytes of accumulators: moments of four lanes would take 90 to 110 registers by ptxas for sm_90, of two 56 to 69,
 * and what more work-items have in flight is worth more than wide loads. One lane where two do not divide the channels:
 * no vector is short then, and all are aligned. One as well where compilers write out each lane: their time grows with
 * the square of what they write. */
static unsigned tile_vector(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs)
{
	unsigned v = p->dtype == CLNORM_F64 || caps->lanewise ? 1 : 2;
	if (!caps->lanewise && knobs->of[CLN_VECTOR] > 0) {
		for (v = (unsigned)knobs->of[CLN_VECTOR]; v > 1 && p->c < v;) {
			v /= 2;
		}
		return v;
	}
	while (p->c % v != 0) {
		v /= 2;
	}
	return v;
}

/* Columns of a group, and its work-items with so many columns, by what local memory has room for. */
static size_t columns_limit(const struct cln_problem *p, const struct cln_caps *caps, unsigned vector)
{
	size_t room = caps->local_bytes / (vector * cln_problem_statistic_bytes(p));
	return most(least(least(caps->max_group, MOST_GROUP), room / (TREE + TOTALS)), 1);
}

static size_t group_limit(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_geometry *g)
{
	size_t room = caps->local_bytes / (g->vector * cln_problem_statistic_bytes(p)), totals = TOTALS * g->columns;
	return most(least(caps->max_group, (most(room, totals) - totals) / TREE), 1);
}

/* Vectors side by side in a tile: equal tiles of about TILE_BYTES, or more where an instance has too few pixels to fill
 * the group. */
static unsigned tile_columns(const struct cln_problem *p, const struct cln_knobs *knobs, size_t vectors, size_t rows,
                             size_t limit, unsigned vector)
{
	size_t line = TILE_BYTES / (vector * cln_dtype_facts(p->dtype)->bytes);
	size_t each = most(most(line, LEAST_GROUP / rows), 1);
	size_t columns = cln_ceil_div(vectors, most(vectors / each, 1));
	return (unsigned)least(least(cln_wish(knobs, CLN_COLUMNS, columns), vectors), limit);
}

static size_t slabs(const struct cln_geometry *g, size_t channels)
{
	return cln_ceil_div(cln_ceil_div(channels, g->vector), g->columns);
}

/* Vector, tiles and their columns; the first guess of a group is the usual one. Returns the tiles of a sample. */
static size_t lay_out_columns(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                              size_t items, struct cln_geometry *g)
{
	size_t vectors, tiles, rows;
	g->items = cln_wish(knobs, CLN_ITEMS, items);
	g->vector = tile_vector(p, caps, knobs);
	g->even = p->c % g->vector == 0;
	vectors = cln_ceil_div(p->c, g->vector);
	rows = most(least(cln_ceil_div(p->s, g->items), LEAST_GROUP), 1);
	g->columns = tile_columns(p, knobs, vectors, rows, columns_limit(p, caps, g->vector), g->vector);
	tiles = slabs(g, p->c);
	g->slabs = p->n * tiles;
	return tiles;
}

/* A power of two of rows, no more than there are pixels: means of so many are not rounded; what lies on a kink stays
 * there; larger groups where `groups` of the usual size leave memory idle. */
static void lay_out_rows(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                         size_t groups, struct cln_geometry *g)
{
	size_t busy = (size_t)caps->compute_units * BUSY_ITEMS;
	size_t usual = cln_ceil_div(busy, USUAL_GROUP) > groups ? LARGE_GROUP : USUAL_GROUP;
	size_t limit = least(group_limit(p, caps, g), most(cln_wish(knobs, CLN_GROUP, usual), g->columns));
	size_t enough = most(cln_ceil_div(p->s, g->items), least(p->s, cln_ceil_div(LEAST_GROUP, g->columns)));
	size_t rows = 1;
	while (rows <= least(limit / g->columns, enough) / 2) {
		rows *= 2;
	}
	g->group = (unsigned)rows * g->columns;
	/* Without a loop over tasks barriers are under a condition, where PoCL 3.1 loses what is a work-item's own. */
	g->once = !caps->cpu;
}

static void lay_out_shares(const struct cln_problem *p, const struct cln_caps *caps, struct cln_geometry *g)
{
	size_t vectors = cln_ceil_div(p->c, g->vector);
	double all = (double)caps->compute_units * (caps->cpu ? g->group : RESIDENT_ITEMS);
	double items = (double)g->groups * g->group, busy = items < all ? items / all : 1;
	g->busy = busy * (double)vectors / ((double)cln_ceil_div(vectors, g->columns) * g->columns);
}

static size_t slab_bytes(const struct cln_problem *p, clnorm_op op, const struct cln_geometry *g)
{
	return cln_read_bytes(p, op) * least(p->c, (size_t)g->columns * g->vector);
}

/* Slabs that a choice of arithmetic may look at. */
static size_t seen_slabs(const struct cln_problem *p, const struct cln_geometry *g, size_t tiles)
{
	return p->flags & CLNORM_BATCH_INVARIANT ? tiles : g->slabs;
}

/* Whether work-items add up so many blocks that moments lose digits, as settings can have it. */
static bool is_long(const struct cln_geometry *g)
{
	size_t rows = g->group / g->columns;
	return g->chunk / (rows * g->items) > MOST_TERMS * rows;
}

static void lay_out_whole(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                          struct cln_geometry *g)
{
	size_t tiles = lay_out_columns(p, caps, knobs, WHOLE_ITEMS, g);
	lay_out_rows(p, caps, knobs, seen_slabs(p, g, tiles), g);
	g->wave = g->groups = g->slabs;
	g->chunks = 1;
	g->chunk = p->s;
}

CLN_LAY_OUT(tiles)
{
	struct cln_knobs usual = cln_knobs_usual();
	lay_out_whole(p, caps, knobs, g);
	if (is_long(g)) {
		lay_out_whole(p, caps, &usual, g);
	}
	g->reads = 1 + cln_second_read(slab_bytes(p, op, g) * least(g->slabs, 2 * (size_t)caps->compute_units), caps);
	lay_out_shares(p, caps, g);
}

/* Chunks at most, by what merging them costs. */
static size_t most_chunks(const struct cln_problem *p)
{
	size_t chunks = MOST_CHUNKS;
	while (chunks > 1 && chunks * chunks > p->s / MERGE_SHARE) {
		--chunks;
	}
	return chunks;
}

/* Chunks so that the slabs a choice may look at fill the device, of whole blocks of all rows. A chunk that is set may
 * be so short that merging costs more than it should. */
static void lay_out_chunks(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                           size_t seen, struct cln_geometry *g)
{
	size_t set = knobs->of[CLN_CHUNK], rows = g->group / g->columns, block = rows * g->items;
	size_t wanted = cln_ceil_div((size_t)caps->compute_units * UNIT_ITEMS, g->group * seen);
	size_t bound = set == cln_knob_table[CLN_CHUNK].usual ? most_chunks(p) : MOST_CHUNKS;
	size_t chunk = cln_ceil_div(p->s, least(wanted, bound));

	chunk = most(chunk, set / ((size_t)g->columns * g->vector));
	chunk = cln_ceil_div(least(chunk, p->s), block) * block;
	g->chunk = least(chunk, most(cln_steps_longest(caps, CLN_STEPS_SHARE, rows) / block, 1) * block);
	g->chunks = (unsigned)cln_ceil_div(p->s, g->chunk);
}

/* Waves that fit half of the last-level cache, y passing through it too, where they save more than their launches cost.
 */
static void lay_out_wave(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t bytes,
                         struct cln_geometry *g)
{
	size_t fits = most(caps->last_bytes / 2 / most(bytes, 1), 1);
	double saved_us = (double)(fits * bytes) / (caps->gbytes_s * 1e3) * (1 - cln_second_read(fits * bytes, caps));
	bool pays = saved_us > 2 * caps->launch_us;
	g->wave = pays ? least(fits, g->slabs) : g->slabs;
	if (knobs->of[CLN_WAVE_KIB] > 0) {
		g->wave = cln_wave_set(knobs, bytes, g->slabs);
	}
	g->reads = 1 + cln_second_read(g->wave * bytes, caps);
}

static void lay_out_cut(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                        struct cln_geometry *g)
{
	size_t items = cln_is_transcendental(p) ? WHOLE_ITEMS : SPLIT_ITEMS;
	size_t tiles = lay_out_columns(p, caps, knobs, items, g), seen = seen_slabs(p, g, tiles);
	lay_out_rows(p, caps, knobs, seen * most_chunks(p), g);
	lay_out_chunks(p, caps, knobs, seen, g);
}

CLN_LAY_OUT(tiles_split)
{
	struct cln_knobs usual = cln_knobs_usual();
	lay_out_cut(p, caps, knobs, g);
	if (is_long(g)) {
		lay_out_cut(p, caps, &usual, g);
	}
	lay_out_wave(caps, knobs, slab_bytes(p, op, g), g);
	g->groups = g->wave * g->chunks;
	lay_out_shares(p, caps, g);
}

static size_t task_steps(const struct cln_problem *p, const struct cln_geometry *g, size_t parts)
{
	(void)p;
	return g->chunk / (g->group / g->columns) * CLN_STEPS_SHARE + parts;
}

/* Whole vectors where the program knows no other. */
static struct cln_probe_shape probe_shape(const struct cln_geometry *g, bool split)
{
	size_t c = 2 * (size_t)g->vector + (g->even ? 0 : 1);
	size_t block = least((size_t)g->group / g->columns * g->items, CLN_PROBE_TILE / c);
	size_t s = (split ? 2 * block : block) + block / 3 + 1;
	return (struct cln_probe_shape){2, c, s, split ? block : s};
}

static const struct cln_family family = {
	.name = "tiles",
	.stands_on = {"tree"},
	.lanes = true,
	.slabs = slabs,
	.task_steps = task_steps,
	.probe_shape = probe_shape,
};

const struct cln_variant cln_variant_tiles = {
	.info = {.name = "tiles",
                 .text = "GPU, channels last: one work-group a tile of channels, rows of it take different pixels",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_LAST,
                 .knobs = TILES_KNOBS},
	.family = &family,
	.sweeps = 1,
	.lay_out = lay_out_tiles,
};

const struct cln_variant cln_variant_tiles_split = {
	.info = {.name = "tiles-split",
                 .text = "GPU, channels last, few tiles: chunks of pixels by work-groups, merge, apply",
                 .ops = CLN_PARTS,
                 .layouts = CLN_CHANNELS_LAST,
                 .knobs = TILES_KNOBS | CLN_CUT_KNOBS},
	.family = &family,
	.split = true,
	.sweeps = 1,
	.lay_out = lay_out_tiles_split,
};
