/* apply.c: the work of clnorm-apply: files in, one call on the device, files out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "apply.h"

#include "affine.h"
#include "check.h"
#include "extent.h"
#include "job.h"
#include "npy.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Pixel of a normalized picture: three standard deviations either way fill the scale 0 to 255. */
#define DISPLAY_SCALE 42.5f
#define DISPLAY_OFFSET 127.5f

enum product { PRODUCT_Y = 0, PRODUCT_MEAN, PRODUCT_RSTD, PRODUCT_COUNT };

/* Everything that one run owns, except ctx all empty at first. */
struct run {
	const struct tool_apply_settings *set;
	clnorm_context *ctx;
	clnorm_desc desc;
	struct tool_sample x, residual, style;
	struct tool_affine affine;
	struct tool_array x_stored, residual_stored; /* in the device's dtype */
	struct tool_array results[PRODUCT_COUNT];    /* as the device gave them */
	struct tool_output outputs[PRODUCT_COUNT];
	struct tool_job job;
	double ms;
};

/* ---- Inputs ------------------------------------------------------------------------------------------------------ */

static bool load_residual(struct run *run)
{
	char wanted[256], got[256];
	const struct tool_array *x = &run->x.array, *r = &run->residual.array;
	if (run->set->residual == NULL) {
		return true;
	}
	if (!tool_sample_load(run->set->residual, run->set->layout, &run->residual)) {
		return false;
	}
	if (x->rank != r->rank || memcmp(x->dims, r->dims, x->rank * sizeof x->dims[0]) != 0) {
		return tool_report_fail("%s: its shape is %s; the input's is %s", run->set->residual,
		                        tool_array_shape_text(r->rank, r->dims, got, sizeof got),
		                        tool_array_shape_text(x->rank, x->dims, wanted, sizeof wanted));
	}
	return true;
}

static bool load_inputs(struct run *run)
{
	const struct tool_apply_settings *set = run->set;
	if (!tool_sample_load(set->input, set->layout, &run->x)) {
		return false;
	}
	run->desc = tool_sample_desc(&run->x, set->layout);
	run->desc.dtype = set->dtype.is_given ? set->dtype.dtype : run->x.array.dtype;
	run->desc.epsilon = set->epsilon;
	run->desc.activation = set->activation.activation;
	run->desc.slope = set->activation.slope;
	run->desc.variant = set->variant;
	return load_residual(run) && tool_affine_load(set->gamma, set->beta, &run->desc, &run->affine) &&
	       (set->style == NULL || tool_sample_load(set->style, set->layout, &run->style));
}

/* ---- Outputs ------------------------------------------------------------------------------------------------------
 */

static const char *product_path(const struct run *run, size_t i)
{
	const char *paths[PRODUCT_COUNT] = {run->set->output, run->set->save_mean, run->set->save_rstd};
	return paths[i];
}

static bool has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path), ending_length = strlen(ending);
	return length > ending_length && strcasecmp(path + length - ending_length, ending) == 0;
}

/* A picture comes out as a picture, unless a tensor is asked for by name. */
static bool is_picture_output(const struct run *run)
{
	return run->x.picture.samples != NULL && !has_ending(run->set->output, ".npy");
}

static bool open_outputs(struct run *run)
{
	if (run->set->output != NULL && run->x.picture.samples == NULL && has_ending(run->set->output, ".png")) {
		return tool_report_fail("%s: the input is a tensor, and is written as .npy", run->set->output);
	}
	for (size_t i = 0; i < PRODUCT_COUNT; ++i) {
		if (product_path(run, i) == NULL) {
			continue;
		}
		if (!tool_output_create(product_path(run, i), &run->outputs[i])) {
			return false;
		}
		for (size_t k = 0; k < i; ++k) {
			if (run->outputs[k].target != NULL && tool_output_is_same(&run->outputs[k], &run->outputs[i])) {
				return tool_report_fail("%s: is named for two outputs", product_path(run, i));
			}
		}
	}
	return true;
}

static bool write_y(const struct run *run, FILE *file)
{
	const struct tool_apply_settings *set = run->set;
	struct tool_array y = {0};
	if (!tool_array_convert(&run->results[PRODUCT_Y], run->x.array.dtype, &y)) {
		return false;
	}
	bool is_done;
	if (is_picture_output(run)) {
		bool is_in_pixels =
			set->gamma != NULL || set->beta != NULL || set->style != NULL || set->residual != NULL;
		struct tool_sample_display display = {1.0f, 0.0f};
		if (!is_in_pixels) {
			display = (struct tool_sample_display){DISPLAY_SCALE, DISPLAY_OFFSET};
		}
		is_done = tool_sample_write_picture(file, &run->x, set->layout, y.data, display);
	} else {
		is_done = tool_npy_write(file, &y);
	}
	tool_array_clear(&y);
	return is_done;
}

/* All files are whole on the disk before the first gets its name. */
static bool write_outputs(struct run *run)
{
	for (size_t i = 0; i < PRODUCT_COUNT; ++i) {
		struct tool_output *output = &run->outputs[i];
		if (output->target == NULL) {
			continue;
		}
		bool is_written =
			i == PRODUCT_Y ? write_y(run, output->file) : tool_npy_write(output->file, &run->results[i]);
		if (!is_written) {
			return tool_report_about(product_path(run, i));
		}
		if (!tool_output_finish(output)) {
			return false;
		}
	}
	for (size_t i = 0; i < PRODUCT_COUNT; ++i) {
		if (run->outputs[i].target != NULL && !tool_output_publish(&run->outputs[i])) {
			return false;
		}
	}
	return true;
}

/* ---- Device -------------------------------------------------------------------------------------------------------
 */

/* Puts the operands on the device. gamma and beta may be absent. */
static bool upload(struct run *run)
{
	struct tool_job *job = &run->job;
	clnorm_dtype statistics = clnorm_dtype_statistics(run->desc.dtype);
	const struct {
		struct tool_slab *slab;
		const struct tool_array *array;
		clnorm_dtype dtype;
	} rows[] = {
		{&job->x, &run->x_stored, run->desc.dtype},
		{&job->residual, &run->residual_stored, run->desc.dtype},
		{&job->gamma, &run->affine.gamma, statistics},
		{&job->beta, &run->affine.beta, statistics},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
		const struct tool_array *array = rows[i].array;
		if (array->data != NULL && !tool_job_put(job, rows[i].slab, rows[i].dtype, array->count, array->data)) {
			return false;
		}
	}
	return true;
}

static bool download(struct run *run)
{
	const struct tool_slab *slabs[PRODUCT_COUNT] = {&run->job.y, &run->job.mean, &run->job.rstd};
	const size_t dims[2] = {run->desc.n, run->desc.c};
	clnorm_dtype statistics = clnorm_dtype_statistics(run->desc.dtype);
	for (size_t i = 0; i < PRODUCT_COUNT; ++i) {
		struct tool_array *result = &run->results[i];
		if (slabs[i]->tensor == NULL) {
			continue;
		}
		bool is_made = i == PRODUCT_Y ? tool_array_create(run->desc.dtype, run->x.array.rank, run->x.array.dims,
		                                                  result)
		                              : tool_array_create(statistics, 2, dims, result);
		if (!is_made || !tool_slab_download(slabs[i], clnorm_context_queue(run->ctx), result->data)) {
			return false;
		}
	}
	return true;
}

static bool run_on_device(struct run *run)
{
	unsigned outputs = 0;
	outputs |= run->set->output != NULL || run->set->check ? (unsigned)TOOL_JOB_Y : 0;
	outputs |= run->set->save_mean != NULL ? (unsigned)TOOL_JOB_MEAN : 0;
	outputs |= run->set->save_rstd != NULL ? (unsigned)TOOL_JOB_RSTD : 0;
	run->desc.affine = run->affine.mode;
	if (!tool_array_convert(&run->x.array, run->desc.dtype, &run->x_stored) ||
	    (run->residual.array.data != NULL &&
	     !tool_array_convert(&run->residual.array, run->desc.dtype, &run->residual_stored))) {
		return false;
	}
	if (tool_job_plan(run->ctx, &run->desc, &run->job) != CLNORM_OK || !tool_job_allocate(&run->job, outputs, 0) ||
	    !upload(run)) {
		return false;
	}
	return tool_report_status(clnorm_plan_prepare(run->job.plan, clnorm_context_queue(run->ctx))) &&
	       tool_job_run(&run->job, &run->ms) && download(run);
}

/* ---- Reports ------------------------------------------------------------------------------------------------------
 */

/* The array in double; NULL without a reason where it is empty. */
static bool widen(const struct tool_array *array, double **values)
{
	*values = array->data != NULL ? tool_check_widen(array->dtype, array->data, array->count) : NULL;
	return array->data == NULL || *values != NULL;
}

static void print_check(const struct run *run, const struct tool_check *check)
{
	const char *dtype = clnorm_dtype_name(run->desc.dtype);
	bool is_stored_shorter = run->desc.dtype != clnorm_dtype_statistics(run->desc.dtype);
	printf("check: %s, largest error %.3g of max(1, |gamma*xhat| + |beta|)", check->is_passed ? "ok" : "FAILED",
	       check->error);
	if (is_stored_shorter) {
		printf(", %.3g past half an ulp of %s", check->excess, dtype);
	}
	printf(", bound %.3g\n", check->bound);
}

static bool check_result(const struct run *run)
{
	struct tool_check check = {0};
	double *x = NULL, *gamma = NULL, *beta = NULL, *residual = NULL, *y = NULL;
	bool is_done = false;
	TOOL_TRY(widen(&run->x_stored, &x));
	TOOL_TRY(widen(&run->affine.gamma, &gamma));
	TOOL_TRY(widen(&run->affine.beta, &beta));
	TOOL_TRY(widen(&run->residual_stored, &residual));
	TOOL_TRY(widen(&run->results[PRODUCT_Y], &y));
	struct tool_check_inputs inputs = {x, gamma, beta, residual};
	struct tool_check_outputs outputs = {.y = y};
	TOOL_TRY(tool_check_forward(&run->desc, &inputs, &outputs, &check));
	print_check(run, &check);
	is_done = check.is_passed || tool_report_fail("%s: the result is wrong: %s", run->set->input, check.fault);
done:
	free(x);
	free(gamma);
	free(beta);
	free(residual);
	free(y);
	return is_done;
}

static bool print_summary(const struct run *run)
{
	clnorm_device_info info;
	char shape[256];
	if (!tool_report_status(clnorm_context_info(run->ctx, &info))) {
		return false;
	}
	tool_report_note("%s: %s %s %s, variant %s, %.3f ms on %s (%s)", run->set->input,
	                 tool_array_shape_text(run->x.array.rank, run->x.array.dims, shape, sizeof shape),
	                 clnorm_layout_name(run->desc.layout), clnorm_dtype_name(run->desc.dtype),
	                 clnorm_plan_variant(run->job.plan, CLNORM_OP_FORWARD), run->ms, info.name, info.platform_name);
	return true;
}

static void clear(struct run *run)
{
	tool_job_clear(&run->job);
	clnorm_context_destroy(run->ctx);
	tool_sample_clear(&run->x);
	tool_sample_clear(&run->residual);
	tool_sample_clear(&run->style);
	tool_affine_clear(&run->affine);
	tool_array_clear(&run->x_stored);
	tool_array_clear(&run->residual_stored);
	for (size_t i = 0; i < PRODUCT_COUNT; ++i) {
		tool_array_clear(&run->results[i]);
		tool_output_clear(&run->outputs[i]);
	}
}

bool tool_apply_run(const struct tool_apply_settings *set)
{
	struct run run = {.set = set};
	bool is_done = false;
	TOOL_TRY(load_inputs(&run));
	TOOL_TRY(open_outputs(&run));
	TOOL_TRY(tool_report_status(clnorm_context_open(set->device, &run.ctx)));
	if (set->style != NULL) {
		TOOL_TRY(tool_affine_from_style(set->style, &run.style, run.ctx, &run.desc, &run.affine));
	}
	TOOL_TRY(run_on_device(&run));
	TOOL_TRY(!set->check || check_result(&run));
	TOOL_TRY(write_outputs(&run));
	TOOL_TRY(set->quiet || print_summary(&run));
	is_done = true;
done:
	clear(&run);
	return is_done;
}
