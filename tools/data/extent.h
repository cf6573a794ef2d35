/* extent.h: the sizes of a description as counts, and where an element belongs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_EXTENT_H
#define TOOL_EXTENT_H

#include <clnorm/clnorm.h>

struct tool_extent {
	size_t n, c, s;                /* batch, channels, spatial elements */
	size_t groups, runs;           /* sets of a sample, and instances of a set: c/groups */
	size_t instances, sets, count; /* n*c, n*groups, n*c*s */
	bool channels_last;            /* the C values of a pixel lie together, else the S of a channel */
};

/* Of a description whose product is known to fit size_t, and whose groups divide C. */
struct tool_extent tool_extent_of(const clnorm_desc *desc);

/* Element i of x belongs to this instance, n*C + c, and is this place in it. */
void tool_extent_locate(const struct tool_extent *extent, size_t i, size_t *instance, size_t *place);

/* The set that an instance belongs to, n*G + g: the index of its mean, rstd and moments. */
size_t tool_extent_set(const struct tool_extent *extent, size_t instance);

/* Elements of gamma or beta: 0, C or N*C. */
size_t tool_extent_affine(const clnorm_desc *desc);
/* Which of them is the instance's; 0 where there are none. */
size_t tool_extent_parameter(const clnorm_desc *desc, size_t instance);

/* Whether element i of x is valid, as desc->valid says: by the mask, by the lengths, or in any case. */
bool tool_extent_is_valid(const clnorm_desc *desc, const unsigned char *mask, const cl_uint *lengths, size_t i);

#endif
