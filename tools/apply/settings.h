/* settings.h: what the command line of clnorm-apply says.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_APPLY_SETTINGS_H
#define TOOL_APPLY_SETTINGS_H

#include "tools/cli/options.h"

/* Paths and names that were not given are NULL. */
struct tool_apply_settings {
	const char *input, *gamma, *beta, *residual, *style, *grad;
	const char *output, *save_mean, *save_rstd, *dx, *dgamma, *dbeta;
	const char *mask, *lengths, *mean, *rstd; /* mean and rstd: statistics to be applied, both or neither */
	const char *variant, *device;
	double epsilon, min_std;
	unsigned ddof;
	struct tool_outside_choice outside;
	size_t groups; /* 0: an instance a channel */
	clnorm_layout layout;
	struct tool_dtype_choice dtype;
	struct tool_activation_choice activation;
	bool check, quiet;
};

#endif
