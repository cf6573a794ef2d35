/* adain.c: AdaIN: the statistics of a style become gamma and beta of the content, all on the device.
 * SPDX-License-Identifier: Apache-2.0 */
#include <clnorm/conditional.h>

#include <stdlib.h>

#include "api/plans.h"
#include "base/types.h"
#include "device/program.h"
#include "opencl/buffer.h"
#include "opencl/queue.h"

struct clnorm_adain {
	clnorm_context *ctx; /* borrowed */
	clnorm_plan *content, *style;
	struct cln_program *program;
	cl_kernel kernel;
	cl_mem moments;    /* a record for each instance of the style */
	cl_mem parameters; /* gamma [N,C], then beta [N,C], where the caller does not take them */
};

/* N*C of the content: values in gamma. */
static size_t parameter_count(const clnorm_adain *adain)
{
	return adain->content->problem.instances;
}

static clnorm_status pair_check(const clnorm_desc *content, const clnorm_desc *style)
{
	unsigned flags = content->flags | style->flags;
	if (style->c != content->c) {
		return cln_fail(CLNORM_BAD_SHAPE, "the style has %zu channels; the content has %zu", style->c,
		                content->c);
	}
	if (style->n != content->n && style->n != 1) {
		return cln_fail(CLNORM_BAD_SHAPE, "the style has %zu samples; it needs 1, or the content's %zu",
		                style->n, content->n);
	}
	if ((style->dtype == CLNORM_F64) != (content->dtype == CLNORM_F64)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the style is %s and the content %s; both or neither may be f64",
		                clnorm_dtype_name(style->dtype), clnorm_dtype_name(content->dtype));
	}
	if (flags & CLNORM_CALLER_WORKSPACE) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "CLNORM_CALLER_WORKSPACE: AdaIN brings its own");
	}
	return CLNORM_OK;
}

/* The style's statistics and nothing else of it. */
static clnorm_desc style_desc(const clnorm_desc *style)
{
	clnorm_desc desc = *style;
	desc.affine = CLNORM_AFFINE_NONE;
	desc.activation = CLNORM_ACT_NONE;
	desc.epsilon = 0;
	desc.ops = CLNORM_OP_FORWARD;
	return desc;
}

static clnorm_desc content_desc(const clnorm_desc *content)
{
	clnorm_desc desc = *content;
	desc.affine = CLNORM_AFFINE_INSTANCE;
	desc.ops = CLNORM_OP_FORWARD;
	return desc;
}

static clnorm_status adain_build(clnorm_adain *adain, const clnorm_desc *content, const clnorm_desc *style)
{
	clnorm_status st = CLNORM_OK;
	clnorm_context *ctx = adain->ctx;
	cl_int err = CL_SUCCESS;

	CLN_TRY(pair_check(content, style));
	const clnorm_desc content_used = content_desc(content), style_used = style_desc(style);
	CLN_TRY(clnorm_plan_create(ctx, &content_used, &adain->content));
	CLN_TRY(clnorm_plan_create(ctx, &style_used, &adain->style));
	const struct cln_problem *p = &adain->style->problem;
	if (p->elements == 0 && parameter_count(adain) > 0) {
		CLN_TRY(cln_fail(CLNORM_BAD_SHAPE, "the style has no elements; the content needs %zu means",
		                 parameter_count(adain)));
	}
	if (parameter_count(adain) == 0) {
		goto done;
	}
	size_t bytes = cln_problem_statistic_bytes(p);
	CLN_TRY(cln_buffer_create(ctx->cl, p->instances * CLNORM_MOMENTS_WIDTH * bytes, NULL, "the style's statistics",
	                          &adain->moments));
	CLN_TRY(cln_buffer_create(ctx->cl, 2 * parameter_count(adain) * bytes, NULL, "gamma and beta",
	                          &adain->parameters));
	CLN_TRY(cln_program_fetch_file(ctx, "adain", clnorm_dtype_statistics(p->dtype), &adain->program));
	adain->kernel = clCreateKernel(adain->program->cl, "cln_adain", &err);
	CLN_TRY(cln_cl(err, "clCreateKernel"));
done:
	return st;
}

clnorm_status clnorm_adain_create(clnorm_context *ctx, const clnorm_desc *content, const clnorm_desc *style,
                                  clnorm_adain **out)
{
	clnorm_status st = CLNORM_OK;
	clnorm_adain *adain = NULL;

	if (!ctx || !content || !style || !out) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_adain_create: %s is NULL",
		                !ctx       ? "the context"
		                : !content ? "content"
		                : !style   ? "style"
		                           : "out");
	}
	adain = calloc(1, sizeof(*adain));
	if (!adain) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for AdaIN");
	}
	adain->ctx = ctx;
	CLN_TRY(adain_build(adain, content, style));
	*out = adain;
	adain = NULL;
done:
	clnorm_adain_destroy(adain);
	return st;
}

void clnorm_adain_destroy(clnorm_adain *adain)
{
	if (!adain) {
		return;
	}
	if (adain->kernel) {
		clReleaseKernel(adain->kernel);
	}
	cln_programs_give(&adain->ctx->programs, adain->program);
	if (adain->parameters) {
		clReleaseMemObject(adain->parameters);
	}
	if (adain->moments) {
		clReleaseMemObject(adain->moments);
	}
	clnorm_plan_destroy(adain->style);
	clnorm_plan_destroy(adain->content);
	free(adain);
}

/* Where gamma and beta of this call go: to the caller, or to memory of our own. */
struct homes {
	clnorm_view gamma, beta;
};

static struct homes homes_of(const clnorm_adain *adain, const clnorm_adain_args *args)
{
	struct homes homes = {{adain->parameters, 0}, {adain->parameters, parameter_count(adain)}};
	if (args->gamma.mem) {
		homes.gamma = args->gamma;
	}
	if (args->beta.mem) {
		homes.beta = args->beta;
	}
	return homes;
}

static clnorm_status tensor_range(struct cln_range *range, const char *name, clnorm_view view,
                                  const struct cln_problem *p, const struct cln_stride *stride, cl_context cl)
{
	const struct cln_axes axes = cln_problem_axes(p, stride);
	return cln_range_init_axes(range, name, view, &axes, cln_dtype_facts(p->dtype)->bytes, cl);
}

/* Everything that the three launches would refuse one after the other is refused before the first. */
static clnorm_status views_check(const clnorm_adain *adain, const clnorm_adain_args *args)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_problem *content = &adain->content->problem, *style = &adain->style->problem;
	size_t statistic = cln_problem_statistic_bytes(content);
	const clnorm_view none = {NULL, 0};
	clnorm_view x = args->y.mem ? args->x : none, residual = args->y.mem ? args->residual : none;
	struct cln_range ranges[6];
	cl_context cl = adain->ctx->cl;

	if (!args->style.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "style is missing"));
	}
	if (args->y.mem && !args->x.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_BUFFER, "x is missing"));
	}
	CLN_TRY(tensor_range(&ranges[0], "x", x, content, &content->x, cl));
	CLN_TRY(tensor_range(&ranges[1], "style", args->style, style, &style->x, cl));
	CLN_TRY(tensor_range(&ranges[2], "residual", residual, content, &content->residual, cl));
	CLN_TRY(tensor_range(&ranges[3], "y", args->y, content, &content->y, cl));
	CLN_TRY(cln_range_init(&ranges[4], "gamma", args->gamma, content->instances, statistic, cl));
	CLN_TRY(cln_range_init(&ranges[5], "beta", args->beta, content->instances, statistic, cl));
	ranges[0].may_share = ranges[2].may_share = ranges[3].may_share = true;
	ranges[3].written = ranges[4].written = ranges[5].written = true;
	ranges[4].read_again = ranges[5].read_again = args->y.mem != NULL;
	CLN_TRY(cln_ranges_check(ranges, sizeof(ranges) / sizeof(ranges[0])));
done:
	return st;
}

/* Makes `count` values: all of them, or none to warm up. */
static clnorm_status kernel_enqueue(const clnorm_adain *adain, cl_command_queue queue, const struct homes *homes,
                                    cl_ulong count, const cl_event *wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	const cl_ulong records = adain->style->problem.instances;
	const cl_ulong gamma_at = homes->gamma.offset, beta_at = homes->beta.offset;
	const size_t global = parameter_count(adain);
	const struct {
		size_t bytes;
		const void *value;
	} arguments[] = {
		{sizeof(cl_mem), &adain->moments},   {sizeof(records), &records},   {sizeof(count), &count},
		{sizeof(cl_mem), &homes->gamma.mem}, {sizeof(gamma_at), &gamma_at}, {sizeof(cl_mem), &homes->beta.mem},
		{sizeof(beta_at), &beta_at},
	};

	for (cl_uint i = 0; i < sizeof(arguments) / sizeof(arguments[0]); ++i) {
		CLN_TRY(cln_cl(clSetKernelArg(adain->kernel, i, arguments[i].bytes, arguments[i].value),
		               "clSetKernelArg"));
	}
	CLN_TRY(cln_cl(clEnqueueNDRangeKernel(queue, adain->kernel, 1, NULL, &global, NULL, wait ? 1 : 0, wait, event),
	               "clEnqueueNDRangeKernel"));
done:
	return st;
}

/* Statistics, parameters, forward pass, each waiting for the one before. */
static clnorm_status stages_enqueue(clnorm_adain *adain, cl_command_queue queue, const clnorm_adain_args *args,
                                    struct cln_wait wait, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	struct homes homes = homes_of(adain, args);
	clnorm_forward_args of_style = {.x = args->style, .moments = {adain->moments, 0}};
	clnorm_forward_args of_content = {
		.x = args->x, .gamma = homes.gamma, .beta = homes.beta, .residual = args->residual, .y = args->y};
	cl_event measured = NULL, made = NULL;

	CLN_TRY(clnorm_forward(adain->style, queue, &of_style, wait.count, wait.events, &measured));
	CLN_TRY(kernel_enqueue(adain, queue, &homes, parameter_count(adain), &measured, &made));
	if (args->y.mem) {
		CLN_TRY(clnorm_forward(adain->content, queue, &of_content, 1, &made, event));
	} else if (event) {
		*event = made;
		made = NULL;
	}
done:
	if (measured) {
		clReleaseEvent(measured);
	}
	if (made) {
		clReleaseEvent(made);
	}
	return st;
}

clnorm_status clnorm_adain_forward(clnorm_adain *adain, cl_command_queue queue, const clnorm_adain_args *args,
                                   cl_uint n_wait, const cl_event *wait_list, cl_event *event)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_wait wait = {n_wait, wait_list};

	if (!adain || !args) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_adain_forward: %s is NULL", adain ? "args" : "the handle");
	}
	CLN_TRY(cln_queue_check(queue, adain->ctx->cl, adain->ctx->device));
	if ((n_wait > 0) != (wait_list != NULL)) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_adain_forward: %u events to wait for, and the list is %s",
		                 (unsigned)n_wait, wait_list ? "not NULL" : "NULL"));
	}
	if (parameter_count(adain) == 0) {
		return cln_enqueue_nothing(queue, wait, event);
	}
	if (!args->y.mem && !args->gamma.mem && !args->beta.mem) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_adain_forward: none of y, gamma and beta is given"));
	}
	CLN_TRY(views_check(adain, args));
	CLN_TRY(stages_enqueue(adain, queue, args, wait, event));
done:
	return st;
}

clnorm_status clnorm_adain_prepare(clnorm_adain *adain, cl_command_queue queue)
{
	clnorm_status st = CLNORM_OK;
	clnorm_adain_args own = {.y = {NULL, 0}};
	struct homes homes;

	if (!adain) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_adain_prepare: the handle is NULL");
	}
	CLN_TRY(clnorm_plan_prepare(adain->style, queue));
	CLN_TRY(clnorm_plan_prepare(adain->content, queue));
	if (parameter_count(adain) > 0) {
		homes = homes_of(adain, &own);
		CLN_TRY(kernel_enqueue(adain, queue, &homes, 0, NULL, NULL));
		CLN_TRY(cln_cl(clFinish(queue), "clFinish"));
	}
done:
	return st;
}
