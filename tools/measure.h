/* measure.h: how long one shape takes, each variant and each way to copy in turns.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_MEASURE_H
#define TOOL_MEASURE_H

#include "copy.h"

/* One variant's figures. */
struct tool_measure {
	const char *variant;
	double median_ms, min_ms;
	double copy_ms;        /* median of the best way to copy x's bytes to y, in the same rounds */
	const char *copy_name; /* which way that was */
	double share;          /* copy_ms / median_ms: forward moves as many bytes as the copy */
};

#define TOOL_MEASURE_MAX 64 /* variants at once */

/* Measures the description's forward pass in each of the named variants, on pseudo-random data: results[0..*count-1],
 * in the order of the names. A name NULL is the planner's choice. A variant that does not apply is passed over, and
 * said on stderr, except with is_silent. rounds 0: as many as take about a second. */
TOOL_CHECKED bool tool_measure_forward(clnorm_context *ctx, struct tool_copy *copy, const clnorm_desc *desc,
                                       size_t name_count, const char *const *names, bool is_silent, size_t rounds,
                                       struct tool_measure *results, size_t *count);

/* Only the copy of so many bytes: the best way's median in copy_ms and its copy_name. */
TOOL_CHECKED bool tool_measure_copy(clnorm_context *ctx, struct tool_copy *copy, size_t bytes,
                                    struct tool_measure *result);

#endif
