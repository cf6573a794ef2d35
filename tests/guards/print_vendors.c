/* print_vendors.c: prints every program that the planner chooses for known GPUs, for tests/vendors.sh.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One line a program: target, variant, operation, files, options, with tabs between. Plans are made on a fake OpenCL
 * that reports what those GPUs do (tests/kit/gpus.c), for shapes of real networks, and the contexts' tables are read.
 * CLNORM_OP_APPLY alone is left out: it runs a kernel of the forward pass. */
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/plans.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/gpus.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Planes that lead to every variant and geometry; the activation that goes with them in their network. */
static const struct shape {
	size_t n, c, s;
	clnorm_activation activation;
} shapes[] = {
	{5, 3, 16, CLNORM_ACT_NONE},             /* a reference example */
	{2, 320, 64, CLNORM_ACT_LEAKY_RELU},     /* nnU-Net 3-D, bottom */
	{1, 64, 196, CLNORM_ACT_NONE},           /* launch bound */
	{1, 512, 961, CLNORM_ACT_LEAKY_RELU},    /* PatchGAN, planes of odd size */
	{16, 512, 1024, CLNORM_ACT_NONE},        /* StyleGAN 32 */
	{128, 256, 3136, CLNORM_ACT_RELU},       /* many small planes */
	{1, 512, 3199, CLNORM_ACT_GELU},         /* wav2vec 2.0, first layer, a second of it */
	{1, 256, 4096, CLNORM_ACT_RELU},         /* CycleGAN */
	{4, 128, 4096, CLNORM_ACT_SILU},         /* a diffusion network's block */
	{4, 128, 16384, CLNORM_ACT_NONE},        /* StyleGAN 128 */
	{1, 128, 25600, CLNORM_ACT_RELU},        /* fast style, 640 */
	{8, 512, 31999, CLNORM_ACT_GELU},        /* wav2vec 2.0, first layer */
	{16, 64, 65536, CLNORM_ACT_NONE},        /* KernelBench */
	{1, 16, 1048576, CLNORM_ACT_NONE},       /* StyleGAN 1024 */
	{1, 32, 2073600, CLNORM_ACT_RELU},       /* fast style, 1080p */
	{2, 32, 2097152, CLNORM_ACT_LEAKY_RELU}, /* nnU-Net 3-D, first stage */
};

/* A table's key is the files' names, then the options, which begin with the first dash. */
static void print_program(const struct cln_program *program, const char *head)
{
	const char *options = strstr(program->key, " -");
	if (options) {
		printf("%s\t%.*s\t%s\n", head, (int)(options - program->key), program->key, options + 1);
	}
}

/* Programs that an earlier plan had are passed over. */
static int print_plan(clnorm_context *ctx, const struct gpu *gpu, const clnorm_desc *desc)
{
	unsigned long before = fakecl_calls_of("clBuildProgram");
	clnorm_plan *plan = NULL;
	char head[128];

	if (clnorm_plan_create(ctx, desc, &plan) != CLNORM_OK) {
		fprintf(stderr, "print_vendors: %s: %s\n", gpu->name, clnorm_last_error());
		return 0;
	}
	snprintf(head, sizeof(head), "%s\t%s\t%s", gpu->target, clnorm_plan_variant(plan, (clnorm_op)desc->ops),
	         desc->ops == CLNORM_OP_BACKWARD ? "backward" : "forward");
	if (fakecl_calls_of("clBuildProgram") > before) {
		for (size_t i = 0; i < CLN_ANSWERS; i++) {
			if (plan->answers[i].program) {
				print_program(plan->answers[i].program, head);
			}
		}
	}
	clnorm_plan_destroy(plan);
	return 1;
}

static int print_shape(clnorm_context *ctx, const struct gpu *gpu, const struct shape *shape)
{
	int done = 1;
	for (int i = 0; i < CLNORM_DTYPE_COUNT * CLNORM_LAYOUT_COUNT * 2; i++) {
		clnorm_desc desc = clnorm_desc_1d(shape->n, shape->c, shape->s);
		desc.dtype = (clnorm_dtype)(i % CLNORM_DTYPE_COUNT);
		desc.layout = (clnorm_layout)(i / CLNORM_DTYPE_COUNT % CLNORM_LAYOUT_COUNT);
		desc.ops = i / CLNORM_DTYPE_COUNT / CLNORM_LAYOUT_COUNT ? CLNORM_OP_BACKWARD : CLNORM_OP_FORWARD;
		desc.activation = shape->activation;
		desc.flags = CLNORM_CALLER_WORKSPACE;
		if (desc.dtype != CLNORM_F64 || gpu->fp64) {
			done &= print_plan(ctx, gpu, &desc);
		}
	}
	return done;
}

static int print_gpu(const struct gpu *gpu)
{
	struct fakecl_device device = fakecl_gpu();
	clnorm_context *ctx = NULL;
	int done = 1;

	fakecl_reset();
	setenv("CLNORM_PROGRAMS", "1000000", 1); /* none is built twice */
	device.vendor = gpu->vendor;
	device.name = gpu->model;
	device.extensions = gpu->fp64 ? "cl_khr_fp64" : "";
	device.compute_units = gpu->compute_units;
	device.max_group = gpu->max_group;
	device.local_bytes = gpu->local_bytes;
	device.cache_bytes = gpu->cache_bytes;
	device.global_bytes = gpu->global_bytes;
	device.max_alloc_bytes = gpu->global_bytes;
	fakecl_world()->devices[0] = device;
	if (clnorm_context_open("", &ctx) != CLNORM_OK) {
		fprintf(stderr, "print_vendors: %s\n", clnorm_last_error());
		return 0;
	}
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		done &= print_shape(ctx, gpu, &shapes[i]);
	}
	clnorm_context_destroy(ctx);
	return done;
}

int main(void)
{
	int done = 1;
	for (size_t i = 0; i < GPU_COUNT; i++) {
		done &= print_gpu(&gpus[i]);
	}
	return done && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
