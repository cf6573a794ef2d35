/* print_programs.c: prints every program that plans ask a compiler for, for tests/guards/kernels.sh: "options:file file
 * ...". SPDX-License-Identifier: Apache-2.0
 *
 * It makes plans of every variant, dtype, layout, activation and op, over shapes that lead to each geometry, on fake
 * devices, and then reads what the contexts have in their tables. A new variant or dtype is there by itself. */
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/context.h"
#include "tests/kit/fakecl.h"

static const size_t spatial_sizes[] = {1, 3, 9, 32, 49, 196, 1024, 1331, 4096, 16384, 262144, 1048575};
static const size_t channel_counts[] = {1, 3, 64};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Where a variant does not apply there is no program, which is no failure here. */
static int make_plan(clnorm_context *ctx, const clnorm_desc *desc)
{
	clnorm_plan *plan = NULL;
	clnorm_status st = clnorm_plan_create(ctx, desc, &plan);
	if (st != CLNORM_OK && st != CLNORM_UNSUPPORTED) {
		fprintf(stderr, "print_programs: %s: %s\n", desc->variant, clnorm_last_error());
		return 0;
	}
	clnorm_plan_destroy(plan);
	return 1;
}

/* All dtypes and layouts of one variant and shape; every activation at one of the shapes and for
 * the types that it is computed in. */
static int make_plans(clnorm_context *ctx, const clnorm_variant_info *variant, size_t c, size_t s)
{
	int done = 1;
	for (int i = 0; i < CLNORM_DTYPE_COUNT * CLNORM_LAYOUT_COUNT * CLNORM_ACTIVATION_COUNT; i++) {
		clnorm_desc desc = clnorm_desc_1d(8, c, s);
		desc.dtype = (clnorm_dtype)(i % CLNORM_DTYPE_COUNT);
		desc.layout = (clnorm_layout)(i / CLNORM_DTYPE_COUNT % CLNORM_LAYOUT_COUNT);
		desc.activation = (clnorm_activation)(i / CLNORM_DTYPE_COUNT / CLNORM_LAYOUT_COUNT);
		desc.variant = variant->name;
		desc.flags = CLNORM_CALLER_WORKSPACE;
		if (desc.activation != CLNORM_ACT_NONE &&
		    (s != 1024 || clnorm_dtype_statistics(desc.dtype) != desc.dtype)) {
			continue;
		}
		for (unsigned op = 1; op <= variant->ops; op <<= 1) {
			desc.ops = op;
			if (variant->ops & op) {
				done &= make_plan(ctx, &desc);
			}
			if (variant->ops & op && s == 1024 && c == 64) {
				clnorm_desc running = desc;
				running.flags |= CLNORM_RUNNING_STATISTICS | CLNORM_CONSTANT_STATISTICS;
				done &= make_plan(ctx, &running);
			}
		}
	}
	return done;
}

/* What a description may say beside shape and types: each program of its own, at one shape, of a dtype in turn. */
static void vary(clnorm_desc *desc, int what)
{
	switch (what) {
	case 0:
		desc->groups = 4;
		break;
	case 1:
		desc->strides.x.sample = desc->c * desc->spatial[0] + 3;
		break;
	case 2:
		desc->flags |= CLNORM_RUNNING_STATISTICS;
		break;
	case 3:
		desc->min_std = 1e-8;
		desc->flags |= CLNORM_SKIP_SUM;
		break;
	default:
		desc->valid = what % 2 ? CLNORM_VALID_MASK : CLNORM_VALID_LENGTHS;
		desc->outside = (clnorm_outside)((what - 4) / 2 % CLNORM_OUTSIDE_COUNT);
		desc->groups = what % 3 ? 0 : 4;
	}
}
enum { VARIATIONS = 4 + 2 * CLNORM_OUTSIDE_COUNT };

static int make_varied(clnorm_context *ctx, const clnorm_variant_info *variant)
{
	int done = 1;
	for (int i = 0; i < CLNORM_LAYOUT_COUNT * VARIATIONS; i++) {
		clnorm_desc desc = clnorm_desc_1d(8, 64, 49);
		desc.dtype = (clnorm_dtype)((i + i / CLNORM_DTYPE_COUNT) % CLNORM_DTYPE_COUNT);
		desc.layout = (clnorm_layout)(i % CLNORM_LAYOUT_COUNT);
		desc.variant = variant->name;
		vary(&desc, i / CLNORM_LAYOUT_COUNT);
		for (unsigned op = 1; op <= variant->ops; op <<= 1) {
			desc.ops = op;
			if (variant->ops & op) {
				done &= make_plan(ctx, &desc);
			}
		}
	}
	return done;
}

/* AdaIN's own kernel, for both types of statistics. */
static int make_adain(clnorm_context *ctx, clnorm_dtype dtype)
{
	clnorm_adain *adain = NULL;
	clnorm_desc desc = clnorm_desc_1d(1, 1, 1);
	desc.dtype = dtype;
	clnorm_status st = clnorm_adain_create(ctx, &desc, &desc, &adain);
	clnorm_adain_destroy(adain);
	return st == CLNORM_OK;
}

/* The table's key is the files' names, then the options, which begin with the first dash. */
static void print_table(const clnorm_context *ctx)
{
	for (const struct cln_program *entry = ctx->programs.first; entry; entry = entry->next) {
		const char *options = strstr(entry->key, " -");
		if (!options) {
			continue;
		}
		printf("%s:", options + 1);
		for (const char *at = entry->key; at < options;) {
			size_t length = strcspn(at, " ");
			printf("cl/%.*s.cl%s", (int)length, at, at + length < options ? " " : "\n");
			at += length + 1;
		}
	}
}

static int print_device(struct fakecl_device device)
{
	clnorm_context *ctx = NULL;
	int done = 1;

	fakecl_reset();
	setenv("CLNORM_PROGRAMS", "1000000", 1); /* all are printed at the end */
	device.extensions = "cl_khr_fp64";
	fakecl_world()->devices[0] = device;
	if (clnorm_context_open("", &ctx) != CLNORM_OK) {
		fprintf(stderr, "print_programs: %s\n", clnorm_last_error());
		return 0;
	}
	for (size_t v = 0; v < clnorm_variant_count(); v++) {
		for (size_t i = 0; i < LENGTH(spatial_sizes) * LENGTH(channel_counts); i++) {
			done &= make_plans(ctx, clnorm_variant_get(v), channel_counts[i % LENGTH(channel_counts)],
			                   spatial_sizes[i / LENGTH(channel_counts)]);
		}
		done &= make_varied(ctx, clnorm_variant_get(v));
	}
	done &= make_adain(ctx, CLNORM_F32) & make_adain(ctx, CLNORM_F64);
	print_table(ctx);
	clnorm_context_destroy(ctx);
	return done;
}

int main(void)
{
	struct fakecl_device small = fakecl_gpu();
	small.max_group = 64;
	small.local_bytes = 16384;
	int done = print_device(fakecl_cpu()) & print_device(fakecl_gpu()) & print_device(small);
	return done && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
