/* layer.c: a layer's life and its passes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "layer/layer.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "opencl/buffer.h"
#include "opencl/queue.h"

/* ---- Making one ----------------------------------------------------------------------------------------------- */

clnorm_layer_options clnorm_layer_defaults(void)
{
	return (clnorm_layer_options){
		.epsilon = CLNORM_DEFAULT_EPSILON,
		.affine = true,
		.dtype = CLNORM_F32,
		.layout = CLNORM_NCHW,
		.activation = CLNORM_ACT_NONE,
		.slope = 0.01,
	};
}

/* '/' would make a folder of a key in a weight file. */
static clnorm_status name_check(const char *name)
{
	for (const unsigned char *at = (const unsigned char *)(name ? name : ""); *at; ++at) {
		if (*at == '/' || *at < 0x20 || *at == 0x7f) {
			return cln_fail(CLNORM_BAD_ARGUMENT, "the layer's name has %s in it",
			                *at == '/' ? "a '/'" : "a control character");
		}
	}
	return CLNORM_OK;
}

static clnorm_status options_check(size_t num_of_maps, const clnorm_layer_options *options)
{
	if (num_of_maps == 0) {
		return cln_fail(CLNORM_BAD_SHAPE, "a layer has one channel or more, not 0");
	}
	if (clnorm_dtype_bytes(options->dtype) == 0) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "there is no dtype %d", (int)options->dtype);
	}
	if (!(options->epsilon >= 0) || !cln_dtype_is_finite(options->dtype, options->epsilon)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "epsilon is %g; it must be finite in %s and not negative",
		                options->epsilon, clnorm_dtype_name(clnorm_dtype_statistics(options->dtype)));
	}
	if ((unsigned)options->layout >= CLNORM_LAYOUT_COUNT) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "there is no layout %d", (int)options->layout);
	}
	if ((unsigned)options->activation >= CLNORM_ACTIVATION_COUNT) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "there is no activation %d", (int)options->activation);
	}
	if (!cln_dtype_is_finite(options->dtype, options->slope)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the slope %g is not finite in %s", options->slope,
		                clnorm_dtype_name(clnorm_dtype_statistics(options->dtype)));
	}
	if (num_of_maps > SIZE_MAX / CLNORM_LAYER_PARTS / sizeof(double) / CLNORM_MOMENTS_WIDTH) {
		return cln_fail(CLNORM_BAD_SHAPE, "%zu channels are too many", num_of_maps);
	}
	return name_check(options->name);
}

size_t cln_layer_part_bytes(const struct clnorm_layer *layer)
{
	return layer->facts.c * clnorm_dtype_bytes(clnorm_dtype_statistics(layer->facts.dtype));
}

/* The layer's own memory with gamma 1 and the rest 0. From the host at once, as there is no queue yet. */
static clnorm_status own_create(struct clnorm_layer *layer)
{
	clnorm_status st = CLNORM_OK;
	size_t c = layer->facts.c, bytes = CLNORM_LAYER_PARTS * cln_layer_part_bytes(layer);
	void *values = calloc(CLNORM_LAYER_PARTS, cln_layer_part_bytes(layer));

	if (!values) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of parameters", bytes));
	}
	for (size_t i = 0; i < c; ++i) {
		if (layer->facts.dtype == CLNORM_F64) {
			((double *)values)[i] = 1;
		} else {
			((float *)values)[i] = 1;
		}
	}
	CLN_TRY(cln_buffer_create(clnorm_context_cl(layer->ctx), bytes, values, "a layer's parameters", &layer->own));
	for (size_t i = 0; i < CLNORM_LAYER_PARTS; ++i) {
		CLN_TRY(cln_cl(clRetainMemObject(layer->own), "clRetainMemObject"));
		layer->parts[i] = (clnorm_view){layer->own, i * c};
	}
done:
	free(values);
	return st;
}

clnorm_status clnorm_layer_create_with(clnorm_context *ctx, size_t num_of_maps, const clnorm_layer_options *options,
                                       clnorm_layer **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_layer *layer = NULL;

	if (!ctx || !options || !out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_create: %s is NULL",
		                !ctx       ? "the context"
		                : !options ? "options"
		                           : "out");
	}
	CLN_TRY(options_check(num_of_maps, options));
	layer = calloc(1, sizeof(*layer));
	if (!layer) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a layer"));
	}
	layer->ctx = ctx;
	layer->facts = (struct cln_layer_facts){num_of_maps,    options->epsilon, options->slope,
	                                        options->dtype, options->layout,  options->activation};
	layer->affine = options->affine;
	layer->training = true;
	if (options->name) {
		layer->name = malloc(strlen(options->name) + 1);
		if (!layer->name) {
			CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a layer's name"));
		}
		strcpy(layer->name, options->name);
	}
	CLN_TRY(own_create(layer));
	*out = layer;
	layer = NULL;
done:
	clnorm_layer_destroy(layer);
	return st;
}

clnorm_status clnorm_layer_create(clnorm_context *ctx, size_t num_of_maps, double epsilon, bool affine,
                                  const char *name, clnorm_layer **out)
{
	clnorm_layer_options options = clnorm_layer_defaults();
	options.epsilon = epsilon;
	options.affine = affine;
	options.name = name;
	return clnorm_layer_create_with(ctx, num_of_maps, &options, out);
}

/* What clnorm_layer_update() has made. */
static void update_clear(struct clnorm_layer *layer)
{
	clnorm_tensor_destroy(layer->rate);
	clnorm_tensor_destroy(layer->zero);
	clnorm_plan_destroy(layer->update_both);
	clnorm_plan_destroy(layer->update_one);
}

void clnorm_layer_destroy(clnorm_layer *layer)
{
	if (!layer) {
		return;
	}
	clnorm_layer_reset(layer);
	cln_slots_clear(&layer->slots, NULL);
	update_clear(layer);
	for (size_t i = 0; i < CLNORM_LAYER_PARTS; ++i) {
		if (layer->parts[i].mem) {
			clReleaseMemObject(layer->parts[i].mem);
		}
	}
	if (layer->own) {
		clReleaseMemObject(layer->own);
	}
	free(layer->name);
	free(layer);
}

/* ---- A step --------------------------------------------------------------------------------------------------- */

clnorm_status cln_layer_queue_check(const struct clnorm_layer *layer, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	bool ordered = false;
	CLN_TRY(cln_queue_check(queue, clnorm_context_cl(layer->ctx), NULL));
	CLN_TRY(cln_queue_is_ordered(queue, &ordered));
	if (!ordered) {
		st = cln_fail(CLNORM_BAD_ARGUMENT, "the queue is out of order; a layer needs an in-order one");
	}
done:
	return st;
}

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

/* What a forward pass would refuse of its inputs, before a new shape takes the slot of another. */
static clnorm_status inputs_check(const struct clnorm_layer *layer, const clnorm_tensor *x)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[3];
	CLN_TRY(cln_range_init(&ranges[0], "x", clnorm_tensor_view(x), clnorm_tensor_count(x),
	                       clnorm_dtype_bytes(layer->facts.dtype), clnorm_context_cl(layer->ctx)));
	CLN_TRY(cln_layer_range(layer, CLNORM_GAMMA, &ranges[1]));
	CLN_TRY(cln_layer_range(layer, CLNORM_BETA, &ranges[2]));
	CLN_TRY(cln_ranges_check(ranges, sizeof(ranges) / sizeof(ranges[0])));
done:
	return st;
}

/* A refused call has touched no buffer. */
static bool is_refusal(clnorm_status st)
{
	return st == CLNORM_BAD_ARGUMENT || st == CLNORM_BAD_SHAPE || st == CLNORM_BAD_BUFFER ||
	       st == CLNORM_BAD_OVERLAP;
}

clnorm_status clnorm_layer_forward(clnorm_layer *layer, cl_command_queue queue, const clnorm_tensor *x,
                                   const clnorm_tensor **y)
{
	clnorm_status st = CLNORM_OK;
	struct cln_slot *slot = NULL, *last = NULL;
	cl_mem mem = NULL;

	if (!layer || !x || !y) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_forward: %s is NULL",
		                !layer ? "the layer"
		                : !x   ? "x"
		                       : "y");
	}
	struct cln_shape shape = cln_shape_of(x);
	last = layer->last;
	CLN_TRY(cln_layer_queue_check(layer, queue));
	CLN_TRY(dtype_check(layer, "x", x));
	CLN_TRY(shape_check(layer, &shape));
	if (!cln_slots_have(&layer->slots, &shape)) {
		CLN_TRY(inputs_check(layer, x));
	}
	CLN_TRY(cln_slots_get(&layer->slots, layer->ctx, &layer->facts, &shape, &last, &slot));
	CLN_TRY(cln_cl(clRetainMemObject(clnorm_tensor_view(x).mem), "clRetainMemObject"));
	mem = clnorm_tensor_view(x).mem;
	clnorm_forward_args args = {
		.x = clnorm_tensor_view(x),
		.gamma = layer->parts[CLNORM_GAMMA],
		.beta = layer->parts[CLNORM_BETA],
		.y = clnorm_tensor_view(slot->y),
		.moments = clnorm_tensor_view(slot->moments),
	};
	CLN_TRY(clnorm_forward(slot->forward, queue, &args, 0, NULL, NULL));
	clnorm_layer_reset(layer);
	layer->last = last = slot;
	layer->x = mem;
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

static clnorm_status backward_check(const struct clnorm_layer *layer, const clnorm_tensor *dy, unsigned wanted,
                                    const clnorm_accumulate *accumulate, bool has_dx)
{
	clnorm_status st = CLNORM_OK;
	char given[CLN_SHAPE_BYTES], expected[CLN_SHAPE_BYTES];

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
	struct cln_shape shape = cln_shape_of(dy);
	if (!cln_shape_is_same(&shape, &layer->last->shape)) {
		st = cln_fail(CLNORM_BAD_SHAPE, "dy is %s; y is %s", cln_shape_print(given, &shape),
		              cln_shape_print(expected, &layer->last->shape));
	}
done:
	return st;
}

clnorm_status clnorm_layer_backward(clnorm_layer *layer, cl_command_queue queue, const clnorm_tensor *dy,
                                    unsigned wanted, const clnorm_accumulate *accumulate, const clnorm_tensor **dx)
{
	clnorm_status st = CLNORM_OK;

	if (!layer || !dy) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_backward: %s is NULL", layer ? "dy" : "the layer");
	}
	CLN_TRY(cln_layer_queue_check(layer, queue));
	CLN_TRY(backward_check(layer, dy, wanted, accumulate, dx != NULL));
	bool parameters = (wanted & CLNORM_WANT_PARAMETERS) && layer->affine && layer->training;
	bool input = (wanted & CLNORM_WANT_DX) != 0;
	if (!parameters && !input) {
		goto done;
	}
	struct cln_slot *slot = layer->last;
	CLN_TRY(cln_slots_add_backward(&layer->slots, layer->ctx, &layer->facts, slot, input));
	clnorm_view nothing = {NULL, 0};
	clnorm_backward_args args = {
		.x = {layer->x, 0},
		.dy = clnorm_tensor_view(dy),
		.gamma = layer->parts[CLNORM_GAMMA],
		.beta = layer->parts[CLNORM_BETA],
		.moments = clnorm_tensor_view(slot->moments),
		.dx = input ? clnorm_tensor_view(slot->dx) : nothing,
		.dgamma = parameters ? layer->parts[CLNORM_DGAMMA] : nothing,
		.dbeta = parameters ? layer->parts[CLNORM_DBETA] : nothing,
		.accumulate = accumulate,
	};
	CLN_TRY(clnorm_backward(slot->backward, queue, &args, 0, NULL, NULL));
	if (input) {
		*dx = slot->dx;
	}
done:
	return st;
}

/* ---- Modes ---------------------------------------------------------------------------------------------------- */

void clnorm_layer_reset(clnorm_layer *layer)
{
	if (layer && layer->x) {
		clReleaseMemObject(layer->x);
		layer->x = NULL;
	}
	if (layer) {
		layer->last = NULL;
	}
}

void clnorm_layer_set_training(clnorm_layer *layer, bool training)
{
	if (layer) {
		clnorm_layer_reset(layer);
		layer->training = training;
	}
}

bool clnorm_layer_is_training(const clnorm_layer *layer)
{
	return layer && layer->training;
}

void clnorm_layer_trim(clnorm_layer *layer)
{
	if (layer) {
		cln_slots_clear(&layer->slots, layer->last);
	}
}
