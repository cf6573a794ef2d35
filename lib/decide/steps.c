/* steps.c: how many steps of loops a work-item makes, for devices that end loops by themselves.
 * SPDX-License-Identifier: Apache-2.0
 *
 * llvmpipe of Mesa before 25 leaves every loop of a kernel once the work-item has made 65535 steps in all, and says
 * nothing: what was not reached is not written. The counts are upper bounds: of statistics with every block swept
 * twice, sums, dx or y. */
#include "decide/steps.h"

#include <stdint.h>

/* Ends of a row that fill no vector, trees over a group, the loop over tasks. */
#define TASK_STEPS 320
/* Each part of an instance is read by every chunk. */
#define PART_STEPS 3

/* Half of the steps go to a chunk, the rest to the parts of the others. */
size_t cln_steps_longest(const struct cln_caps *caps, size_t steps, size_t elements)
{
	return caps->most_steps == 0 ? SIZE_MAX : caps->most_steps / 2 / steps * elements;
}

const char *cln_steps_fit(const struct cln_variant *variant, const struct cln_problem *problem,
                          const struct cln_caps *caps, struct cln_geometry *g)
{
	size_t parts = TASK_STEPS + (variant->split ? PART_STEPS * (size_t)g->chunks : 0);
	size_t task = variant->family->task_steps(problem, g, parts), tasks = g->wave * g->chunks;
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
