/* region.c: z-scores of a medical volume over its nonzero voxels, as nnU-Net takes them, and their gradient.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cc region.c $(pkg-config --cflags --libs clnorm) -o region
 *
 * x [1,2,24,96,80]: two sequences of one body, 0 outside it. The mask is where x is not 0; statistics are of it alone,
 * the deviation is at least 1e-8 and nothing is added to the variance, and what is outside stays 0. Compared with the
 * library's plain double formulas, forward and backward. */
#define CL_TARGET_OPENCL_VERSION 120
#include <clnorm/clnorm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { C = 2, D = 24, H = 96, W = 80, S = D * H * W, COUNT = C * S };

/* What lives on the device; empty until made. */
struct work {
	clnorm_context *ctx;
	clnorm_plan *plan;
	clnorm_tensor *x, *y, *dy, *dx;
	cl_mem mask;
};

static void clear(struct work *work)
{
	clnorm_plan_destroy(work->plan);
	clnorm_tensor_destroy(work->x);
	clnorm_tensor_destroy(work->y);
	clnorm_tensor_destroy(work->dy);
	clnorm_tensor_destroy(work->dx);
	if (work->mask) {
		clReleaseMemObject(work->mask);
	}
	clnorm_context_destroy(work->ctx);
}

static clnorm_status prepare(struct work *work, const clnorm_desc *desc, const unsigned char *mask)
{
	const size_t dims[] = {1, C, D, H, W};
	clnorm_tensor **tensors[] = {&work->x, &work->y, &work->dy, &work->dx};
	cl_int err = CL_SUCCESS;
	clnorm_status st = clnorm_context_open(NULL, &work->ctx);
	if (st == CLNORM_OK) {
		st = clnorm_plan_create(work->ctx, desc, &work->plan);
	}
	for (int i = 0; i < 4 && st == CLNORM_OK; i++) {
		st = clnorm_tensor_create(work->ctx, CLNORM_F32, 5, dims, tensors[i]);
	}
	if (st == CLNORM_OK) {
		work->mask = clCreateBuffer(clnorm_context_cl(work->ctx), CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
		                            COUNT, (void *)mask, &err);
	}
	return err == CL_SUCCESS ? st : CLNORM_OPENCL_ERROR;
}

/* The queue is in order: each call sees what the one before it wrote. */
static clnorm_status run(const struct work *work, const double *x, const double *dy, double *y, double *dx)
{
	cl_command_queue queue = clnorm_context_queue(work->ctx);
	clnorm_forward_args forward = {
		.x = clnorm_tensor_view(work->x), .y = clnorm_tensor_view(work->y), .mask = {work->mask, 0}};
	clnorm_backward_args backward = {.x = clnorm_tensor_view(work->x),
	                                 .dy = clnorm_tensor_view(work->dy),
	                                 .dx = clnorm_tensor_view(work->dx),
	                                 .mask = {work->mask, 0}};
	clnorm_status st = clnorm_tensor_upload_from(work->x, queue, CLNORM_F64, x);
	if (st == CLNORM_OK) {
		st = clnorm_tensor_upload_from(work->dy, queue, CLNORM_F64, dy);
	}
	if (st == CLNORM_OK) {
		st = clnorm_forward(work->plan, queue, &forward, 0, NULL, NULL);
	}
	if (st == CLNORM_OK) {
		st = clnorm_backward(work->plan, queue, &backward, 0, NULL, NULL);
	}
	if (st == CLNORM_OK) {
		st = clnorm_tensor_download_to(work->y, queue, CLNORM_F64, y);
	}
	return st == CLNORM_OK ? clnorm_tensor_download_to(work->dx, queue, CLNORM_F64, dx) : st;
}

/* An ellipsoid of tissue; outside it 0. Numbers that a float has exactly. */
static void make_volume(double *x, double *dy, unsigned char *mask)
{
	for (int i = 0; i < COUNT; i++) {
		double d = (i % S / (H * W) - D / 2) / 11.0, h = (i / W % H - H / 2) / 40.0, w = (i % W - W / 2) / 30.0;
		x[i] = d * d + h * h + w * w < 1 ? 200 * (1 + i / S) + rand() % 256 : 0;
		dy[i] = (rand() % 1025 - 512) / 512.0;
		mask[i] = x[i] != 0;
	}
}

/* The largest difference, in parts of the largest number. */
static double compare(const double *got, const double *right)
{
	double worst = 0, most = 0;
	for (int i = 0; i < COUNT; i++) {
		double error = fabs(got[i] - right[i]);
		worst = error <= worst ? worst : error;
		most = fabs(right[i]) > most ? fabs(right[i]) : most;
	}
	return worst / most;
}

static clnorm_status solve(const double *x, const double *dy, const unsigned char *mask, double *results, double *worst)
{
	double *y = results, *dx = results + COUNT, *right_y = results + 2 * COUNT, *right_dx = results + 3 * COUNT;
	struct work work = {NULL, NULL, NULL, NULL, NULL, NULL, NULL};
	clnorm_desc desc = clnorm_desc_3d(1, C, D, H, W);
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD;
	desc.affine = CLNORM_AFFINE_NONE;
	desc.valid = CLNORM_VALID_MASK;
	desc.mask_c = C;
	desc.outside = CLNORM_OUTSIDE_ZERO;
	desc.epsilon = 0;
	desc.min_std = 1e-8;
	clnorm_reference_arrays arrays = {.x = x, .dy = dy, .mask = mask, .y = right_y, .dx = right_dx};
	clnorm_status st = prepare(&work, &desc, mask);
	if (st == CLNORM_OK) {
		st = run(&work, x, dy, y, dx);
	}
	if (st == CLNORM_OK) {
		st = clnorm_reference(&desc, &arrays);
	}
	if (st == CLNORM_OK) {
		double of_y = compare(y, right_y), of_dx = compare(dx, right_dx);
		*worst = of_y > of_dx ? of_y : of_dx;
	}
	clear(&work);
	return st;
}

int main(void)
{
	double *x = malloc(sizeof(double) * COUNT), *dy = malloc(sizeof(double) * COUNT), worst = NAN;
	double *results = malloc(sizeof(double) * COUNT * 4);
	unsigned char *mask = malloc(COUNT);
	clnorm_status st = CLNORM_OUT_OF_MEMORY;
	if (x && dy && results && mask) {
		make_volume(x, dy, mask);
		st = solve(x, dy, mask, results, &worst);
	}
	if (st == CLNORM_OK) {
		printf("z-scores of a region and their gradient: largest error %.2g\n", worst);
	} else {
		fprintf(stderr, "region: %s: %s\n", clnorm_status_name(st), clnorm_last_error());
	}
	free(x);
	free(dy);
	free(results);
	free(mask);
	return worst < 1e-6 ? 0 : 1;
}
