/* layer.c: a layer's life and its modes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "layer/layer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
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
		.momentum = 0.1,
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

/* As a plan has it, in the words of the options. */
static clnorm_status running_check(size_t num_of_maps, const clnorm_layer_options *options)
{
	if (!options->track_running_statistics) {
		return CLNORM_OK;
	}
	if (options->groups > 0 && options->groups != num_of_maps) {
		return cln_fail(CLNORM_UNSUPPORTED,
		                "track_running_statistics: they are of single channels; groups is %zu, the layer has "
		                "%zu channels",
		                options->groups, num_of_maps);
	}
	if (!cln_dtype_is_finite(options->dtype, options->momentum)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the momentum %g is not finite in %s", options->momentum,
		                clnorm_dtype_name(clnorm_dtype_statistics(options->dtype)));
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
	if (options->groups > 0 && num_of_maps % options->groups != 0) {
		return cln_fail(CLNORM_BAD_SHAPE, "groups is %zu; it must divide the layer's %zu channels",
		                options->groups, num_of_maps);
	}
	if (num_of_maps > SIZE_MAX / CLNORM_LAYER_PARTS / sizeof(double) / CLNORM_MOMENTS_WIDTH) {
		return cln_fail(CLNORM_BAD_SHAPE, "%zu channels are too many", num_of_maps);
	}
	clnorm_status st = running_check(num_of_maps, options);
	return st == CLNORM_OK ? name_check(options->name) : st;
}

size_t cln_layer_part_count(const struct clnorm_layer *layer)
{
	return layer->facts.tracks ? CLNORM_LAYER_PARTS : CLNORM_RUNNING_MEAN;
}

bool cln_layer_evaluates(const struct clnorm_layer *layer)
{
	return layer->facts.tracks && !layer->training;
}

size_t cln_layer_part_bytes(const struct clnorm_layer *layer)
{
	return layer->facts.c * clnorm_dtype_bytes(clnorm_dtype_statistics(layer->facts.dtype));
}

static void set_ones(const struct clnorm_layer *layer, clnorm_layer_part part, void *values)
{
	size_t c = layer->facts.c, first = (size_t)part * c;
	for (size_t i = first; i < first + c; ++i) {
		if (layer->facts.dtype == CLNORM_F64) {
			((double *)values)[i] = 1;
		} else {
			((float *)values)[i] = 1;
		}
	}
}

/* The layer's own memory with gamma and variance 1 and the rest 0. From the host at once, as there is no queue yet. */
static clnorm_status own_create(struct clnorm_layer *layer)
{
	clnorm_status st = CLNORM_OK;
	size_t count = cln_layer_part_count(layer), bytes = count * cln_layer_part_bytes(layer);
	void *values = calloc(count, cln_layer_part_bytes(layer));

	if (!values) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of parameters", bytes));
	}
	set_ones(layer, CLNORM_GAMMA, values);
	if (layer->facts.tracks) {
		set_ones(layer, CLNORM_RUNNING_VARIANCE, values);
	}
	CLN_TRY(cln_buffer_create(clnorm_context_cl(layer->ctx), bytes, values, "a layer's parameters", &layer->own));
	for (size_t i = 0; i < count; ++i) {
		CLN_TRY(cln_cl(clRetainMemObject(layer->own), "clRetainMemObject"));
		layer->parts[i] = (clnorm_view){layer->own, i * layer->facts.c};
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
	layer->facts = (struct cln_layer_facts){
		.c = num_of_maps,
		.groups = options->groups,
		.epsilon = options->epsilon,
		.slope = options->slope,
		.dtype = options->dtype,
		.layout = options->layout,
		.activation = options->activation,
		.tracks = options->track_running_statistics,
		.momentum = options->momentum,
	};
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

/* ---- Modes ---------------------------------------------------------------------------------------------------- */

void clnorm_layer_reset(clnorm_layer *layer)
{
	if (layer && layer->x.mem) {
		clReleaseMemObject(layer->x.mem);
		layer->x = (clnorm_view){NULL, 0};
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
