/* operands.c: the operands of one call: which buffer is what, and whether that can be.
 * SPDX-License-Identifier: Apache-2.0 */
#include "api/operands.h"

#include "opencl/buffer.h"
#include "opencl/queue.h"

/* Alignment of a caller's workspace, bytes: no statistics type and no vector of them needs more. */
#define WORKSPACE_ALIGNMENT 64

static void operand_add(struct cln_operands *all, struct cln_operand operand)
{
	if (all->count < CLN_MOST_OPERANDS) {
		all->rows[all->count] = operand;
	}
	++all->count;
}

void cln_operands_add_tensor(struct cln_operands *all, const struct cln_problem *p, const char *name,
                             enum cln_role role, clnorm_view view, const struct cln_stride *stride, bool written)
{
	size_t bytes = cln_dtype_facts(p->dtype)->bytes;
	operand_add(all, (struct cln_operand){
				 .name = name,
				 .role = role,
				 .view = view,
				 .axes = cln_problem_axes(p, stride),
				 .element_bytes = bytes,
				 .written = written,
				 .may_share = true,
			 });
}

void cln_operands_add_array(struct cln_operands *all, const struct cln_problem *p, const char *name, enum cln_role role,
                            clnorm_view view, size_t count, bool written)
{
	size_t bytes = cln_problem_statistic_bytes(p);
	operand_add(all, (struct cln_operand){
				 .name = name,
				 .role = role,
				 .view = view,
				 .axes = {1, {{count, 1}}},
				 .element_bytes = bytes,
				 .written = written,
			 });
}

clnorm_status cln_operands_add_valid(struct cln_operands *all, const struct cln_problem *p, clnorm_op op,
                                     clnorm_view mask, clnorm_view lengths)
{
	bool by_mask = p->valid == CLNORM_VALID_MASK, by_lengths = p->valid == CLNORM_VALID_LENGTHS;
	clnorm_view view = by_mask ? mask : lengths;

	if ((mask.mem && !by_mask) || (lengths.mem && !by_lengths)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s given, but the plan's description does not say so",
		                mask.mem && !by_mask ? "a mask is" : "lengths are");
	}
	if (!cln_problem_looks_at_valid(p, op)) {
		return CLNORM_OK;
	}
	if (!view.mem) {
		return cln_fail(CLNORM_BAD_BUFFER, "%s missing", by_mask ? "the mask is" : "lengths are");
	}
	operand_add(all, (struct cln_operand){
				 .name = by_mask ? "the mask" : "lengths",
				 .role = CLN_ROLE_VALID,
				 .view = view,
				 .axes = {1, {{by_mask ? p->mask.bytes : p->n, 1}}},
				 .element_bytes = by_mask ? 1 : sizeof(cl_uint),
			 });
	return CLNORM_OK;
}

void cln_operands_read_again(struct cln_operands *all, bool read_again)
{
	if (all->count <= CLN_MOST_OPERANDS) {
		all->rows[all->count - 1].read_again = read_again;
	}
}

/* Whether kernels are to see that the operand is there. Statistics of sets that a call brings are told of by CLN_GIVEN
 * and CLN_MERGE: with a flag of their own they would be written. */
static bool is_flagged(const struct cln_operand *o)
{
	bool is_statistic = o->role == CLN_ROLE_MEAN || o->role == CLN_ROLE_RSTD || o->role == CLN_ROLE_PARTS;
	return o->written || !is_statistic;
}

clnorm_status cln_operands_check(const struct cln_operands *all, const struct clnorm_plan *plan, struct cln_call *call)
{
	clnorm_status st = CLNORM_OK;
	struct cln_range ranges[CLN_MOST_OPERANDS];

	if (all->count > CLN_MOST_OPERANDS) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "a call has %zu operands; %d is the most", all->count,
		                CLN_MOST_OPERANDS);
	}
	for (size_t i = 0; i < all->count; ++i) {
		const struct cln_operand *o = &all->rows[i];
		CLN_TRY(cln_range_init_axes(&ranges[i], o->name, o->view, &o->axes, o->element_bytes, plan->ctx->cl));
		ranges[i].written = o->written;
		ranges[i].read_again = o->read_again;
		ranges[i].may_share = o->may_share;
		if (o->view.mem && o->role != CLN_ROLES) {
			call->buffers[o->role] = o->view.mem;
			call->scalars.offsets[o->role] = o->view.offset;
			call->scalars.flags |= is_flagged(o) ? 1u << o->role : 0;
		}
	}
	CLN_TRY(cln_ranges_check(ranges, all->count));
done:
	return st;
}

clnorm_status cln_operands_add_workspace(struct cln_operands *all, const struct clnorm_plan *plan,
                                         const struct cln_answer *answer, clnorm_view given, struct cln_call *call)
{
	size_t statistic = cln_problem_statistic_bytes(&plan->problem);
	const struct cln_scratch *scratch = &answer->scratch;
	bool callers = (plan->problem.flags & CLNORM_CALLER_WORKSPACE) != 0;
	clnorm_view view = {plan->workspace, 0};

	if (!callers && given.mem) {
		return cln_fail(CLNORM_BAD_ARGUMENT,
		                "a workspace is given, but the plan was made without CLNORM_CALLER_WORKSPACE");
	}
	if (scratch->bytes == 0) {
		return CLNORM_OK;
	}
	if (callers && !given.mem) {
		return cln_fail(CLNORM_BAD_BUFFER, "the workspace of %zu bytes is missing", scratch->bytes);
	}
	if (callers && given.offset % WORKSPACE_ALIGNMENT != 0) {
		return cln_fail(CLNORM_BAD_BUFFER, "the workspace begins at byte %zu, which is no multiple of %d",
		                given.offset, WORKSPACE_ALIGNMENT);
	}
	if (callers) {
		view = (clnorm_view){given.mem, given.offset / statistic};
	}
	/* CLN_ROLES: no role of its own, its pieces have them. */
	cln_operands_add_array(all, &plan->problem, "workspace", CLN_ROLES, view, scratch->bytes / statistic, true);
	call->buffers[CLN_ROLE_MOMENTS] = call->buffers[CLN_ROLE_PARTS] = view.mem;
	call->buffers[CLN_ROLE_SUMS] = call->buffers[CLN_ROLE_TOTALS] = view.mem;
	call->scalars.offsets[CLN_ROLE_MOMENTS] = view.offset + scratch->moments;
	call->scalars.offsets[CLN_ROLE_PARTS] = view.offset + scratch->parts;
	call->scalars.offsets[CLN_ROLE_SUMS] = view.offset + scratch->sums;
	call->scalars.offsets[CLN_ROLE_TOTALS] = view.offset + scratch->totals;
	return CLNORM_OK;
}

clnorm_status cln_operands_add_running(struct cln_operands *all, const struct clnorm_plan *plan,
                                       const clnorm_running *running, bool written)
{
	const struct cln_problem *p = &plan->problem;
	bool reads = written && running->momentum != 1;

	if (!(p->flags & CLNORM_RUNNING_STATISTICS)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "running statistics are given, but the plan was made without "
		                                     "CLNORM_RUNNING_STATISTICS");
	}
	if (!running->variance.mem || (written && !running->mean.mem)) {
		return cln_fail(CLNORM_BAD_BUFFER, "the running %s is missing",
		                running->variance.mem ? "mean" : "variance");
	}
	cln_operands_add_array(all, p, "the running mean", CLN_ROLE_RUNNING_MEAN, running->mean, p->c, written);
	cln_operands_read_again(all, reads);
	cln_operands_add_array(all, p, "the running variance", CLN_ROLE_RUNNING_VARIANCE, running->variance, p->c,
	                       written);
	cln_operands_read_again(all, reads);
	return CLNORM_OK;
}

clnorm_status cln_operands_check_call(const struct clnorm_plan *plan, const struct cln_answer *answer,
                                      const char *function, cl_command_queue queue, struct cln_wait wait)
{
	if (!answer->wanted) {
		return cln_fail(CLNORM_BAD_ORDER,
		                "%s: the plan was not made for this operation; add it to the description's ops",
		                function);
	}
	if ((wait.count > 0) != (wait.events != NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: %u events to wait for, and the list is %s", function,
		                (unsigned)wait.count, wait.events ? "not NULL" : "NULL");
	}
	return cln_queue_check(queue, plan->ctx->cl, plan->ctx->device);
}

clnorm_status cln_operands_check_affine(const struct clnorm_plan *plan, clnorm_view gamma, clnorm_view beta)
{
	if (plan->problem.affine == CLNORM_AFFINE_NONE && (gamma.mem || beta.mem)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s is given, but the plan's affine is none",
		                gamma.mem ? "gamma" : "beta");
	}
	return CLNORM_OK;
}
