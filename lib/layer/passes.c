/* passes.c: a layer's forward and backward pass.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "layer/layer.h"

/* ---- What a pass refuses -------------------------------------------------------------------------------------- */

static clnorm_status dtype_check(const struct clnorm_layer *layer, const char *name, const clnorm_tensor *tensor)
{
	clnorm_dtype dtype = clnorm_tensor_dtype(tensor);
	if (dtype != layer->facts.dtype) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s is %s; the layer is made for %s", name,
		                clnorm_dtype_name(dtype), clnorm_dtype_name(layer->facts.dtype));
	}
	return CLNORM_OK;
}

static clnorm_status shape_check(const struct clnorm_layer *layer, const struct cln_shape *shape)
{
	char chars[CLN_SHAPE_BYTES];
	if (shape->rank < 2) {
		return cln_fail(CLNORM_BAD_SHAPE, "x has rank %u; a layer takes N, C and spatial sizes, rank 2 to %d",
		                shape->rank, CLN_LAYER_RANK_MAX);
	}
	size_t channels = shape->dims[clnorm_layout_channel_axis(layer->facts.layout, shape->rank)];
	if (channels != layer->facts.c) {
		return cln_fail(CLNORM_BAD_SHAPE, "x (%s, %s) has %zu channels; the layer has %zu",
		                cln_shape_print(chars, shape), clnorm_layout_name(layer->facts.layout), channels,
		                layer->facts.c);
	}
	return CLNORM_OK;
}

/* What a forward pass would refuse of its operands, before a new shape takes the slot of another. */
static clnorm_status inputs_check(const struct clnorm_layer *layer, const clnorm_tensor *x)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[5];
	/* A tensor is in its buffer: its first element has the buffer's context and flags. */
	CLN_TRY(cln_range_init(&ranges[0], "x", clnorm_tensor_view(x), clnorm_tensor_count(x) > 0,
	                       clnorm_dtype_bytes(layer->facts.dtype), clnorm_context_cl(layer->ctx)));
	CLN_TRY(cln_layer_range(layer, CLNORM_GAMMA, &ranges[1]));
	CLN_TRY(cln_layer_range(layer, CLNORM_BETA, &ranges[2]));
	CLN_TRY(cln_layer_range(layer, CLNORM_RUNNING_MEAN, &ranges[3]));
	CLN_TRY(cln_layer_range(layer, CLNORM_RUNNING_VARIANCE, &ranges[4]));
	ranges[3].written = ranges[4].written = layer->training;
	ranges[3].read_again = ranges[4].read_again = layer->facts.momentum != 1;
	CLN_TRY(cln_ranges_check(ranges, sizeof(ranges) / sizeof(ranges[0])));
done:
	return st;
}

/* ---- The passes ----------------------------------------------------------------------------------------------- */

/* A refused call has touched no buffer. */
static bool is_refusal(clnorm_status st)
{
	return st == CLNORM_BAD_ARGUMENT || st == CLNORM_BAD_SHAPE || st == CLNORM_BAD_BUFFER ||
	       st == CLNORM_BAD_OVERLAP;
}

/* y from x: with its own statistics, of which running ones take a step; or with the running ones. */
static clnorm_status forward_enqueue(const struct clnorm_layer *layer, cl_command_queue queue,
                                     const struct cln_slot *slot, clnorm_view x)
{
	const clnorm_running running = {layer->parts[CLNORM_RUNNING_MEAN], layer->parts[CLNORM_RUNNING_VARIANCE],
	                                layer->facts.momentum};
	if (cln_layer_evaluates(layer)) {
		clnorm_apply_args args = {
			.x = x,
			.gamma = layer->parts[CLNORM_GAMMA],
			.beta = layer->parts[CLNORM_BETA],
			.y = clnorm_tensor_view(slot->y),
			.running = &running,
		};
		return clnorm_apply(slot->evaluate, queue, &args, 0, NULL, NULL);
	}
	clnorm_forward_args args = {
		.x = x,
		.gamma = layer->parts[CLNORM_GAMMA],
		.beta = layer->parts[CLNORM_BETA],
		.y = clnorm_tensor_view(slot->y),
		.moments = clnorm_tensor_view(slot->moments),
		.running = layer->facts.tracks ? &running : NULL,
	};
	return clnorm_forward(slot->forward, queue, &args, 0, NULL, NULL);
}

clnorm_status clnorm_layer_forward(clnorm_layer *layer, cl_command_queue queue, const clnorm_tensor *x,
                                   const clnorm_tensor **y)
{
	clnorm_status st = CLNORM_OK;
	struct cln_slot *slot = NULL, *last = NULL;
	struct cln_shape shape;
	clnorm_view view = clnorm_tensor_view(x);
	cl_mem mem = NULL;

	if (!layer || !x || !y) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_forward: %s is NULL",
		                !layer ? "the layer"
		                : !x   ? "x"
		                       : "y");
	}
	last = layer->last;
	CLN_TRY(cln_layer_queue_check(layer, queue));
	CLN_TRY(dtype_check(layer, "x", x));
	CLN_TRY(cln_shape_of(x, "x", layer->facts.layout, &shape));
	CLN_TRY(shape_check(layer, &shape));
	bool evaluates = cln_layer_evaluates(layer);
	if (!cln_slots_have(&layer->slots, &shape, evaluates)) {
		CLN_TRY(inputs_check(layer, x));
	}
	CLN_TRY(cln_slots_get(&layer->slots, layer->ctx, &layer->facts, &shape, evaluates, &last, &slot));
	CLN_TRY(cln_cl(clRetainMemObject(view.mem), "clRetainMemObject"));
	mem = view.mem;
	CLN_TRY(forward_enqueue(layer, queue, slot, view));
	clnorm_layer_reset(layer);
	layer->last = last = slot;
	layer->x = view;
	mem = NULL;
	*y = slot->y;
done:
	if (mem) {
		clReleaseMemObject(mem);
	}
	if (!last || (st != CLNORM_OK && !is_refusal(st))) {
		clnorm_layer_reset(layer);
	}
	return st;
}

/* *strides: dy's. */
static clnorm_status backward_check(const struct clnorm_layer *layer, const clnorm_tensor *dy, unsigned wanted,
                                    const clnorm_accumulate *accumulate, bool has_dx, clnorm_strides *strides)
{
	clnorm_status st = CLNORM_OK;
	char given[CLN_SHAPE_BYTES], expected[CLN_SHAPE_BYTES];
	struct cln_shape shape;

	if (wanted == 0 || (wanted & ~(unsigned)CLNORM_WANT_ALL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_backward: wanted is %u, not bits of CLNORM_WANT_ALL",
		                wanted);
	}
	if ((wanted & CLNORM_WANT_DX) && !has_dx) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_backward: dx is wanted, and NULL");
	}
	if (accumulate && !(isfinite(accumulate->scale) && isfinite(accumulate->momentum))) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "scale is %g and momentum %g; both must be finite",
		                accumulate->scale, accumulate->momentum);
	}
	if (!layer->last) {
		return cln_fail(CLNORM_BAD_ORDER,
		                "clnorm_layer_backward: there is no forward pass since the layer was made or reset");
	}
	CLN_TRY(dtype_check(layer, "dy", dy));
	CLN_TRY(cln_shape_of(dy, "dy", layer->facts.layout, &shape));
	*strides = shape.strides;
	if (!cln_shape_is_same(&shape, &layer->last->shape)) {
		st = cln_fail(CLNORM_BAD_SHAPE, "dy is %s; y is %s", cln_shape_print(given, &shape),
		              cln_shape_print(expected, &layer->last->shape));
	}
done:
	return st;
}

/* The gradients of x, and of the parameters, after a forward pass with statistics of x's own. */
static clnorm_status backward_enqueue(const struct clnorm_layer *layer, cl_command_queue queue, clnorm_view dy,
                                      bool input, bool parameters, const clnorm_accumulate *accumulate)
{
	const struct cln_slot *slot = layer->last;
	const clnorm_view nothing = {NULL, 0};
	clnorm_backward_args args = {
		.x = layer->x,
		.dy = dy,
		.gamma = layer->parts[CLNORM_GAMMA],
		.beta = layer->parts[CLNORM_BETA],
		.moments = clnorm_tensor_view(slot->moments),
		.dx = input ? clnorm_tensor_view(slot->dx) : nothing,
		.dgamma = parameters ? layer->parts[CLNORM_DGAMMA] : nothing,
		.dbeta = parameters ? layer->parts[CLNORM_DBETA] : nothing,
		.accumulate = accumulate,
	};
	return clnorm_backward(slot->backward, queue, &args, 0, NULL, NULL);
}

/* dx = gamma*rstd*dy: what is applied to dy is the affine map without its mean and beta. */
static clnorm_status apply_to_dy(const struct clnorm_layer *layer, cl_command_queue queue, clnorm_view dy)
{
	const clnorm_running running = {.variance = layer->parts[CLNORM_RUNNING_VARIANCE]};
	clnorm_apply_args args = {
		.x = dy,
		.gamma = layer->parts[CLNORM_GAMMA],
		.y = clnorm_tensor_view(layer->last->dx),
		.running = &running,
	};
	return clnorm_apply(layer->last->evaluate_back, queue, &args, 0, NULL, NULL);
}

/* dx after a forward pass with running statistics, which do not hang on x. */
static clnorm_status constant_enqueue(const struct clnorm_layer *layer, cl_command_queue queue, clnorm_view dy)
{
	const clnorm_running running = {.mean = layer->parts[CLNORM_RUNNING_MEAN],
	                                .variance = layer->parts[CLNORM_RUNNING_VARIANCE]};
	if (layer->facts.activation == CLNORM_ACT_NONE) {
		return apply_to_dy(layer, queue, dy);
	}
	clnorm_backward_args args = {
		.x = layer->x,
		.dy = dy,
		.gamma = layer->parts[CLNORM_GAMMA],
		.beta = layer->parts[CLNORM_BETA],
		.dx = clnorm_tensor_view(layer->last->dx),
		.running = &running,
	};
	return clnorm_backward(layer->last->evaluate_back, queue, &args, 0, NULL, NULL);
}

clnorm_status clnorm_layer_backward(clnorm_layer *layer, cl_command_queue queue, const clnorm_tensor *dy,
                                    unsigned wanted, const clnorm_accumulate *accumulate, const clnorm_tensor **dx)
{
	clnorm_status st = CLNORM_OK;
	struct cln_slot_backward back = {.dx = (wanted & CLNORM_WANT_DX) != 0};

	if (!layer || !dy) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_backward: %s is NULL", layer ? "dy" : "the layer");
	}
	CLN_TRY(cln_layer_queue_check(layer, queue));
	CLN_TRY(backward_check(layer, dy, wanted, accumulate, dx != NULL, &back.dy));
	back.evaluates = cln_layer_evaluates(layer);
	bool parameters = (wanted & CLNORM_WANT_PARAMETERS) && layer->affine && layer->training;
	if (!parameters && !back.dx) {
		goto done;
	}
	CLN_TRY(cln_slots_add_backward(&layer->slots, layer->ctx, &layer->facts, layer->last, &back));
	CLN_TRY(back.evaluates
	                ? constant_enqueue(layer, queue, clnorm_tensor_view(dy))
	                : backward_enqueue(layer, queue, clnorm_tensor_view(dy), back.dx, parameters, accumulate));
	if (back.dx) {
		*dx = layer->last->dx;
	}
done:
	return st;
}
