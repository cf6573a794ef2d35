/* layouts_items.c: launch geometry of the families whose unit is one work-item: rows and pixels.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/layouts.h"

/* Enough units a core that a slow core leaves its share to the others; more only cost launches of groups. */
#define UNITS_A_CORE 16
/* A unit below this many elements costs more to start than to run. */
#define UNIT_ELEMENTS 4096
/* A chunk below this many elements is not worth a part of its own. */
#define CHUNK_ELEMENTS 16384
/* Chunks of an instance that every chunk can still merge for itself. */
#define MOST_CHUNKS 128
/* Elements of a block: two sweeps of it stay in a 32 KB first-level cache. */
#define BLOCK_ELEMENTS 4096

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

size_t cln_ceil_div(size_t a, size_t b)
{
	return a / b + (a % b != 0);
}

/* Cached reads cost about this share of a read from memory (measured on a server CPU: L2 is nearly free, L3 is not). */
double cln_second_read(size_t bytes_between, const struct cln_caps *caps)
{
	if (bytes_between <= caps->near_bytes) {
		return 0.1;
	}
	return bytes_between <= caps->last_bytes ? 0.4 : 1.0;
}

size_t cln_read_bytes(const struct cln_problem *p, clnorm_op op)
{
	return p->s * cln_dtype_facts(p->dtype)->bytes * (op == CLNORM_OP_BACKWARD ? 2 : 1);
}

CLN_REFUSE(nothing)
{
	(void)p;
	(void)caps;
	(void)op;
	return NULL;
}

/* Units for `tasks` equal tasks of `elements` each, and the share of the cores they keep busy. */
static void lay_out_units(const struct cln_caps *caps, size_t tasks, size_t elements, struct cln_geometry *g)
{
	size_t worth = most(cln_ceil_div(tasks * elements, UNIT_ELEMENTS), 1);
	size_t busiest;

	g->group = 1;
	g->loose = caps->cpu;
	g->groups = least(least(tasks, worth), (size_t)caps->compute_units * UNITS_A_CORE);
	busiest = cln_ceil_div(tasks * cln_ceil_div(g->groups, caps->compute_units), g->groups);
	g->busy = (double)tasks / ((double)busiest * caps->compute_units);
}

/* Non-temporal stores pay where x and y together would not stay in the last-level cache anyway. The scalar head that
 * aligns them must give the same bits as vectors do, which library functions (exp, erfc) do not promise. */
static bool is_nontemporal(const struct cln_problem *p, const struct cln_caps *caps)
{
	bool plain = p->activation != CLNORM_ACT_SILU && p->activation != CLNORM_ACT_GELU;
	return plain && caps->cpu && cln_problem_bytes(p) > caps->last_bytes / 2;
}

/* A vector fills the widest register file at hand, 64 bytes of accumulators; a short instance takes a shorter one. */
static unsigned rows_vector(const struct cln_problem *p)
{
	unsigned v = p->dtype == CLNORM_F64 ? 8 : 16;
	while (v > 4 && p->s < v) {
		v /= 2;
	}
	return v;
}

CLN_LAY_OUT(rows)
{
	g->vector = rows_vector(p);
	g->block = BLOCK_ELEMENTS;
	g->slabs = g->wave = p->instances;
	g->chunks = 1;
	g->chunk = p->s;
	g->nontemporal = is_nontemporal(p, caps);
	lay_out_units(caps, p->instances, p->s, g);
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op), caps);
}

/* Chunks so that the instances a choice may look at fill the cores; whole blocks, so that a cut moves no block. */
static void lay_out_chunks(const struct cln_problem *p, const struct cln_caps *caps, size_t slabs_seen,
                           size_t least_chunk, size_t block, struct cln_geometry *g)
{
	size_t wanted = most(cln_ceil_div((size_t)caps->compute_units * UNITS_A_CORE, most(slabs_seen, 1)), 1);
	size_t chunk = most(cln_ceil_div(p->s, least(wanted, MOST_CHUNKS)), least_chunk);

	g->block = (unsigned)block;
	g->chunk = cln_ceil_div(chunk, block) * block;
	g->chunks = (unsigned)cln_ceil_div(p->s, g->chunk);
}

/* All slabs in one wave where the last-level cache takes them; else as many as fit half of it (y passes through it
 * too), so that the second read finds them there. A wave costs its launches, and leaves cores idle at its end. */
static void lay_out_wave(const struct cln_caps *caps, size_t slab_bytes, struct cln_geometry *g)
{
	size_t fits = slab_bytes > 0 ? caps->last_bytes / slab_bytes : g->slabs;
	g->wave = most(fits >= g->slabs ? g->slabs : fits / 2, 1);
	g->reads = 1 + cln_second_read(g->wave * slab_bytes, caps);
}

CLN_LAY_OUT(rows_split)
{
	g->vector = rows_vector(p);
	g->slabs = p->instances;
	g->nontemporal = is_nontemporal(p, caps);
	lay_out_chunks(p, caps, p->seen_instances, CHUNK_ELEMENTS, BLOCK_ELEMENTS, g);
	lay_out_wave(caps, cln_read_bytes(p, op), g);
	lay_out_units(caps, g->wave * g->chunks, g->chunk, g);
}

/* Lanes of a slab: a vector of channels, as many as there are; on a GPU neighbours in a warp share a cache line anyway.
 */
static unsigned pixels_vector(const struct cln_problem *p, const struct cln_caps *caps)
{
	unsigned v = !caps->cpu ? 4 : p->dtype == CLNORM_F64 ? 8 : 16;
	while (v > 1 && p->c < v) {
		v /= 2;
	}
	return v;
}

static void lay_out_pixels(const struct cln_problem *p, const struct cln_caps *caps, struct cln_geometry *g)
{
	g->vector = pixels_vector(p, caps);
	g->block = 256;
	g->slabs = p->n * cln_ceil_div(p->c, g->vector);
	g->wave = g->slabs;
}

static void lay_out_items(const struct cln_caps *caps, size_t tasks, size_t elements, struct cln_geometry *g)
{
	lay_out_units(caps, tasks, elements, g);
	if (!caps->cpu) { /* a GPU wants a lane a task, whole groups of them */
		g->group = caps->max_group < 64 ? caps->max_group : 64;
		g->groups = cln_ceil_div(tasks, g->group);
		g->busy = (double)least(tasks, (size_t)caps->compute_units * 256) / (caps->compute_units * 256.0);
	}
}

CLN_LAY_OUT(pixels)
{
	lay_out_pixels(p, caps, g);
	g->chunks = 1;
	g->chunk = p->s;
	lay_out_items(caps, g->slabs, p->s * g->vector, g);
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * p->c, caps);
}

CLN_LAY_OUT(pixels_split)
{
	size_t slabs_seen, per_sample;
	lay_out_pixels(p, caps, g);
	per_sample = cln_ceil_div(p->c, g->vector);
	slabs_seen = p->flags & CLNORM_BATCH_INVARIANT ? per_sample : g->slabs;
	if (caps->cpu) {
		lay_out_chunks(p, caps, slabs_seen, CHUNK_ELEMENTS / g->vector, g->block, g);
	} else { /* 16 units a core are cores x 256 lanes here */
		struct cln_caps lanes = *caps;
		lanes.compute_units *= 16;
		lay_out_chunks(p, &lanes, slabs_seen, g->block, g->block, g);
	}
	lay_out_wave(caps, cln_read_bytes(p, op) * g->vector, g);
	lay_out_items(caps, g->wave * g->chunks, g->chunk * g->vector, g);
}
