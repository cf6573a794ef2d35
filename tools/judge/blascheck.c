/* blascheck.c: a second opinion on sums: plane means, dbeta and dgamma by CLBlast, on the same device.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tools/judge/blascheck.h"

#include <stdio.h>

enum { N = 5, C = 33, S = 961, PLANES = N * C, COUNT = PLANES * S };

const char *tool_blascheck_name(enum tool_blascheck check)
{
	static const char *const names[TOOL_BLASCHECK_COUNT] = {
		[TOOL_BLASCHECK_MEAN] = "5x33x961 f32 mean by CLBlast",
		[TOOL_BLASCHECK_DBETA] = "5x33x961 f32 dbeta by CLBlast",
		[TOOL_BLASCHECK_DGAMMA] = "5x33x961 f32 dgamma by CLBlast",
	};
	return names[check];
}

static void keep_reason(struct tool_trial *trial)
{
	snprintf(trial->reason, sizeof trial->reason, "%.399s", tool_report_text());
}

#ifdef HAVE_CLBLAST

/* CLBlast's header declares a function without a prototype. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <clblast_c.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <math.h>
#include <stdlib.h>

/* What lies on the device. SUMS has a number for each plane, TOTALS for each channel: CLBlast's. */
enum { X, DY, XHAT, MEAN, DGAMMA, DBETA, ONES, SUMS, TOTALS, OPERANDS };

static const size_t counts[OPERANDS] = {COUNT, COUNT, COUNT, PLANES, C, C, S, PLANES, C};

struct work {
	clnorm_context *ctx;
	cl_command_queue queue;
	clnorm_plan *plan;
	clnorm_tensor *tensors[OPERANDS];
	struct tool_values x, dy, xhat;
	double ours[PLANES], theirs[PLANES];
};

/* y = alpha*A*x, or alpha*A^T*x, for A [rows,columns] from `at` on; y from y_at on. CLBlast's Sgemv reads y also where
 * it is to be overwritten, so that a NaN there would stay: y must hold numbers. */
static bool multiply(struct work *work, bool transposed, size_t rows, size_t columns, double alpha, int a, size_t at,
                     int x, size_t x_at, int y, size_t y_at)
{
	CLBlastStatusCode result =
		CLBlastSgemv(CLBlastLayoutRowMajor, transposed ? CLBlastTransposeYes : CLBlastTransposeNo, rows,
	                     columns, (float)alpha, clnorm_tensor_view(work->tensors[a]).mem, at, columns,
	                     clnorm_tensor_view(work->tensors[x]).mem, x_at, 1, 0,
	                     clnorm_tensor_view(work->tensors[y]).mem, y_at, 1, &work->queue, NULL);
	return tool_report_cl((cl_int)result, "CLBlastSgemv");
}

static bool fill(struct work *work, int tensor, double value)
{
	return tool_report_status(clnorm_tensor_fill(work->tensors[tensor], work->queue, value));
}

static bool fetch(const struct work *work, int tensor, double *values)
{
	return tool_report_status(clnorm_tensor_download_to(work->tensors[tensor], work->queue, CLNORM_F64, values));
}

/* Data, and what clnorm makes of it. */
static bool run_clnorm(struct work *work)
{
	clnorm_view views[OPERANDS];
	for (int i = 0; i < OPERANDS; ++i) {
		views[i] = clnorm_tensor_view(work->tensors[i]);
	}
	const clnorm_forward_args forward = {.x = views[X], .y = views[XHAT], .mean = views[MEAN]};
	const clnorm_backward_args backward = {
		.x = views[X], .dy = views[DY], .dgamma = views[DGAMMA], .dbeta = views[DBETA]};
	return tool_report_status(clnorm_tensor_upload(work->tensors[X], work->queue, work->x.stored.data)) &&
	       tool_report_status(clnorm_tensor_upload(work->tensors[DY], work->queue, work->dy.stored.data)) &&
	       fill(work, ONES, 1) &&
	       tool_report_status(clnorm_forward(work->plan, work->queue, &forward, 0, NULL, NULL)) &&
	       tool_report_status(clnorm_backward(work->plan, work->queue, &backward, 0, NULL, NULL)) &&
	       fetch(work, XHAT, work->xhat.exact);
}

static bool prepare(struct work *work, unsigned long long seed)
{
	clnorm_desc desc = clnorm_desc_1d(N, C, S);
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD;
	work->queue = clnorm_context_queue(work->ctx);
	for (int i = 0; i < OPERANDS; ++i) {
		if (!tool_report_status(
			    clnorm_tensor_create(work->ctx, CLNORM_F32, 1, &counts[i], &work->tensors[i]))) {
			return false;
		}
	}
	return tool_report_status(clnorm_plan_create(work->ctx, &desc, &work->plan)) &&
	       tool_values_create(CLNORM_F32, COUNT, &work->x) && tool_values_fill(&work->x, seed + 11, 3) &&
	       tool_values_create(CLNORM_F32, COUNT, &work->dy) && tool_values_fill(&work->dy, seed + 12, 0) &&
	       tool_values_create(CLNORM_F32, COUNT, &work->xhat) && run_clnorm(work);
}

static void work_clear(struct work *work)
{
	for (int i = 0; i < OPERANDS; ++i) {
		clnorm_tensor_destroy(work->tensors[i]);
	}
	clnorm_plan_destroy(work->plan);
	tool_values_clear(&work->x);
	tool_values_clear(&work->dy);
	tool_values_clear(&work->xhat);
}

/* CLBlast's numbers: a sum over each plane of values*weights, weights NULL for 1. */
static bool sum_planes(struct work *work, int values, int weights, double alpha)
{
	if (!fill(work, SUMS, 0)) {
		return false;
	}
	if (weights == ONES) {
		return multiply(work, false, PLANES, S, alpha, values, 0, ONES, 0, SUMS, 0);
	}
	for (size_t i = 0; i < PLANES; ++i) {
		if (!multiply(work, false, 1, S, alpha, values, i * S, weights, i * S, SUMS, i)) {
			return false;
		}
	}
	return true;
}

/* The sums over N of them: a channel's. */
static bool sum_samples(struct work *work)
{
	return fill(work, TOTALS, 0) && multiply(work, true, N, C, 1, SUMS, 0, ONES, 0, TOTALS, 0);
}

/* The sum of the terms' sizes behind one number: all of a plane, or of a channel. */
static double size_of(const struct work *work, enum tool_blascheck check, size_t i)
{
	double sum = 0;
	for (size_t plane = 0; plane < PLANES; ++plane) {
		bool belongs = check == TOOL_BLASCHECK_MEAN ? plane == i : plane % C == i;
		for (size_t k = plane * S; belongs && k < (plane + 1) * S; ++k) {
			sum += check == TOOL_BLASCHECK_MEAN    ? fabs(work->x.exact[k]) / S
			       : check == TOOL_BLASCHECK_DBETA ? fabs(work->dy.exact[k])
			                                       : fabs(work->dy.exact[k] * work->xhat.exact[k]);
		}
	}
	return sum;
}

/* Each number of CLBlast's is a sum in float, one term after another in the worst case. */
static bool compare(const struct work *work, enum tool_blascheck check, struct tool_trial *trial)
{
	const size_t count = check == TOOL_BLASCHECK_MEAN ? PLANES : C;
	const double bound = (S + N) * 0x1p-24;
	for (size_t i = 0; i < count; ++i) {
		double error = fabs(work->ours[i] - work->theirs[i]) / size_of(work, check, i);
		if (!(error <= bound)) {
			return tool_report_fail("number %zu is %.9g by clnorm and %.9g by CLBlast", i, work->ours[i],
			                        work->theirs[i]);
		}
		trial->error = fmax(trial->error, error);
	}
	return true;
}

static bool try_one(struct work *work, enum tool_blascheck check, struct tool_trial *trial)
{
	switch (check) {
	case TOOL_BLASCHECK_MEAN:
		return sum_planes(work, X, ONES, 1.0 / S) && fetch(work, MEAN, work->ours) &&
		       fetch(work, SUMS, work->theirs) && compare(work, check, trial);
	case TOOL_BLASCHECK_DBETA:
		return sum_planes(work, DY, ONES, 1) && sum_samples(work) && fetch(work, DBETA, work->ours) &&
		       fetch(work, TOTALS, work->theirs) && compare(work, check, trial);
	default:
		return sum_planes(work, DY, XHAT, 1) && sum_samples(work) && fetch(work, DGAMMA, work->ours) &&
		       fetch(work, TOTALS, work->theirs) && compare(work, check, trial);
	}
}

void tool_blascheck_run(clnorm_context *ctx, unsigned long long seed, struct tool_trial trials[TOOL_BLASCHECK_COUNT])
{
	struct work *work = calloc(1, sizeof *work);
	bool is_ready = work != NULL || tool_report_fail("no memory for CLBlast's opinion");
	if (is_ready) {
		work->ctx = ctx;
		is_ready = prepare(work, seed);
	}
	for (int i = 0; i < TOOL_BLASCHECK_COUNT; ++i) {
		trials[i] = (struct tool_trial){.result = TOOL_TRIAL_PASSED};
		if (!is_ready || !try_one(work, (enum tool_blascheck)i, &trials[i])) {
			trials[i].result = TOOL_TRIAL_FAILED;
			keep_reason(&trials[i]);
		}
	}
	if (work != NULL) {
		work_clear(work);
	}
	free(work);
}

#else

void tool_blascheck_run(clnorm_context *ctx, unsigned long long seed, struct tool_trial trials[TOOL_BLASCHECK_COUNT])
{
	(void)ctx;
	(void)seed;
	(void)tool_report_fail("built without CLBlast");
	for (int i = 0; i < TOOL_BLASCHECK_COUNT; ++i) {
		trials[i] = (struct tool_trial){.result = TOOL_TRIAL_SKIPPED};
		keep_reason(&trials[i]);
	}
}

#endif
