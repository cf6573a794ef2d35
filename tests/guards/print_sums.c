/* print_sums.c: runs every variant on a table of shapes and prints a sum of each output's bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: print_sums [FIRST] [WORD]
 *
 * For tests/same.sh, which links it with the libraries of two builds: so it knows nothing but the public header, and no
 * field that is younger than the older of them. A line is what was called, the output's name, and the sum. FIRST: so
 * many shapes of the table alone; WORD: variants with it in their name alone. */
#include <clnorm/clnorm.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/knob_extremes.h"

/* Tails, one block, several blocks, several chunks; few and many channels; short planes, one element. */
static const size_t shapes[][4] = {
	{2, 3, 45, 1},   {5, 3, 4, 4},    {2, 35, 37, 1},   {2, 3, 2053, 1}, {2, 3, 1, 1},
	{3, 2, 17, 1},   {33, 5, 2, 1},   {1, 64, 31, 31},  {2, 33, 9, 11},  {1, 3, 16411, 1},
	{1, 7, 63, 129}, {4, 16, 16, 16}, {1, 3, 70001, 1}, {1, 512, 7, 7},  {1, 3, 540, 480},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]), VARIED = 4 };

/* What an output holds before a call, so that what is not written has a sum of its own. */
#define UNTOUCHED (-77.0)

struct setting {
	clnorm_desc desc;
	char name[256];
};

/* All operands of a description's calls. */
struct operands {
	clnorm_tensor *x, *dy, *residual, *gamma, *beta;
	clnorm_tensor *y, *mean, *rstd, *moments, *dgamma, *dbeta;
};

static void check(clnorm_status status)
{
	if (status != CLNORM_OK) {
		fprintf(stderr, "print_sums: %s: %s\n", clnorm_status_name(status), clnorm_last_error());
		exit(EXIT_FAILURE);
	}
}

/* Numbers of deviation 1/2 or so around `mean`, the same in every run. */
static void fill(float *host, size_t count, float mean, uint32_t seed)
{
	uint32_t state = seed * 2654435761u + 1;
	for (size_t i = 0; i < count; i++) {
		state = state * 1664525u + 1013904223u;
		host[i] = mean + (float)(state >> 8) * 0x1p-23f - 1;
	}
}

static clnorm_tensor *tensor_make(clnorm_context *ctx, clnorm_dtype dtype, size_t count, float mean, uint32_t seed)
{
	clnorm_tensor *tensor = NULL;
	float *host = malloc((count + 1) * sizeof(*host));
	if (!host) {
		exit(EXIT_FAILURE);
	}
	fill(host, count, mean, seed);
	check(clnorm_tensor_create(ctx, dtype, 1, &count, &tensor));
	check(clnorm_tensor_upload_from(tensor, clnorm_context_queue(ctx), CLNORM_F32, host));
	free(host);
	return tensor;
}

static void operands_make(struct operands *o, clnorm_context *ctx, const clnorm_desc *desc)
{
	size_t instances = desc->n * desc->c, elements = instances * desc->spatial[0] * desc->spatial[1];
	size_t params = desc->affine == CLNORM_AFFINE_CHANNEL ? desc->c : instances;
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	*o = (struct operands){
		.x = tensor_make(ctx, desc->dtype, elements, 7, 1),
		.dy = tensor_make(ctx, desc->dtype, elements, 0.25f, 2),
		.residual = tensor_make(ctx, desc->dtype, elements, 0, 3),
		.gamma = tensor_make(ctx, statistics, params, 1, 4),
		.beta = tensor_make(ctx, statistics, params, 0, 5),
		.y = tensor_make(ctx, desc->dtype, elements, 0, 6),
		.mean = tensor_make(ctx, statistics, instances, 0, 7),
		.rstd = tensor_make(ctx, statistics, instances, 0, 8),
		.moments = tensor_make(ctx, statistics, instances * CLNORM_MOMENTS_WIDTH, 0, 9),
		.dgamma = tensor_make(ctx, statistics, params, 0, 10),
		.dbeta = tensor_make(ctx, statistics, params, 0, 11),
	};
}

static void operands_free(struct operands *o)
{
	clnorm_tensor *all[] = {o->x,    o->dy,   o->residual, o->gamma,  o->beta, o->y,
	                        o->mean, o->rstd, o->moments,  o->dgamma, o->dbeta};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		clnorm_tensor_destroy(all[i]);
	}
}

/* The FNV-1a sum of what a tensor holds; the tensor is made ready for the next call. */
static void print_sum(const char *name, const char *call, const char *output, clnorm_tensor *tensor,
                      cl_command_queue queue)
{
	size_t bytes = clnorm_tensor_bytes(tensor);
	unsigned char *host = malloc(bytes + 1);
	uint64_t sum = 14695981039346656037u;
	if (!host) {
		exit(EXIT_FAILURE);
	}
	check(clnorm_tensor_download(tensor, queue, host));
	for (size_t i = 0; i < bytes; i++) {
		sum = (sum ^ host[i]) * 1099511628211u;
	}
	free(host);
	printf("%s %s %s %016" PRIx64 "\n", name, call, output, sum);
	check(clnorm_tensor_fill(tensor, queue, UNTOUCHED));
}

static void run_forward(clnorm_plan *plan, struct operands *o, const struct setting *set, cl_command_queue queue)
{
	bool has_affine = set->desc.affine != CLNORM_AFFINE_NONE;
	clnorm_view gamma = clnorm_tensor_view(has_affine ? o->gamma : NULL);
	clnorm_view beta = clnorm_tensor_view(has_affine ? o->beta : NULL);
	clnorm_view x = clnorm_tensor_view(o->x), y = clnorm_tensor_view(o->y),
		    residual = clnorm_tensor_view(o->residual);
	clnorm_view mean = clnorm_tensor_view(o->mean), rstd = clnorm_tensor_view(o->rstd);
	clnorm_view moments = clnorm_tensor_view(o->moments);
	clnorm_forward_args whole = {
		.x = x, .gamma = gamma, .beta = beta, .residual = residual, .y = y, .mean = mean, .rstd = rstd};
	check(clnorm_forward(plan, queue, &whole, 0, NULL, NULL));
	print_sum(set->name, "forward", "y", o->y, queue);
	print_sum(set->name, "forward", "mean", o->mean, queue);
	print_sum(set->name, "forward", "rstd", o->rstd, queue);
	clnorm_forward_args bare = {.x = x, .y = y};
	check(clnorm_forward(plan, queue, &bare, 0, NULL, NULL));
	print_sum(set->name, "bare", "y", o->y, queue);
	clnorm_forward_args statistics = {.x = x, .mean = mean, .rstd = rstd, .moments = moments};
	check(clnorm_forward(plan, queue, &statistics, 0, NULL, NULL));
}

/* The statistics are those that run_forward() left. */
static void run_apply(clnorm_plan *plan, struct operands *o, const struct setting *set, cl_command_queue queue)
{
	bool has_affine = set->desc.affine != CLNORM_AFFINE_NONE;
	clnorm_view gamma = clnorm_tensor_view(has_affine ? o->gamma : NULL);
	clnorm_view beta = clnorm_tensor_view(has_affine ? o->beta : NULL);
	clnorm_view x = clnorm_tensor_view(o->x), y = clnorm_tensor_view(o->y),
		    residual = clnorm_tensor_view(o->residual);
	clnorm_view mean = clnorm_tensor_view(o->mean), rstd = clnorm_tensor_view(o->rstd);
	clnorm_view moments = clnorm_tensor_view(o->moments);
	clnorm_apply_args merged = {.x = x, .gamma = gamma, .beta = beta, .moments = moments, .y = y};
	check(clnorm_apply(plan, queue, &merged, 0, NULL, NULL));
	print_sum(set->name, "apply-moments", "y", o->y, queue);
	clnorm_apply_args given = {.x = x, .gamma = gamma, .residual = residual, .mean = mean, .rstd = rstd, .y = y};
	check(clnorm_apply(plan, queue, &given, 0, NULL, NULL));
	print_sum(set->name, "apply", "y", o->y, queue);
}

/* The moments are those that run_forward() left. */
static void run_backward(clnorm_plan *plan, struct operands *o, const struct setting *set, cl_command_queue queue)
{
	bool has_affine = set->desc.affine != CLNORM_AFFINE_NONE;
	clnorm_view none = {NULL, 0};
	clnorm_backward_args whole = {
		.x = clnorm_tensor_view(o->x),
		.dy = clnorm_tensor_view(o->dy),
		.gamma = has_affine ? clnorm_tensor_view(o->gamma) : none,
		.beta = has_affine ? clnorm_tensor_view(o->beta) : none,
		.residual = clnorm_tensor_view(o->residual),
		.dx = clnorm_tensor_view(o->y),
		.dgamma = has_affine ? clnorm_tensor_view(o->dgamma) : none,
		.dbeta = has_affine ? clnorm_tensor_view(o->dbeta) : none,
	};
	clnorm_backward_args given = whole, alone = whole;
	given.moments = clnorm_tensor_view(o->moments);
	alone.dgamma = alone.dbeta = none;
	const struct {
		const char *call;
		const clnorm_backward_args *args;
	} calls[] = {{"backward-moments", &given}, {"backward", &whole}, {"backward-dx", &alone}};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		check(clnorm_backward(plan, queue, calls[i].args, 0, NULL, NULL));
		print_sum(set->name, calls[i].call, "dx", o->y, queue);
		if (calls[i].args->dgamma.mem) {
			print_sum(set->name, calls[i].call, "dgamma", o->dgamma, queue);
			print_sum(set->name, calls[i].call, "dbeta", o->dbeta, queue);
		}
	}
	print_sum(set->name, "statistics", "mean", o->mean, queue);
	print_sum(set->name, "statistics", "rstd", o->rstd, queue);
	print_sum(set->name, "statistics", "moments", o->moments, queue);
}

/* The row of the table that a choice names; NULL for the planner's own. */
static const clnorm_variant_info *variant_find(const char *choice)
{
	for (size_t i = 0; choice && i < clnorm_variant_count(); i++) {
		const clnorm_variant_info *info = clnorm_variant_get(i);
		if (strlen(info->name) == strcspn(choice, " ") &&
		    strncmp(info->name, choice, strlen(info->name)) == 0) {
			return info;
		}
	}
	return NULL;
}

/* All that the variant can do; nothing for a layout that it is not for. */
static void run(clnorm_context *ctx, struct setting *set)
{
	clnorm_desc *desc = &set->desc;
	clnorm_plan *plan = NULL;
	struct operands operands;
	char act[CLNORM_ACTIVATION_BYTES];
	const clnorm_variant_info *info = variant_find(desc->variant);
	if (info && !(info->layouts & (1u << desc->layout))) {
		return;
	}
	desc->ops = info ? info->ops : CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD;
	snprintf(set->name, sizeof(set->name), "%s|%s %s %zux%zux%zux%zu affine%d %s%s",
	         desc->variant ? desc->variant : "planner", clnorm_dtype_name(desc->dtype),
	         clnorm_layout_name(desc->layout), desc->n, desc->c, desc->spatial[0], desc->spatial[1],
	         (int)desc->affine, clnorm_activation_print(act, desc->activation, desc->slope),
	         desc->flags & CLNORM_BATCH_INVARIANT ? " invariant" : "");
	clnorm_status status = clnorm_plan_create(ctx, desc, &plan);
	if (status != CLNORM_OK) {
		printf("%s refused %s\n", set->name, clnorm_status_name(status));
		return;
	}
	operands_make(&operands, ctx, desc);
	run_forward(plan, &operands, set, clnorm_context_queue(ctx));
	if (desc->ops & CLNORM_OP_APPLY) {
		run_apply(plan, &operands, set, clnorm_context_queue(ctx));
	}
	run_backward(plan, &operands, set, clnorm_context_queue(ctx));
	operands_free(&operands);
	clnorm_plan_destroy(plan);
	fflush(stdout);
}

/* In float batch-invariant too. Affine forms and activations take turns on the first shapes, in all data types; the
 * others have one program in common wherever that can be, as compiling is what a run goes for. */
static void run_shape(clnorm_context *ctx, const char *variant, size_t shape)
{
	const size_t *dims = shapes[shape];
	struct setting set = {.desc = clnorm_desc_2d(dims[0], dims[1], dims[2], dims[3])};
	set.desc.variant = variant;
	for (unsigned turn = 0; turn < 2 * (CLNORM_DTYPE_COUNT + 1); turn++) {
		unsigned type = turn / 2;
		set.desc.dtype = (clnorm_dtype)(type % CLNORM_DTYPE_COUNT);
		set.desc.flags = type == CLNORM_DTYPE_COUNT ? CLNORM_BATCH_INVARIANT : 0;
		set.desc.layout = (clnorm_layout)(turn % 2);
		if (shape < VARIED) {
			set.desc.affine = (clnorm_affine)((shape + type + 1) % CLNORM_AFFINE_COUNT);
			set.desc.activation = (clnorm_activation)((shape + type) % CLNORM_ACTIVATION_COUNT);
		}
		if (shape < VARIED || set.desc.dtype == CLNORM_F32) {
			run(ctx, &set);
		}
	}
}

/* Settings that divide nothing, in one data type. */
static void run_odd(clnorm_context *ctx, const char *choice)
{
	for (unsigned turn = 0; turn < 4; turn++) {
		const size_t *dims = shapes[turn / 2 + 2];
		struct setting set = {.desc = clnorm_desc_2d(dims[0], dims[1], dims[2], dims[3])};
		set.desc.variant = choice;
		set.desc.layout = (clnorm_layout)(turn % 2);
		run(ctx, &set);
	}
}

static bool is_asked_for(const char *name, int argc, char **argv)
{
	return argc < 3 || strstr(name, argv[2]) != NULL;
}

int main(int argc, char **argv)
{
	size_t most = argc > 1 ? strtoul(argv[1], NULL, 10) : SHAPES;
	clnorm_context *ctx = NULL;
	check(clnorm_context_open(getenv("CLNORM_TEST_DEVICE"), &ctx));
	for (size_t v = 0; v <= clnorm_variant_count(); v++) {
		const char *variant = v > 0 ? clnorm_variant_get(v - 1)->name : NULL;
		for (size_t i = 0; is_asked_for(variant ? variant : "planner", argc, argv) && i < SHAPES && i < most;
		     i++) {
			run_shape(ctx, variant, i);
		}
	}
	for (size_t i = 0; i < knob_extreme_count; i++) {
		if (is_asked_for(knob_extremes[i], argc, argv)) {
			run_odd(ctx, knob_extremes[i]);
		}
	}
	clnorm_context_destroy(ctx);
	return EXIT_SUCCESS;
}
