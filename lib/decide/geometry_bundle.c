/* geometry_bundle.c: bundle: a work-item takes as many short instances as a vector has lanes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/steps.h"
#include "decide/unit_workitem.h"

/* Vectors of an instance of a bundle: each of two accumulators takes 8 of them, as those of rows do. */
#define BUNDLE_VECTORS 16
/* Below it is no vector, and in rows an instance is over sooner than elsewhere. */
#define BUNDLE_LEAST 4
/* Steps of a vector of elements, for each lane. */
#define BUNDLE_STEPS 4
/* What a bundle costs a core beside its bytes, in nanoseconds: for each lane there is, and for each element, as it is
 * swept once more (16x512x16 forward takes PoCL 0.10 ms and 0.25 in rows, x49 0.16 and 0.44, x64 0.19 and 0.25, x128
 * 0.25 and 0.27; 4x256x196 from the cache Intel's runtime 0.040 and 0.047, 2x64x256 as long). */
#define LANE_NS 10.0
#define ELEMENT_NS 0.12

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

static size_t slabs(const struct cln_geometry *g, size_t channels)
{
	return cln_ceil_div(channels, g->vector);
}

CLN_LAY_OUT(bundle)
{
	double lane_ns = caps->lanewise ? CLN_ROWS_NS : LANE_NS;
	size_t a_sample;
	g->vector = (unsigned)least(cln_workitem_vector(p, caps, knobs), widest_bundle(p, caps));
	while (p->s > BUNDLE_VECTORS * (size_t)g->vector) {
		g->vector *= 2;
	}
	a_sample = slabs(g, p->c);
	g->slabs = g->wave = p->n * a_sample;
	g->chunks = 1;
	g->chunk = p->s;
	g->each_us = cln_workitem_each_us(caps, p->instances, ELEMENT_NS * (double)p->s) +
	             cln_workitem_each_us(caps, g->slabs * g->vector, lane_ns);
	cln_workitem_lay_out_units(caps, knobs, g->slabs, p->elements / g->slabs, g);
	if (op == CLNORM_OP_BACKWARD && p->params > 0) {
		cln_workitem_lay_out_owned(p, caps, knobs, p->params / p->c * a_sample, g);
	}
	g->reads = 1 + cln_second_read(cln_read_bytes(p, op) * g->vector, caps);
}

static size_t task_steps(const struct cln_problem *p, const struct cln_geometry *g, size_t parts)
{
	(void)p;
	return (g->chunk / g->vector * BUNDLE_STEPS + CLN_STEPS_ENDS) * g->vector + parts;
}

static struct cln_probe_shape probe_shape(const struct cln_geometry *g, bool split)
{
	(void)split;
	return cln_probe_shape_of(2 * (size_t)g->vector + 3);
}

static size_t reads_of_none(const struct cln_geometry *g, size_t runs)
{
	(void)runs;
	return g->vector;
}

static const struct cln_family family = {
	.name = "bundle",
	.stands_on = {"item"},
	.cpu = true,
	.lanes = true,
	.slabs = slabs,
	.task_steps = task_steps,
	.probe_shape = probe_shape,
	.reads_of_none = reads_of_none,
};

const struct cln_variant cln_variant_bundle = {
	.info = {.name = "bundle",
                 .text = "CPU, short instances: one work-item takes as many as a vector has lanes, sums across",
                 .ops = CLN_WHOLE,
                 .layouts = CLN_CHANNELS_FIRST,
                 .knobs = CLN_UNIT_KNOBS},
	.family = &family,
	.sweeps = 2,
	.refuse = refuse_bundle,
	.lay_out = lay_out_bundle,
};
