/* knobs.h: the tuned numbers: what a geometry is made of besides the facts of problem and device.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_KNOBS_H
#define CLN_KNOBS_H

#include "base/text.h"

/* Rows of the table of knobs, which says what each is and whose defaults these are. */
enum cln_knob {
	CLN_UNITS,
	CLN_UNIT_ELEMENTS,
	CLN_CHUNK,
	CLN_BLOCK,
	CLN_BLOCK_PIXELS,
	CLN_VECTOR,
	CLN_NONTEMPORAL,
	CLN_WAVE_KIB,
	CLN_GROUP,
	CLN_ITEMS,
	CLN_TILES,
	CLN_COLUMNS,
	CLN_KNOBS
};

enum cln_nontemporal { CLN_NONTEMPORAL_BY_BYTES = 0, CLN_NONTEMPORAL_NEVER, CLN_NONTEMPORAL_ALWAYS };

/* A value for each knob. 0 stands for a rule in the layout, where a knob has no number for a default. */
struct cln_knobs {
	size_t of[CLN_KNOBS];
};

extern const clnorm_knob_info cln_knob_table[CLN_KNOBS];

/* The defaults. */
struct cln_knobs cln_knobs_usual(void);

/* Reads settings like "units=8 chunk=32768", separated by single blanks, over the values that are there; "" sets none.
 * allowed: bit (1 << knob) for each that may be named. False, and *why_not says why, where a name is unknown, not
 * allowed or given twice, or a value is no whole number within the knob's limits; *knobs is then as it was. */
bool cln_knobs_parse(const char *chars, unsigned allowed, struct cln_knobs *knobs, const char **why_not);

/* Appends " name=value" for each knob that is not at its default. */
void cln_knobs_print(const struct cln_knobs *knobs, struct cln_text *text);

#endif
