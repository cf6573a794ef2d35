/* families.h: the ways of reading a tensor: each a pair of files in cl/, and all else that a family is, in one row.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_FAMILIES_H
#define CLN_FAMILIES_H

#include "decide/problem.h"

struct cln_geometry;

#define CLN_MOST_BELOW_FAMILY 3

/* Samples, channels, elements of a channel, and those of a chunk. */
struct cln_probe_shape {
	size_t n, c, s, chunk;
};

/* Defined in decide/geometry_NAME.c, beside the variants that lay it out. */
struct cln_family {
	const char *name;   /* its file in cl/, without ".cl" */
	/* Files in cl/ that its own stands on: who works on a slab, what loads or stores for it. */
	const char *stands_on[CLN_MOST_BELOW_FAMILY];
	bool cpu;           /* a unit is one work-item, as processors like it */
	bool lanes;         /* the lanes of a vector are runs */
	bool looks_up;      /* a unit's work-items look up gamma and beta for each element of a set of several runs */
	/* Slabs of a sample of so many channels, laid out so. NULL: each channel is one. */
	size_t (*slabs)(const struct cln_geometry *geometry, size_t channels);
	/* Steps of loops that a work-item makes for a slab, or a chunk of it, at most; `parts` of them are made
	 * whatever its length: loops over tasks and over the parts of an instance (decide/steps). */
	size_t (*task_steps)(const struct cln_problem *problem, const struct cln_geometry *geometry, size_t parts);
	/* The smallest shape that a program laid out so can be tried on, through all of its loops (decide/probe). */
	struct cln_probe_shape (*probe_shape)(const struct cln_geometry *geometry, bool split);
	/* Runs of x that a launch of no slabs may read all the same, where a set has so many. NULL: a vector at most.
	 */
	size_t (*reads_of_none)(const struct cln_geometry *geometry, size_t runs);
};

#endif
