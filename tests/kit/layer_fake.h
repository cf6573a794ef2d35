/* layer_fake.h: a layer with its tensors on the fake OpenCL, brought to some point of a training step.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs that use it link with the options that tests/kit/memory.h names. */
#ifndef TESTS_LAYER_FAKE_H
#define TESTS_LAYER_FAKE_H

#include <clnorm/clnorm.h>

#define LAYER_FAKE_C 3

/* How far it has come. */
enum layer_fake_depth { LAYER_FAKE_CONTEXT, LAYER_FAKE_LAYER, LAYER_FAKE_FORWARD, LAYER_FAKE_STEP, LAYER_FAKE_FILE };

struct layer_fake {
	clnorm_context *ctx;
	cl_command_queue queue;
	clnorm_layer *layer;
	clnorm_tensor *x, *dy, *other; /* other: of another shape */
	cl_mem apart;                  /* for binding; 16 floats */
	const clnorm_tensor *y, *dx;
	char path[64]; /* of a weight file, with LAYER_FAKE_FILE */
};

/* What the four parts hold with LAYER_FAKE_LAYER and more. */
/* The parts of a layer that keeps no running statistics. */
#define LAYER_FAKE_PARTS CLNORM_RUNNING_MEAN
extern const float layer_fake_values[LAYER_FAKE_PARTS][LAYER_FAKE_C];

/* False where the depth needs HDF5 and the library has none. */
bool layer_fake_open(struct layer_fake *fake, enum layer_fake_depth depth);
/* Destroys all; then fails where anything is alive or was misused. */
void layer_fake_close(struct layer_fake *fake, const char *what);
/* Fails where the parts hold other values. */
void layer_fake_unchanged(const struct layer_fake *fake, const char *what);

/* One function of the layer each, of the fake's tensors. */
clnorm_status layer_fake_create(struct layer_fake *fake);
clnorm_status layer_fake_forward(struct layer_fake *fake);
clnorm_status layer_fake_forward_other(struct layer_fake *fake);
clnorm_status layer_fake_backward(struct layer_fake *fake);
clnorm_status layer_fake_zero(struct layer_fake *fake);
clnorm_status layer_fake_update(struct layer_fake *fake);

#endif
