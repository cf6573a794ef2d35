/* net.c: the network: 1x1 convolution, instance normalization with ReLU, 1x1 convolution; all of it on the device.
 * SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

#include "fail.h"

#include <math.h>
#include <string.h>

/* CLBlast's header declares a function without a prototype. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <clblast_c.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

enum { C = NET_COLOURS, H = NET_CHANNELS };

size_t net_part_count(enum net_part part)
{
	static const size_t counts[NET_PARTS] = {
		[NET_FIRST] = H * C, [NET_SECOND] = C * H, [NET_BIAS] = C, [NET_GAMMA] = H, [NET_BETA] = H};
	return counts[part];
}

/* ---- Making -------------------------------------------------------------------------------------------------- */

static clnorm_tensor *tensor_make(const struct net *net, unsigned rank, const size_t *dims)
{
	clnorm_tensor *tensor = NULL;
	need_clnorm(clnorm_tensor_create(net->ctx, CLNORM_F32, rank, dims, &tensor));
	return tensor;
}

static void tensors_make(struct net *net)
{
	const size_t picture[] = {C, net->pixels}, between[] = {1, H, net->pixels};
	for (int i = 0; i < NET_TENSORS; i++) {
		const int is_between = i == NET_H || i == NET_DA;
		net->tensors[i] = i == NET_ONES ? tensor_make(net, 1, &net->pixels)
		                                : tensor_make(net, is_between ? 3 : 2, is_between ? between : picture);
	}
	for (int i = 0; i <= NET_BIAS; i++) {
		const size_t count = net_part_count((enum net_part)i);
		net->weights[i] = tensor_make(net, 1, &count);
		net->moves[i] = tensor_make(net, 1, &count);
	}
}

static void layer_make(struct net *net)
{
	clnorm_layer_options options = clnorm_layer_defaults();
	options.activation = CLNORM_ACT_RELU;
	options.name = "norm";
	need_clnorm(clnorm_layer_create_with(net->ctx, H, &options, &net->layer));
}

/* The next of a row of numbers between -1 and 1, the same everywhere for the same seed. */
static float noise_next(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (float)(*state >> 8) / 8388608.0f - 1;
}

/* Uniform, as wide as keeps the size of what goes through; the bias begins with 0, the layer with gamma 1 and beta 0.
 */
static void weights_draw(struct net *net, unsigned seed)
{
	float values[C * H], still[C * H] = {0};
	unsigned state = seed * 2654435761u + 1;
	for (int part = NET_FIRST; part <= NET_BIAS; part++) {
		const float width = part == NET_FIRST ? 1 / sqrtf(C) : part == NET_SECOND ? 1 / sqrtf(H) : 0;
		for (size_t i = 0; i < net_part_count((enum net_part)part); i++) {
			values[i] = width * noise_next(&state);
		}
		net_write(net, (enum net_part)part, values, still);
	}
}

void net_create(struct net *net, clnorm_context *ctx, cl_command_queue queue, size_t pixels, const float *x,
                const float *target, unsigned seed)
{
	*net = (struct net){.ctx = ctx, .queue = queue, .pixels = pixels};
	tensors_make(net);
	layer_make(net);
	need_clnorm(clnorm_tensor_upload(net->tensors[NET_X], queue, x));
	need_clnorm(clnorm_tensor_upload(net->tensors[NET_TARGET], queue, target));
	need_clnorm(clnorm_tensor_fill(net->tensors[NET_ONES], queue, 1));
	weights_draw(net, seed);
}

void net_destroy(struct net *net)
{
	for (int i = 0; i < NET_TENSORS; i++) {
		clnorm_tensor_destroy(net->tensors[i]);
	}
	for (int i = 0; i <= NET_BIAS; i++) {
		clnorm_tensor_destroy(net->weights[i]);
		clnorm_tensor_destroy(net->moves[i]);
	}
	clnorm_layer_destroy(net->layer);
	*net = (struct net){0};
}

/* ---- Steps --------------------------------------------------------------------------------------------------- */

/* A matrix: a tensor, taken as it lies or transposed. */
struct matrix {
	const clnorm_tensor *tensor;
	int transposed;
};

static struct matrix plain(const clnorm_tensor *tensor)
{
	return (struct matrix){tensor, 0};
}

static struct matrix transposed(const clnorm_tensor *tensor)
{
	return (struct matrix){tensor, 1};
}

/* c = alpha*a*b + beta*c with a [m,k], b [k,n], c [m,n] after any transposition. */
static void multiply(struct net *net, size_t m, size_t n, size_t k, double alpha, struct matrix a, struct matrix b,
                     double beta, const clnorm_tensor *c)
{
	need_blas(CLBlastSgemm(CLBlastLayoutRowMajor, a.transposed ? CLBlastTransposeYes : CLBlastTransposeNo,
	                       b.transposed ? CLBlastTransposeYes : CLBlastTransposeNo, m, n, k, (float)alpha,
	                       clnorm_tensor_view(a.tensor).mem, 0, a.transposed ? m : k,
	                       clnorm_tensor_view(b.tensor).mem, 0, b.transposed ? k : n, (float)beta,
	                       clnorm_tensor_view(c).mem, 0, n, &net->queue, NULL),
	          "CLBlastSgemm");
}

/* out - target is made as bias - target, to which second*a is added; subtracting 0 - target needs no kernel but
 * Sgemm's. */
void net_forward(struct net *net)
{
	const size_t p = net->pixels;
	clnorm_tensor *const *t = net->tensors;
	const cl_mem from = clnorm_tensor_view(t[NET_TARGET]).mem, to = clnorm_tensor_view(t[NET_RESIDUAL]).mem;

	multiply(net, H, p, C, 1, plain(net->weights[NET_FIRST]), plain(t[NET_X]), 0, t[NET_H]);
	need_clnorm(clnorm_layer_forward(net->layer, net->queue, t[NET_H], &net->a));
	need_cl(clEnqueueCopyBuffer(net->queue, from, to, 0, 0, C * p * sizeof(float), 0, NULL, NULL),
	        "clEnqueueCopyBuffer");
	multiply(net, C, p, 1, 1, plain(net->weights[NET_BIAS]), plain(t[NET_ONES]), -1, t[NET_RESIDUAL]);
	multiply(net, C, p, H, 1, plain(net->weights[NET_SECOND]), plain(net->a), 1, t[NET_RESIDUAL]);
}

/* d loss/d out = 2/(3P) * residual goes into the factor of each product that reads the residual. */
void net_backward(struct net *net, double momentum)
{
	const size_t p = net->pixels;
	const double scale = 2.0 / (double)(C * p);
	const clnorm_accumulate accumulate = {1, momentum};
	clnorm_tensor *const *t = net->tensors;
	const clnorm_tensor *dh = NULL;

	multiply(net, C, H, p, scale, plain(t[NET_RESIDUAL]), transposed(net->a), momentum, net->moves[NET_SECOND]);
	multiply(net, C, 1, p, scale, plain(t[NET_RESIDUAL]), plain(t[NET_ONES]), momentum, net->moves[NET_BIAS]);
	multiply(net, H, p, C, scale, transposed(net->weights[NET_SECOND]), plain(t[NET_RESIDUAL]), 0, t[NET_DA]);
	need_clnorm(clnorm_layer_backward(net->layer, net->queue, t[NET_DA], CLNORM_WANT_ALL, &accumulate, &dh));
	multiply(net, H, C, p, 1, plain(dh), transposed(t[NET_X]), momentum, net->moves[NET_FIRST]);
}

/* weights -= rate*moves, as a product with one 1; the layer adds, so its rate is negative. */
void net_update(struct net *net, double rate)
{
	for (int part = NET_FIRST; part <= NET_BIAS; part++) {
		multiply(net, 1, net_part_count((enum net_part)part), 1, -rate, plain(net->tensors[NET_ONES]),
		         plain(net->moves[part]), 1, net->weights[part]);
	}
	need_clnorm(clnorm_layer_update(net->layer, net->queue, -rate));
}

void net_read_residual(struct net *net, float *residual, cl_event *done)
{
	const cl_mem from = clnorm_tensor_view(net->tensors[NET_RESIDUAL]).mem;
	need_cl(clEnqueueReadBuffer(net->queue, from, CL_FALSE, 0, C * net->pixels * sizeof(float), residual, 0, NULL,
	                            done),
	        "clEnqueueReadBuffer");
	need_cl(clFlush(net->queue), "clFlush");
}

double net_loss(const struct net *net, const float *residual)
{
	const size_t count = C * net->pixels;
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		sum += (double)residual[i] * residual[i];
	}
	return sum / (double)count;
}

/* ---- Weights from and to the host ---------------------------------------------------------------------------- */

void net_read(const struct net *net, enum net_part part, float *values, float *moves)
{
	if (part <= NET_BIAS) {
		need_clnorm(clnorm_tensor_download(net->weights[part], net->queue, values));
		need_clnorm(clnorm_tensor_download(net->moves[part], net->queue, moves));
		return;
	}
	const clnorm_layer_part value_part = part == NET_GAMMA ? CLNORM_GAMMA : CLNORM_BETA;
	const clnorm_layer_part move_part = part == NET_GAMMA ? CLNORM_DGAMMA : CLNORM_DBETA;
	need_clnorm(clnorm_layer_read(net->layer, net->queue, value_part, CLNORM_F32, values));
	need_clnorm(clnorm_layer_read(net->layer, net->queue, move_part, CLNORM_F32, moves));
}

void net_write(struct net *net, enum net_part part, const float *values, const float *moves)
{
	if (part <= NET_BIAS) {
		need_clnorm(clnorm_tensor_upload(net->weights[part], net->queue, values));
		need_clnorm(clnorm_tensor_upload(net->moves[part], net->queue, moves));
		return;
	}
	const clnorm_layer_part value_part = part == NET_GAMMA ? CLNORM_GAMMA : CLNORM_BETA;
	const clnorm_layer_part move_part = part == NET_GAMMA ? CLNORM_DGAMMA : CLNORM_DBETA;
	need_clnorm(clnorm_layer_write(net->layer, net->queue, value_part, CLNORM_F32, values));
	need_clnorm(clnorm_layer_write(net->layer, net->queue, move_part, CLNORM_F32, moves));
}
