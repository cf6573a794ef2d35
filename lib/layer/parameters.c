/* parameters.c: gamma, beta and their gradients: where they are, what is in them, their update.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "layer/layer.h"
#include "opencl/queue.h"

static const char *const part_names[CLNORM_LAYER_PARTS] = {
	"gamma", "beta", "dgamma", "dbeta", "the running mean", "the running variance"};

static clnorm_status part_check(const struct clnorm_layer *layer, clnorm_layer_part part, const char *function)
{
	if (!layer) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: the layer is NULL", function);
	}
	if ((unsigned)part >= CLNORM_LAYER_PARTS) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: a layer has no part %d", function, (int)part);
	}
	if ((unsigned)part >= cln_layer_part_count(layer)) {
		return cln_fail(CLNORM_BAD_ARGUMENT,
		                "%s: the layer keeps no running statistics, being made without "
		                "track_running_statistics",
		                function);
	}
	return CLNORM_OK;
}

static size_t value_bytes(const struct clnorm_layer *layer)
{
	return clnorm_dtype_bytes(clnorm_dtype_statistics(layer->facts.dtype));
}

clnorm_view clnorm_layer_view(const clnorm_layer *layer, clnorm_layer_part part)
{
	return layer && (unsigned)part < CLNORM_LAYER_PARTS ? layer->parts[part] : (clnorm_view){NULL, 0};
}

/* ---- Moving --------------------------------------------------------------------------------------------------- */

static clnorm_status range_of(const struct clnorm_layer *layer, const char *name, clnorm_view view,
                              struct cln_range *range)
{
	return cln_range_init(range, name, view, layer->facts.c, value_bytes(layer), clnorm_context_cl(layer->ctx));
}

clnorm_status cln_layer_range(const struct clnorm_layer *layer, clnorm_layer_part part, struct cln_range *range)
{
	return range_of(layer, part_names[part], layer->parts[part], range);
}

static bool is_same_view(clnorm_view a, clnorm_view b)
{
	return a.mem == b.mem && a.offset == b.offset;
}

/* The new place may touch no other part; nor, where values move, its old place. */
static clnorm_status place_check(const struct clnorm_layer *layer, clnorm_layer_part part, clnorm_view view, bool moves)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[CLNORM_LAYER_PARTS + 1];
	size_t count = 0;

	CLN_TRY(range_of(layer, part_names[part], view, &ranges[count]));
	ranges[count++].written = true;
	for (unsigned i = 0; i < CLNORM_LAYER_PARTS; ++i) {
		bool is_old = i == (unsigned)part;
		if (!is_old || (moves && !is_same_view(layer->parts[i], view))) {
			CLN_TRY(range_of(layer, is_old ? "its old place" : part_names[i], layer->parts[i],
			                 &ranges[count++]));
		}
	}
	CLN_TRY(cln_ranges_check_overlap(ranges, count));
done:
	return st;
}

clnorm_status clnorm_layer_bind(clnorm_layer *layer, cl_command_queue queue, clnorm_layer_part part, clnorm_view view)
{
	clnorm_status st = CLNORM_OK;
	cl_mem retained = NULL;

	CLN_TRY(part_check(layer, part, "clnorm_layer_bind"));
	if (!view.mem) {
		view = (clnorm_view){layer->own, (size_t)part * layer->facts.c};
	}
	if (queue) {
		CLN_TRY(cln_layer_queue_check(layer, queue));
	}
	CLN_TRY(place_check(layer, part, view, queue != NULL));
	clnorm_view old = layer->parts[part];
	if (is_same_view(old, view)) {
		goto done;
	}
	CLN_TRY(cln_cl(clRetainMemObject(view.mem), "clRetainMemObject"));
	retained = view.mem;
	if (queue) {
		size_t bytes = value_bytes(layer);
		CLN_TRY(cln_cl(clEnqueueCopyBuffer(queue, old.mem, view.mem, old.offset * bytes, view.offset * bytes,
		                                   cln_layer_part_bytes(layer), 0, NULL, NULL),
		               "clEnqueueCopyBuffer"));
	}
	layer->parts[part] = view;
	retained = old.mem;
done:
	if (retained) {
		clReleaseMemObject(retained);
	}
	return st;
}

/* ---- Values --------------------------------------------------------------------------------------------------- */

clnorm_status cln_layer_host_check(const struct clnorm_layer *layer, clnorm_layer_part part, bool written)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range range;
	CLN_TRY(cln_layer_range(layer, part, &range));
	range.written = written;
	CLN_TRY(cln_range_check_host(&range));
done:
	return st;
}

static clnorm_status transfer_check(const struct clnorm_layer *layer, cl_command_queue queue, clnorm_layer_part part,
                                    clnorm_dtype host_dtype, const void *host, const char *function)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(part_check(layer, part, function));
	if (!host || clnorm_dtype_bytes(host_dtype) == 0) {
		CLN_TRY(host ? cln_fail(CLNORM_BAD_ARGUMENT, "%s: there is no dtype %d", function, (int)host_dtype)
		             : cln_fail(CLNORM_BAD_ARGUMENT, "%s: host is NULL", function));
	}
	CLN_TRY(cln_layer_queue_check(layer, queue));
done:
	return st;
}

static clnorm_status staging_create(const struct clnorm_layer *layer, void **out)
{
	*out = malloc(cln_layer_part_bytes(layer));
	if (!*out) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of parameters",
		                cln_layer_part_bytes(layer));
	}
	return CLNORM_OK;
}

clnorm_status clnorm_layer_write(clnorm_layer *layer, cl_command_queue queue, clnorm_layer_part part,
                                 clnorm_dtype host_dtype, const void *host)
{
	clnorm_status st = CLNORM_OK;
	void *staging = NULL;

	CLN_TRY(transfer_check(layer, queue, part, host_dtype, host, "clnorm_layer_write"));
	CLN_TRY(cln_layer_host_check(layer, part, true));
	CLN_TRY(staging_create(layer, &staging));
	CLN_TRY(clnorm_convert(host_dtype, host, clnorm_dtype_statistics(layer->facts.dtype), staging, layer->facts.c));
	CLN_TRY(cln_cl(clEnqueueWriteBuffer(queue, layer->parts[part].mem, CL_TRUE,
	                                    layer->parts[part].offset * value_bytes(layer), cln_layer_part_bytes(layer),
	                                    staging, 0, NULL, NULL),
	               "clEnqueueWriteBuffer"));
done:
	free(staging);
	return st;
}

clnorm_status clnorm_layer_read(const clnorm_layer *layer, cl_command_queue queue, clnorm_layer_part part,
                                clnorm_dtype host_dtype, void *host)
{
	clnorm_status st = CLNORM_OK;
	void *staging = NULL;

	CLN_TRY(transfer_check(layer, queue, part, host_dtype, host, "clnorm_layer_read"));
	CLN_TRY(cln_layer_host_check(layer, part, false));
	CLN_TRY(staging_create(layer, &staging));
	CLN_TRY(cln_cl(clEnqueueReadBuffer(queue, layer->parts[part].mem, CL_TRUE,
	                                   layer->parts[part].offset * value_bytes(layer), cln_layer_part_bytes(layer),
	                                   staging, 0, NULL, NULL),
	               "clEnqueueReadBuffer"));
	CLN_TRY(clnorm_convert(clnorm_dtype_statistics(layer->facts.dtype), staging, host_dtype, host, layer->facts.c));
done:
	free(staging);
	return st;
}

clnorm_status clnorm_layer_zero_gradients(clnorm_layer *layer, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	static const double zero = 0; /* all bits 0, as a float too */

	if (!layer) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_zero_gradients: the layer is NULL");
	}
	CLN_TRY(cln_layer_queue_check(layer, queue));
	for (unsigned i = CLNORM_DGAMMA; i <= CLNORM_DBETA; ++i) {
		CLN_TRY(cln_cl(clEnqueueFillBuffer(queue, layer->parts[i].mem, &zero, value_bytes(layer),
		                                   layer->parts[i].offset * value_bytes(layer),
		                                   cln_layer_part_bytes(layer), 0, NULL, NULL),
		               "clEnqueueFillBuffer"));
	}
done:
	return st;
}

/* ---- Update --------------------------------------------------------------------------------------------------- */

/* The plan API knows the operation already: one plane of `count` values, mean 0 and rstd = rate, is
 * y = (x - 0)*rate + residual, with the gradients as x and the parameters as residual and, in place, as y. */
static clnorm_status update_plan(const struct clnorm_layer *layer, size_t count, clnorm_plan **plan)
{
	clnorm_desc desc = clnorm_desc_1d(1, 1, count);
	if (*plan) {
		return CLNORM_OK;
	}
	desc.dtype = clnorm_dtype_statistics(layer->facts.dtype);
	desc.affine = CLNORM_AFFINE_NONE;
	desc.ops = CLNORM_OP_APPLY;
	return clnorm_plan_create(layer->ctx, &desc, plan);
}

static clnorm_status update_scalars(struct clnorm_layer *layer, cl_command_queue queue, double rate)
{
	clnorm_status st = CLNORM_OK;
	const size_t one = 1;
	clnorm_dtype dtype = clnorm_dtype_statistics(layer->facts.dtype);
	clnorm_tensor *made = NULL;

	if (!layer->zero) {
		CLN_TRY(clnorm_tensor_create(layer->ctx, dtype, 1, &one, &made));
		CLN_TRY(clnorm_tensor_fill(made, queue, 0));
		layer->zero = made;
		made = NULL;
	}
	if (!layer->rate) {
		CLN_TRY(clnorm_tensor_create(layer->ctx, dtype, 1, &one, &made));
		CLN_TRY(clnorm_tensor_fill(made, queue, rate));
		layer->rate = made;
		made = NULL;
	} else if (rate != layer->rate_now) {
		CLN_TRY(clnorm_tensor_fill(layer->rate, queue, rate));
	}
	layer->rate_now = rate;
done:
	clnorm_tensor_destroy(made);
	return st;
}

static clnorm_status update_enqueue(const struct clnorm_layer *layer, cl_command_queue queue, clnorm_plan *plan,
                                    clnorm_layer_part parameter, clnorm_layer_part gradient)
{
	clnorm_apply_args args = {
		.x = layer->parts[gradient],
		.mean = clnorm_tensor_view(layer->zero),
		.rstd = clnorm_tensor_view(layer->rate),
		.residual = layer->parts[parameter],
		.y = layer->parts[parameter],
	};
	return clnorm_apply(plan, queue, &args, 0, NULL, NULL);
}

/* Both parameters may be updated, or neither: what the second step would refuse is refused before the first. */
static clnorm_status update_check(const struct clnorm_layer *layer)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[CLNORM_LAYER_PARTS];
	for (unsigned i = 0; i < CLNORM_LAYER_PARTS; ++i) {
		CLN_TRY(cln_layer_range(layer, (clnorm_layer_part)i, &ranges[i]));
		ranges[i].written = ranges[i].read_again = i == CLNORM_GAMMA || i == CLNORM_BETA;
	}
	CLN_TRY(cln_ranges_check(ranges, CLNORM_LAYER_PARTS));
done:
	return st;
}

/* As it is in the layer's own memory, and where an optimizer lays out all parameters of a network side by side. */
static bool is_adjacent(const struct clnorm_layer *layer, clnorm_layer_part first, clnorm_layer_part second)
{
	return layer->parts[first].mem == layer->parts[second].mem &&
	       layer->parts[second].offset - layer->parts[first].offset == layer->facts.c;
}

clnorm_status clnorm_layer_update(clnorm_layer *layer, cl_command_queue queue, double learning_rate)
{
	clnorm_status st = CLNORM_OK;

	if (!layer) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_update: the layer is NULL");
	}
	CLN_TRY(cln_layer_queue_check(layer, queue));
	if (!isfinite(layer->facts.dtype == CLNORM_F64 ? learning_rate : (double)(float)learning_rate)) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "the learning rate %g is not finite in %s", learning_rate,
		                 clnorm_dtype_name(clnorm_dtype_statistics(layer->facts.dtype))));
	}
	if (!layer->affine) {
		goto done;
	}
	CLN_TRY(update_check(layer));
	bool both = is_adjacent(layer, CLNORM_GAMMA, CLNORM_BETA) && is_adjacent(layer, CLNORM_DGAMMA, CLNORM_DBETA);
	clnorm_plan **plan = both ? &layer->update_both : &layer->update_one;
	CLN_TRY(update_plan(layer, both ? 2 * layer->facts.c : layer->facts.c, plan));
	CLN_TRY(update_scalars(layer, queue, learning_rate));
	CLN_TRY(update_enqueue(layer, queue, *plan, CLNORM_GAMMA, CLNORM_DGAMMA));
	if (!both) {
		CLN_TRY(update_enqueue(layer, queue, *plan, CLNORM_BETA, CLNORM_DBETA));
	}
done:
	return st;
}

/* ---- Statistics ----------------------------------------------------------------------------------------------- */

const clnorm_tensor *clnorm_layer_moments(const clnorm_layer *layer)
{
	return layer && layer->last && !cln_layer_evaluates(layer) ? layer->last->moments : NULL;
}

/* Of the last forward pass: a record for each set; of one with running statistics, for each channel. */
static clnorm_status moments_read(const clnorm_layer *layer, cl_command_queue queue, clnorm_moments *moments,
                                  size_t count)
{
	clnorm_status st = CLNORM_OK;
	double *values = malloc(count * CLNORM_MOMENTS_WIDTH * sizeof(*values) + 1);

	if (!values) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu moments", count));
	}
	if (cln_layer_evaluates(layer)) {
		CLN_TRY(clnorm_layer_read(layer, queue, CLNORM_RUNNING_MEAN, CLNORM_F64, values));
		CLN_TRY(clnorm_layer_read(layer, queue, CLNORM_RUNNING_VARIANCE, CLNORM_F64, values + count));
		for (size_t i = 0; i < count; ++i) {
			moments[i] = (clnorm_moments){.count = 1, .mean = values[i], .m2 = values[count + i]};
		}
		goto done;
	}
	CLN_TRY(clnorm_tensor_download_to(layer->last->moments, queue, CLNORM_F64, values));
	for (size_t i = 0; i < count; ++i) {
		const double *record = values + i * CLNORM_MOMENTS_WIDTH; /* count, mean, mean_low, m2 */
		moments[i] = (clnorm_moments){.count = record[0], .mean = record[1] + record[2], .m2 = record[3]};
	}
done:
	free(values);
	return st;
}

clnorm_status clnorm_layer_statistics(const clnorm_layer *layer, cl_command_queue queue, double *mean, double *rstd)
{
	clnorm_status st = CLNORM_OK;
	clnorm_moments *moments = NULL;

	if (!layer) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_layer_statistics: the layer is NULL");
	}
	CLN_TRY(cln_layer_queue_check(layer, queue));
	if (!layer->last) {
		CLN_TRY(cln_fail(
			CLNORM_BAD_ORDER,
			"clnorm_layer_statistics: there is no forward pass since the layer was made or reset"));
	}
	size_t groups = layer->facts.groups > 0 ? layer->facts.groups : layer->facts.c;
	size_t sets = layer->last->shape.dims[0] * groups;
	size_t count = cln_layer_evaluates(layer) ? layer->facts.c : sets;
	moments = malloc(count * sizeof(*moments) + 1);
	if (!moments) {
		CLN_TRY(cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu moments", count));
	}
	CLN_TRY(moments_read(layer, queue, moments, count));
	for (size_t i = 0; i < sets; ++i) {
		if (mean) {
			mean[i] = moments[i % count].mean;
		}
		if (rstd) {
			rstd[i] = clnorm_moments_rstd(&moments[i % count], layer->facts.epsilon);
		}
	}
done:
	free(moments);
	return st;
}
