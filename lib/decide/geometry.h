/* geometry.h: where each family of variants applies, and its launch geometry from plain device facts.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_GEOMETRY_H
#define CLN_GEOMETRY_H

#include "decide/variants.h"

/* Rows of the table: NULL where the variant applies, else why not; and the geometry. */
#define CLN_REFUSE(name)                                                                                               \
	const char *cln_refuse_##name(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op)
#define CLN_LAY_OUT(name)                                                                                              \
	void cln_lay_out_##name(const struct cln_problem *p, const struct cln_caps *caps,                              \
	                        const struct cln_knobs *knobs, clnorm_op op, struct cln_geometry *g)

CLN_REFUSE(nothing);
CLN_REFUSE(bundle);
CLN_REFUSE(pack);
CLN_REFUSE(resident);
CLN_REFUSE(stream);

CLN_LAY_OUT(rows);
CLN_LAY_OUT(rows_split);
CLN_LAY_OUT(bundle);
CLN_LAY_OUT(scan);
CLN_LAY_OUT(scan_split);
CLN_LAY_OUT(pack);
CLN_LAY_OUT(resident);
CLN_LAY_OUT(stream);
CLN_LAY_OUT(split);
CLN_LAY_OUT(tiles);
CLN_LAY_OUT(tiles_split);

/* Shared by the files that fill geometries. */
static inline size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Whether the activation takes registers of its own, and as many instructions as all else. */
static inline bool cln_is_transcendental(const struct cln_problem *p)
{
	return p->activation == CLNORM_ACT_SILU || p->activation == CLNORM_ACT_GELU;
}

/* A setting, or what stands in its place. */
unsigned cln_wish(const struct cln_knobs *knobs, enum cln_knob knob, size_t otherwise);
size_t cln_ceil_div(size_t a, size_t b);
/* Bytes that an operation reads for each instance: x, and in the backward pass dy. */
size_t cln_read_bytes(const struct cln_problem *problem, clnorm_op op);
/* Slabs of a wave where CLN_WAVE_KIB is set; slabs > 0. */
size_t cln_wave_set(const struct cln_knobs *knobs, size_t slab_bytes, size_t slabs);
/* How much a second read costs of a first one, by the cache that holds the bytes between them. */
double cln_second_read(size_t bytes_between, const struct cln_caps *caps);

#endif
