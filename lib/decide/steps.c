/* steps.c: how many steps of loops a work-item makes, for devices that end loops by themselves.
 * SPDX-License-Identifier: Apache-2.0
 *
 * llvmpipe of Mesa before 25 leaves every loop of a kernel once the work-item has made 65535 steps in all, and says
 * nothing: what was not reached is not written. The counts are upper bounds: of statistics with every block swept
 * twice, sums, dx or y. */
#include "decide/steps.h"

#include <stdint.h>

/* Steps an element: of a vector in rows and bundles, of a group's share of a vector. */
#define ROWS_STEPS 2
#define GROUP_STEPS 5
#define BUNDLE_STEPS 4
/* Of a pixel that is in several slabs: elements at the ends of each that fill no vector. */
#define ENDS_STEPS 48
/* Ends of a row that fill no vector, trees over a group, the loop over tasks. */
#define TASK_STEPS 320
/* Each part of an instance is read by every chunk. */
#define PART_STEPS 3

/* Half of the steps go to a chunk, the rest to the parts of the others. */
size_t cln_steps_rows(const struct cln_caps *caps, unsigned vector)
{
	return caps->most_steps == 0 ? SIZE_MAX : caps->most_steps / 2 / ROWS_STEPS * vector;
}

/* Vectors of a pixel's channels that are in one slab. */
static size_t scan_vectors(const struct cln_problem *problem, const struct cln_geometry *g)
{
	size_t lanes = problem->c < g->tile ? problem->c : g->tile;
	return (lanes + g->vector - 1) / g->vector;
}

static size_t scan_pixel_steps(const struct cln_problem *problem, const struct cln_geometry *g)
{
	return ROWS_STEPS * scan_vectors(problem, g) + (problem->c > g->tile ? ENDS_STEPS : 0);
}

size_t cln_steps_scan(const struct cln_caps *caps, const struct cln_problem *problem, const struct cln_geometry *g)
{
	return caps->most_steps == 0 ? SIZE_MAX : caps->most_steps / 2 / scan_pixel_steps(problem, g);
}

size_t cln_steps_tiles(const struct cln_caps *caps, size_t rows)
{
	return caps->most_steps == 0 ? SIZE_MAX : caps->most_steps / 2 / GROUP_STEPS * rows;
}

/* Of a slab, or of a chunk of it. */
static size_t task_steps(const struct cln_variant *variant, const struct cln_problem *problem,
                         const struct cln_geometry *g)
{
	size_t parts = TASK_STEPS + (variant->split ? PART_STEPS * (size_t)g->chunks : 0);
	if (variant->family == &cln_family_scan) { /* parts, and half a dozen short loops more, for each vector */
		return g->chunk * scan_pixel_steps(problem, g) + parts * scan_vectors(problem, g);
	}
	if (variant->family == &cln_family_rows) {
		return g->chunk / g->vector * ROWS_STEPS + parts;
	}
	if (variant->family == &cln_family_bundle) {
		return (g->chunk / g->vector * BUNDLE_STEPS + ENDS_STEPS) * g->vector + parts;
	}
	if (g->columns > 0) {
		return g->chunk / (g->group / g->columns) * GROUP_STEPS + parts;
	}
	return g->chunk / ((size_t)g->group * g->vector) * GROUP_STEPS + parts;
}

const char *cln_steps_fit(const struct cln_variant *variant, const struct cln_problem *problem,
                          const struct cln_caps *caps, struct cln_geometry *g)
{
	size_t task = task_steps(variant, problem, g), tasks = g->wave * g->chunks;
	if (caps->most_steps == 0) {
		return NULL;
	}
	if (task > caps->most_steps) {
		return "a work-item would make more steps of loops than the device lets it";
	}
	if (g->owned && problem->instances / problem->params > caps->most_steps / task) {
		g->owned = false;
	}
	if (!g->once) {
		size_t samples = g->owned ? problem->instances / problem->params : 1;
		size_t each = caps->most_steps / task / samples; /* at least 1 */
		size_t units = (tasks / samples + each - 1) / each;
		g->groups = g->groups * g->group >= units ? g->groups : (units + g->group - 1) / g->group;
	}
	return NULL;
}
