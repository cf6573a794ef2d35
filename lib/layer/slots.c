/* slots.c: plans and buffers for the shapes that a layer saw last.
 * SPDX-License-Identifier: Apache-2.0 */
#include "layer/slots.h"

#include <stdio.h>
#include <string.h>

#include "base/axes.h"
#include "base/types.h"

static bool is_packed(const struct cln_axes *axes)
{
	struct cln_axes all = cln_axes_merge(axes, 0, axes->rank);
	return all.rank == 0 || (all.rank == 1 && all.axes[0].step == 1);
}

/* Samples are one axis, channels (pixels) another, and what is further in is packed. False where it is not so. */
static bool strides_of(const struct cln_axes *axes, bool channels_last, clnorm_strides *strides)
{
	unsigned at = channels_last ? axes->rank - 1 : 2;
	struct cln_axes inner = cln_axes_merge(axes, 1, at), block = cln_axes_merge(axes, at, axes->rank);
	strides->sample = axes->axes[0].count > 1 ? axes->axes[0].step : 0;
	strides->inner = inner.rank > 0 ? inner.axes[0].step : 0;
	return inner.rank <= 1 && (block.rank == 0 || (block.rank == 1 && block.axes[0].step == 1));
}

clnorm_status cln_shape_of(const clnorm_tensor *tensor, const char *name, clnorm_layout layout, struct cln_shape *out)
{
	struct cln_shape shape = {.rank = clnorm_tensor_rank(tensor)};
	struct cln_axes axes = {.rank = shape.rank};
	bool channels_last = cln_layout_facts(layout)->channels_last;

	for (unsigned i = 0; i < shape.rank; ++i) {
		shape.dims[i] = axes.axes[i].count = clnorm_tensor_dim(tensor, i);
		axes.axes[i].step = clnorm_tensor_stride(tensor, i);
	}
	if (clnorm_tensor_count(tensor) > 0 && !is_packed(&axes) &&
	    (shape.rank < 2 || !strides_of(&axes, channels_last, &shape.strides))) {
		return cln_fail(CLNORM_BAD_SHAPE,
		                "%s: strides may set samples and %s (%s) apart; what is further in must be packed",
		                name, channels_last ? "pixels" : "channels", clnorm_layout_name(layout));
	}
	*out = shape;
	return CLNORM_OK;
}

bool cln_shape_is_same(const struct cln_shape *a, const struct cln_shape *b)
{
	return a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof(a->dims[0])) == 0;
}

static bool is_same_strides(clnorm_strides a, clnorm_strides b)
{
	return a.sample == b.sample && a.inner == b.inner;
}

const char *cln_shape_print(char chars[CLN_SHAPE_BYTES], const struct cln_shape *shape)
{
	size_t length = 0;
	chars[0] = '\0';
	for (unsigned i = 0; i < shape->rank && length < CLN_SHAPE_BYTES; ++i) {
		length += (size_t)snprintf(chars + length, CLN_SHAPE_BYTES - length, "%s%zu", i > 0 ? "x" : "",
		                           shape->dims[i]);
	}
	return chars;
}

static void slot_clear(struct cln_slot *slot)
{
	clnorm_tensor_destroy(slot->dx);
	clnorm_plan_destroy(slot->evaluate_back);
	clnorm_plan_destroy(slot->backward);
	clnorm_tensor_destroy(slot->moments);
	clnorm_tensor_destroy(slot->y);
	clnorm_plan_destroy(slot->evaluate);
	clnorm_plan_destroy(slot->forward);
	*slot = (struct cln_slot){0};
}

void cln_slots_clear(struct cln_slots *slots, const struct cln_slot *keep)
{
	for (size_t i = 0; i < CLNORM_LAYER_SHAPES; ++i) {
		if (&slots->slots[i] != keep) {
			slot_clear(&slots->slots[i]);
		}
	}
}

/* A description says (N, C, spatial...) whatever the order in memory is. */
static clnorm_desc describe(const struct cln_layer_facts *facts, const struct cln_shape *shape, clnorm_op op)
{
	size_t dims[CLN_LAYER_RANK_MAX] = {shape->dims[0]};
	unsigned channels = clnorm_layout_channel_axis(facts->layout, shape->rank), spatial = 2;
	dims[1] = shape->dims[channels];
	for (unsigned axis = 1; axis < shape->rank; ++axis) {
		if (axis != channels) {
			dims[spatial++] = shape->dims[axis];
		}
	}
	clnorm_desc desc = clnorm_desc_nd(shape->rank, dims);
	desc.dtype = facts->dtype;
	desc.layout = facts->layout;
	desc.activation = facts->activation;
	desc.slope = facts->slope;
	desc.epsilon = facts->epsilon;
	desc.groups = facts->groups;
	desc.strides.x = shape->strides;
	desc.ops = op;
	desc.flags = facts->tracks ? CLNORM_RUNNING_STATISTICS : 0;
	return desc;
}

/* The plan of a forward pass. */
static clnorm_status slot_add_plan(struct cln_slot *slot, clnorm_context *ctx, const struct cln_layer_facts *facts,
                                   bool evaluates)
{
	clnorm_plan **plan = evaluates ? &slot->evaluate : &slot->forward;
	clnorm_desc desc = describe(facts, &slot->shape, evaluates ? CLNORM_OP_APPLY : CLNORM_OP_FORWARD);
	return *plan ? CLNORM_OK : clnorm_plan_create(ctx, &desc, plan);
}

static clnorm_status slot_add_buffers(struct cln_slot *slot, clnorm_context *ctx, const struct cln_layer_facts *facts,
                                      bool evaluates)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_shape *shape = &slot->shape;
	size_t groups = facts->groups > 0 ? facts->groups : facts->c;
	const size_t moments_dims[] = {shape->dims[0], groups, CLNORM_MOMENTS_WIDTH};

	if (!slot->y) {
		CLN_TRY(clnorm_tensor_create(ctx, facts->dtype, shape->rank, shape->dims, &slot->y));
	}
	if (!slot->moments && !evaluates) {
		CLN_TRY(clnorm_tensor_create(ctx, clnorm_dtype_statistics(facts->dtype), 3, moments_dims,
		                             &slot->moments));
	}
done:
	return st;
}

/* What is in the slot stays where the shape is refused, and makes room for the new buffers where it is not. */
static clnorm_status slot_init(struct cln_slot *slot, clnorm_context *ctx, const struct cln_layer_facts *facts,
                               const struct cln_shape *shape, bool evaluates)
{
	clnorm_status st = CLNORM_OK;
	struct cln_slot made = {.shape = *shape};

	CLN_TRY(slot_add_plan(&made, ctx, facts, evaluates));
	slot_clear(slot);
	CLN_TRY(slot_add_buffers(&made, ctx, facts, evaluates));
	*slot = made;
	made = (struct cln_slot){0};
done:
	slot_clear(&made);
	return st;
}

/* A plan for dy with such strides, in the place of one for others. */
static clnorm_status plan_replace(clnorm_context *ctx, const clnorm_desc *desc, clnorm_strides dy, clnorm_plan **plan,
                                  clnorm_strides *of)
{
	clnorm_status st = CLNORM_OK;
	clnorm_plan *made = NULL;
	if (!*plan || !is_same_strides(*of, dy)) {
		CLN_TRY(clnorm_plan_create(ctx, desc, &made));
		clnorm_plan_destroy(*plan);
		*plan = made;
		*of = dy;
	}
done:
	return st;
}

/* Statistics that do not hang on x: without an activation nothing does, and gamma*rstd is applied to dy. */
static clnorm_desc describe_constant(const struct cln_layer_facts *facts, const struct cln_shape *shape,
                                     clnorm_strides dy)
{
	bool applies = facts->activation == CLNORM_ACT_NONE;
	clnorm_desc desc = describe(facts, shape, applies ? CLNORM_OP_APPLY : CLNORM_OP_BACKWARD);
	desc.flags |= CLNORM_CONSTANT_STATISTICS;
	*(applies ? &desc.strides.x : &desc.strides.dy) = dy;
	return desc;
}

/* Fills in what is missing; what one call made before it failed stays for the next. */
static clnorm_status slot_add_backward(struct cln_slot *slot, clnorm_context *ctx, const struct cln_layer_facts *facts,
                                       const struct cln_slot_backward *wanted)
{
	clnorm_status st = CLNORM_OK;
	if (wanted->evaluates) {
		clnorm_desc desc = describe_constant(facts, &slot->shape, wanted->dy);
		CLN_TRY(plan_replace(ctx, &desc, wanted->dy, &slot->evaluate_back, &slot->evaluate_dy));
	} else {
		clnorm_desc desc = describe(facts, &slot->shape, CLNORM_OP_BACKWARD);
		desc.strides.dy = wanted->dy;
		CLN_TRY(plan_replace(ctx, &desc, wanted->dy, &slot->backward, &slot->dy));
	}
	if (wanted->dx && !slot->dx) {
		CLN_TRY(clnorm_tensor_create(ctx, facts->dtype, slot->shape.rank, slot->shape.dims, &slot->dx));
	}
done:
	return st;
}

static struct cln_slot *slot_find(struct cln_slots *slots, const struct cln_shape *shape)
{
	for (size_t i = 0; i < CLNORM_LAYER_SHAPES; ++i) {
		const struct cln_shape *kept = &slots->slots[i].shape;
		if (slots->slots[i].used > 0 && cln_shape_is_same(kept, shape) &&
		    is_same_strides(kept->strides, shape->strides)) {
			return &slots->slots[i];
		}
	}
	return NULL;
}

bool cln_slots_have(struct cln_slots *slots, const struct cln_shape *shape, bool evaluates)
{
	const struct cln_slot *slot = slot_find(slots, shape);
	return slot && slot->y && (evaluates ? slot->evaluate != NULL : slot->forward && slot->moments);
}

/* The slot unused for longest, an empty one first; never the one to keep. */
static struct cln_slot *slot_oldest(struct cln_slots *slots, const struct cln_slot *keep)
{
	struct cln_slot *oldest = NULL;
	for (size_t i = 0; i < CLNORM_LAYER_SHAPES; ++i) {
		struct cln_slot *slot = &slots->slots[i];
		if (slot != keep && (!oldest || slot->used < oldest->used)) {
			oldest = slot;
		}
	}
	return oldest;
}

/* The slot that is there, completed, or `oldest` for the shape. */
static clnorm_status slot_take(struct cln_slot *found, struct cln_slot *oldest, clnorm_context *ctx,
                               const struct cln_layer_facts *facts, const struct cln_shape *shape, bool evaluates)
{
	clnorm_status st = CLNORM_OK;
	if (!found) {
		return slot_init(oldest, ctx, facts, shape, evaluates);
	}
	CLN_TRY(slot_add_plan(found, ctx, facts, evaluates));
	CLN_TRY(slot_add_buffers(found, ctx, facts, evaluates));
done:
	return st;
}

clnorm_status cln_slots_get(struct cln_slots *slots, clnorm_context *ctx, const struct cln_layer_facts *facts,
                            const struct cln_shape *shape, bool evaluates, struct cln_slot **last,
                            struct cln_slot **out)
{
	clnorm_status st = CLNORM_OK;
	struct cln_slot *found = slot_find(slots, shape), *slot = found ? found : slot_oldest(slots, *last);

	st = slot_take(found, slot, ctx, facts, shape, evaluates);
	if (st == CLNORM_OUT_OF_DEVICE_MEMORY) {
		cln_slots_clear(slots, NULL);
		*last = NULL;
		st = slot_take(NULL, slot, ctx, facts, shape, evaluates);
	}
	CLN_TRY(st);
	slot->used = ++slots->now;
	*out = slot;
done:
	return st;
}

clnorm_status cln_slots_add_backward(struct cln_slots *slots, clnorm_context *ctx, const struct cln_layer_facts *facts,
                                     struct cln_slot *slot, const struct cln_slot_backward *wanted)
{
	clnorm_status st = slot_add_backward(slot, ctx, facts, wanted);
	if (st == CLNORM_OUT_OF_DEVICE_MEMORY) {
		cln_slots_clear(slots, slot);
		st = slot_add_backward(slot, ctx, facts, wanted);
	}
	return st;
}
