/* apply.h: the work of clnorm-apply: files in, calls on the device, files out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_APPLY_H
#define TOOL_APPLY_H

#include "tools/apply/settings.h"

/* Does all of it. Outputs appear together at the end; after a failure, the check's too, there are none. */
TOOL_CHECKED bool tool_apply_run(const struct tool_apply_settings *set);

#endif
