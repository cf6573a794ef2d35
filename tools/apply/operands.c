/* operands.c: what a run of clnorm-apply reads: loaded, held against each other, and turned to the device's types.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/apply/operands.h"

#include "tools/data/extent.h"
#include "tools/data/npy.h"

#include <stdlib.h>
#include <string.h>

/* Loads a tensor of x's shape, or nothing for path NULL, in the device's dtype. */
static bool load_like_x(const char *path, const struct tool_operands *operands, struct tool_array *stored)
{
	struct tool_sample loaded = {0};
	const struct tool_array *x = &operands->x.array, *got = &loaded.array;
	char wanted_text[256], got_text[256];
	if (path == NULL) {
		return true;
	}
	if (!tool_sample_load(path, operands->desc.layout, operands->desc.dtype == CLNORM_BF16, &loaded)) {
		return false;
	}
	bool is_alike = x->rank == got->rank && memcmp(x->dims, got->dims, x->rank * sizeof x->dims[0]) == 0;
	if (!is_alike) {
		tool_report_fail("%s: its shape is %s; the input's is %s", path,
		                 tool_array_shape_text(got->rank, got->dims, got_text, sizeof got_text),
		                 tool_array_shape_text(x->rank, x->dims, wanted_text, sizeof wanted_text));
	}
	bool is_done = is_alike && tool_array_convert(got, operands->desc.dtype, stored);
	tool_sample_clear(&loaded);
	return is_done;
}

/* Statistics of every set, as --save-mean and --save-rstd write them; empty for path NULL. */
static bool load_statistics(const char *path, const clnorm_desc *desc, struct tool_array *array)
{
	struct tool_array loaded = {0};
	size_t sets = tool_extent_of(desc).sets;
	if (path == NULL) {
		return true;
	}
	if (!tool_npy_load(path, false, &loaded)) {
		return false;
	}
	bool is_done = loaded.count == sets
	                       ? tool_array_convert(&loaded, clnorm_dtype_statistics(desc->dtype), array)
	                       : tool_report_fail("has %zu elements; N is %zu and the sets of a sample are "
	                                          "%zu",
	                                          loaded.count, desc->n, tool_extent_of(desc).groups);
	tool_array_clear(&loaded);
	return is_done || tool_report_about(path);
}

static bool check_groups(const char *path, const clnorm_desc *desc)
{
	return desc->groups == 0 || desc->c % desc->groups == 0 ||
	       tool_report_fail("%s: --groups is %zu; it must divide C, which is %zu", path, desc->groups, desc->c);
}

/* A gradient of gamma or beta is one a channel, where they themselves are not given. */
static void set_affine_mode(const struct tool_apply_settings *set, struct tool_operands *operands)
{
	operands->desc.affine = operands->affine.mode;
	if (operands->desc.affine == CLNORM_AFFINE_NONE && (set->dgamma != NULL || set->dbeta != NULL)) {
		operands->desc.affine = CLNORM_AFFINE_CHANNEL;
	}
}

/* What the settings say of the input, but for what files have to say. */
static clnorm_desc describe(const struct tool_apply_settings *set, const struct tool_sample *x)
{
	clnorm_desc desc = tool_sample_desc(x, set->layout);
	desc.dtype = set->dtype.is_given ? set->dtype.dtype : x->array.dtype;
	desc.epsilon = set->epsilon;
	desc.groups = set->groups;
	desc.activation = set->activation.activation;
	desc.slope = set->activation.slope;
	desc.ddof = set->ddof;
	desc.min_std = set->min_std;
	desc.variant = set->variant;
	return desc;
}

bool tool_operands_load(const struct tool_apply_settings *set, struct tool_operands *operands)
{
	*operands = (struct tool_operands){.affine = {.mode = CLNORM_AFFINE_NONE}};
	bool wants_bf16 = set->dtype.is_given && set->dtype.dtype == CLNORM_BF16;
	if (!tool_sample_load(set->input, set->layout, wants_bf16, &operands->x)) {
		return false;
	}
	clnorm_desc *desc = &operands->desc;
	*desc = describe(set, &operands->x);
	bool is_done = check_groups(set->input, desc) &&
	               tool_array_convert(&operands->x.array, desc->dtype, &operands->x_stored) &&
	               load_like_x(set->residual, operands, &operands->residual_stored) &&
	               load_like_x(set->grad, operands, &operands->dy_stored) &&
	               tool_affine_load(set->gamma, set->beta, desc, &operands->affine) &&
	               load_statistics(set->mean, desc, &operands->mean) &&
	               load_statistics(set->rstd, desc, &operands->rstd) &&
	               tool_valid_load(set, desc, &operands->valid) &&
	               (set->style == NULL ||
	                tool_sample_load(set->style, set->layout, desc->dtype == CLNORM_BF16, &operands->style));
	set_affine_mode(set, operands);
	return is_done;
}

bool tool_operands_measure_style(const struct tool_apply_settings *set, clnorm_context *ctx,
                                 struct tool_operands *operands)
{
	if (set->style == NULL) {
		return true;
	}
	bool is_done = tool_affine_from_style(set->style, &operands->style, ctx, &operands->desc, &operands->affine);
	set_affine_mode(set, operands);
	return is_done;
}

bool tool_operands_upload(const struct tool_operands *operands, struct tool_job *job)
{
	const struct {
		struct tool_buffer *buffer;
		const struct tool_array *array;
	} rows[] = {
		{&job->x, &operands->x_stored},       {&job->residual, &operands->residual_stored},
		{&job->dy, &operands->dy_stored},     {&job->gamma, &operands->affine.gamma},
		{&job->beta, &operands->affine.beta}, {&job->mean, &operands->mean},
		{&job->rstd, &operands->rstd},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
		const struct tool_array *array = rows[i].array;
		if (array->data != NULL &&
		    !tool_job_put(job, rows[i].buffer, array->dtype, array->count, array->data)) {
			return false;
		}
	}
	return tool_valid_upload(&operands->valid, job);
}

static bool widen(const struct tool_array *array, const double **values)
{
	if (array->data != NULL) {
		*values = tool_check_widen(array->dtype, array->data, array->count);
	}
	return array->data == NULL || *values != NULL;
}

bool tool_operands_widen(const struct tool_operands *operands, struct tool_check_inputs *inputs)
{
	*inputs = (struct tool_check_inputs){.mask = operands->valid.mask, .lengths = operands->valid.lengths};
	return widen(&operands->x_stored, &inputs->x) && widen(&operands->affine.gamma, &inputs->gamma) &&
	       widen(&operands->affine.beta, &inputs->beta) && widen(&operands->residual_stored, &inputs->residual) &&
	       widen(&operands->dy_stored, &inputs->dy) && widen(&operands->mean, &inputs->mean) &&
	       widen(&operands->rstd, &inputs->rstd);
}

void tool_operands_clear_widened(struct tool_check_inputs *inputs)
{
	free((double *)inputs->x);
	free((double *)inputs->gamma);
	free((double *)inputs->beta);
	free((double *)inputs->residual);
	free((double *)inputs->dy);
	free((double *)inputs->mean);
	free((double *)inputs->rstd);
	*inputs = (struct tool_check_inputs){0};
}

void tool_operands_clear(struct tool_operands *operands)
{
	tool_sample_clear(&operands->x);
	tool_sample_clear(&operands->style);
	tool_affine_clear(&operands->affine);
	tool_valid_clear(&operands->valid);
	tool_array_clear(&operands->mean);
	tool_array_clear(&operands->rstd);
	tool_array_clear(&operands->x_stored);
	tool_array_clear(&operands->residual_stored);
	tool_array_clear(&operands->dy_stored);
}
