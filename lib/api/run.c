/* run.c: clnorm_forward() and clnorm_apply(): check the views, fill a call, enqueue it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "api/plans.h"
#include "device/buffer.h"

/* Alignment of a caller's workspace, bytes: no statistics type and no vector of them needs more. */
#define WORKSPACE_ALIGNMENT 64

/* One operand of a call: its view, what it is to the kernels, and how it may be used. */
struct operand {
	const char *name;
	enum cln_role role;
	clnorm_view view;
	size_t count, element_bytes;
	bool written, may_be_y;
};

#define MOST_OPERANDS 12

struct operands {
	struct operand rows[MOST_OPERANDS];
	size_t count;
};

static void operand_add(struct operands *all, struct operand operand)
{
	all->rows[all->count++] = operand;
}

static cl_ulong *scalar_offset(struct cln_arguments *a, enum cln_role role)
{
	cl_ulong *offsets[CLN_ROLES] = {
		[CLN_ROLE_X] = &a->x,
		[CLN_ROLE_GAMMA] = &a->gamma,
		[CLN_ROLE_BETA] = &a->beta,
		[CLN_ROLE_RESIDUAL] = &a->residual,
		[CLN_ROLE_Y] = &a->y,
		[CLN_ROLE_MEAN] = &a->mean,
		[CLN_ROLE_RSTD] = &a->rstd,
		[CLN_ROLE_MOMENTS] = &a->moments,
		[CLN_ROLE_PARTS] = &a->parts,
	};
	return offsets[role];
}

/* Checks every operand against its buffer and the others, and puts it into the call. */
static clnorm_status operands_check(const struct operands *all, cl_context context, struct cln_call *call)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[MOST_OPERANDS];

	for (size_t i = 0; i < all->count; ++i) {
		const struct operand *o = &all->rows[i];
		CLN_TRY(cln_range_init(&ranges[i], o->name, o->view, o->count, o->element_bytes, context));
		ranges[i].written = o->written;
		ranges[i].may_be_y = o->may_be_y;
		if (o->view.mem) {
			call->buffers[o->role] = o->view.mem;
			*scalar_offset(&call->scalars, o->role) = o->view.offset;
		}
	}
	CLN_TRY(cln_ranges_check(ranges, all->count));
done:
	return st;
}

/* What clnorm_forward() and clnorm_apply() have in common. */
struct shared_args {
	clnorm_view x, gamma, beta, residual, y;
};

static void operands_add_shared(struct operands *all, const struct cln_problem *p, const struct shared_args *args)
{
	size_t bytes = cln_dtype_facts(p->dtype)->bytes;
	size_t statistic = cln_problem_statistic_bytes(p);
	operand_add(all, (struct operand){"x", CLN_ROLE_X, args->x, p->elements, bytes, false, true});
	operand_add(all, (struct operand){"gamma", CLN_ROLE_GAMMA, args->gamma, p->params, statistic, false, false});
	operand_add(all, (struct operand){"beta", CLN_ROLE_BETA, args->beta, p->params, statistic, false, false});
	operand_add(all, (struct operand){"residual", CLN_ROLE_RESIDUAL, args->residual, p->elements, bytes, false, true});
	operand_add(all, (struct operand){"y", CLN_ROLE_Y, args->y, p->elements, bytes, true, true});
}

static cl_uint shared_flags(const struct shared_args *args)
{
	return (args->gamma.mem ? CLN_HAS_GAMMA : 0) | (args->beta.mem ? CLN_HAS_BETA : 0) |
	       (args->residual.mem ? CLN_HAS_RESIDUAL : 0) | (args->y.mem ? CLN_PUT_Y : 0);
}

static clnorm_status check_call(const clnorm_plan *plan, const struct cln_answer *answer, const char *function,
                                cl_command_queue queue, struct cln_wait wait)
{
	if (!answer->wanted) {
		return cln_fail(CLNORM_BAD_ORDER, "%s: the plan was not made for this operation; add it to the description's ops",
		                function);
	}
	if ((wait.count > 0) != (wait.events != NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: %u events to wait for, and the list is %s", function,
		                (unsigned)wait.count, wait.events ? "not NULL" : "NULL");
	}
	return cln_queue_check(queue, plan->ctx->cl);
}

static clnorm_status check_shared(const clnorm_plan *plan, const struct shared_args *args)
{
	if (!args->x.mem) {
		return cln_fail(CLNORM_BAD_BUFFER, "x is missing");
	}
	if (plan->problem.affine == CLNORM_AFFINE_NONE && (args->gamma.mem || args->beta.mem)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s is given, but the plan's affine is none",
		                args->gamma.mem ? "gamma" : "beta");
	}
	return CLNORM_OK;
}

/* The scratch of this call: the plan's own, or the caller's at a byte offset. */
static clnorm_status operand_add_workspace(struct operands *all, const clnorm_plan *plan, clnorm_view given)
{
	size_t statistic = cln_problem_statistic_bytes(&plan->problem);
	bool callers = (plan->problem.flags & CLNORM_CALLER_WORKSPACE) != 0;
	clnorm_view view = {plan->workspace, 0};

	if (!callers && given.mem) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "a workspace is given, but the plan was made without CLNORM_CALLER_WORKSPACE");
	}
	if (plan->workspace_bytes == 0) {
		return CLNORM_OK;
	}
	if (callers) {
		if (!given.mem) {
			return cln_fail(CLNORM_BAD_BUFFER, "the workspace of %zu bytes is missing", plan->workspace_bytes);
		}
		if (given.offset % WORKSPACE_ALIGNMENT != 0) {
			return cln_fail(CLNORM_BAD_BUFFER, "the workspace begins at byte %zu, which is no multiple of %d",
			                given.offset, WORKSPACE_ALIGNMENT);
		}
		view = (clnorm_view){given.mem, given.offset / statistic};
	}
	operand_add(all, (struct operand){"workspace", CLN_ROLE_PARTS, view, plan->workspace_bytes / statistic, statistic,
	                                  true, false});
	return CLNORM_OK;
}

clnorm_status clnorm_forward(clnorm_plan *plan, cl_command_queue queue, const clnorm_forward_args *args, cl_uint n_wait,
                             const cl_event *wait_list, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_wait wait = {n_wait, wait_list};
	struct operands all = {.count = 0};

	if (!plan || !args) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_forward: %s", plan ? "args is NULL" : "the plan is NULL");
	}
	const struct cln_answer *answer = &plan->answers[CLN_ANSWER_FORWARD];
	const struct cln_problem *p = &plan->problem;
	struct shared_args shared = {args->x, args->gamma, args->beta, args->residual, args->y};
	CLN_TRY(check_call(plan, answer, "clnorm_forward", queue, wait));
	if (p->elements == 0) {
		return cln_enqueue_nothing(queue, wait, event);
	}
	CLN_TRY(check_shared(plan, &shared));
	if (!args->y.mem && !args->mean.mem && !args->rstd.mem && !args->moments.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_forward: none of y, mean, rstd and moments is given"));
	}
	size_t statistic = cln_problem_statistic_bytes(p);
	struct cln_call call = {.scalars = cln_plan_scalars(plan, &answer->launch.choice)};
	operands_add_shared(&all, p, &shared);
	operand_add(&all, (struct operand){"mean", CLN_ROLE_MEAN, args->mean, p->instances, statistic, true, false});
	operand_add(&all, (struct operand){"rstd", CLN_ROLE_RSTD, args->rstd, p->instances, statistic, true, false});
	operand_add(&all, (struct operand){"moments", CLN_ROLE_MOMENTS, args->moments,
	                                   p->instances * CLNORM_MOMENTS_WIDTH, statistic, true, false});
	CLN_TRY(operand_add_workspace(&all, plan, args->workspace));
	CLN_TRY(operands_check(&all, plan->ctx->cl, &call));
	call.scalars.flags = shared_flags(&shared) | (args->mean.mem ? CLN_PUT_MEAN : 0) |
	                     (args->rstd.mem ? CLN_PUT_RSTD : 0) | (args->moments.mem ? CLN_PUT_MOMENTS : 0);
	CLN_TRY(cln_launch_enqueue(&answer->launch, &call, queue, wait, event));
done:
	return st;
}

static clnorm_status check_given(const clnorm_apply_args *args, size_t parts)
{
	bool pair = args->mean.mem && args->rstd.mem;
	bool half = !pair && (args->mean.mem || args->rstd.mem);
	if (half || pair == (args->moments.mem != NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_apply needs either mean and rstd, or moments");
	}
	if (parts > 0xffffffffu) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_apply: %zu parts are too many", parts);
	}
	return args->y.mem ? CLNORM_OK : cln_fail(CLNORM_BAD_BUFFER, "y is missing");
}

clnorm_status clnorm_apply(clnorm_plan *plan, cl_command_queue queue, const clnorm_apply_args *args, cl_uint n_wait,
                           const cl_event *wait_list, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct cln_wait wait = {n_wait, wait_list};
	struct operands all = {.count = 0};

	if (!plan || !args) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_apply: %s", plan ? "args is NULL" : "the plan is NULL");
	}
	const struct cln_answer *answer = &plan->answers[CLN_ANSWER_APPLY];
	const struct cln_problem *p = &plan->problem;
	struct shared_args shared = {args->x, args->gamma, args->beta, args->residual, args->y};
	size_t parts = args->parts > 0 ? args->parts : 1;
	CLN_TRY(check_call(plan, answer, "clnorm_apply", queue, wait));
	if (p->elements == 0) {
		return cln_enqueue_nothing(queue, wait, event);
	}
	CLN_TRY(check_shared(plan, &shared));
	CLN_TRY(check_given(args, parts));
	if (parts > (size_t)-1 / CLNORM_MOMENTS_WIDTH / sizeof(double) / p->instances) {
		CLN_TRY(cln_fail(CLNORM_BAD_SHAPE, "%zu parts of %zu instances pass size_t", parts, p->instances));
	}
	size_t statistic = cln_problem_statistic_bytes(p);
	struct cln_call call = {.scalars = cln_plan_scalars(plan, &answer->launch.choice)};
	operands_add_shared(&all, p, &shared);
	operand_add(&all, (struct operand){"mean", CLN_ROLE_MEAN, args->mean, p->instances, statistic, false, false});
	operand_add(&all, (struct operand){"rstd", CLN_ROLE_RSTD, args->rstd, p->instances, statistic, false, false});
	operand_add(&all, (struct operand){"moments", CLN_ROLE_PARTS, args->moments,
	                                   p->instances * parts * CLNORM_MOMENTS_WIDTH, statistic, false, false});
	CLN_TRY(operands_check(&all, plan->ctx->cl, &call));
	call.scalars.parts_count = (cl_uint)parts;
	call.scalars.flags = shared_flags(&shared) | (args->mean.mem ? CLN_GIVEN : 0);
	CLN_TRY(cln_launch_enqueue(&answer->launch, &call, queue, wait, event));
done:
	return st;
}
