/* gradient.c: the device's gradient against finite differences of the device's loss.
 * SPDX-License-Identifier: Apache-2.0 */
#include "gradient.h"

#include "fail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The step: the loss is computed in float, so that rounding spoils the difference quotient by about 1e-8/STEP, and a
 * step to either side makes an error of the order of STEP^2. It moves no normalized value by KINK, in standard
 * deviations. */
#define STEP 1e-3f
#define KINK 0.02

enum { MOST = NET_COLOURS * NET_CHANNELS };

size_t gradient_clear(struct net *net, unsigned char *clear)
{
	const size_t p = net->pixels;
	float *h = need_memory(NET_CHANNELS * p, sizeof(*h));
	size_t count = 0;

	net_forward(net);
	need_clnorm(clnorm_tensor_download(net->tensors[NET_H], net->queue, h));
	memset(clear, 1, p);
	for (size_t channel = 0; channel < NET_CHANNELS; channel++) {
		const float *values = h + channel * p;
		double mean = 0, square = 0;
		for (size_t i = 0; i < p; i++) {
			mean += values[i] / (double)p;
		}
		for (size_t i = 0; i < p; i++) {
			square += (values[i] - mean) * (values[i] - mean) / (double)p;
		}
		for (size_t i = 0; i < p; i++) {
			clear[i] = clear[i] && fabs(values[i] - mean) > KINK * sqrt(square);
		}
	}
	for (size_t i = 0; i < p; i++) {
		count += clear[i];
	}
	free(h);
	return count;
}

static double loss_now(struct net *net, float *residual)
{
	cl_event done = NULL;
	net_forward(net);
	net_read_residual(net, residual, &done);
	need_cl(clWaitForEvents(1, &done), "clWaitForEvents");
	clReleaseEvent(done);
	return net_loss(net, residual);
}

/* Squares of the error and of the gradient of one part, summed. */
static void part_check(struct net *net, enum net_part part, float *residual, double *error, double *size)
{
	float values[MOST], gradient[MOST];
	*error = *size = 0;
	net_read(net, part, values, gradient);
	for (size_t i = 0; i < net_part_count(part); i++) {
		const float was = values[i], above = was + STEP, below = was - STEP;
		values[i] = above;
		net_write(net, part, values, gradient);
		const double loss_above = loss_now(net, residual);
		values[i] = below;
		net_write(net, part, values, gradient);
		const double difference = (loss_above - loss_now(net, residual)) / ((double)above - below);
		values[i] = was;
		net_write(net, part, values, gradient);
		*error += (difference - gradient[i]) * (difference - gradient[i]);
		*size += (double)gradient[i] * gradient[i];
	}
}

/* Of a gradient that vanishes, as on a picture of one colour, there is no relative error. */
static double relative(double error, double size)
{
	return size > 0 ? sqrt(error / size) : error > 0 ? INFINITY : 0;
}

double gradient_check(struct net *net, double errors[NET_PARTS])
{
	float *residual = need_memory(NET_COLOURS * net->pixels, sizeof(*residual));
	double error = 0, size = 0;

	net_forward(net);
	net_backward(net, 0);
	for (int part = 0; part < NET_PARTS; part++) {
		double part_error, part_size;
		part_check(net, (enum net_part)part, residual, &part_error, &part_size);
		errors[part] = relative(part_error, part_size);
		error += part_error;
		size += part_size;
	}
	free(residual);
	return relative(error, size);
}
