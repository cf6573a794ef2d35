/* families.h: the ways of reading a tensor: each a file in cl/, with what stands before it in a program.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_FAMILIES_H
#define CLN_FAMILIES_H

#include <stdbool.h>

struct cln_family {
	const char *name;   /* its file in cl/, without ".cl" */
	const char *unit;   /* the file in cl/ that says who works on a slab; NULL: its own */
	const char *access; /* the file in cl/ that loads or stores for it; NULL: none */
	bool cpu;           /* a unit is one work-item, as processors like it */
	bool lanes;         /* the lanes of a vector are runs */
	bool looks_up;      /* a unit's work-items look up gamma and beta for each element of a set of several runs */
};

extern const struct cln_family cln_family_rows, cln_family_bundle, cln_family_team, cln_family_group, cln_family_scan,
	cln_family_tiles;

#endif
