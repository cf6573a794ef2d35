/* geometry_items.c: launch geometry of the families whose unit is one work-item: rows, bundle, scan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/geometry.h"

#include <stdint.h>

#include "decide/steps.h"

/* Chunks of an instance that every chunk can still merge for itself. */
#define MOST_CHUNKS 128
/* Blocks of a chunk, one added to its moments after the other, that a smaller block may make: with more of them, their
 * sums would lose digits. */
#define MOST_BLOCKS 256
/* Fewer lanes make sums of more terms each than the error bound was shown for. */
#define LEAST_ROWS_VECTOR 8
/* Vectors of an instance of a bundle: each of two accumulators takes 8 of them, as those of rows do. */
#define BUNDLE_VECTORS 16
/* Below it is no vector, and in rows an instance is over sooner than elsewhere. */
#define BUNDLE_LEAST 4
/* What an instance costs a core beside its bytes, in nanoseconds: in rows; in a bundle for each lane there is, and for
 * each element, as it is swept once more (16x512x16 forward takes PoCL 0.25 and 0.10 ms, x49 0.44 and 0.16, x64 0.25
 * and 0.19, x128 0.27 and 0.25; 4x256x196 from the cache Intel's runtime 0.047 and 0.040, 2x64x256 as long). */
#define ROWS_NS 40.0
#define BUNDLE_LANE_NS 10.0
#define BUNDLE_ELEMENT_NS 0.12
/* Lanes of the tables of channels last: some 20 numbers of private memory each. */
#define MOST_TILE 512
/* Last-level cache of one core at most: a virtual machine of two cores reports its host's 480 MB, but with x of 34 MB
 * rows took 2.0 ms forward through the caches, and 1.4 past them. */
#define MOST_CACHE ((size_t)24 << 20)

/* Units for `tasks` equal tasks of `elements` each, and the share of the cores they keep busy. */
static void lay_out_units(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t tasks, size_t elements,
                          struct cln_geometry *g)
{
	size_t worth = most(cln_ceil_div(tasks * elements, knobs->of[CLN_UNIT_ELEMENTS]), 1);
	size_t busiest;

	if (worth > 1) {
		worth = cln_ceil_div(worth, caps->compute_units) * caps->compute_units;
	}
	g->group = 1;
	g->loose = caps->cpu;
	g->groups = least(least(tasks, worth), (size_t)caps->compute_units * knobs->of[CLN_UNITS]);
	busiest = cln_ceil_div(tasks * cln_ceil_div(g->groups, caps->compute_units), g->groups);
	g->busy = (double)tasks / ((double)busiest * caps->compute_units);
}

/* Non-temporal stores pay where x and y together fill the last-level cache, or as much of it as is this device's: below
 * that they cost (x of 17 MB 0.67 ms for 0.64), and more whoever reads y next; with x of 25 MB it is 0.98 ms for 1.2 on
 * PoCL and no difference on Intel's runtime. The backward pass reads as much again as x: they pay from some 10 MB on
 * (8 MB 0.49 ms for 0.46, 17 MB 1.0 for 1.05, 34 MB 2.4 for 3.3). The scalar head that aligns them must give the same
 * bits as vectors do, which library functions (exp, erfc) do not promise. */
static bool is_nontemporal(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                           clnorm_op op)
{
	size_t wish = knobs->of[CLN_NONTEMPORAL];
	size_t ours = least(caps->last_bytes, (size_t)caps->compute_units * MOST_CACHE);
	size_t least_bytes = op == CLNORM_OP_BACKWARD ? ours / 5 : ours / 2;
	bool pays =
		wish == CLN_NONTEMPORAL_BY_BYTES ? cln_problem_bytes(p) >= least_bytes : wish == CLN_NONTEMPORAL_ALWAYS;
	return !cln_is_transcendental(p) && caps->cpu && pays;
}

/* While dx or y goes past the caches, the slab after it can come in, if the nearest cache holds both well. Beside
 * stores that go through the caches it only costs. */
static bool is_ahead(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op, bool nontemporal)
{
	return nontemporal && caps->prefetch && cln_read_bytes(p, op) <= caps->near_bytes / 4;
}

/* What costs a core `ns` for each of so many instances or lanes costs them all so many microseconds. */
static double each_us(const struct cln_caps *caps, size_t count, double ns)
{
	return (double)count * ns / (caps->compute_units * 1e3);
}

/* A vector fills the widest register file at hand, 64 bytes of accumulators; a short instance takes a shorter one, and
 * so does a compiler that would write out each lane. */
static unsigned rows_vector(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs)
{
	unsigned v = p->dtype == CLNORM_F64 || caps->lanewise ? LEAST_ROWS_VECTOR : 16;
	if (knobs->of[CLN_VECTOR] > 0) {
		v = (unsigned)most(knobs->of[CLN_VECTOR], LEAST_ROWS_VECTOR);
	}
	while (v > 4 && p->s < v) {
		v /= 2;
	}
	return v;
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

/* All instances of a parameter by one unit save the launch that adds up its gradient, if such tasks are enough for the
 * cores: whichever is estimated to take less. Parameters of an instance are always so. The arithmetic is the same. */
static void lay_out_owned(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                          size_t tasks, struct cln_geometry *g)
{
	struct cln_geometry owned = *g;
	double us = 3.0 * (double)cln_problem_bytes(p) / (caps->gbytes_s * 1e3) + g->each_us;

	lay_out_units(caps, knobs, tasks, p->elements / tasks, &owned);
	if (us / owned.busy <= us / g->busy + caps->launch_us) {
		owned.owned = true;
		*g = owned;
	}
}

CLN_LAY_OUT(rows)
{
	g->vector = rows_vector(p, caps, knobs);
	g->block = rows_block(knobs, p->s);
	g->slabs = g->wave = p->instances;
	g->chunks = 1;
	g->chunk = p->s;
	g->nontemporal = is_nontemporal(p, caps, knobs, op);
	g->ahead = is_ahead(p, caps, op, g->nontemporal);
	g->each_us = each_us(caps, p->instances, ROWS_NS);
	lay_out_units(caps, knobs, p->instances, p->s, g);
	if (op == CLNORM_OP_BACKWARD && p->params > 0) {
		lay_out_owned(p, caps, knobs, p->params, g);
	}
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op), caps);
}

/* Where a compiler takes lanes one by one, they share nothing, and few of them are compiled sooner. */
static unsigned widest_bundle(const struct cln_problem *p, const struct cln_caps *caps)
{
	return caps->lanewise ? BUNDLE_LEAST : p->dtype == CLNORM_F64 ? 8 : 16;
}

CLN_REFUSE(bundle)
{
	(void)op;
	if (p->s < BUNDLE_LEAST) {
		return "an instance is no vector";
	}
	return p->s <= BUNDLE_VECTORS * widest_bundle(p, caps) ? NULL : "an instance is too large to share a work-item";
}

CLN_LAY_OUT(bundle)
{
	double lane_ns = caps->lanewise ? ROWS_NS : BUNDLE_LANE_NS;
	size_t a_sample;
	g->vector = (unsigned)least(rows_vector(p, caps, knobs), widest_bundle(p, caps));
	while (p->s > BUNDLE_VECTORS * (size_t)g->vector) {
		g->vector *= 2;
	}
	a_sample = cln_ceil_div(p->c, g->vector);
	g->slabs = g->wave = p->n * a_sample;
	g->chunks = 1;
	g->chunk = p->s;
	g->each_us = each_us(caps, p->instances, BUNDLE_ELEMENT_NS * (double)p->s) +
	             each_us(caps, g->slabs * g->vector, lane_ns);
	lay_out_units(caps, knobs, g->slabs, p->elements / g->slabs, g);
	if (op == CLNORM_OP_BACKWARD && p->params > 0) {
		lay_out_owned(p, caps, knobs, p->params / p->c * a_sample, g);
	}
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * g->vector, caps);
}

/* Chunks so that the instances a choice may look at fill the cores, none longer than the device lets one be; whole
 * blocks, so that a cut moves no block. */
static void lay_out_chunks(const struct cln_problem *p, size_t units, size_t slabs_seen, size_t least_chunk,
                           size_t longest, size_t block, struct cln_geometry *g)
{
	size_t wanted = most(cln_ceil_div(units, most(slabs_seen, 1)), 1);
	size_t chunk = most(cln_ceil_div(p->s, least(wanted, MOST_CHUNKS)), least_chunk);

	chunk = least(chunk, most(longest / block, 1) * block);
	g->block = (unsigned)block;
	g->chunk = cln_ceil_div(chunk, block) * block;
	g->chunks = (unsigned)cln_ceil_div(p->s, g->chunk);
}

/* All slabs in one wave where the last-level cache takes them, or a CPU has so few that waves of one or two leave cores
 * idle at their ends: that costs more than a second read from memory (up to 4 slabs on two cores, backward: 7 to 17 %;
 * 8 slabs: waves save 8 %). Else as many as fit half of the cache (y passes through it too), so that the second read
 * finds them there. */
static void lay_out_wave(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t slab_bytes,
                         struct cln_geometry *g)
{
	size_t fits = slab_bytes > 0 ? caps->last_bytes / slab_bytes : g->slabs;
	bool few = caps->cpu && g->slabs <= 2 * (size_t)caps->compute_units;
	bool whole = fits >= g->slabs || few;
	g->wave = whole ? g->slabs : most(fits / 2, 1);
	if (knobs->of[CLN_WAVE_KIB] > 0) {
		g->wave = cln_wave_set(knobs, slab_bytes, g->slabs);
	}
	g->reads = 1 + cln_second_read(g->wave * slab_bytes, caps);
}

CLN_LAY_OUT(rows_split)
{
	g->vector = rows_vector(p, caps, knobs);
	g->slabs = p->instances;
	g->nontemporal = is_nontemporal(p, caps, knobs, op);
	lay_out_chunks(p, caps->compute_units * knobs->of[CLN_UNITS], p->seen_instances, knobs->of[CLN_CHUNK],
	               cln_steps_rows(caps, g->vector), rows_block(knobs, cln_ceil_div(p->s, MOST_CHUNKS)), g);
	lay_out_wave(caps, knobs, cln_read_bytes(p, op), g);
	lay_out_units(caps, knobs, g->wave * g->chunks, g->chunk, g);
	g->each_us = each_us(caps, p->instances, ROWS_NS * g->chunks);
}

/* What a GPU makes of tasks of one work-item each: it wants a lane a task. */
static double lanes_busy(const struct cln_caps *caps, size_t tasks)
{
	return (double)least(tasks, (size_t)caps->compute_units * 256) / (caps->compute_units * 256.0);
}

/* A row of lanes is one pixel, or so many as fill whole vectors; room for it in powers of two, so that programs are
 * few. More channels than private memory holds tables of are several slabs. One lane where a compiler would write out
 * each: no lane of a channel looks at another. */
static void lay_out_scan(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
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
	g->slabs = p->n * (p->c <= tile ? 1 : cln_ceil_div(p->c, tile - g->vector));
	g->wave = g->slabs;
	g->block = (unsigned)knobs->of[CLN_BLOCK_PIXELS];
	g->nontemporal = is_nontemporal(p, caps, knobs, op);
}

CLN_LAY_OUT(scan)
{
	lay_out_scan(p, caps, knobs, op, g);
	g->chunks = 1;
	g->chunk = p->s;
	lay_out_units(caps, knobs, g->slabs, p->elements / g->slabs, g);
	g->busy = caps->cpu ? g->busy : lanes_busy(caps, g->slabs);
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * p->c, caps);
}

CLN_LAY_OUT(scan_split)
{
	size_t units = caps->compute_units * knobs->of[CLN_UNITS], slab, seen;
	lay_out_scan(p, caps, knobs, op, g);
	slab = cln_ceil_div(p->n * p->c, g->slabs);
	seen = p->flags & CLNORM_BATCH_INVARIANT ? g->slabs / p->n : g->slabs;
	lay_out_chunks(p, units, seen, cln_ceil_div(knobs->of[CLN_CHUNK], slab), cln_steps_scan(caps, p, g), g->block,
	               g);
	lay_out_wave(caps, knobs, cln_read_bytes(p, op) * slab, g);
	lay_out_units(caps, knobs, g->wave * g->chunks, g->chunk * slab, g);
	g->busy = caps->cpu ? g->busy : lanes_busy(caps, g->wave * g->chunks);
}
