/* weight_files.h: a layer on the fake device, a folder for its weight files, and what a file holds by HDF5's own
 * account. SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WEIGHT_FILES_H
#define TESTS_WEIGHT_FILES_H

#include "tests/kit/expect.h"

#define WEIGHT_FILES_C 3

struct weight_files {
	clnorm_context *ctx;
	cl_command_queue queue;
	clnorm_layer *layer;        /* unnamed, with gamma and beta as below */
	char folder[64], path[128]; /* path: a file in the folder, not made yet */
};

extern const float weight_files_gamma[WEIGHT_FILES_C], weight_files_beta[WEIGHT_FILES_C];

void weight_files_open(struct weight_files *weights);
/* Fails where the folder holds more than the file, or an OpenCL object lives. */
void weight_files_close(struct weight_files *weights);

clnorm_layer *weight_files_layer(const struct weight_files *weights, size_t c, const char *name, clnorm_dtype dtype);
/* Files in the folder, hidden ones too. */
int weight_files_count(const struct weight_files *weights);

/* The layer has these parameters. */
void weight_files_layer_is(const struct weight_files *weights, const clnorm_layer *layer, const float *gamma,
                           const float *beta);
/* Their layer is as it was opened. */
void weight_files_unchanged(const struct weight_files *weights);
/* The file has these keys, and behind them weight_files_gamma and weight_files_beta in the right type and shape. */
void weight_files_file_is(const struct weight_files *weights, const char *scale_key, const char *bias_key);

/* The whole file; the caller frees. */
char *weight_files_read(const char *name, size_t *bytes);
void weight_files_write(const char *name, const char *chars, size_t bytes);

#endif
