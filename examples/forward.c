/* forward.c: normalizes a random 5x3x4x4 tensor on the best device found, and compares with the reference.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cc forward.c $(pkg-config --cflags --libs clnorm) -o forward */
/* The version of OpenCL that this program calls; without it the header picks its newest and says so. */
#define CL_TARGET_OPENCL_VERSION 120
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 5, C = 3, H = 4, W = 4, COUNT = N * C * H * W };

static const float gamma_host[C] = {1.0f, 0.5f, 2.0f};
static const float beta_host[C] = {0.0f, 1.0f, -1.0f};

/* What lives on the device. Empty (NULL) until made, so that clear() can be called at any time. */
struct work {
	clnorm_context *ctx;
	clnorm_plan *plan;
	clnorm_tensor *x, *gamma, *beta, *y;
};

static void clear(struct work *work)
{
	clnorm_tensor_destroy(work->y);
	clnorm_tensor_destroy(work->beta);
	clnorm_tensor_destroy(work->gamma);
	clnorm_tensor_destroy(work->x);
	clnorm_plan_destroy(work->plan);
	clnorm_context_destroy(work->ctx);
}

/* A plan holds all the cost: choosing a variant, compiling it, scratch memory. Make it once a shape, use it often. */
static clnorm_status prepare(struct work *work, const clnorm_desc *desc)
{
	const size_t x_dims[] = {N, C, H, W}, channel_dims[] = {C};
	clnorm_status st = clnorm_context_open(NULL, &work->ctx);
	if (st == CLNORM_OK) {
		st = clnorm_plan_create(work->ctx, desc, &work->plan);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_create(work->ctx, CLNORM_F32, 4, x_dims, &work->x);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_create(work->ctx, CLNORM_F32, 4, x_dims, &work->y);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_create(work->ctx, CLNORM_F32, 1, channel_dims, &work->gamma);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_create(work->ctx, CLNORM_F32, 1, channel_dims, &work->beta);
	}
	return st;
}

/* The context's queue is in order, so the download sees what the forward pass wrote. */
static clnorm_status run(const struct work *work, const float *x, float *y)
{
	cl_command_queue queue = clnorm_context_queue(work->ctx);
	clnorm_forward_args args = {
		.x = clnorm_tensor_view(work->x),
		.gamma = clnorm_tensor_view(work->gamma),
		.beta = clnorm_tensor_view(work->beta),
		.y = clnorm_tensor_view(work->y),
	};
	clnorm_status st = clnorm_tensor_upload(work->x, queue, x);
	if (st == CLNORM_OK) {
		st = clnorm_tensor_upload(work->gamma, queue, gamma_host);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_upload(work->beta, queue, beta_host);
	}
	if (st == CLNORM_OK) {
		st = clnorm_forward(work->plan, queue, &args, 0, NULL, NULL);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_download(work->y, queue, y);
	}
	return st;
}

/* The largest difference from the library's plain double formulas. */
static clnorm_status compare(const clnorm_desc *desc, const float *x, const float *y, double *worst)
{
	double wide[COUNT], gamma[C], beta[C];
	for (int i = 0; i < COUNT; i++) {
		wide[i] = x[i];
	}
	for (int c = 0; c < C; c++) {
		gamma[c] = gamma_host[c];
		beta[c] = beta_host[c];
	}
	clnorm_status st = clnorm_reference_forward(desc, wide, gamma, beta, NULL, wide, NULL, NULL);
	*worst = 0;
	for (int i = 0; st == CLNORM_OK && i < COUNT; i++) {
		double error = y[i] > wide[i] ? y[i] - wide[i] : wide[i] - y[i];
		*worst = error > *worst ? error : *worst;
	}
	return st;
}

int main(void)
{
	struct work work = {0};
	clnorm_desc desc = clnorm_desc_2d(N, C, H, W);
	clnorm_device_info info;
	float x[COUNT], y[COUNT];
	double worst = 0;

	srand(1);
	for (int i = 0; i < COUNT; i++) {
		x[i] = (float)rand() / (float)RAND_MAX;
	}
	clnorm_status st = prepare(&work, &desc);
	if (st == CLNORM_OK) {
		st = clnorm_context_info(work.ctx, &info);
	}
	if (st == CLNORM_OK) {
		st = run(&work, x, y);
	}
	if (st == CLNORM_OK) {
		st = compare(&desc, x, y, &worst);
	}
	if (st == CLNORM_OK) {
		printf("%s: variant %s, largest error %.2g\n", info.name,
		       clnorm_plan_variant(work.plan, CLNORM_OP_FORWARD), worst);
	} else {
		fprintf(stderr, "forward: %s: %s\n", clnorm_status_name(st), clnorm_last_error());
	}
	clear(&work);
	return st == CLNORM_OK && worst < 5e-6 ? 0 : 1;
}
