/* plans.c: contexts' plans: validate, choose, build, allocate; all cost is here.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/plans.h"

#include <stdlib.h>

#include "api/prepare.h"
#include "api/probe.h"
#include "device/program.h"
#include "opencl/buffer.h"

static const clnorm_op answer_ops[CLN_ANSWERS] = {
	[CLN_ANSWER_FORWARD] = CLNORM_OP_FORWARD,
	[CLN_ANSWER_APPLY] = CLNORM_OP_APPLY,
	[CLN_ANSWER_BACKWARD] = CLNORM_OP_BACKWARD,
};

static void answer_clear(const struct clnorm_plan *plan, struct cln_answer *answer)
{
	cln_launch_clear(&answer->launch);
	cln_programs_give(&plan->ctx->programs, answer->program);
	answer->program = NULL;
}

/* Builds one choice. *fits is false where its kernels need smaller groups than planned: *limit of them. */
static clnorm_status answer_try(struct clnorm_plan *plan, struct cln_answer *answer, const struct cln_choice *choice,
                                bool *fits, unsigned *limit)
{
	clnorm_status st = CLNORM_OK;
	struct cln_group_limit groups = {0};

	*fits = false;
	CLN_TRY(cln_program_fetch(plan->ctx, choice, &plan->problem, &answer->program));
	CLN_TRY(cln_launch_init(&answer->launch, choice, answer->program->cl, plan->ctx->device, &groups));
	*limit = groups.told;
	*fits = choice->geometry.group <= groups.told || (groups.is_compiled && cln_plan_tries(plan, &answer->launch));
	if (*fits) {
		CLN_TRY(cln_answer_probe(plan, answer));
	}
done:
	*fits = *fits && st == CLNORM_OK;
	if (!*fits) {
		answer_clear(plan, answer);
	}
	return st;
}

/* The planner's ranking, with the context's tuning record as it is now. */
static clnorm_status choose(const struct clnorm_plan *plan, const struct cln_caps *caps, clnorm_op op,
                            const char *forced, struct cln_ranking *ranking)
{
	clnorm_status st;
	pthread_mutex_lock(&plan->ctx->lock);
	st = cln_plan_choose(&plan->problem, caps, op, forced, &plan->ctx->tuning, ranking);
	pthread_mutex_unlock(&plan->ctx->lock);
	return st;
}

/* Failures of one choice that another one may not have. */
static bool passes_over(clnorm_status st)
{
	return st == CLNORM_BUILD_FAILED || st == CLNORM_OUT_OF_DEVICE_MEMORY || st == CLNORM_UNSUPPORTED;
}

/* The choices in their order until one builds and computes rightly; a kernel that needs more registers than its group
 * leaves it (fewer work-items than planned) sends us back to the planner once, with that limit as a fact of the device.
 */
static clnorm_status answer_build(struct clnorm_plan *plan, struct cln_answer *answer, clnorm_op op, const char *forced)
{
	clnorm_status st = CLNORM_OK;
	struct cln_caps caps = plan->ctx->caps;
	struct cln_ranking ranking;
	struct cln_text passed = {0};
	bool fits = false;
	unsigned limit = 0;

	CLN_TRY(choose(plan, &caps, op, forced, &ranking));
	for (size_t i = 0; i < ranking.count && !fits; ++i) {
		st = answer_try(plan, answer, &ranking.choices[i], &fits, &limit);
		if (st == CLNORM_OK && !fits) {
			caps.max_group = limit > 0 ? limit : 1;
			CLN_TRY(choose(plan, &caps, op, forced, &ranking));
			i = (size_t)-1; /* from the top, with groups that are strictly smaller */
		} else if (passes_over(st)) {
			cln_text_add(&passed, "; %s is passed over: %s", ranking.choices[i].variant->info.name,
			             clnorm_last_error());
		} else {
			CLN_TRY(st);
		}
	}
	if (st == CLNORM_UNSUPPORTED) {
		CLN_TRY(cln_fail(st, "%s %s is refused: %s", forced ? "variant" : "every variant, the last of them",
		                 ranking.choices[ranking.count - 1].variant->info.name, clnorm_last_error()));
	}
	CLN_TRY(st);
	cln_choice_explain(&answer->launch.choice, &answer->explain);
	cln_text_add(&answer->explain, "%s", cln_text_chars(&passed));
	CLN_TRY(cln_text_check(&answer->explain));
done:
	cln_text_clear(&passed);
	return st;
}

/* An empty tensor needs no kernel but the one that writes parameter gradients of nothing. */
static clnorm_status answer_empty(const struct clnorm_plan *plan, struct cln_answer *answer, clnorm_op op,
                                  const char *forced)
{
	clnorm_status st = CLNORM_OK;
	struct cln_ranking ranking;
	CLN_TRY(choose(plan, &plan->ctx->caps, op, forced, &ranking));
	answer->launch.choice = ranking.choices[0];
	cln_text_add(&answer->explain, "%s: the tensor is empty", ranking.choices[0].variant->info.name);
	CLN_TRY(cln_text_check(&answer->explain));
done:
	return st;
}

static clnorm_status answer_init(struct clnorm_plan *plan, enum cln_answer_index i, const clnorm_desc *desc)
{
	clnorm_status st = CLNORM_OK;
	struct cln_answer *answer = &plan->answers[i];
	bool empty = plan->problem.elements == 0 && answer_ops[i] != CLNORM_OP_BACKWARD;

	answer->wanted = (desc->ops & answer_ops[i]) != 0;
	if (!answer->wanted) {
		return CLNORM_OK;
	}
	CLN_TRY(empty ? answer_empty(plan, answer, answer_ops[i], desc->variant)
	              : answer_build(plan, answer, answer_ops[i], desc->variant));
	answer->scratch = cln_choice_scratch(&answer->launch.choice, &plan->problem);
	if (answer->scratch.bytes > plan->workspace_bytes) {
		plan->workspace_bytes = answer->scratch.bytes;
	}
done:
	return st;
}

static clnorm_status plan_build(struct clnorm_plan *plan, const clnorm_desc *desc)
{
	clnorm_status st = CLNORM_OK;

	CLN_TRY(cln_problem_init(&plan->problem, desc));
	if (desc->dtype == CLNORM_F64 && !plan->ctx->caps.fp64) {
		CLN_TRY(cln_fail(CLNORM_UNSUPPORTED, "f64 needs cl_khr_fp64, which %s lacks", plan->ctx->info.name));
	}
	for (size_t i = 0; i < CLN_ANSWERS; ++i) {
		CLN_TRY(answer_init(plan, (enum cln_answer_index)i, desc));
	}
	if (plan->workspace_bytes > 0 && !(desc->flags & CLNORM_CALLER_WORKSPACE)) {
		CLN_TRY(cln_buffer_create(plan->ctx->cl, plan->workspace_bytes, NULL, "the plan's workspace",
		                          &plan->workspace));
	}
done:
	return st;
}

clnorm_status clnorm_plan_create(clnorm_context *ctx, const clnorm_desc *desc, clnorm_plan **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_plan *plan = NULL;

	if (!ctx || !desc || !out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_plan_create: %s is NULL",
		                !ctx    ? "the context"
		                : !desc ? "the description"
		                        : "out");
	}
	plan = calloc(1, sizeof(*plan));
	if (!plan) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a plan");
	}
	plan->ctx = ctx;
	CLN_TRY(plan_build(plan, desc));
	*out = plan;
	plan = NULL;
done:
	clnorm_plan_destroy(plan);
	return st;
}

void clnorm_plan_destroy(clnorm_plan *plan)
{
	if (!plan) {
		return;
	}
	for (size_t i = 0; i < CLN_ANSWERS; ++i) {
		answer_clear(plan, &plan->answers[i]);
		cln_text_clear(&plan->answers[i].explain);
	}
	if (plan->workspace) {
		clReleaseMemObject(plan->workspace);
	}
	free(plan);
}

static const struct cln_answer *answer_find(const clnorm_plan *plan, clnorm_op op)
{
	for (size_t i = 0; plan && i < CLN_ANSWERS; ++i) {
		if (answer_ops[i] == op && plan->answers[i].wanted) {
			return &plan->answers[i];
		}
	}
	return NULL;
}

const char *clnorm_plan_variant(const clnorm_plan *plan, clnorm_op op)
{
	const struct cln_answer *answer = answer_find(plan, op);
	return answer ? answer->launch.choice.variant->info.name : NULL;
}

const char *clnorm_plan_explain(const clnorm_plan *plan, clnorm_op op)
{
	const struct cln_answer *answer = answer_find(plan, op);
	return answer ? cln_text_chars(&answer->explain) : "";
}

size_t clnorm_plan_workspace_bytes(const clnorm_plan *plan)
{
	return plan ? plan->workspace_bytes : 0;
}
