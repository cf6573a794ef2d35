/* affine.h: gamma and beta of a run of clnorm-apply: from files, or the statistics of a style.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_AFFINE_H
#define TOOL_AFFINE_H

#include "tools/data/sample.h"

/* Arrays of the statistics type, each of C or of N*C elements as mode says; data NULL where not given. */
struct tool_affine {
	clnorm_affine mode;
	struct tool_array gamma, beta;
};

/* From .npy files of C or N*C elements; either path may be NULL. Where one has N*C elements, one of C is repeated. */
TOOL_CHECKED bool tool_affine_load(const char *gamma_path, const char *beta_path, const clnorm_desc *desc,
                                   struct tool_affine *affine);

/* AdaIN (Huang and Belongie 2017, arXiv:1703.06868, eq. 8): gamma and beta are standard deviation and mean of each
 * set of the style, desc's groups in a sample, taken on the device in desc's dtype. The style's C is desc's, its N is
 * desc's or 1. Reasons begin with the path. */
TOOL_CHECKED bool tool_affine_from_style(const char *path, const struct tool_sample *style, clnorm_context *ctx,
                                         const clnorm_desc *desc, struct tool_affine *affine);

/* Frees; empty is fine. */
void tool_affine_clear(struct tool_affine *affine);

#endif
