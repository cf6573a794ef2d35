/* probe.c: the smallest problem that a choice's very program can be tried on, and the launch for it; pure.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is compiled into a program says what it can be run on: a team keeps whole vectors but for the last, a bundle has
 * a vector of elements at least, a table so many channels, a launch with ONCE a unit for every task. Within that the
 * probe is as small as goes through every loop: whole tiles or blocks and a rest, parts of a split instance that meet,
 * several instances side by side. */
#include "decide/probe.h"

#include "decide/geometry.h"
#include "decide/runs.h"

/* A unit without ONCE goes round its loop several times. */
#define UNITS 3
/* Runs of a set, where it has several. */
#define RUNS 3

/* That of the family; units that add up what their slabs contribute have two of them each, all of one group. */
static struct cln_probe_shape shape_of(const struct cln_choice *choice)
{
	struct cln_probe_shape shape =
		choice->variant->family->probe_shape(&choice->geometry, choice->variant->split);
	if (choice->geometry.by_unit) {
		shape.n = 2 * UNITS;
		shape.c = 1;
	}
	return shape;
}

/* Sets of several runs have the same slabs: a slab that is a whole set is cut into runs, others are a sample's set. */
static void divide(clnorm_desc *desc, const struct cln_choice *choice, struct cln_probe_shape *shape)
{
	const struct cln_runs *runs = &choice->geometry.runs;
	if (runs->kind == CLN_RUNS_WHOLE) {
		size_t count = runs->lookup == CLN_LOOKUP_ELEMENT ? shape->s : RUNS;
		desc->groups = shape->c;
		desc->c = shape->c * count;
		desc->spatial[0] = shape->s / count;
		shape->s = desc->spatial[0] * count;
		shape->chunk = shape->chunk < shape->s ? shape->chunk : shape->s;
	} else if (runs->kind == CLN_RUNS_APART) {
		shape->c = desc->c = shape->c > 1 ? shape->c : 2;
		desc->groups = 1;
	}
}

static size_t slabs_of(const struct cln_choice *choice, const struct cln_probe_shape *shape)
{
	const struct cln_family *family = choice->variant->family;
	return shape->n * (family->slabs ? family->slabs(&choice->geometry, shape->c) : shape->c);
}

static void lay_out(struct cln_choice *choice, const struct cln_problem *problem, const struct cln_probe_shape *shape)
{
	struct cln_geometry *g = &choice->geometry;
	size_t tasks;

	g->slabs = g->wave = slabs_of(choice, shape);
	g->chunk = shape->chunk;
	g->chunks = (unsigned)cln_ceil_div(shape->s, shape->chunk);
	cln_runs_align(choice->variant, problem, g);
	tasks = g->slabs * g->chunks;
	g->groups = !g->once ? UNITS : g->team > 0 ? cln_ceil_div(tasks, g->group / g->team) : tasks;
}

clnorm_status cln_probe_init(struct cln_probe *probe, const struct cln_choice *choice,
                             const struct cln_problem *problem)
{
	clnorm_status st = CLNORM_OK;
	struct cln_probe_shape shape = shape_of(choice);

	/* A launch with ONCE writes gradients itself only of parameters that no two instances share. */
	probe->desc = (clnorm_desc){
		.n = shape.n,
		.c = shape.c,
		.spatial = {shape.s},
		.spatial_rank = 1,
		.dtype = problem->dtype,
		.layout = problem->layout,
		.affine = choice->geometry.owned && choice->geometry.once ? CLNORM_AFFINE_INSTANCE
	                                                                  : CLNORM_AFFINE_CHANNEL,
		.activation = problem->activation,
		.slope = 0.25,
		.epsilon = 1e-5,
		.ops = choice->op,
		.flags = CLNORM_CALLER_WORKSPACE |
	                 (choice->geometry.constant ? (unsigned)CLNORM_CONSTANT_STATISTICS : 0),
	};
	divide(&probe->desc, choice, &shape);
	probe->choice = *choice;
	CLN_TRY(cln_problem_init(&probe->problem, &probe->desc));
	/* All elements are, which the mask or the lengths of the trial say. */
	probe->problem.valid = problem->valid;
	probe->problem.outside = problem->outside;
	probe->problem.flags |= problem->flags & CLNORM_SKIP_SUM;
	lay_out(&probe->choice, &probe->problem, &shape);
done:
	return st;
}
