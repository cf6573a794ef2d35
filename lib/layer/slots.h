/* slots.h: plans and buffers for the shapes that a layer saw last.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SLOTS_H
#define CLN_SLOTS_H

#include <clnorm/clnorm.h>

#include "base/status.h"

#define CLN_LAYER_RANK_MAX (CLNORM_MAX_SPATIAL + 2)

/* What of a layer decides its plans. */
struct cln_layer_facts {
	size_t c, groups;
	double epsilon, slope;
	clnorm_dtype dtype;
	clnorm_layout layout;
	clnorm_activation activation;
	bool tracks; /* running statistics */
	double momentum;
};

/* A tensor's sizes, in the order of its memory, and where its samples and channels (pixels) are: 0 where packed. */
struct cln_shape {
	unsigned rank;
	size_t dims[CLN_LAYER_RANK_MAX];
	clnorm_strides strides;
};

struct cln_slot {
	struct cln_shape shape; /* of x */
	unsigned long used; /* when last; 0: the slot is empty */
	/* NULL until the first pass that needs it. */
	clnorm_plan *forward, *backward;
	clnorm_plan *evaluate, *evaluate_back; /* with running statistics: y from x, dx from dy */
	clnorm_strides dy, evaluate_dy;        /* that backward and evaluate_back are made for */
	clnorm_tensor *y, *moments, *dx;
};

struct cln_slots {
	struct cln_slot slots[CLNORM_LAYER_SHAPES];
	unsigned long now; /* counts uses */
};

/* Whether a forward pass of the shape has all that it needs; `evaluates`: with running statistics. */
bool cln_slots_have(struct cln_slots *slots, const struct cln_shape *shape, bool evaluates);

/* The slot of the shape, with all that a forward pass needs: the one there is, or a new one in the place of the
 * oldest. Where the device is out of memory: once more after all other slots are cleared. *last, the slot of the
 * last forward pass, becomes NULL where its slot is cleared so. */
CLN_CHECKED clnorm_status cln_slots_get(struct cln_slots *slots, clnorm_context *ctx,
                                        const struct cln_layer_facts *facts, const struct cln_shape *shape,
                                        bool evaluates, struct cln_slot **last, struct cln_slot **out);

/* What a backward pass of the slot is to do. */
struct cln_slot_backward {
	clnorm_strides dy;
	bool dx;        /* wanted */
	bool evaluates; /* after a forward pass with running statistics */
};

/* Adds what that needs; out of memory: as above, the given slot being kept. */
CLN_CHECKED clnorm_status cln_slots_add_backward(struct cln_slots *slots, clnorm_context *ctx,
                                                 const struct cln_layer_facts *facts, struct cln_slot *slot,
                                                 const struct cln_slot_backward *wanted);

/* Clears all slots but one; NULL: all. */
void cln_slots_clear(struct cln_slots *slots, const struct cln_slot *keep);

/* CLNORM_BAD_SHAPE, with the tensor's name, where it has strides that are not of samples and channels (pixels). */
CLN_CHECKED clnorm_status cln_shape_of(const clnorm_tensor *tensor, const char *name, clnorm_layout layout,
                                       struct cln_shape *shape);
/* The same sizes; strides apart. */
bool cln_shape_is_same(const struct cln_shape *a, const struct cln_shape *b);
/* "5x3x4x4", cut where a number of sizes does not fit. */
#define CLN_SHAPE_BYTES 192
const char *cln_shape_print(char chars[CLN_SHAPE_BYTES], const struct cln_shape *shape);

#endif
