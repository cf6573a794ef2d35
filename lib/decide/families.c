/* families.c: the table of families.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/families.h"

#include <stddef.h>

const struct cln_family cln_family_rows = {"rows", "item", "stream", true, false};
const struct cln_family cln_family_bundle = {"bundle", "item", NULL, true, true};
const struct cln_family cln_family_team = {"team", NULL, "spread", false, false};
const struct cln_family cln_family_group = {"group", "tree", "spread", false, false};
const struct cln_family cln_family_scan = {"scan", "item", "stream", true, true};
const struct cln_family cln_family_tiles = {"tiles", "tree", NULL, false, true};
