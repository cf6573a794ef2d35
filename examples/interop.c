/* interop.c: a program that owns its OpenCL: its context, out-of-order queue, sub-buffers and events; clnorm joins in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cc interop.c $(pkg-config --cflags --libs clnorm) -o interop
 *
 * x and y are sub-buffers of one buffer. gamma and beta lie in one buffer of parameters, found by element offsets. Only
 * events order the work, and the program waits once, at its end. */
/* The version of OpenCL that this program calls; without it the header picks its newest and says so. */
#define CL_TARGET_OPENCL_VERSION 120
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	N = 4,
	C = 16,
	H = 30,
	W = 20,
	COUNT = N * C * H * W,
	GAMMA_AT = 5,
	BETA_AT = GAMMA_AT + C,
	PARAMS = BETA_AT + C
};

struct work {
	cl_device_id device;
	cl_context cl;
	cl_command_queue queue;
	cl_mem pool, x, y, params;
	cl_event uploaded[2], normalized, downloaded;
	clnorm_context *ctx;
	clnorm_plan *plan;
};

static int is_cl(cl_int err, const char *call)
{
	if (err != CL_SUCCESS) {
		fprintf(stderr, "interop: %s: %s (%d)\n", call, clnorm_opencl_name(err), (int)err);
	}
	return err == CL_SUCCESS;
}

static int is_ok(clnorm_status st)
{
	if (st != CLNORM_OK) {
		fprintf(stderr, "interop: %s: %s\n", clnorm_status_name(st), clnorm_last_error());
	}
	return st == CLNORM_OK;
}

/* The first device of any kind, on whichever platform has one. */
static int find_device(struct work *work)
{
	cl_platform_id platforms[16];
	cl_uint count = 0;
	if (!is_cl(clGetPlatformIDs(16, platforms, &count), "clGetPlatformIDs")) {
		return 0;
	}
	for (cl_uint i = 0; i < count && i < 16; i++) {
		if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &work->device, NULL) == CL_SUCCESS) {
			return 1;
		}
	}
	fprintf(stderr, "interop: no device\n");
	return 0;
}

static int open_queue(struct work *work)
{
	cl_command_queue_properties able = 0;
	cl_int err;
	clGetDeviceInfo(work->device, CL_DEVICE_QUEUE_PROPERTIES, sizeof(able), &able, NULL);
	work->cl = clCreateContext(NULL, 1, &work->device, NULL, NULL, &err);
	if (!is_cl(err, "clCreateContext")) {
		return 0;
	}
	work->queue = clCreateCommandQueue(work->cl, work->device, able & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &err);
	return is_cl(err, "clCreateCommandQueue");
}

/* A sub-buffer begins at a multiple of what the device asks for, which it names in bits. */
static int make_buffers(struct work *work)
{
	cl_uint bits = 0;
	cl_int err;
	clGetDeviceInfo(work->device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(bits), &bits, NULL);
	size_t step = bits >= 8 ? bits / 8 : 1, bytes = COUNT * sizeof(float),
	       second = (bytes + step - 1) / step * step;
	cl_buffer_region x_region = {0, bytes}, y_region = {second, bytes};

	work->pool = clCreateBuffer(work->cl, CL_MEM_READ_WRITE, second + bytes, NULL, &err);
	if (!is_cl(err, "clCreateBuffer")) {
		return 0;
	}
	work->x = clCreateSubBuffer(work->pool, 0, CL_BUFFER_CREATE_TYPE_REGION, &x_region, &err);
	if (!is_cl(err, "clCreateSubBuffer")) {
		return 0;
	}
	work->y = clCreateSubBuffer(work->pool, 0, CL_BUFFER_CREATE_TYPE_REGION, &y_region, &err);
	if (!is_cl(err, "clCreateSubBuffer")) {
		return 0;
	}
	work->params = clCreateBuffer(work->cl, CL_MEM_READ_ONLY, PARAMS * sizeof(float), NULL, &err);
	return is_cl(err, "clCreateBuffer");
}

/* Nothing here waits for the device but the last line. */
static int run(struct work *work, const float *x, const float *params, float *y)
{
	clnorm_forward_args args = {
		.x = {work->x, 0},
		.gamma = {work->params, GAMMA_AT},
		.beta = {work->params, BETA_AT},
		.y = {work->y, 0},
	};
	size_t bytes = COUNT * sizeof(float);
	return is_cl(clEnqueueWriteBuffer(work->queue, work->x, CL_FALSE, 0, bytes, x, 0, NULL, &work->uploaded[0]),
	             "clEnqueueWriteBuffer") &&
	       is_cl(clEnqueueWriteBuffer(work->queue, work->params, CL_FALSE, 0, PARAMS * sizeof(float), params, 0,
	                                  NULL, &work->uploaded[1]),
	             "clEnqueueWriteBuffer") &&
	       is_ok(clnorm_forward(work->plan, work->queue, &args, 2, work->uploaded, &work->normalized)) &&
	       is_cl(clEnqueueReadBuffer(work->queue, work->y, CL_FALSE, 0, bytes, y, 1, &work->normalized,
	                                 &work->downloaded),
	             "clEnqueueReadBuffer") &&
	       is_cl(clWaitForEvents(1, &work->downloaded), "clWaitForEvents");
}

static void release_event(cl_event event)
{
	if (event) {
		clReleaseEvent(event);
	}
}

static void release_mem(cl_mem mem)
{
	if (mem) {
		clReleaseMemObject(mem);
	}
}

/* The queue first: what is still under way on it may use the rest. */
static void clear(struct work *work)
{
	if (work->queue) {
		clFinish(work->queue);
	}
	clnorm_plan_destroy(work->plan);
	clnorm_context_destroy(work->ctx);
	release_event(work->uploaded[0]);
	release_event(work->uploaded[1]);
	release_event(work->normalized);
	release_event(work->downloaded);
	release_mem(work->params);
	release_mem(work->y);
	release_mem(work->x);
	release_mem(work->pool);
	if (work->queue) {
		clReleaseCommandQueue(work->queue);
	}
	if (work->cl) {
		clReleaseContext(work->cl);
	}
}

static double larger(double worst, double difference)
{
	double size = difference < 0 ? -difference : difference;
	return size > worst ? size : worst;
}

/* Every instance of y must have mean beta and variance gamma squared. */
static double worst_deviation(const float *params, const float *y)
{
	double worst = 0;
	for (int i = 0; i < N * C; i++) {
		double gamma = params[GAMMA_AT + i % C], beta = params[BETA_AT + i % C], sum = 0, squares = 0;
		for (int s = 0; s < H * W; s++) {
			double d = y[i * H * W + s] - beta;
			sum += d;
			squares += d * d;
		}
		worst = larger(worst, sum / (H * W));
		worst = larger(worst, squares / (H * W) / (gamma * gamma) - 1);
	}
	return worst;
}

int main(void)
{
	static float x[COUNT], y[COUNT];
	float params[PARAMS];
	struct work work = {0};
	clnorm_desc desc = clnorm_desc_2d(N, C, H, W);
	int code = 1;

	for (int i = 0; i < COUNT; i++) {
		x[i] = 100 + 10 * (float)rand() / (float)RAND_MAX;
	}
	for (int i = 0; i < PARAMS; i++) {
		params[i] = 0.5f + 0.125f * (float)i;
	}
	if (find_device(&work) && open_queue(&work) && make_buffers(&work) &&
	    is_ok(clnorm_context_create(work.cl, work.device, &work.ctx)) &&
	    is_ok(clnorm_plan_create(work.ctx, &desc, &work.plan)) && run(&work, x, params, y)) {
		double worst = worst_deviation(params, y);
		printf("variant %s, mean and variance of every instance within %.2g\n",
		       clnorm_plan_variant(work.plan, CLNORM_OP_FORWARD), worst);
		code = worst < 1e-4 ? 0 : 1;
	}
	clear(&work);
	return code;
}
