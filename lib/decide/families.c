/* families.c: the table of families.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/families.h"

#include <stddef.h>

const struct cln_family cln_family_rows = {"rows", "stream", true, false};
const struct cln_family cln_family_bundle = {"bundle", NULL, true, true};
const struct cln_family cln_family_team = {"team", "spread", false, false};
const struct cln_family cln_family_group = {"group", "spread", false, false};
const struct cln_family cln_family_scan = {"scan", "stream", true, true};
const struct cln_family cln_family_tiles = {"tiles", NULL, false, true};
