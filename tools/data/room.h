/* room.h: how much memory a device has for tensors, and this machine for anything.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_ROOM_H
#define TOOL_ROOM_H

#include "tools/base/report.h"

/* The largest tensor, in bytes, of which the context's device holds `tensors` at once: by its limit for one buffer, by
 * three quarters of its memory, and where that is the host's, of what the host has available now. */
TOOL_CHECKED bool tool_room_find(clnorm_context *ctx, unsigned tensors, unsigned long long *bytes);

/* Whether memory and swap have so many bytes; a reason with both numbers where not. An allocation alone does not tell:
 * systems promise more than they have, and end the process that uses it. */
TOOL_CHECKED bool tool_room_check(double bytes);

#endif
