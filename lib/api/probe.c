/* probe.c: the programs of a driver that nobody vouches for, tried once on a problem whose answer is known.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A plan for the small problem borrows the kernels, and is called as any other: what is tried is the way that results
 * come about. One buffer holds all operands, and NaN where results are to be. */
#include "api/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/known.h"
#include "base/types.h"
#include "decide/probe.h"
#include "device/program.h"
#include "opencl/buffer.h"

/* Where each operand begins, bytes: what a workspace needs, and every type. */
#define ALIGNMENT 64

struct trial {
	struct cln_probe probe;
	struct cln_known known;
	size_t at[CLN_KNOWN_ARRAYS], workspace, valid, skip; /* where operands begin */
	size_t bytes;
	unsigned char *image; /* what the buffer holds */
	cl_mem mem;
	cl_command_queue queue;
};

static size_t place(size_t *end, size_t bytes)
{
	size_t start = *end;
	*end += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return start;
}

/* Statistics that are taken as constants, which no program takes anew. */
static bool is_given(const struct trial *trial, enum cln_known_name name)
{
	return (name == CLN_KNOWN_MEAN || name == CLN_KNOWN_RSTD) && trial->probe.choice.geometry.constant;
}

static clnorm_status trial_image(struct trial *trial)
{
	size_t scratch = cln_choice_scratch(&trial->probe.choice, &trial->probe.problem).bytes;

	for (int i = 0; i < CLN_KNOWN_ARRAYS; ++i) {
		const struct cln_known_array *array = &trial->known.arrays[i];
		trial->at[i] = place(&trial->bytes, array->count * cln_dtype_facts(array->dtype)->bytes);
	}
	trial->workspace = place(&trial->bytes, scratch);
	trial->valid = place(&trial->bytes, trial->probe.problem.mask.bytes + trial->probe.desc.n * sizeof(cl_uint));
	trial->skip = place(&trial->bytes, trial->at[CLN_KNOWN_X + 1] - trial->at[CLN_KNOWN_X]);
	trial->image = malloc(trial->bytes);
	if (!trial->image) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes", trial->bytes);
	}
	memset(trial->image, 0xff, trial->bytes); /* NaN in every type; valid all, by a mask or lengths */
	memset(trial->image + trial->skip, 0, trial->bytes - trial->skip);
	for (int i = 0; i < CLN_KNOWN_ARRAYS; ++i) {
		const struct cln_known_array *array = &trial->known.arrays[i];
		bool is_input = i < CLN_KNOWN_INPUTS || is_given(trial, (enum cln_known_name)i);
		for (size_t k = 0; is_input && k < array->count; ++k) {
			cln_dtype_facts(array->dtype)->set(trial->image + trial->at[i], k, array->values[k]);
		}
	}
	return CLNORM_OK;
}

static clnorm_status trial_init(struct trial *trial, const struct clnorm_plan *plan, const struct cln_choice *choice)
{
	clnorm_status st = CLNORM_OK;
	cl_int err = CL_SUCCESS;

	CLN_TRY(cln_probe_init(&trial->probe, choice, &plan->problem));
	CLN_TRY(cln_known_init(&trial->known, &trial->probe.desc));
	CLN_TRY(trial_image(trial));
	CLN_TRY(cln_buffer_create(plan->ctx->cl, trial->bytes, trial->image, "a known instance", &trial->mem));
	trial->queue = clCreateCommandQueue(plan->ctx->cl, plan->ctx->device, 0, &err);
	CLN_TRY(cln_cl(err, "clCreateCommandQueue"));
done:
	return st;
}

static void trial_clear(struct trial *trial)
{
	if (trial->queue) {
		clReleaseCommandQueue(trial->queue);
	}
	if (trial->mem) {
		clReleaseMemObject(trial->mem);
	}
	free(trial->image);
	cln_known_clear(&trial->known);
}

static clnorm_view view_of(const struct trial *trial, enum cln_known_name name)
{
	size_t bytes = cln_dtype_facts(trial->known.arrays[name].dtype)->bytes;
	return (clnorm_view){trial->mem, trial->at[name] / bytes};
}

/* Whichever the problem has. */
static clnorm_view mask_of(const struct trial *trial)
{
	bool has = trial->probe.problem.valid == CLNORM_VALID_MASK;
	return has ? (clnorm_view){trial->mem, trial->valid} : (clnorm_view){NULL, 0};
}

static clnorm_view lengths_of(const struct trial *trial)
{
	bool has = trial->probe.problem.valid == CLNORM_VALID_LENGTHS;
	return has ? (clnorm_view){trial->mem, trial->valid / sizeof(cl_uint)} : (clnorm_view){NULL, 0};
}

/* Zeros, which are added to x in place. */
static clnorm_view skip_of(const struct trial *trial)
{
	bool has = (trial->probe.problem.flags & CLNORM_SKIP_SUM) != 0;
	size_t bytes = cln_dtype_facts(trial->known.arrays[CLN_KNOWN_X].dtype)->bytes;
	return has ? (clnorm_view){trial->mem, trial->skip / bytes} : (clnorm_view){NULL, 0};
}

/* The op with all that it can be given, statistics taken anew where they are not constants. */
static clnorm_status trial_call(const struct trial *trial, clnorm_plan *plan)
{
	clnorm_view x = view_of(trial, CLN_KNOWN_X), residual = view_of(trial, CLN_KNOWN_RESIDUAL);
	clnorm_view gamma = view_of(trial, CLN_KNOWN_GAMMA), beta = view_of(trial, CLN_KNOWN_BETA);
	clnorm_view y = view_of(trial, CLN_KNOWN_Y), workspace = {trial->mem, trial->workspace};

	if (trial->probe.choice.op == CLNORM_OP_FORWARD) {
		clnorm_forward_args args = {x, gamma, beta, residual, y, .workspace = workspace};
		args.skip = skip_of(trial);
		args.sum = args.skip.mem ? x : args.sum;
		args.mask = mask_of(trial);
		args.lengths = lengths_of(trial);
		args.mean = view_of(trial, CLN_KNOWN_MEAN);
		args.rstd = view_of(trial, CLN_KNOWN_RSTD);
		return clnorm_forward(plan, trial->queue, &args, 0, NULL, NULL);
	}
	if (trial->probe.choice.op == CLNORM_OP_APPLY) {
		clnorm_apply_args args = {x, gamma, beta, residual, .parts = CLN_KNOWN_THIRDS, .y = y};
		args.skip = skip_of(trial);
		args.sum = args.skip.mem ? x : args.sum;
		args.mask = mask_of(trial);
		args.lengths = lengths_of(trial);
		args.moments = view_of(trial, CLN_KNOWN_PARTS);
		return clnorm_apply(plan, trial->queue, &args, 0, NULL, NULL);
	}
	clnorm_backward_args args = {x, view_of(trial, CLN_KNOWN_DY), gamma, beta, residual, .workspace = workspace};
	args.mask = mask_of(trial);
	args.lengths = lengths_of(trial);
	args.dx = view_of(trial, CLN_KNOWN_DX);
	args.dgamma = view_of(trial, CLN_KNOWN_DGAMMA);
	args.dbeta = view_of(trial, CLN_KNOWN_DBETA);
	if (is_given(trial, CLN_KNOWN_MEAN)) {
		args.mean = view_of(trial, CLN_KNOWN_MEAN);
		args.rstd = view_of(trial, CLN_KNOWN_RSTD);
	}
	return clnorm_backward(plan, trial->queue, &args, 0, NULL, NULL);
}

static bool is_output(clnorm_op op, enum cln_known_name name)
{
	switch (name) {
	case CLN_KNOWN_Y:
		return op != CLNORM_OP_BACKWARD;
	case CLN_KNOWN_MEAN:
	case CLN_KNOWN_RSTD:
		return op == CLNORM_OP_FORWARD;
	default:
		return op == CLNORM_OP_BACKWARD;
	}
}

/* Writes the first number that is wrong, if there is one. */
static bool array_is_right(const struct trial *trial, enum cln_known_name name, char *fault, size_t capacity)
{
	const struct cln_known_array *array = &trial->known.arrays[name];

	for (size_t i = 0; i < array->count; ++i) {
		double got = cln_dtype_facts(array->dtype)->get(trial->image + trial->at[name], i);
		if (!(fabs(got - array->values[i]) <= cln_known_tolerance(&trial->known, name, i))) {
			snprintf(fault, capacity, "%s[%zu] of %zux%zux%zu is %g, not %g", cln_known_array_name(name), i,
			         trial->probe.desc.n, trial->probe.desc.c, trial->probe.desc.spatial[0], got,
			         array->values[i]);
			return false;
		}
	}
	return true;
}

static bool trial_is_right(const struct trial *trial, char *fault, size_t capacity)
{
	for (int i = CLN_KNOWN_INPUTS; i < CLN_KNOWN_ARRAYS; ++i) {
		if (is_output(trial->probe.choice.op, (enum cln_known_name)i) &&
		    !array_is_right(trial, (enum cln_known_name)i, fault, capacity)) {
			return false;
		}
	}
	return true;
}

/* Fills in what is found; a failure finds nothing. */
static clnorm_status try_out(const struct clnorm_plan *plan, const struct cln_answer *answer,
                             struct cln_verdict *verdict)
{
	clnorm_status st = CLNORM_OK;
	struct trial trial = {.bytes = 0};
	struct clnorm_plan small = {.ctx = plan->ctx};
	struct cln_answer *borrowed = &small.answers[answer - plan->answers];

	CLN_TRY(trial_init(&trial, plan, &answer->launch.choice));
	small.problem = trial.probe.problem;
	*borrowed = (struct cln_answer){.wanted = true, .launch = answer->launch};
	borrowed->launch.choice = trial.probe.choice;
	borrowed->scratch = cln_choice_scratch(&trial.probe.choice, &trial.probe.problem);
	CLN_TRY(trial_call(&trial, &small));
	CLN_TRY(cln_cl(clEnqueueReadBuffer(trial.queue, trial.mem, CL_TRUE, 0, trial.bytes, trial.image, 0, NULL, NULL),
	               "clEnqueueReadBuffer"));
	verdict->is_known = true;
	verdict->is_right = trial_is_right(&trial, verdict->fault, sizeof(verdict->fault));
done:
	trial_clear(&trial);
	return st;
}

clnorm_status cln_answer_probe(const struct clnorm_plan *plan, struct cln_answer *answer)
{
	clnorm_status st = CLNORM_OK;
	clnorm_context *ctx = plan->ctx;
	struct cln_verdict verdict;

	if (!ctx->probes || plan->problem.elements == 0) {
		return CLNORM_OK;
	}
	verdict = cln_programs_verdict(&ctx->programs, answer->program);
	if (!verdict.is_known) {
		st = try_out(plan, answer, &verdict);
		cln_program_judge(ctx, answer->program, &verdict);
		CLN_TRY(st);
	}
	if (!verdict.is_right) {
		st = cln_fail(CLNORM_UNSUPPORTED, "%s (%s, driver %s) computes it wrongly: %s", ctx->info.name,
		              ctx->info.platform_name, ctx->info.driver, verdict.fault);
	}
done:
	return st;
}
