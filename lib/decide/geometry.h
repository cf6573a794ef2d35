/* geometry.h: what the files that lay out families have in common: launch geometry from plain device facts.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_GEOMETRY_H
#define CLN_GEOMETRY_H

#include "decide/variants.h"

/* Heads of a row's functions: why the variant does not apply, or NULL; and the geometry. */
#define CLN_REFUSE(name)                                                                                               \
	static const char *refuse_##name(const struct cln_problem *p, const struct cln_caps *caps, clnorm_op op)
#define CLN_LAY_OUT(name)                                                                                              \
	static void lay_out_##name(const struct cln_problem *p, const struct cln_caps *caps,                           \
	                           const struct cln_knobs *knobs, clnorm_op op, struct cln_geometry *g)

/* Words of the rows. */
#define CLN_CHANNELS_FIRST (1u << CLNORM_NCHW)
#define CLN_CHANNELS_LAST (1u << CLNORM_NHWC)
#define CLN_WHOLE (CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD)
#define CLN_PARTS (CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD)
#define CLN_KNOB(name) (1u << CLN_##name)
#define CLN_CUT_KNOBS (CLN_KNOB(CHUNK) | CLN_KNOB(WAVE_KIB))

/* Of a longer tile, a part has to do in the shape of a probe. */
#define CLN_PROBE_TILE 12288

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
/* The shape of a probe whose instances have s elements: none alone, and many where they are short. */
struct cln_probe_shape cln_probe_shape_of(size_t s);

#endif
