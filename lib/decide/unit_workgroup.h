/* unit_workgroup.h: geometry that the families share whose unit is a work-group, or a team in one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_UNIT_WORKGROUP_H
#define CLN_UNIT_WORKGROUP_H

#include "decide/geometry.h"

#define CLN_TEAM_KNOBS (CLN_KNOB(GROUP) | CLN_KNOB(ITEMS))
#define CLN_GROUP_KNOBS (CLN_TEAM_KNOBS | CLN_KNOB(VECTOR))
/* Vectors that a work-item asks for before it waits, kept or not. */
#define CLN_WORKGROUP_ITEMS 4
/* Work-items a group where the instance does not ask for more. */
#define CLN_WORKGROUP_USUAL 256
/* No group larger than this: beyond, barriers cost more than registers gain. */
#define CLN_WORKGROUP_MOST 1024
/* Two such groups with 64 registers each fit a unit of NVIDIA's, and one works while the other waits at a barrier:
 * 6x256x15680 forward takes 56 us in groups of 512, 82 in groups of 992 and 1024 (bench/H200.md). It is also
 * the limit where a work-item needs more registers (doubles), and backward, where `stream` is faster than more of them.
 */
#define CLN_WORKGROUP_PAIR 512
/* Accumulators in local memory (cl/team.cl, cl/tree.cl): of a work-item, and of a team at most. */
#define CLN_WORKGROUP_TREE 4
#define CLN_WORKGROUP_TOTALS 8

static inline double cln_lesser(double a, double b)
{
	return a < b ? a : b;
}

/* Elements of a vector, and how many of them a work-item takes at a time. */
unsigned cln_workgroup_vector(const struct cln_problem *p);
unsigned cln_workgroup_items(const struct cln_problem *p, clnorm_op op);
/* Accumulators that local memory has room for; work-items of a group that it and the device have room for, of so many
 * that are wanted; and the most that have registers for all they keep. */
size_t cln_workgroup_local_room(const struct cln_problem *p, const struct cln_caps *caps);
unsigned cln_workgroup_limit(const struct cln_problem *p, const struct cln_caps *caps, unsigned wanted);
unsigned cln_workgroup_register_limit(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op);
double cln_workgroup_busy(const struct cln_caps *caps, const struct cln_geometry *g, double bytes_each);
bool cln_workgroup_is_owned(const struct cln_problem *p, clnorm_op op);

#endif
