/* vendors.h: where the OpenCL loader looks for implementations: what a user needs to see when it finds none.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_VENDORS_H
#define TOOL_VENDORS_H

#include "tools/base/json.h"

/* Prints the loader's environment variables, and the .icd files of its folder with the library that each names. */
void tool_vendors_print(FILE *file);
void tool_vendors_print_json(struct tool_json *json, const char *key);

#endif
