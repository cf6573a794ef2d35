/* layer.c: one training step of an instance normalization layer, from nothing to changed parameters.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cc layer.c $(pkg-config --cflags --libs clnorm) -o layer */
#define CL_TARGET_OPENCL_VERSION 120
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>

static void check(clnorm_status status)
{
	if (status != CLNORM_OK) {
		fprintf(stderr, "layer: %s: %s\n", clnorm_status_name(status), clnorm_last_error());
		exit(1);
	}
}

int main(void)
{
	const size_t shape[] = {5, 3, 4, 4}; /* N, C, H, W */
	float host[5 * 3 * 4 * 4], gamma[3];
	clnorm_context *ctx;
	clnorm_layer *layer;
	clnorm_tensor *x;
	const clnorm_tensor *y, *dx; /* the layer's own */

	for (int i = 0; i < 240; i++) {
		host[i] = (float)(i * i % 17);
	}
	check(clnorm_context_open(NULL, &ctx)); /* the best device, or the one that CLNORM_DEVICE names */
	cl_command_queue queue = clnorm_context_queue(ctx);
	check(clnorm_layer_create(ctx, 3, CLNORM_DEFAULT_EPSILON, true, "in1", &layer));
	check(clnorm_tensor_create(ctx, CLNORM_F32, 4, shape, &x));
	check(clnorm_tensor_upload(x, queue, host));

	/* The step. The loss is half the sum of the squares of y, so that its gradient, dy, is y itself. */
	check(clnorm_layer_forward(layer, queue, x, &y));
	check(clnorm_layer_backward(layer, queue, y, CLNORM_WANT_ALL, NULL, &dx));
	check(clnorm_layer_update(layer, queue, -0.001)); /* param += rate*grad: down the gradient */

	check(clnorm_layer_read(layer, queue, CLNORM_GAMMA, CLNORM_F32, gamma));
	printf("gamma after one step: %g %g %g\n", gamma[0], gamma[1], gamma[2]);
	clnorm_tensor_destroy(x);
	clnorm_layer_destroy(layer);
	clnorm_context_destroy(ctx);
	return gamma[0] > 0.9f && gamma[0] < 1 ? 0 : 1; /* 1 - 0.001 * 5*16 elements, and a little for epsilon */
}
