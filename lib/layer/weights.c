/* weights.c: a layer's parameters to a weight file and back, both of them or neither.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/file.h"
#include "layer/hdf5.h"
#include "layer/layer.h"

/* Host memory for gamma and beta. */
static clnorm_status weights_init(struct cln_weights *weights, const struct clnorm_layer *layer)
{
	*weights = (struct cln_weights){.name = layer->name ? layer->name : "",
	                                .dtype = clnorm_dtype_statistics(layer->facts.dtype),
	                                .count = layer->facts.c};
	weights->gamma = malloc(cln_layer_part_bytes(layer));
	weights->beta = malloc(cln_layer_part_bytes(layer));
	if (!weights->gamma || !weights->beta) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes of weights",
		                2 * cln_layer_part_bytes(layer));
	}
	return CLNORM_OK;
}

static void weights_clear(struct cln_weights *weights)
{
	free(weights->gamma);
	free(weights->beta);
}

static clnorm_status weights_download(const struct cln_weights *weights, const clnorm_layer *layer,
                                      cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(clnorm_layer_read(layer, queue, CLNORM_GAMMA, weights->dtype, weights->gamma));
	CLN_TRY(clnorm_layer_read(layer, queue, CLNORM_BETA, weights->dtype, weights->beta));
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
	CLN_TRY(weights_download(&weights, layer, queue));
	CLN_TRY(cln_weights_image(&weights, &image, &bytes));
	CLN_TRY(cln_file_replace(path, image, bytes));
done:
	free(image);
	weights_clear(&weights);
	return st;
}

/* Where the values of both could be taken from the layer and put there. */
static clnorm_status exchange_check(const clnorm_layer *layer)
{
	clnorm_status st = CLNORM_OK;
	for (int written = 0; written <= 1; ++written) {
		CLN_TRY(cln_layer_host_check(layer, CLNORM_GAMMA, written));
		CLN_TRY(cln_layer_host_check(layer, CLNORM_BETA, written));
	}
done:
	return st;
}

/* Should the device take gamma and refuse beta, gamma becomes the old one again. */
static clnorm_status weights_upload(const struct cln_weights *weights, const struct cln_weights *old,
                                    clnorm_layer *layer, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	clnorm_view gamma = layer->parts[CLNORM_GAMMA];
	size_t bytes = cln_layer_part_bytes(layer);

	CLN_TRY(clnorm_layer_write(layer, queue, CLNORM_GAMMA, weights->dtype, weights->gamma));
	st = clnorm_layer_write(layer, queue, CLNORM_BETA, weights->dtype, weights->beta);
	if (st != CLNORM_OK) {
		/* Straight to OpenCL: another failure would take the place of the message. */
		clEnqueueWriteBuffer(queue, gamma.mem, CL_TRUE, gamma.offset * (bytes / layer->facts.c), bytes,
		                     old->gamma, 0, NULL, NULL);
	}
done:
	return st;
}

clnorm_status clnorm_layer_load(clnorm_layer *layer, cl_command_queue queue, const char *path)
{
	clnorm_status st = CLNORM_OK;
	struct cln_weights weights = {0}, old = {0};

	CLN_TRY(call_check(layer, queue, path, "clnorm_layer_load"));
	CLN_TRY(exchange_check(layer));
	CLN_TRY(cln_file_check(path));
	CLN_TRY(weights_init(&weights, layer));
	CLN_TRY(weights_init(&old, layer));
	CLN_TRY(cln_weights_read(path, &weights));
	CLN_TRY(weights_download(&old, layer, queue));
	CLN_TRY(weights_upload(&weights, &old, layer, queue));
done:
	weights_clear(&weights);
	weights_clear(&old);
	return st;
}
