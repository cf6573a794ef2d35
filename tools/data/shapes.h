/* shapes.h: the shapes a benchmark runs: from --shape texts and from CSV files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SHAPES_H
#define TOOL_SHAPES_H

#include "tools/data/array.h"

struct tool_shape {
	char id[64];
	unsigned rank;
	size_t dims[TOOL_RANK_MAX]; /* N, C, spatial...; none is 0 */
	clnorm_affine affine;
	clnorm_activation activation;
	double slope;
	size_t groups; /* divides C; 0: instance norm */
	bool is_large; /* for devices with the memory for it; passed over on others */
};

struct tool_shapes {
	struct tool_shape *items;
	size_t count;
};

/* Adds "N,C,D1,...", affine a channel, no activation; the text is the id. */
TOOL_CHECKED bool tool_shapes_add_text(struct tool_shapes *shapes, const char *text);

/* Adds the rows of a CSV file, one at least. The first line that is neither empty, commas apart, nor a # comment names
 * the columns: id, n, c and spatial (sizes joined by x) are needed; affine (none, channel, instance), activation (as
 * --activation takes it), groups and set (g: is_large) are read where they are; others are passed over. A field may be
 * in double quotes, on one line. Lines end in LF, CR LF or CR; a byte order mark is skipped. Reasons name file and
 * line. */
TOOL_CHECKED bool tool_shapes_add_file(struct tool_shapes *shapes, const char *path);

/* Gives the groups to all shapes that have none of their own; false where they do not divide C of one of them, which
 * the reason names. 0 changes nothing. */
TOOL_CHECKED bool tool_shapes_set_groups(struct tool_shapes *shapes, size_t groups);

/* Whether any shape has groups. */
bool tool_shapes_have_groups(const struct tool_shapes *shapes);

/* Frees; empty is fine. */
void tool_shapes_clear(struct tool_shapes *shapes);

/* A description with the shape, groups, affine mode and activation; the rest as clnorm_desc_nd() sets it. */
clnorm_desc tool_shapes_desc(const struct tool_shape *shape);

/* The affine mode in the words of a CSV file. */
const char *tool_shapes_affine(const struct tool_shape *shape);

#endif
