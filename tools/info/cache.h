/* cache.h: the program cache as clnorm-info shows it, and empties it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CACHE_H
#define TOOL_CACHE_H

#include "tools/base/json.h"

#include <clnorm/clnorm.h>

/* The cache as it is for a device, or with NULL for one whose driver has no cache of its own. */
void tool_cache_print(const clnorm_device_info *device, FILE *file);
void tool_cache_print_json(const clnorm_device_info *device, struct tool_json *json);

/* Removes all programs, *removed of them. False, and reported, where the folder cannot be used. */
bool tool_cache_clear(size_t *removed);

#endif
