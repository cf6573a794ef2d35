/* unit_workgroup.c: geometry that the families share whose unit is a work-group, or a team in one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/unit_workgroup.h"

/* Doubles with the exponentials of SiLU or GELU. */
#define WIDE_GROUP 256
/* Work-items that one compute unit keeps in flight, and bytes that they must have asked for to keep its share of the
 * memory busy: its speed times its latency, 4.2 TB/s and 1 us over 132 units of an H200. */
#define ITEMS_A_UNIT 2048
#define BYTES_A_UNIT 32768
/* One compute unit draws no more than about this many times its share. */
#define UNIT_DRAW 1.5

unsigned cln_workgroup_vector(const struct cln_problem *p)
{
	return p->dtype == CLNORM_F64 ? 2 : 4;
}

/* Gradients of SiLU and GELU take registers of their own, in doubles more than there are for two vectors. */
unsigned cln_workgroup_items(const struct cln_problem *p, clnorm_op op)
{
	if (op != CLNORM_OP_BACKWARD || !cln_is_transcendental(p)) {
		return CLN_WORKGROUP_ITEMS;
	}
	return p->dtype == CLNORM_F64 ? 1 : 2;
}

/* Accumulators that local memory has room for. */
size_t cln_workgroup_local_room(const struct cln_problem *p, const struct cln_caps *caps)
{
	return caps->local_bytes / cln_problem_statistic_bytes(p);
}

/* Work-items of a group that is one unit. */
unsigned cln_workgroup_limit(const struct cln_problem *p, const struct cln_caps *caps, unsigned wanted)
{
	size_t by_local = (most(cln_workgroup_local_room(p, caps), CLN_WORKGROUP_TOTALS) - CLN_WORKGROUP_TOTALS) /
	                  CLN_WORKGROUP_TREE;
	return (unsigned)most(least(least(caps->max_group, wanted), by_local), 1);
}

/* Work-items a group may have, each with registers for all that it keeps. */
unsigned cln_workgroup_register_limit(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op)
{
	bool doubles = p->dtype == CLNORM_F64;
	if (doubles && cln_is_transcendental(p)) {
		return cln_workgroup_limit(p, caps, WIDE_GROUP);
	}
	return cln_workgroup_limit(p, caps,
	                           doubles || op == CLNORM_OP_BACKWARD ? CLN_WORKGROUP_PAIR : CLN_WORKGROUP_MOST);
}

/* The share of the memory's speed that the groups can ask for, each of their work-items for so many bytes at a time. */
double cln_workgroup_busy(const struct cln_caps *caps, const struct cln_geometry *g, double bytes_each)
{
	double units = caps->compute_units, groups = (double)g->groups, items;
	if (caps->cpu) {
		return cln_lesser(groups / units, 1);
	}
	items = cln_lesser(groups * g->group, units * ITEMS_A_UNIT);
	return cln_lesser(cln_lesser(items * bytes_each / (units * BYTES_A_UNIT), UNIT_DRAW * groups / units), 1);
}

/* An instance of its own for every parameter: whoever sums it up writes the gradients too. */
bool cln_workgroup_is_owned(const struct cln_problem *p, clnorm_op op)
{
	return op == CLNORM_OP_BACKWARD && p->params > 0 && p->params == p->instances;
}
