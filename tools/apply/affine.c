/* affine.c: gamma and beta of a run of clnorm-apply: from files, or the statistics of a style.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/apply/affine.h"

#include "tools/calls/job.h"
#include "tools/data/extent.h"
#include "tools/data/npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* An array of the statistics type from a file of C or N*C elements; empty for path NULL. */
static bool load_parameter(const char *path, const clnorm_desc *desc, struct tool_array *array)
{
	struct tool_array loaded = {0};
	size_t instances = desc->n * desc->c;
	if (path == NULL) {
		return true;
	}
	if (!tool_npy_load(path, desc->dtype == CLNORM_BF16, &loaded)) {
		return false;
	}
	bool is_done = false;
	if (loaded.count == desc->c || loaded.count == instances) {
		is_done = tool_array_convert(&loaded, clnorm_dtype_statistics(desc->dtype), array) ||
		          tool_report_about(path);
	} else {
		tool_report_fail("%s: has %zu elements; C is %zu and N*C is %zu", path, loaded.count, desc->c,
		                 instances);
	}
	tool_array_clear(&loaded);
	return is_done;
}

/* C elements become N*C; an array that is not given, or long already, stays. */
static bool repeat_parameter(const clnorm_desc *desc, struct tool_array *array)
{
	struct tool_array repeated = {0};
	size_t instances = desc->n * desc->c;
	if (array->data == NULL || array->count == instances) {
		return true;
	}
	if (!tool_array_create(array->dtype, 1, &instances, &repeated)) {
		return false;
	}
	size_t bytes = array->count * clnorm_dtype_bytes(array->dtype);
	for (size_t n = 0; n < desc->n; ++n) {
		memcpy((char *)repeated.data + n * bytes, array->data, bytes);
	}
	tool_array_clear(array);
	*array = repeated;
	return true;
}

bool tool_affine_load(const char *gamma_path, const char *beta_path, const clnorm_desc *desc,
                      struct tool_affine *affine)
{
	struct tool_affine loaded = {.mode = CLNORM_AFFINE_CHANNEL};
	bool is_done = false;
	TOOL_TRY(load_parameter(gamma_path, desc, &loaded.gamma));
	TOOL_TRY(load_parameter(beta_path, desc, &loaded.beta));
	bool has_long = (loaded.gamma.data != NULL && loaded.gamma.count != desc->c) ||
	                (loaded.beta.data != NULL && loaded.beta.count != desc->c);
	if (has_long) {
		loaded.mode = CLNORM_AFFINE_INSTANCE;
		TOOL_TRY(repeat_parameter(desc, &loaded.gamma));
		TOOL_TRY(repeat_parameter(desc, &loaded.beta));
	} else if (gamma_path == NULL && beta_path == NULL) {
		loaded.mode = CLNORM_AFFINE_NONE;
	}
	*affine = loaded;
	loaded = (struct tool_affine){0};
	is_done = true;
done:
	tool_affine_clear(&loaded);
	return is_done;
}

void tool_affine_clear(struct tool_affine *affine)
{
	tool_array_clear(&affine->gamma);
	tool_array_clear(&affine->beta);
	*affine = (struct tool_affine){0};
}

/* ---- Style ------------------------------------------------------------------------------------------------------- */

static bool check_style(const struct tool_sample *style, const clnorm_desc *desc)
{
	size_t n = style->dims[0], c = style->dims[1];
	if (c != desc->c) {
		return tool_report_fail("has %zu channels; the input has %zu", c, desc->c);
	}
	if (n != desc->n && n != 1) {
		return tool_report_fail("N is %zu; the input's N, %zu, or 1 is needed", n, desc->n);
	}
	return style->array.count > 0 || tool_report_fail("has no elements, so it has no mean");
}

/* The moments of every set of the style, CLNORM_MOMENTS_WIDTH doubles each. The caller frees. */
static double *measure_moments(const struct tool_sample *style, clnorm_context *ctx, const clnorm_desc *desc)
{
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	clnorm_desc question = tool_sample_desc(style, desc->layout);
	struct tool_array x = {0}, records = {0};
	struct tool_job job = {0};
	double *moments = NULL;
	question.groups = desc->groups;
	size_t count = tool_extent_of(&question).sets * CLNORM_MOMENTS_WIDTH;
	question.dtype = desc->dtype;
	question.affine = CLNORM_AFFINE_NONE;
	TOOL_TRY(tool_array_convert(&style->array, question.dtype, &x));
	TOOL_TRY(tool_array_create(statistics, 1, &count, &records));
	TOOL_TRY(tool_job_plan(ctx, &question, &job) == CLNORM_OK);
	TOOL_TRY(tool_job_allocate(&job, TOOL_JOB_X | TOOL_JOB_MOMENTS, 0));
	TOOL_TRY(tool_job_put(&job, &job.x, question.dtype, x.count, x.data));
	TOOL_TRY(tool_job_run(&job, CLNORM_OP_FORWARD, NULL));
	TOOL_TRY(tool_buffer_download(&job.moments, clnorm_context_queue(ctx), records.data));
	moments = malloc(count * sizeof moments[0]);
	TOOL_TRY(moments != NULL || tool_report_fail("no memory for %zu doubles", count));
	if (!tool_report_status(clnorm_convert(statistics, records.data, CLNORM_F64, moments, count))) {
		free(moments);
		moments = NULL;
	}
done:
	tool_job_clear(&job);
	tool_array_clear(&x);
	tool_array_clear(&records);
	return moments;
}

/* gamma and beta of the statistics type, for n samples, from the records count, mean, mean_low, m2. */
static bool fill_from_moments(const double *moments, const clnorm_desc *desc, size_t n, struct tool_affine *affine)
{
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	struct tool_extent extent = tool_extent_of(desc);
	size_t instances = n * desc->c;
	bool is_done = false;
	TOOL_TRY(tool_array_create(statistics, 1, &instances, &affine->gamma));
	TOOL_TRY(tool_array_create(statistics, 1, &instances, &affine->beta));
	size_t bytes = clnorm_dtype_bytes(statistics);
	for (size_t i = 0; i < instances; ++i) {
		const double *record = moments + tool_extent_set(&extent, i) * CLNORM_MOMENTS_WIDTH;
		double deviation = sqrt(record[3] / record[0]), mean = record[1] + record[2];
		char *gamma = (char *)affine->gamma.data + i * bytes, *beta = (char *)affine->beta.data + i * bytes;
		TOOL_TRY(tool_report_status(clnorm_convert(CLNORM_F64, &deviation, statistics, gamma, 1)));
		TOOL_TRY(tool_report_status(clnorm_convert(CLNORM_F64, &mean, statistics, beta, 1)));
	}
	is_done = true;
done:
	return is_done;
}

bool tool_affine_from_style(const char *path, const struct tool_sample *style, clnorm_context *ctx,
                            const clnorm_desc *desc, struct tool_affine *affine)
{
	size_t n = style->dims[0];
	struct tool_affine made = {.mode = n == 1 ? CLNORM_AFFINE_CHANNEL : CLNORM_AFFINE_INSTANCE};
	bool is_done = false;
	double *moments = NULL;
	TOOL_TRY(check_style(style, desc));
	TOOL_TRY((moments = measure_moments(style, ctx, desc)) != NULL);
	TOOL_TRY(fill_from_moments(moments, desc, n, &made));
	*affine = made;
	made = (struct tool_affine){0};
	is_done = true;
done:
	free(moments);
	tool_affine_clear(&made);
	return is_done || tool_report_about(path);
}
