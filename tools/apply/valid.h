/* valid.h: which elements of the input are valid in a run of clnorm-apply: a mask or lengths from a file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_APPLY_VALID_H
#define TOOL_APPLY_VALID_H

#include "tools/apply/settings.h"
#include "tools/calls/job.h"

/* As desc->valid says, one of them or neither. */
struct tool_valid {
	unsigned char *mask; /* [mask_n, mask_c, spatial] in the order of x */
	size_t mask_count;
	cl_uint *lengths; /* [N] */
};

/* Loads what the settings name, and says so in desc, which is complete otherwise. A mask is a .npy file of any numbers
 * or a picture, valid where it is not 0: of the input's shape, with 1 in the place of N, of C or of both, or of its
 * spatial axes alone. Lengths are a .npy file of N whole numbers from 0 to the extent of the outermost spatial axis. */
TOOL_CHECKED bool tool_valid_load(const struct tool_apply_settings *set, clnorm_desc *desc, struct tool_valid *valid);

/* Puts them into the job's buffers. */
TOOL_CHECKED bool tool_valid_upload(const struct tool_valid *valid, struct tool_job *job);

/* Frees; empty is fine. */
void tool_valid_clear(struct tool_valid *valid);

#endif
