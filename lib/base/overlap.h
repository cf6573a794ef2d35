/* overlap.h: whether strided elements of one buffer and others have a byte in common.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_OVERLAP_H
#define CLN_OVERLAP_H

#include <stdbool.h>

#include "base/axes.h"

/* The elements of a tensor in a buffer: the first one's first byte, where each of the others lies (axes that passed
 * cln_axes_check()), bytes of one. */
struct cln_elements {
	size_t from;
	struct cln_axes axes;
	size_t bytes;
};

/* The byte past the last element; the first one's where there is none. */
size_t cln_elements_end(const struct cln_elements *elements);

/* The same elements in the same order. */
bool cln_elements_are_same(const struct cln_elements *a, const struct cln_elements *b);

enum cln_overlap {
	CLN_APART = 0,
	CLN_SHARED,
	CLN_UNDECIDED, /* the one's elements reach into the other's gaps, in steps that have nothing in common */
};

/* Decided in a few steps, whatever the counts, where at each level, from the longest step inwards, both make the same
 * step, or the one has no gaps, or lies in two steps of the other at most: so for slices of one tensor, and for an
 * array beside a tensor. *at: a byte of both, with CLN_SHARED. */
enum cln_overlap cln_elements_overlap(const struct cln_elements *a, const struct cln_elements *b, size_t *at);

#endif
