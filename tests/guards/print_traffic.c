/* print_traffic.c: runs every variant once, forward and backward, and prints its claim of loads and stores before each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For tests/guards/traffic.sh, which runs it on an interpreter that counts instructions. Nothing but x (and dy) is
 * read and y (or dx) written, and these alone are halves, so that every load and store of halves is one of theirs. */
#include <clnorm/clnorm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/plans.h"

/* Whole tiles, so that no tail is read another way; several chunks of a split instance. */
#define ELEMENTS ((size_t)8192)

static void check(clnorm_status status)
{
	if (status != CLNORM_OK) {
		fprintf(stderr, "print_traffic: %s: %s\n", clnorm_status_name(status), clnorm_last_error());
		exit(EXIT_FAILURE);
	}
}

static clnorm_tensor *tensor_make(clnorm_context *ctx, cl_command_queue queue)
{
	const size_t dims[] = {1, ELEMENTS};
	float *host = malloc(ELEMENTS * sizeof(*host));
	clnorm_tensor *tensor = NULL;
	for (size_t i = 0; host && i < ELEMENTS; i++) {
		host[i] = (float)(i * i % 101);
	}
	check(clnorm_tensor_create(ctx, CLNORM_F16, 2, dims, &tensor));
	check(clnorm_tensor_upload_from(tensor, queue, CLNORM_F32, host));
	free(host);
	return tensor;
}

/* Channels last, whole vectors of channels; planes of 8192 elements, and less for variants of short instances. */
static clnorm_desc desc_make(const clnorm_variant_info *info, clnorm_op op)
{
	static char forced[64];
	bool last = !(info->layouts & (1u << CLNORM_NCHW));
	size_t shared = strcmp(info->name, "pack") == 0 ? 1024 : strcmp(info->name, "bundle") == 0 ? 256 : ELEMENTS;
	clnorm_desc desc = clnorm_desc_1d(1, last ? 16 : ELEMENTS / shared, last ? ELEMENTS / 16 : shared);
	/* Cuts as small as they may be, or one chunk would be the whole. */
	snprintf(forced, sizeof(forced), "%s%s", info->name,
	         strcmp(info->name, "split") == 0         ? " tiles=1"
	         : strcmp(info->name, "rows-split") == 0  ? " chunk=4096"
	         : strcmp(info->name, "tiles") == 0       ? " group=64"
	         : strcmp(info->name, "tiles-split") == 0 ? " group=64 chunk=4096"
	                                                  : "");
	desc.dtype = CLNORM_F16;
	desc.layout = last ? CLNORM_NHWC : CLNORM_NCHW;
	desc.affine = CLNORM_AFFINE_NONE;
	desc.variant = forced;
	desc.ops = (unsigned)op;
	return desc;
}

static bool is_channels_last(const struct cln_choice *choice)
{
	return !(choice->variant->info.layouts & (1u << CLNORM_NCHW));
}

/* Work-items that take the first element of an instance each, and then, where chunks meet, all that is merged: those of
 * a launch, or of one unit for each chunk where units take several in turn. */
static size_t mergers(const struct cln_choice *choice)
{
	const struct cln_geometry *g = &choice->geometry;
	const struct cln_family *family = choice->variant->family;
	bool alone = family->cpu || is_channels_last(choice);
	size_t launched = g->groups * g->group, in_turn = g->slabs * g->chunks * (alone ? 1 : g->group);
	return choice->variant->split && in_turn > launched ? in_turn : launched;
}

/* Loads that are not of halves: of each chunk six numbers in each stage that merges moments (the mean twice), and three
 * of sums. */
static size_t most_singles(const struct cln_choice *choice, clnorm_op op)
{
	size_t lanes = is_channels_last(choice) ? choice->geometry.vector : 1;
	size_t records = op == CLNORM_OP_BACKWARD ? 6 + 6 + 3 : 6;
	return choice->variant->split ? mergers(choice) * records * choice->geometry.chunks * lanes : 0;
}

static void print_claim(const clnorm_plan *plan, clnorm_op op)
{
	const struct cln_answer *answer =
		&plan->answers[op == CLNORM_OP_BACKWARD ? CLN_ANSWER_BACKWARD : CLN_ANSWER_FORWARD];
	const struct cln_choice *choice = &answer->launch.choice;
	struct cln_traffic traffic = cln_variant_traffic(choice->variant, op);
	/* Every work-item that merges takes the first element too, from where sums are taken. */
	printf("claim %s %s elements %zu x %u dy %u y %u keeps %d firsts %zu singles %zu\n",
	       choice->variant->info.name, op == CLNORM_OP_BACKWARD ? "backward" : "forward", ELEMENTS, traffic.x,
	       traffic.dy, traffic.y, choice->variant->keeps, mergers(choice), most_singles(choice, op));
	fflush(stdout);
}

static void run(clnorm_context *ctx, const clnorm_variant_info *info, clnorm_op op, const clnorm_tensor *const t[3])
{
	clnorm_desc desc = desc_make(info, op);
	cl_command_queue queue = clnorm_context_queue(ctx);
	clnorm_view x = clnorm_tensor_view(t[0]), dy = clnorm_tensor_view(t[1]), out = clnorm_tensor_view(t[2]);
	clnorm_plan *plan = NULL;
	check(clnorm_plan_create(ctx, &desc, &plan));
	print_claim(plan, op);
	if (op == CLNORM_OP_BACKWARD) {
		clnorm_backward_args args = {.x = x, .dy = dy, .dx = out};
		check(clnorm_backward(plan, queue, &args, 0, NULL, NULL));
	} else {
		clnorm_forward_args args = {.x = x, .y = out};
		check(clnorm_forward(plan, queue, &args, 0, NULL, NULL));
	}
	check(clFinish(queue) == CL_SUCCESS ? CLNORM_OK : CLNORM_OPENCL_ERROR);
	clnorm_plan_destroy(plan);
}

int main(void)
{
	clnorm_context *ctx = NULL;
	clnorm_tensor *t[3];
	check(clnorm_context_open(NULL, &ctx));
	for (size_t i = 0; i < 3; i++) {
		t[i] = tensor_make(ctx, clnorm_context_queue(ctx));
	}
	for (size_t v = 0; v < clnorm_variant_count(); v++) {
		run(ctx, clnorm_variant_get(v), CLNORM_OP_FORWARD, (const clnorm_tensor *const *)t);
		run(ctx, clnorm_variant_get(v), CLNORM_OP_BACKWARD, (const clnorm_tensor *const *)t);
	}
	for (size_t i = 0; i < 3; i++) {
		clnorm_tensor_destroy(t[i]);
	}
	clnorm_context_destroy(ctx);
	return EXIT_SUCCESS;
}
