/* unit_workitem.h: geometry that the families share whose unit is one work-item.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_UNIT_WORKITEM_H
#define CLN_UNIT_WORKITEM_H

#include "decide/geometry.h"

#define CLN_UNIT_KNOBS (CLN_KNOB(UNITS) | CLN_KNOB(UNIT_ELEMENTS) | CLN_KNOB(VECTOR))
/* Chunks of an instance that every chunk can still merge for itself. */
#define CLN_WORKITEM_MOST_CHUNKS 128
/* What an instance of its own costs a core beside its bytes, in nanoseconds. */
#define CLN_ROWS_NS 40.0

/* Fill the geometry: units; whether one takes all slabs of a parameter; chunks; waves. */
void cln_workitem_lay_out_units(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t tasks,
                                size_t elements, struct cln_geometry *g);
void cln_workitem_lay_out_owned(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs,
                                size_t tasks, struct cln_geometry *g);
void cln_workitem_lay_out_chunks(const struct cln_problem *p, size_t units, size_t slabs_seen, size_t least_chunk,
                                 size_t longest, size_t block, struct cln_geometry *g);
void cln_workitem_lay_out_wave(const struct cln_caps *caps, const struct cln_knobs *knobs, size_t slab_bytes,
                               struct cln_geometry *g);

/* Elements of a vector that lies in one instance. */
unsigned cln_workitem_vector(const struct cln_problem *p, const struct cln_caps *caps, const struct cln_knobs *knobs);
bool cln_workitem_is_nontemporal(const struct cln_problem *p, const struct cln_caps *caps,
                                 const struct cln_knobs *knobs, clnorm_op op);
double cln_workitem_each_us(const struct cln_caps *caps, size_t count, double ns);

#endif
