/* weights.c: a layer's parameters and running statistics to a weight file and back, all of them or none.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/file.h"
#include "layer/hdf5.h"
#include "layer/layer.h"

/* The parts of a layer that a file may have. */
static const clnorm_layer_part parts[CLN_WEIGHT_COUNT] = {
	[CLN_WEIGHT_GAMMA] = CLNORM_GAMMA,
	[CLN_WEIGHT_BETA] = CLNORM_BETA,
	[CLN_WEIGHT_MEAN] = CLNORM_RUNNING_MEAN,
	[CLN_WEIGHT_VARIANCE] = CLNORM_RUNNING_VARIANCE,
};

/* How many of them: the running statistics are the last ones. */
static int count_of(bool with_running)
{
	return with_running ? CLN_WEIGHT_COUNT : CLN_WEIGHT_MEAN;
}

/* Host memory for all that the layer has. */
static clnorm_status weights_init(struct cln_weights *weights, const struct clnorm_layer *layer)
{
	int count = count_of(layer->facts.tracks);
	*weights = (struct cln_weights){.name = layer->name ? layer->name : "",
	                                .dtype = clnorm_dtype_statistics(layer->facts.dtype),
	                                .count = layer->facts.c};
	for (int i = 0; i < count; ++i) {
		weights->values[i] = malloc(cln_layer_part_bytes(layer));
		if (!weights->values[i]) {
			return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of weights",
			                (size_t)count * cln_layer_part_bytes(layer));
		}
	}
	return CLNORM_OK;
}

static void weights_clear(struct cln_weights *weights)
{
	for (int i = 0; i < CLN_WEIGHT_COUNT; ++i) {
		free(weights->values[i]);
	}
}

static clnorm_status weights_download(const struct cln_weights *weights, const clnorm_layer *layer,
                                      cl_command_queue queue, int count)
{
	clnorm_status st = CLNORM_OK;
	for (int i = 0; i < count; ++i) {
		CLN_TRY(clnorm_layer_read(layer, queue, parts[i], weights->dtype, weights->values[i]));
	}
done:
	return st;
}

static clnorm_status call_check(const clnorm_layer *layer, cl_command_queue queue, const char *path,
                                const char *function)
{
	clnorm_status st = CLNORM_OK;
	if (!layer || !path) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: %s is NULL", function, layer ? "path" : "the layer");
	}
	CLN_TRY(cln_hdf5_check());
	CLN_TRY(cln_layer_queue_check(layer, queue));
done:
	return st;
}

clnorm_status clnorm_layer_save(const clnorm_layer *layer, cl_command_queue queue, const char *path)
{
	clnorm_status st = CLNORM_OK;
	struct cln_weights weights = {0};
	void *image = NULL;
	size_t bytes = 0;

	CLN_TRY(call_check(layer, queue, path, "clnorm_layer_save"));
	CLN_TRY(weights_init(&weights, layer));
	CLN_TRY(weights_download(&weights, layer, queue, count_of(layer->facts.tracks)));
	CLN_TRY(cln_weights_image(&weights, &image, &bytes));
	CLN_TRY(cln_file_replace(path, image, bytes));
done:
	free(image);
	weights_clear(&weights);
	return st;
}

/* Where the values of them could be taken from the layer and put there. */
static clnorm_status exchange_check(const clnorm_layer *layer, int count)
{
	clnorm_status st = CLNORM_OK;
	for (int written = 0; written <= 1; ++written) {
		for (int i = 0; i < count; ++i) {
			CLN_TRY(cln_layer_host_check(layer, parts[i], written));
		}
	}
done:
	return st;
}

/* Straight to OpenCL: another failure would take the place of the message. */
static void value_restore(const struct cln_weights *old, const clnorm_layer *layer, cl_command_queue queue, int i)
{
	clnorm_view view = layer->parts[parts[i]];
	size_t bytes = cln_layer_part_bytes(layer);
	clEnqueueWriteBuffer(queue, view.mem, CL_TRUE, view.offset * (bytes / layer->facts.c), bytes, old->values[i], 0,
	                     NULL, NULL);
}

/* Should the device take some and refuse one, those become the old ones again. */
static clnorm_status weights_upload(const struct cln_weights *weights, const struct cln_weights *old,
                                    clnorm_layer *layer, cl_command_queue queue, int count)
{
	clnorm_status st = CLNORM_OK;
	int done = 0;
	while (done < count && st == CLNORM_OK) {
		st = clnorm_layer_write(layer, queue, parts[done], weights->dtype, weights->values[done]);
		done += st == CLNORM_OK;
	}
	while (st != CLNORM_OK && done > 0) {
		value_restore(old, layer, queue, --done);
	}
	return st;
}

clnorm_status clnorm_layer_load(clnorm_layer *layer, cl_command_queue queue, const char *path)
{
	clnorm_status st = CLNORM_OK;
	struct cln_weights weights = {0}, old = {0};
	bool has_running = false;
	int count;

	CLN_TRY(call_check(layer, queue, path, "clnorm_layer_load"));
	CLN_TRY(exchange_check(layer, count_of(false)));
	CLN_TRY(cln_file_check(path));
	CLN_TRY(weights_init(&weights, layer));
	CLN_TRY(weights_init(&old, layer));
	CLN_TRY(cln_weights_read(path, &weights, &has_running));
	count = count_of(has_running);
	CLN_TRY(exchange_check(layer, count));
	CLN_TRY(weights_download(&old, layer, queue, count));
	CLN_TRY(weights_upload(&weights, &old, layer, queue, count));
done:
	weights_clear(&weights);
	weights_clear(&old);
	return st;
}
