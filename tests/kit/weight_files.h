/* weight_files.h: a layer on the fake device, a folder for its weight files, and what a file holds by HDF5's own
 * account. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SHELF_H
#define TESTS_SHELF_H

#include "tests/kit/expect.h"

#define SHELF_C 3

struct shelf {
	clnorm_context *ctx;
	cl_command_queue queue;
	clnorm_layer *layer;        /* unnamed, with gamma and beta as below */
	char folder[64], path[128]; /* path: a file in the folder, not made yet */
};

extern const float shelf_gamma[SHELF_C], shelf_beta[SHELF_C];

void shelf_open(struct shelf *shelf);
/* Fails where the folder holds more than the file, or an OpenCL object lives. */
void shelf_close(struct shelf *shelf);

clnorm_layer *shelf_layer(const struct shelf *shelf, size_t c, const char *name, clnorm_dtype dtype);
/* Files in the folder, hidden ones too. */
int shelf_count(const struct shelf *shelf);

/* The layer has these parameters. */
void shelf_layer_is(const struct shelf *shelf, const clnorm_layer *layer, const float *gamma, const float *beta);
/* The shelf's own layer is as it was opened. */
void shelf_unchanged(const struct shelf *shelf);
/* The file has these keys, and behind them shelf_gamma and shelf_beta in the right type and shape. */
void shelf_file_is(const struct shelf *shelf, const char *scale_key, const char *bias_key);

/* The whole file; the caller frees. */
char *shelf_read(const char *name, size_t *bytes);
void shelf_write(const char *name, const char *chars, size_t bytes);

#endif
