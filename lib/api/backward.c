/* backward.c: clnorm_backward(): check the operands, fill a call, enqueue it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <clnorm/clnorm.h>

#include "api/operands.h"
#include "api/scalars.h"

static clnorm_status add_inputs(struct cln_operands *all, const clnorm_plan *plan, const clnorm_backward_args *args)
{
	const struct cln_problem *p = &plan->problem;

	if (!args->x.mem || !args->dy.mem) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s is missing", args->x.mem ? "dy" : "x");
	}
	cln_operands_add_tensor(all, p, "x", CLN_ROLE_X, args->x, &p->x, false);
	cln_operands_add_tensor(all, p, "dy", CLN_ROLE_DY, args->dy, &p->dy, false);
	cln_operands_add_array(all, p, "gamma", CLN_ROLE_GAMMA, args->gamma, p->params, false);
	cln_operands_add_array(all, p, "beta", CLN_ROLE_BETA, args->beta, p->params, false);
	cln_operands_add_tensor(all, p, "residual", CLN_ROLE_RESIDUAL, args->residual, &p->residual, false);
	return cln_operands_check_affine(plan, args->gamma, args->beta);
}

static clnorm_status check_statistics(const clnorm_backward_args *args, bool is_constant)
{
	bool pair = args->mean.mem && args->rstd.mem;
	if (!pair && (args->mean.mem || args->rstd.mem)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: %s is given without %s",
		                args->mean.mem ? "mean" : "rstd", args->mean.mem ? "rstd" : "mean");
	}
	if (pair && args->moments.mem) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: both moments and mean with rstd are given");
	}
	if (args->running && (pair || args->moments.mem)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: both %s and running statistics are given",
		                pair ? "mean with rstd" : "moments");
	}
	if (args->running && !is_constant) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: running statistics are constants, and the plan "
		                                     "was made without CLNORM_CONSTANT_STATISTICS");
	}
	if (is_constant && !pair && !args->moments.mem && !args->running) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: the plan was made with "
		                                     "CLNORM_CONSTANT_STATISTICS, and none are given");
	}
	return CLNORM_OK;
}

/* Whose statistics: moments or running ones where there are any; mean and rstd where nothing hangs on the mean's last
 * digits, or the forward pass had them as they are; else new ones, which a split variant takes in a stage that is
 * skipped otherwise. */
static clnorm_status add_statistics(struct cln_operands *all, const clnorm_plan *plan, const clnorm_backward_args *args,
                                    struct cln_call *call)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_problem *p = &plan->problem;
	bool is_constant = (p->flags & CLNORM_CONSTANT_STATISTICS) != 0;
	bool pair = args->mean.mem && args->rstd.mem, records = args->moments.mem || args->running;
	bool take_pair = pair && (is_constant || p->activation == CLNORM_ACT_NONE);

	CLN_TRY(check_statistics(args, is_constant));
	cln_operands_add_array(all, p, "mean", CLN_ROLE_MEAN, args->mean, p->sets, false);
	cln_operands_add_array(all, p, "rstd", CLN_ROLE_RSTD, args->rstd, p->sets, false);
	cln_operands_add_array(all, p, "moments", CLN_ROLE_PARTS, args->moments, p->sets * CLNORM_MOMENTS_WIDTH, false);
	if (args->running) {
		CLN_TRY(cln_operands_add_running(all, plan, args->running, false));
	}
	if (records) {
		call->scalars.parts_count = call->scalars.parts_stride = 1;
	}
	call->scalars.flags |= records ? CLN_MERGE : take_pair ? CLN_GIVEN : 0;
	call->skip |= records || take_pair ? 1u << CLN_STAGE_PARTIAL | 1u << CLN_STAGE_JOIN : 0;
	call->skip |= args->running ? 0 : 1u << CLN_STAGE_RECALL;
done:
	return st;
}

static clnorm_status add_outputs(struct cln_operands *all, const clnorm_plan *plan, const clnorm_backward_args *args,
                                 struct cln_call *call)
{
	const struct cln_problem *p = &plan->problem;
	bool adds = args->accumulate && args->accumulate->momentum != 0;

	if (!args->dx.mem && !args->dgamma.mem && !args->dbeta.mem) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: none of dx, dgamma and dbeta is given");
	}
	if (p->affine == CLNORM_AFFINE_NONE && (args->dgamma.mem || args->dbeta.mem)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s is given, but the plan's affine is none",
		                args->dgamma.mem ? "dgamma" : "dbeta");
	}
	cln_operands_add_tensor(all, p, "dx", CLN_ROLE_DX, args->dx, &p->dx, true);
	cln_operands_add_array(all, p, "dgamma", CLN_ROLE_DGAMMA, args->dgamma, p->params, true);
	cln_operands_read_again(all, adds);
	cln_operands_add_array(all, p, "dbeta", CLN_ROLE_DBETA, args->dbeta, p->params, true);
	cln_operands_read_again(all, adds);
	call->skip |= args->dgamma.mem || args->dbeta.mem ? 0 : 1u << CLN_STAGE_BACK_PARAMS;
	return CLNORM_OK;
}

static clnorm_status set_accumulate(const struct cln_problem *p, const clnorm_accumulate *given, struct cln_call *call)
{
	clnorm_accumulate a = given ? *given : (clnorm_accumulate){.scale = 1, .momentum = 0};

	if (!cln_dtype_is_finite(p->dtype, a.scale) || !cln_dtype_is_finite(p->dtype, a.momentum)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: scale %g and momentum %g must be finite in %s",
		                a.scale, a.momentum, clnorm_dtype_name(clnorm_dtype_statistics(p->dtype)));
	}
	call->scalars.scale = cln_scalar_of(a.scale);
	call->scalars.momentum = cln_scalar_of(a.momentum);
	return CLNORM_OK;
}

/* Nothing to read: parameter gradients are sums of nothing, and still meet their old values. */
static clnorm_status enqueue_empty(clnorm_plan *plan, const struct cln_answer *answer, struct cln_operands *all,
                                   struct cln_call *call, cl_command_queue queue, struct cln_wait wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_operands_check(all, plan, call));
	if (plan->problem.params == 0 || (call->skip & (1u << CLN_STAGE_BACK_PARAMS))) {
		return cln_enqueue_nothing(queue, wait, event);
	}
	call->scalars.instances = call->scalars.totals = 0;
	call->buffers[CLN_ROLE_X] =
		call->buffers[CLN_ROLE_DGAMMA] ? call->buffers[CLN_ROLE_DGAMMA] : call->buffers[CLN_ROLE_DBETA];
	CLN_TRY(cln_launch_enqueue(&answer->launch, call, queue, wait, event));
done:
	return st;
}

clnorm_status clnorm_backward(clnorm_plan *plan, cl_command_queue queue, const clnorm_backward_args *args,
                              cl_uint n_wait, const cl_event *wait_list, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_wait wait = {n_wait, wait_list};
	struct cln_operands all = {.count = 0};

	if (!plan || !args) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_backward: %s", plan ? "args is NULL" : "the plan is NULL");
	}
	const struct cln_answer *answer = &plan->answers[CLN_ANSWER_BACKWARD];
	struct cln_call call = {.scalars = cln_plan_scalars(plan, &answer->launch.choice)};
	CLN_TRY(cln_operands_check_call(plan, answer, "clnorm_backward", queue, wait));
	CLN_TRY(set_accumulate(&plan->problem, args->accumulate, &call));
	CLN_TRY(add_outputs(&all, plan, args, &call));
	if (plan->problem.elements == 0) {
		return enqueue_empty(plan, answer, &all, &call, queue, wait, event);
	}
	CLN_TRY(add_inputs(&all, plan, args));
	CLN_TRY(cln_operands_add_valid(&all, &plan->problem, CLNORM_OP_BACKWARD, args->mask, args->lengths));
	CLN_TRY(cln_operands_add_workspace(&all, plan, answer, args->workspace, &call));
	CLN_TRY(add_statistics(&all, plan, args, &call));
	CLN_TRY(cln_operands_check(&all, plan, &call));
	CLN_TRY(cln_launch_enqueue(&answer->launch, &call, queue, wait, event));
done:
	return st;
}
