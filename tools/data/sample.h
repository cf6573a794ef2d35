/* sample.h: what clnorm-apply takes in and gives out: a tensor from a .npy file, or a picture as a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SAMPLE_H
#define TOOL_SAMPLE_H

#include "tools/data/array.h"
#include "tools/data/picture.h"

/* A picture is a tensor of N = 1, a channel for each colour (alpha is none) and spatial (height, width), in f32 on the
 * scale 0 to 255. */
struct tool_sample {
	struct tool_array array; /* as the layout has it: of nhwc, the last axis is C */
	unsigned rank;
	size_t dims[TOOL_RANK_MAX];  /* N, C, spatial..., whatever the layout */
	struct tool_picture picture; /* samples NULL where it came from a .npy file */
};

/* Loads a .npy or PNG file; its first bytes say which, not its name. Raw records as tool_npy_read() takes them. Reasons
 * begin with the path. */
TOOL_CHECKED bool tool_sample_load(const char *path, clnorm_layout layout, bool raw_is_bf16,
                                   struct tool_sample *sample);

/* Frees; an empty sample is fine; the sample is empty afterwards. */
void tool_sample_clear(struct tool_sample *sample);

/* A description of the sample's shape, of this layout. */
clnorm_desc tool_sample_desc(const struct tool_sample *sample, clnorm_layout layout);

/* How values become pixels: pixel = scale*value + offset, rounded and cut to 0..255. */
struct tool_sample_display {
	float scale, offset;
};

/* Writes f32 values in the sample's shape and layout as a picture of the sample's size, bits and alpha. The sample is a
 * picture. */
TOOL_CHECKED bool tool_sample_write_picture(FILE *file, const struct tool_sample *sample, clnorm_layout layout,
                                            const float *values, struct tool_sample_display display);

#endif
