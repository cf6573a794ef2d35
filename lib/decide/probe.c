/* probe.c: the smallest problem that a choice's very program can be tried on, and the launch for it; pure.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is compiled into a program says what it can be run on: a team keeps whole vectors but for the last, a bundle has
 * a vector of elements at least, a table so many channels, a launch with ONCE a unit for every task. Within that the
 * probe is as small as goes through every loop: whole tiles or blocks and a rest, parts of a split instance that meet,
 * several instances side by side. */
#include "decide/probe.h"

#include "decide/runs.h"

/* Elements that cost some 100 us on a host, which computes the right answers. */
#define USUAL_ELEMENTS 8192
/* A unit without ONCE goes round its loop several times. */
#define UNITS 3
/* Of a longer block, or a larger tile, a part has to do. */
#define MOST_BLOCK 4096
#define MOST_TILE 12288

/* Samples, channels, elements of a slab's lane, and those of a chunk, of two or three where the variant splits. */
struct shape {
	size_t n, c, s, chunk;
};

/* Runs of a set, where it has several. */
#define RUNS 3

static size_t ceil_div(size_t a, size_t b)
{
	return (a + b - 1) / b;
}

/* Samples and channels of instances of s elements: none alone, and many where they are short. */
static struct shape instances_of(size_t s)
{
	if (s * 15 <= USUAL_ELEMENTS) {
		return (struct shape){3, 5, s, s};
	}
	return s * 6 <= USUAL_ELEMENTS ? (struct shape){2, 3, s, s} : (struct shape){2, 1, s, s};
}

/* All of a work-item's vectors are whole but the last. */
static struct shape team_shape(const struct cln_geometry *g)
{
	size_t row = (size_t)g->team * g->vector;
	return instances_of((g->items - 1) * row + row - row / 3);
}

static struct shape group_shape(const struct cln_geometry *g, bool split)
{
	size_t all = (size_t)g->group * g->items * g->vector, tile = all < MOST_TILE ? all : MOST_TILE;
	size_t rest = tile / 3 + 1;
	struct shape shape = instances_of(split ? 2 * tile + rest : tile + rest);
	shape.chunk = split ? tile : shape.s;
	return shape;
}

static struct shape rows_shape(const struct cln_geometry *g, bool split)
{
	size_t block = g->block < MOST_BLOCK ? g->block : MOST_BLOCK, s = block + 3 * (size_t)g->vector + 1;
	struct shape shape = instances_of(s);
	shape.chunk = split ? ceil_div(s, 3) : s;
	return shape;
}

/* A row of lanes is a pixel of more channels than a vector has, which the least table holds. */
static struct shape scan_shape(const struct cln_geometry *g, bool split)
{
	size_t s = g->block < 256 ? g->block + 9 : 265;
	return (struct shape){2, g->vector + 3, s, split ? ceil_div(s, 3) : s};
}

/* Whole vectors where the program knows no other. */
static struct shape tiles_shape(const struct cln_geometry *g, bool split)
{
	size_t c = g->even ? 2 * (size_t)g->vector : 2 * (size_t)g->vector + 1;
	size_t all = (size_t)g->group / g->columns * g->items;
	size_t block = all < MOST_TILE / c ? all : MOST_TILE / c, s = (split ? 2 * block : block) + block / 3 + 1;
	return (struct shape){2, c, s, split ? block : s};
}

static struct shape shape_of(const struct cln_choice *choice)
{
	const struct cln_family *family = choice->variant->family;
	const struct cln_geometry *g = &choice->geometry;
	bool split = choice->variant->split;

	if (family == &cln_family_team) {
		return team_shape(g);
	}
	if (family == &cln_family_bundle) {
		return instances_of(2 * (size_t)g->vector + 3);
	}
	if (family == &cln_family_scan) {
		return scan_shape(g, split);
	}
	if (family == &cln_family_tiles) {
		return tiles_shape(g, split);
	}
	return family == &cln_family_rows ? rows_shape(g, split) : group_shape(g, split);
}

static size_t slabs_of(const struct cln_choice *choice, const struct shape *shape)
{
	const struct cln_family *family = choice->variant->family;
	const struct cln_geometry *g = &choice->geometry;

	if (family == &cln_family_scan) {
		return shape->n;
	}
	if (family == &cln_family_tiles) {
		return shape->n * ceil_div(ceil_div(shape->c, g->vector), g->columns);
	}
	return family == &cln_family_bundle ? shape->n * ceil_div(shape->c, g->vector) : shape->n * shape->c;
}

/* Sets of several runs have the same slabs: a slab that is a whole set is cut into runs, others are a sample's set. */
static void divide(clnorm_desc *desc, const struct cln_choice *choice, struct shape *shape)
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

static void lay_out(struct cln_choice *choice, const struct cln_problem *problem, const struct shape *shape)
{
	struct cln_geometry *g = &choice->geometry;
	size_t tasks;

	g->slabs = g->wave = slabs_of(choice, shape);
	g->chunk = shape->chunk;
	g->chunks = (unsigned)ceil_div(shape->s, shape->chunk);
	cln_runs_align(choice->variant, problem, g);
	tasks = g->slabs * g->chunks;
	g->groups = !g->once ? UNITS : g->team > 0 ? ceil_div(tasks, g->group / g->team) : tasks;
}

clnorm_status cln_probe_init(struct cln_probe *probe, const struct cln_choice *choice,
                             const struct cln_problem *problem)
{
	clnorm_status st = CLNORM_OK;
	struct shape shape = shape_of(choice);

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
		.flags = CLNORM_CALLER_WORKSPACE,
	};
	divide(&probe->desc, choice, &shape);
	probe->choice = *choice;
	CLN_TRY(cln_problem_init(&probe->problem, &probe->desc));
	lay_out(&probe->choice, &probe->problem, &shape);
done:
	return st;
}
