/* weights_tool.c: saves and loads weight files on the fake device, for tests/guards/weights.sh; links no device.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "tests/kit/fakecl.h"

/* Numbers that float16 holds exactly. tests/guards/weights.py knows them too. */
static void values_make(size_t c, float *gamma, float *beta)
{
	for (size_t i = 0; i < c; i++) {
		gamma[i] = 1 + (float)(i % 512) / 8;
		beta[i] = 0 - (float)(i % 256) / 16; /* not -0 */
	}
}

/* Exit status 3: the library was built without HDF5. */
static int failed(const char *what, clnorm_status st)
{
	fprintf(stderr, "weights_tool: %s: %s: %s\n", what, clnorm_status_name(st), clnorm_last_error());
	return st == CLNORM_NOT_BUILT ? 3 : 1;
}

static int save(clnorm_layer *layer, cl_command_queue queue, const char *path, const float *gamma, const float *beta)
{
	clnorm_status st = clnorm_layer_write(layer, queue, CLNORM_GAMMA, CLNORM_F32, gamma);
	if (st == CLNORM_OK) {
		st = clnorm_layer_write(layer, queue, CLNORM_BETA, CLNORM_F32, beta);
	}
	if (st == CLNORM_OK) {
		st = clnorm_layer_save(layer, queue, path);
	}
	return st == CLNORM_OK ? 0 : failed(path, st);
}

static int load(clnorm_layer *layer, cl_command_queue queue, size_t c, const char *path, const float *gamma,
                const float *beta)
{
	float *got = calloc(c, sizeof(*got));
	bool same = got != NULL;
	clnorm_status st = clnorm_layer_load(layer, queue, path);
	for (int part = CLNORM_GAMMA; got && st == CLNORM_OK && part <= CLNORM_BETA; part++) {
		st = clnorm_layer_read(layer, queue, (clnorm_layer_part)part, CLNORM_F32, got);
		same = same && memcmp(got, part == CLNORM_GAMMA ? gamma : beta, c * sizeof(*got)) == 0;
	}
	free(got);
	if (st != CLNORM_OK) {
		return failed(path, st);
	}
	if (!same) {
		fprintf(stderr, "weights_tool: %s: other values than were saved\n", path);
	}
	return same ? 0 : 1;
}

/* save|load FILE NAME C; an empty NAME is none. */
int main(int argc, char **argv)
{
	clnorm_context *ctx = NULL;
	clnorm_layer *layer = NULL;
	size_t c = argc == 5 ? (size_t)strtoul(argv[4], NULL, 10) : 0;
	if (c == 0 || (strcmp(argv[1], "save") != 0 && strcmp(argv[1], "load") != 0)) {
		fprintf(stderr, "usage: weights_tool save|load FILE NAME C\n");
		return 2;
	}
	float *gamma = calloc(c, sizeof(*gamma)), *beta = calloc(c, sizeof(*beta));
	int result = 1;
	fakecl_reset();
	clnorm_status st = clnorm_context_open("", &ctx);
	if (st == CLNORM_OK) {
		st = clnorm_layer_create(ctx, c, CLNORM_DEFAULT_EPSILON, true, argv[3][0] ? argv[3] : NULL, &layer);
	}
	if (st == CLNORM_OK && gamma && beta) {
		cl_command_queue queue = clnorm_context_queue(ctx);
		values_make(c, gamma, beta);
		result = strcmp(argv[1], "save") == 0 ? save(layer, queue, argv[2], gamma, beta)
		                                      : load(layer, queue, c, argv[2], gamma, beta);
	} else {
		failed("a layer", st);
	}
	clnorm_layer_destroy(layer);
	clnorm_context_destroy(ctx);
	free(gamma);
	free(beta);
	return result;
}
