/* net.h: the network: 1x1 convolution, instance normalization with ReLU, 1x1 convolution; all of it on the device.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A 1x1 convolution is a matrix product over the pixels. With P pixels of 3 colours x [3,P], and H channels between,
 *
 *     h = first*x                     first [H,3]; no bias: the normalization would take it away again
 *     a = relu(gamma*xhat(h) + beta)  the layer
 *     out = second*a + bias           second [3,H], bias [3]
 *     loss = mean((out - target)^2)   over the 3P values
 *
 * Nothing below waits for the device unless its comment says so: a step is a row of commands on one queue. */
#ifndef TRAIN_NET_H
#define TRAIN_NET_H

#include <clnorm/clnorm.h>

#define NET_COLOURS 3
#define NET_CHANNELS 16

/* What is trained. The last two are the layer's. */
enum net_part { NET_FIRST = 0, NET_SECOND, NET_BIAS, NET_GAMMA, NET_BETA, NET_PARTS };

/* The products' operands on the device, beside the layer's own. */
enum net_tensor {
	NET_X = 0,    /* [3,P] */
	NET_TARGET,   /* [3,P] */
	NET_ONES,     /* [P] */
	NET_H,        /* [1,H,P]: what the layer normalizes */
	NET_DA,       /* [1,H,P]: the gradient of what the layer gives */
	NET_RESIDUAL, /* [3,P]: out - target */
	NET_TENSORS
};

struct net {
	clnorm_context *ctx;    /* borrowed */
	cl_command_queue queue; /* borrowed; in order */
	size_t pixels;
	clnorm_layer *layer;
	const clnorm_tensor *a; /* the layer's */
	clnorm_tensor *tensors[NET_TENSORS];
	clnorm_tensor *weights[NET_BIAS + 1];
	clnorm_tensor *moves[NET_BIAS + 1]; /* gradients, with what momentum keeps of older ones */
};

/* Makes the network for pictures of so many pixels [3,P], uploads them, and draws the weights. WAITS. */
void net_create(struct net *net, clnorm_context *ctx, cl_command_queue queue, size_t pixels, const float *x,
                const float *target, unsigned seed);
void net_destroy(struct net *net);

/* Enqueue one part of a step each. momentum: how much of the last move is in the next; 0 gives the gradient alone. */
void net_forward(struct net *net);
void net_backward(struct net *net, double momentum);
void net_update(struct net *net, double rate);

/* Enqueues the read of out - target, 3P values, to the host; *done completes with it. */
void net_read_residual(struct net *net, float *residual, cl_event *done);
/* The loss of such a residual. */
double net_loss(const struct net *net, const float *residual);

/* Values of one part, and its values and moves from and to the host; all WAIT. */
size_t net_part_count(enum net_part part);
void net_read(const struct net *net, enum net_part part, float *values, float *moves);
void net_write(struct net *net, enum net_part part, const float *values, const float *moves);

#endif
