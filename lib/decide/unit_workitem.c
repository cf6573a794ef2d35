/* unit_workitem.c: geometry that the families share whose unit is one work-item.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/unit_workitem.h"

/* Fewer lanes make sums of more terms each than the error bound was shown for. */
#define LEAST_VECTOR 8
/* Last-level cache of one core at most: a virtual machine of two cores reports its host's 480 MB, but with x of 34 MB
 * rows took 2.0 ms forward through the caches, and 1.4 past them. */
#define MOST_CACHE ((size_t)24 << 20)

/* Units for `tasks` equal tasks of `elements` each, and the share of the cores they keep busy. */
void cln_workitem_lay_out_units(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t tasks,
                                size_t elements, struct cln_geometry *g)
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
bool cln_workitem_is_nontemporal(const struct cln_problem *p, const struct cln_caps *caps,
                                 const struct cln_knobs *knobs, clnorm_op op)
{
	size_t wish = knobs->of[CLN_NONTEMPORAL];
	size_t ours = least(caps->last_bytes, (size_t)caps->compute_units * MOST_CACHE);
	size_t least_bytes = op == CLNORM_OP_BACKWARD ? ours / 5 : ours / 2;
	bool pays =
		wish == CLN_NONTEMPORAL_BY_BYTES ? cln_problem_bytes(p) >= least_bytes : wish == CLN_NONTEMPORAL_ALWAYS;
	return !cln_is_transcendental(p) && caps->cpu && pays;
}

/* What costs a core `ns` for each of so many instances or lanes costs them all so many microseconds. */
double cln_workitem_each_us(const struct cln_caps *caps, size_t count, double ns)
{
	return (double)count * ns / (caps->compute_units * 1e3);
}

/* A vector fills the widest register file at hand, 64 bytes of accumulators; a short instance takes a shorter one, and
 * so does a compiler that would write out each lane. */
unsigned cln_workitem_vector(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs)
{
	unsigned v = p->dtype == CLNORM_F64 || caps->lanewise ? LEAST_VECTOR : 16;
	if (knobs->of[CLN_VECTOR] > 0) {
		v = (unsigned)most(knobs->of[CLN_VECTOR], LEAST_VECTOR);
	}
	while (v > 4 && p->s < v) {
		v /= 2;
	}
	return v;
}

/* All instances of a parameter by one unit save the launch that adds up its gradient, if such tasks are enough for the
 * cores: whichever is estimated to take less. Parameters of an instance are always so. The arithmetic is the same. */
void cln_workitem_lay_out_owned(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                                size_t tasks, struct cln_geometry *g)
{
	struct cln_geometry owned = *g;
	double us = 3.0 * (double)cln_problem_bytes(p) / (caps->gbytes_s * 1e3) + g->each_us;

	cln_workitem_lay_out_units(caps, knobs, tasks, p->elements / tasks, &owned);
	if (us / owned.busy <= us / g->busy + caps->launch_us) {
		owned.owned = true;
		*g = owned;
	}
}

/* Chunks so that the instances a choice may look at fill the cores, none longer than the device lets one be; whole
 * blocks, so that a cut moves no block. */
void cln_workitem_lay_out_chunks(const struct cln_problem *p, size_t units, size_t slabs_seen, size_t least_chunk,
                                 size_t longest, size_t block, struct cln_geometry *g)
{
	size_t wanted = most(cln_ceil_div(units, most(slabs_seen, 1)), 1);
	size_t chunk = most(cln_ceil_div(p->s, least(wanted, CLN_WORKITEM_MOST_CHUNKS)), least_chunk);

	chunk = least(chunk, most(longest / block, 1) * block);
	g->block = (unsigned)block;
	g->chunk = cln_ceil_div(chunk, block) * block;
	g->chunks = (unsigned)cln_ceil_div(p->s, g->chunk);
}

/* All slabs in one wave where the last-level cache takes them, or a CPU has so few that waves of one or two leave cores
 * idle at their ends: that costs more than a second read from memory (up to 4 slabs on two cores, backward: 7 to 17 %;
 * 8 slabs: waves save 8 %). Else as many as fit half of the cache (y passes through it too), so that the second read
 * finds them there. */
void cln_workitem_lay_out_wave(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t slab_bytes,
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
