/* layer_fake.h: a layer with its tensors on the fake OpenCL, brought to some point of a training step.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Programs that use it link with the options that tests/kit/memory.h names. */
#ifndef TESTS_DRILL_H
#define TESTS_DRILL_H

#include <clnorm/clnorm.h>

#define DRILL_C 3

/* How far it has come. */
enum drill_depth { DRILL_CONTEXT, DRILL_LAYER, DRILL_FORWARD, DRILL_STEP, DRILL_FILE };

struct drill {
	clnorm_context *ctx;
	cl_command_queue queue;
	clnorm_layer *layer;
	clnorm_tensor *x, *dy, *other; /* other: of another shape */
	cl_mem apart;                  /* for binding; 16 floats */
	const clnorm_tensor *y, *dx;
	char path[64]; /* of a weight file, with DRILL_FILE */
};

/* What the four parts hold with DRILL_LAYER and more. */
extern const float drill_values[CLNORM_LAYER_PARTS][DRILL_C];

/* False where the depth needs HDF5 and the library has none. */
bool drill_open(struct drill *drill, enum drill_depth depth);
/* Destroys all; then fails where anything is alive or was misused. */
void drill_close(struct drill *drill, const char *what);
/* Fails where the parts hold other values. */
void drill_unchanged(const struct drill *drill, const char *what);

/* One function of the layer each, of the drill's tensors. */
clnorm_status drill_create(struct drill *drill);
clnorm_status drill_forward(struct drill *drill);
clnorm_status drill_forward_other(struct drill *drill);
clnorm_status drill_backward(struct drill *drill);
clnorm_status drill_zero(struct drill *drill);
clnorm_status drill_update(struct drill *drill);

#endif
