/* forward.c: clnorm_forward() and clnorm_apply(): check the operands, fill a call, enqueue it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/operands.h"
#include "api/scalars.h"

/* What clnorm_forward() and clnorm_apply() have in common. */
struct shared_args {
	clnorm_view x, gamma, beta, residual, y;
	clnorm_view skip, sum;
};

/* The skip and the sum, where the plan is for them. */
static clnorm_status add_skip(struct cln_operands *all, const struct cln_problem *p, clnorm_view skip, clnorm_view sum)
{
	if (!(p->flags & CLNORM_SKIP_SUM)) {
		return !skip.mem && !sum.mem ? CLNORM_OK
		                             : cln_fail(CLNORM_BAD_ARGUMENT,
		                                        "%s is given, but the plan was made without CLNORM_SKIP_SUM",
		                                        skip.mem ? "skip" : "sum");
	}
	if (!skip.mem || !sum.mem) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is missing", skip.mem ? "sum" : "skip");
	}
	cln_operands_add_tensor(all, p, "skip", CLN_ROLE_SKIP, skip, &p->x, false);
	cln_operands_add_tensor(all, p, "sum", CLN_ROLE_SUM, sum, &p->x, true);
	return CLNORM_OK;
}

static clnorm_status add_shared(struct cln_operands *all, const clnorm_plan *plan, const struct shared_args *args)
{
	const struct cln_problem *p = &plan->problem;

	if (!args->x.mem) {
		return cln_fail(CLNORM_BAD_BUFFER, "x is missing");
	}
	cln_operands_add_tensor(all, p, "x", CLN_ROLE_X, args->x, &p->x, false);
	cln_operands_add_array(all, p, "gamma", CLN_ROLE_GAMMA, args->gamma, p->params, false);
	cln_operands_add_array(all, p, "beta", CLN_ROLE_BETA, args->beta, p->params, false);
	cln_operands_add_tensor(all, p, "residual", CLN_ROLE_RESIDUAL, args->residual, &p->residual, false);
	cln_operands_add_tensor(all, p, "y", CLN_ROLE_Y, args->y, &p->y, true);
	clnorm_status st = add_skip(all, p, args->skip, args->sum);
	return st == CLNORM_OK ? cln_operands_check_affine(plan, args->gamma, args->beta) : st;
}

static clnorm_status add_statistics(struct cln_operands *all, const clnorm_plan *plan, const clnorm_forward_args *args)
{
	const struct cln_problem *p = &plan->problem;

	if (!args->y.mem && !args->mean.mem && !args->rstd.mem && !args->moments.mem && !args->running) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_forward: none of y, mean, rstd and moments is given");
	}
	cln_operands_add_array(all, p, "mean", CLN_ROLE_MEAN, args->mean, p->sets, true);
	cln_operands_add_array(all, p, "rstd", CLN_ROLE_RSTD, args->rstd, p->sets, true);
	cln_operands_add_array(all, p, "moments", CLN_ROLE_MOMENTS, args->moments, p->sets * CLNORM_MOMENTS_WIDTH,
	                       true);
	return CLNORM_OK;
}

/* Takes moments from the caller's buffer, where there is one, else from the workspace. */
static clnorm_status add_step(struct cln_operands *all, const clnorm_plan *plan, const clnorm_running *running,
                              struct cln_call *call)
{
	if (!running) {
		call->skip |= 1u << CLN_STAGE_RUNNING;
		return CLNORM_OK;
	}
	if (!cln_dtype_is_finite(plan->problem.dtype, running->momentum)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_forward: the momentum %g must be finite in %s",
		                running->momentum, clnorm_dtype_name(clnorm_dtype_statistics(plan->problem.dtype)));
	}
	call->scalars.scale = cln_scalar_of(running->momentum);
	call->scalars.momentum = cln_scalar_of(1 - running->momentum);
	call->scalars.flags |= CLN_HAS(MOMENTS);
	return cln_operands_add_running(all, plan, running, true);
}

clnorm_status clnorm_forward(clnorm_plan *plan, cl_command_queue queue, const clnorm_forward_args *args, cl_uint n_wait,
                             const cl_event *wait_list, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_wait wait = {n_wait, wait_list};
	struct cln_operands all = {.count = 0};

	if (!plan || !args) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_forward: %s", plan ? "args is NULL" : "the plan is NULL");
	}
	const struct cln_answer *answer = &plan->answers[CLN_ANSWER_FORWARD];
	struct shared_args shared = {args->x, args->gamma, args->beta, args->residual, args->y, args->skip, args->sum};
	struct cln_call call = {.scalars = cln_plan_scalars(plan, &answer->launch.choice)};
	CLN_TRY(cln_operands_check_call(plan, answer, "clnorm_forward", queue, wait));
	if (plan->problem.elements == 0) {
		return cln_enqueue_nothing(queue, wait, event);
	}
	CLN_TRY(add_shared(&all, plan, &shared));
	CLN_TRY(cln_operands_add_valid(&all, &plan->problem, CLNORM_OP_FORWARD, args->mask, args->lengths));
	CLN_TRY(add_statistics(&all, plan, args));
	CLN_TRY(cln_operands_add_workspace(&all, plan, answer, args->workspace, &call));
	CLN_TRY(add_step(&all, plan, args->running, &call));
	CLN_TRY(cln_operands_check(&all, plan, &call));
	CLN_TRY(cln_launch_enqueue(&answer->launch, &call, queue, wait, event));
done:
	return st;
}

/* The running statistics become a record for each set, in the workspace. */
static clnorm_status add_recall(struct cln_operands *all, const clnorm_plan *plan, const clnorm_apply_args *args,
                                struct cln_call *call)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_operands_add_running(all, plan, args->running, false));
	CLN_TRY(cln_operands_add_workspace(all, plan, &plan->answers[CLN_ANSWER_APPLY], args->workspace, call));
	call->scalars.parts_count = call->scalars.parts_stride = 1;
	call->scalars.flags |= CLN_MERGE;
done:
	return st;
}

static clnorm_status add_given(struct cln_operands *all, const clnorm_plan *plan, const clnorm_apply_args *args,
                               struct cln_call *call)
{
	const struct cln_problem *p = &plan->problem;
	size_t parts = args->parts > 0 ? args->parts : 1;
	bool pair = args->mean.mem && args->rstd.mem;
	bool half = !pair && (args->mean.mem || args->rstd.mem);

	if (half || pair + (args->moments.mem != NULL) + (args->running != NULL) != 1) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_apply needs either mean and rstd, or moments, or running "
		                                     "statistics");
	}
	if (args->running) {
		return add_recall(all, plan, args, call);
	}
	call->skip |= 1u << CLN_STAGE_RECALL;
	if (parts > 0xffffffffu || parts > (size_t)-1 / CLNORM_MOMENTS_WIDTH / sizeof(double) / p->sets) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_apply: %zu parts of %zu sets are too many", parts,
		                p->sets);
	}
	cln_operands_add_array(all, p, "mean", CLN_ROLE_MEAN, args->mean, p->sets, false);
	cln_operands_add_array(all, p, "rstd", CLN_ROLE_RSTD, args->rstd, p->sets, false);
	cln_operands_add_array(all, p, "moments", CLN_ROLE_PARTS, args->moments, p->sets * parts * CLNORM_MOMENTS_WIDTH,
	                       false);
	call->scalars.parts_count = call->scalars.parts_stride = (cl_uint)parts;
	call->scalars.flags |= pair ? CLN_GIVEN : CLN_MERGE;
	return CLNORM_OK;
}

clnorm_status clnorm_apply(clnorm_plan *plan, cl_command_queue queue, const clnorm_apply_args *args, cl_uint n_wait,
                           const cl_event *wait_list, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_wait wait = {n_wait, wait_list};
	struct cln_operands all = {.count = 0};

	if (!plan || !args) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_apply: %s", plan ? "args is NULL" : "the plan is NULL");
	}
	const struct cln_answer *answer = &plan->answers[CLN_ANSWER_APPLY];
	struct shared_args shared = {args->x, args->gamma, args->beta, args->residual, args->y, args->skip, args->sum};
	struct cln_call call = {.scalars = cln_plan_scalars(plan, &answer->launch.choice)};
	CLN_TRY(cln_operands_check_call(plan, answer, "clnorm_apply", queue, wait));
	if (plan->problem.elements == 0) {
		return cln_enqueue_nothing(queue, wait, event);
	}
	CLN_TRY(add_shared(&all, plan, &shared));
	CLN_TRY(cln_operands_add_valid(&all, &plan->problem, CLNORM_OP_APPLY, args->mask, args->lengths));
	CLN_TRY(add_given(&all, plan, args, &call));
	if (!args->y.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "y is missing"));
	}
	CLN_TRY(cln_operands_check(&all, plan, &call));
	CLN_TRY(cln_launch_enqueue(&answer->launch, &call, queue, wait, event));
done:
	return st;
}
