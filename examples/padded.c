/* padded.c: a batch of sounds of different lengths, as wav2vec2's first layer has it: padding changes no number of a
 * sound. SPDX-License-Identifier: Apache-2.0
 *
 * cc padded.c $(pkg-config --cflags --libs clnorm) -o padded
 *
 * x [2,512,3199]: 512 channels of 20 ms each; the second sound ends after 1800 of its 3199 steps, and what follows is
 * NaN, to show that nobody reads it. The statistics are of each sound's own steps, and y is 0 behind its end. The same
 * sound, alone and without padding, gives the same numbers. */
#define CL_TARGET_OPENCL_VERSION 120
#include <clnorm/clnorm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 2, C = 512, L = 3199, SHORT = 1800 };
static const cl_uint lengths_host[N] = {L, SHORT};

/* One plan and its tensors, which are empty (NULL) until made. lengths is a buffer of the caller's own. */
struct work {
	clnorm_plan *plan;
	clnorm_tensor *x, *y;
	cl_mem lengths;
};

static void clear(struct work *work)
{
	clnorm_plan_destroy(work->plan);
	clnorm_tensor_destroy(work->x);
	clnorm_tensor_destroy(work->y);
	if (work->lengths) {
		clReleaseMemObject(work->lengths);
	}
}

static clnorm_status prepare(struct work *work, clnorm_context *ctx, const clnorm_desc *desc)
{
	const size_t dims[] = {desc->n, desc->c, desc->spatial[0]};
	cl_int err = CL_SUCCESS;
	clnorm_status st = clnorm_plan_create(ctx, desc, &work->plan);
	if (st == CLNORM_OK) {
		st = clnorm_tensor_create(ctx, CLNORM_F32, 3, dims, &work->x);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_create(ctx, CLNORM_F32, 3, dims, &work->y);
	}
	if (st == CLNORM_OK && desc->valid == CLNORM_VALID_LENGTHS) {
		work->lengths = clCreateBuffer(clnorm_context_cl(ctx), CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
		                               sizeof(lengths_host), (void *)lengths_host, &err);
	}
	return err == CL_SUCCESS ? st : CLNORM_OPENCL_ERROR;
}

static clnorm_status normalize(clnorm_context *ctx, const clnorm_desc *desc, const float *x, float *y)
{
	struct work work = {NULL, NULL, NULL, NULL};
	clnorm_status st = prepare(&work, ctx, desc);
	if (st == CLNORM_OK) {
		st = clnorm_tensor_upload(work.x, clnorm_context_queue(ctx), x);
	}
	if (st == CLNORM_OK) {
		clnorm_forward_args args = {
			.x = clnorm_tensor_view(work.x),
			.y = clnorm_tensor_view(work.y),
			.lengths = {work.lengths, 0},
		};
		st = clnorm_forward(work.plan, clnorm_context_queue(ctx), &args, 0, NULL, NULL);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_download(work.y, clnorm_context_queue(ctx), y);
	}
	clear(&work);
	return st;
}

/* The largest difference between the second sound of the batch and the same sound alone; NaN where y is not 0 behind
 * its end. */
static double compare(const float *batch, const float *alone)
{
	double worst = 0;
	for (size_t i = 0; i < (size_t)C * L; i++) {
		size_t c = i / L, l = i % L;
		double right = l < SHORT ? alone[c * SHORT + l] : 0, error = fabs(batch[(size_t)C * L + i] - right);
		worst = error <= worst ? worst : error;
	}
	return worst;
}

int main(void)
{
	clnorm_context *ctx = NULL;
	float *x = malloc(sizeof(float) * N * C * L), *y = malloc(sizeof(float) * N * C * L);
	float *x_alone = malloc(sizeof(float) * C * SHORT), *y_alone = malloc(sizeof(float) * C * SHORT);
	double worst = NAN;
	clnorm_status st = x && y && x_alone && y_alone ? clnorm_context_open(NULL, &ctx) : CLNORM_OUT_OF_MEMORY;

	for (size_t i = 0; st == CLNORM_OK && i < (size_t)N * C * L; i++) {
		size_t n = i / L / C, c = i / L % C, l = i % L;
		x[i] = l < lengths_host[n] ? (float)(rand() % 2001 - 1000) / 500.0f + (float)c / 64.0f : NAN;
		if (n == 1 && l < SHORT) {
			x_alone[c * SHORT + l] = x[i];
		}
	}
	clnorm_desc desc = clnorm_desc_1d(N, C, L), desc_alone = clnorm_desc_1d(1, C, SHORT);
	desc.valid = CLNORM_VALID_LENGTHS;
	desc.outside = CLNORM_OUTSIDE_ZERO;
	if (st == CLNORM_OK) {
		st = normalize(ctx, &desc, x, y);
	}
	if (st == CLNORM_OK) {
		st = normalize(ctx, &desc_alone, x_alone, y_alone);
	}
	if (st == CLNORM_OK) {
		worst = compare(y, y_alone);
		printf("a sound of %d steps in a batch of %d: largest difference from the sound alone %.2g\n", SHORT, L,
		       worst);
	} else {
		fprintf(stderr, "padded: %s: %s\n", clnorm_status_name(st), clnorm_last_error());
	}
	clnorm_context_destroy(ctx);
	free(x);
	free(y);
	free(x_alone);
	free(y_alone);
	return worst < 2e-6 ? 0 : 1;
}
