/* families.c: the table of families.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/families.h"

#include <stddef.h>

const struct cln_family cln_family_rows = {.name = "rows", .unit = "item", .access = "stream", .cpu = true};
const struct cln_family cln_family_bundle = {.name = "bundle", .unit = "item", .cpu = true, .lanes = true};
const struct cln_family cln_family_team = {.name = "team", .access = "spread", .looks_up = true};
const struct cln_family cln_family_group = {.name = "group", .unit = "tree", .access = "spread", .looks_up = true};
const struct cln_family cln_family_scan = {
	.name = "scan", .unit = "item", .access = "stream", .cpu = true, .lanes = true};
const struct cln_family cln_family_tiles = {.name = "tiles", .unit = "tree", .lanes = true};
