/* apply.h: the work of clnorm-apply: files in, calls on the device, files out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_APPLY_H
#define TOOL_APPLY_H

#include "options.h"

/* What the command line says. Paths and names that were not given are NULL. */
struct tool_apply_settings {
	const char *input, *gamma, *beta, *residual, *style, *grad;
	const char *output, *save_mean, *save_rstd, *dx, *dgamma, *dbeta;
	const char *variant, *device;
	double epsilon;
	clnorm_layout layout;
	struct tool_dtype_choice dtype;
	struct tool_activation_choice activation;
	bool check, quiet;
};

/* Does all of it. Outputs appear together at the end; after a failure, the check's too, there are none. */
TOOL_CHECKED bool tool_apply_run(const struct tool_apply_settings *set);

#endif
