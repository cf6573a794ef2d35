/* axes.h: the axes of a tensor: how many of each, how far apart; what they span, which of them are one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_AXES_H
#define CLN_AXES_H

#include "base/status.h"

#define CLN_MOST_AXES 8

/* So many of them, `step` elements from one to the next. */
struct cln_axis {
	size_t count, step;
};

/* The first varies slowest, as the elements are counted. */
struct cln_axes {
	unsigned rank;
	struct cln_axis axes[CLN_MOST_AXES];
};

/* Steps of a packed tensor of these counts. */
void cln_axes_pack(struct cln_axes *axes);

/* Elements from the first to the last, both counted; 0 of an empty tensor. Of axes that passed the check. */
size_t cln_axes_span(const struct cln_axes *axes);

/* The axes that lead anywhere, the shortest step first. */
struct cln_axes cln_axes_by_step(const struct cln_axes *axes);

/* CLNORM_BAD_SHAPE, with the numbers, where elements coincide or axes lie in one another's gaps, or where the span is
 * more than size_t counts in bytes. */
CLN_CHECKED clnorm_status cln_axes_check(const struct cln_axes *axes, size_t element_bytes);

/* Axes from .. to-1 in as few as can be: the same elements in the same order. None where there is one element. */
struct cln_axes cln_axes_merge(const struct cln_axes *axes, unsigned from, unsigned to);

#endif
