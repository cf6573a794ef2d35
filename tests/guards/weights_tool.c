/* weights_tool.c: saves and loads weight files on the fake device, for tests/guards/weights.sh; links no device.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "tests/kit/fakecl.h"

#define VALUES 4

static const clnorm_layer_part parts[VALUES] = {CLNORM_GAMMA, CLNORM_BETA, CLNORM_RUNNING_MEAN,
                                                CLNORM_RUNNING_VARIANCE};

/* Element i of a part: numbers that float16 holds exactly. tests/guards/weights.py knows them too. */
static float value_of(int part, size_t i)
{
	switch (part) {
	case 0:
		return 1 + (float)(i % 512) / 8;
	case 1:
		return 0 - (float)(i % 256) / 16; /* not -0 */
	case 2:
		return (float)(i % 64) / 4 - 8;
	default:
		return 1 + (float)(i % 32);
	}
}

/* All parts, one after the other. */
static float *values_make(size_t c)
{
	float *values = calloc(VALUES * c, sizeof(*values));
	for (size_t i = 0; values && i < VALUES * c; i++) {
		values[i] = value_of((int)(i / c), i % c);
	}
	return values;
}

/* Exit status 3: the library was built without HDF5. */
static int failed(const char *what, clnorm_status st)
{
	fprintf(stderr, "weights_tool: %s: %s: %s\n", what, clnorm_status_name(st), clnorm_last_error());
	return st == CLNORM_NOT_BUILT ? 3 : 1;
}

static int save(clnorm_layer *layer, cl_command_queue queue, size_t c, const char *path, const float *values, int count)
{
	clnorm_status st = CLNORM_OK;
	for (int i = 0; i < count && st == CLNORM_OK; i++) {
		st = clnorm_layer_write(layer, queue, parts[i], CLNORM_F32, values + (size_t)i * c);
	}
	if (st == CLNORM_OK) {
		st = clnorm_layer_save(layer, queue, path);
	}
	return st == CLNORM_OK ? 0 : failed(path, st);
}

static int load(clnorm_layer *layer, cl_command_queue queue, size_t c, const char *path, const float *values, int count)
{
	float *got = calloc(c, sizeof(*got));
	bool same = got != NULL;
	clnorm_status st = clnorm_layer_load(layer, queue, path);
	for (int i = 0; got && st == CLNORM_OK && i < count; i++) {
		st = clnorm_layer_read(layer, queue, parts[i], CLNORM_F32, got);
		same = same && memcmp(got, values + (size_t)i * c, c * sizeof(*got)) == 0;
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

/* save|load FILE NAME C [running]; an empty NAME is none. */
int main(int argc, char **argv)
{
	clnorm_context *ctx = NULL;
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	size_t c = argc == 5 || argc == 6 ? (size_t)strtoul(argv[4], NULL, 10) : 0;
	if (c == 0 || (strcmp(argv[1], "save") != 0 && strcmp(argv[1], "load") != 0)) {
		fprintf(stderr, "usage: weights_tool save|load FILE NAME C [running]\n");
		return 2;
	}
	float *values = values_make(c);
	int result = 1, count = argc == 6 ? VALUES : 2;
	options.name = argv[3][0] ? argv[3] : NULL;
	options.track_running_statistics = argc == 6;
	fakecl_reset();
	clnorm_status st = clnorm_context_open("", &ctx);
	if (st == CLNORM_OK) {
		st = clnorm_layer_create_with(ctx, c, &options, &layer);
	}
	if (st == CLNORM_OK && values) {
		cl_command_queue queue = clnorm_context_queue(ctx);
		result = strcmp(argv[1], "save") == 0 ? save(layer, queue, c, argv[2], values, count)
		                                      : load(layer, queue, c, argv[2], values, count);
	} else {
		failed("a layer", st);
	}
	clnorm_layer_destroy(layer);
	clnorm_context_destroy(ctx);
	free(values);
	return result;
}
