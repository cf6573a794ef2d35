/* apply.c: the work of clnorm-apply: files in, calls on the device, files out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/apply/apply.h"

#include "tools/apply/products.h"

#include <stdio.h>

/* Everything that one run owns. */
struct run {
	const struct tool_apply_settings *set;
	clnorm_context *ctx;
	struct tool_operands operands;
	struct tool_products products;
	struct tool_job job;
	double ms; /* of the calls */
};

static bool run_on_device(struct run *run)
{
	clnorm_desc desc = run->operands.desc;
	desc.ops = tool_products_ops(run->set);
	if (tool_job_plan(run->ctx, &desc, &run->job) != CLNORM_OK ||
	    !tool_job_allocate(&run->job, tool_products_buffers(run->set), 0) ||
	    !tool_operands_upload(&run->operands, &run->job) ||
	    !tool_report_status(clnorm_plan_prepare(run->job.plan, clnorm_context_queue(run->ctx)))) {
		return false;
	}
	const clnorm_op ops[] = {CLNORM_OP_FORWARD, CLNORM_OP_APPLY, CLNORM_OP_BACKWARD};
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; ++i) {
		double ms = 0;
		if ((desc.ops & (unsigned)ops[i]) != 0 && !tool_job_run(&run->job, ops[i], &ms)) {
			return false;
		}
		run->ms += ms;
	}
	return tool_products_fetch(&run->products, &run->job, &run->operands);
}

static bool print_check(const struct run *run, const char *what, const char *unit, const struct tool_check *check)
{
	clnorm_dtype dtype = run->operands.desc.dtype;
	bool is_stored_shorter = dtype != clnorm_dtype_statistics(dtype);
	printf("%s: %s, largest error %.3g of %s", what, check->is_passed ? "ok" : "FAILED", check->error, unit);
	if (is_stored_shorter) {
		printf(", %.3g past half an ulp of %s", check->excess, clnorm_dtype_name(dtype));
	}
	printf(", bound %.3g\n", check->bound);
	return check->is_passed || tool_report_fail("%s: the result is wrong: %s", run->set->input, check->fault);
}

static bool check_result(const struct run *run)
{
	const clnorm_desc *desc = &run->job.desc;
	struct tool_check_inputs inputs = {0};
	struct tool_check_outputs outputs = {0};
	struct tool_check check = {0};
	bool is_done = false;
	TOOL_TRY(tool_operands_widen(&run->operands, &inputs));
	TOOL_TRY(tool_products_widen(&run->products, &outputs));
	TOOL_TRY(tool_check_forward(desc, &inputs, &outputs, &check));
	TOOL_TRY(print_check(run, "check", "max(1, |gamma*xhat| + |beta|)", &check));
	if ((desc->ops & CLNORM_OP_BACKWARD) != 0) {
		TOOL_TRY(tool_check_backward(desc, &inputs, &outputs, &check));
		TOOL_TRY(print_check(run, "check of gradients", "rstd*max|gamma*g|, sum|g*xhat|, sum|g|", &check));
	}
	/* Printed before any output appears, so that a run that fails here leaves none. */
	is_done = tool_report_flush();
done:
	tool_operands_clear_widened(&inputs);
	tool_products_clear_widened(&outputs);
	return is_done;
}

/* What is lost of a picture that its user may take to be in the result. */
static void note_left_out(const char *path, const struct tool_chunks *chunks)
{
	if (chunks->damaged > 0) {
		tool_report_note("%s: %zu chunk%s with a wrong checksum %s left out of the result", path,
		                 chunks->damaged, chunks->damaged == 1 ? "" : "s", chunks->damaged == 1 ? "is" : "are");
	}
	if (chunks->is_animated) {
		tool_report_note("%s: is an animation; the picture that is shown without it is normalized alone", path);
	}
}

/* "forward rows, backward rows" of what the plan was made for. */
static void name_variants(const clnorm_plan *plan, char *text, size_t text_bytes)
{
	static const struct {
		clnorm_op op;
		const char *name;
	} ops[] = {{CLNORM_OP_FORWARD, "forward"}, {CLNORM_OP_APPLY, "apply"}, {CLNORM_OP_BACKWARD, "backward"}};
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof ops / sizeof ops[0] && used < text_bytes; ++i) {
		const char *variant = clnorm_plan_variant(plan, ops[i].op);
		if (variant != NULL) {
			used += (size_t)snprintf(text + used, text_bytes - used, "%s%s %s", used > 0 ? ", " : "",
			                         ops[i].name, variant);
		}
	}
}

static bool print_summary(const struct run *run)
{
	clnorm_device_info info;
	char shape[256], variants[256], groups[40] = "";
	const struct tool_array *x = &run->operands.x.array;
	if (!tool_report_status(clnorm_context_info(run->ctx, &info))) {
		return false;
	}
	if (run->set->groups > 0) {
		snprintf(groups, sizeof groups, " groups %zu", run->set->groups);
	}
	name_variants(run->job.plan, variants, sizeof variants);
	note_left_out(run->set->input, &run->operands.x.picture.chunks);
	tool_report_note("%s: %s %s%s %s, %s, %.3f ms on %s (%s)", run->set->input,
	                 tool_array_shape_text(x->rank, x->dims, shape, sizeof shape),
	                 clnorm_layout_name(run->job.desc.layout), groups, clnorm_dtype_name(run->job.desc.dtype),
	                 variants, run->ms, info.name, info.platform_name);
	return true;
}

bool tool_apply_run(const struct tool_apply_settings *set)
{
	struct run run = {.set = set};
	bool is_done = false;
	TOOL_TRY(tool_operands_load(set, &run.operands));
	TOOL_TRY(tool_products_open(set, run.operands.x.picture.samples != NULL, &run.products));
	TOOL_TRY(tool_report_status(clnorm_context_open(set->device, &run.ctx)));
	TOOL_TRY(tool_operands_measure_style(set, run.ctx, &run.operands));
	TOOL_TRY(run_on_device(&run));
	TOOL_TRY(!set->check || check_result(&run));
	TOOL_TRY(tool_products_write(&run.products, &run.operands.x));
	TOOL_TRY(set->quiet || print_summary(&run));
	is_done = true;
done:
	tool_job_clear(&run.job);
	clnorm_context_destroy(run.ctx);
	tool_operands_clear(&run.operands);
	tool_products_clear(&run.products);
	return is_done;
}
