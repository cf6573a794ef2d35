/* survey.c: what clnorm would do on a device: the variants it chooses, the copy speed it has, and whether its results
 * are right. SPDX-License-Identifier: Apache-2.0 */
#include "tools/info/survey.h"

#include "tools/data/extent.h"
#include "tools/judge/trials.h"
#include "tools/measure/measure.h"

#include <math.h>

#define CHECK_SEED 1
/* Larger than the caches, if the device has the memory for it. */
#define COPY_BYTES ((size_t)64 << 20)

/* From launch-bound to few large planes; one of the last in half the bytes, and one with channels last. */
static const struct {
	size_t n, c, h, w;
	clnorm_dtype dtype;
	clnorm_layout layout;
} typical[] = {
	{5, 3, 4, 4, CLNORM_F32, CLNORM_NCHW},      {16, 512, 32, 32, CLNORM_F32, CLNORM_NCHW},
	{8, 64, 64, 64, CLNORM_F32, CLNORM_NCHW},   {4, 64, 256, 256, CLNORM_F32, CLNORM_NCHW},
	{1, 32, 512, 512, CLNORM_F32, CLNORM_NCHW}, {1, 3, 1080, 1920, CLNORM_F32, CLNORM_NCHW},
	{1, 32, 512, 512, CLNORM_F16, CLNORM_NCHW}, {8, 64, 64, 64, CLNORM_F32, CLNORM_NHWC},
};
enum { TYPICAL_COUNT = sizeof typical / sizeof typical[0] };
_Static_assert(TYPICAL_COUNT <= TOOL_SURVEY_PLANS, "struct tool_survey has too few places for plans");

static void ask_plan(clnorm_context *ctx, size_t i, struct tool_survey_plan *answer)
{
	clnorm_plan *plan = NULL;
	*answer = (struct tool_survey_plan){
		.desc = clnorm_desc_2d(typical[i].n, typical[i].c, typical[i].h, typical[i].w)};
	answer->desc.dtype = typical[i].dtype;
	answer->desc.layout = typical[i].layout;
	snprintf(answer->shape, sizeof answer->shape, "%zux%zux%zux%zu", typical[i].n, typical[i].c, typical[i].h,
	         typical[i].w);
	if (!tool_report_status(clnorm_plan_create(ctx, &answer->desc, &plan))) {
		snprintf(answer->why, sizeof answer->why, "%.255s", tool_report_text());
		return;
	}
	snprintf(answer->variant, sizeof answer->variant, "%s", clnorm_plan_variant(plan, CLNORM_OP_FORWARD));
	snprintf(answer->why, sizeof answer->why, "%s", clnorm_plan_explain(plan, CLNORM_OP_FORWARD));
	clnorm_plan_destroy(plan);
}

/* Small instances, one that is cut into pieces, half floats, gradients: some seconds at most, nearly all of it
 * compiling. */
static void check_results(clnorm_context *ctx, struct tool_survey *survey)
{
	struct {
		clnorm_desc desc;
		clnorm_op op;
	} cases[] = {
		{clnorm_desc_2d(2, 5, 13, 17), CLNORM_OP_FORWARD},
		{clnorm_desc_1d(1, 3, 65537), CLNORM_OP_FORWARD},
		{clnorm_desc_2d(2, 5, 13, 17), CLNORM_OP_FORWARD},
		{clnorm_desc_2d(2, 5, 13, 17), CLNORM_OP_BACKWARD},
	};
	cases[2].desc.dtype = CLNORM_F16;
	survey->is_right = true;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0] && survey->is_right; ++i) {
		struct tool_trial trial;
		tool_trial_run(ctx, &cases[i].desc, cases[i].op, CHECK_SEED, &trial);
		if (cases[i].op == CLNORM_OP_FORWARD) {
			survey->error = fmax(survey->error, trial.error);
		}
		survey->is_right = trial.result == TOOL_TRIAL_PASSED;
		if (!survey->is_right) {
			snprintf(survey->fault, sizeof survey->fault, "%s", trial.reason);
		}
	}
}

static bool measure_copy(clnorm_context *ctx, struct tool_survey *survey)
{
	struct tool_copy copy;
	struct tool_measure result = {0};
	clnorm_device_info info;
	if (!tool_report_status(clnorm_context_info(ctx, &info)) || !tool_copy_create(ctx, &copy)) {
		return false;
	}
	survey->copy_bytes = COPY_BYTES;
	while (survey->copy_bytes > 4096 &&
	       (survey->copy_bytes > info.max_alloc_bytes || survey->copy_bytes > info.global_bytes / 4)) {
		survey->copy_bytes /= 2;
	}
	bool is_done = tool_measure_copy(ctx, &copy, survey->copy_bytes, &result);
	survey->is_measured = is_done;
	survey->copy_ms = result.copy_ms;
	survey->copy_name = result.copy_name;
	tool_copy_clear(&copy);
	return is_done;
}

bool tool_survey_take(clnorm_context *ctx, bool wants_speed, struct tool_survey *survey)
{
	*survey = (struct tool_survey){.plan_count = TYPICAL_COUNT};
	for (size_t i = 0; i < TYPICAL_COUNT; ++i) {
		ask_plan(ctx, i, &survey->plans[i]);
	}
	check_results(ctx, survey);
	if (!tool_report_status(clnorm_tuning_describe(ctx, &survey->tuning))) {
		return false;
	}
	return !wants_speed || measure_copy(ctx, survey);
}

/* Bytes read and written in a second, in 1e9. */
static double copy_speed(const struct tool_survey *survey)
{
	return 2.0 * (double)survey->copy_bytes / survey->copy_ms * 1e-6;
}

static void print_tuning(const clnorm_tuning_info *tuning, FILE *file)
{
	fprintf(file, "Tuning record\n");
	if (tuning->loaded) {
		fprintf(file, "  %zu entries in %s\n", tuning->entries, tuning->path);
	} else if (tuning->path[0] == '\0') {
		fprintf(file, "  none: %s\n", tuning->reason);
	} else {
		fprintf(file, "  %s: %s: %s\n", tuning->found ? "ignored" : "none", tuning->path, tuning->reason);
	}
}

static void print_tuning_json(const clnorm_tuning_info *tuning, struct tool_json *json)
{
	tool_json_open(json, "tuning", '{');
	tool_json_text(json, "path", tuning->path[0] != '\0' ? tuning->path : NULL);
	tool_json_flag(json, "found", tuning->found);
	tool_json_flag(json, "loaded", tuning->loaded);
	tool_json_whole(json, "entries", tuning->entries);
	tool_json_text(json, "reason", tuning->reason);
	tool_json_close(json, '}');
}

void tool_survey_print(const struct tool_survey *survey, FILE *file)
{
	fprintf(file, "Variants that clnorm chooses\n");
	for (size_t i = 0; i < survey->plan_count; ++i) {
		const struct tool_survey_plan *plan = &survey->plans[i];
		fprintf(file, "  %-14s %-4s %-5s %s%s\n", plan->shape, clnorm_dtype_name(plan->desc.dtype),
		        clnorm_layout_name(plan->desc.layout), plan->variant[0] == '\0' ? "no plan: " : "", plan->why);
	}
	print_tuning(&survey->tuning, file);
	if (survey->is_measured) {
		fprintf(file, "Copy speed\n  %.2f GB/s read and written, %zu MiB, %s\n", copy_speed(survey),
		        survey->copy_bytes >> 20, survey->copy_name);
	}
	fprintf(file, "Self-check\n  %s%s", survey->is_right ? "passed" : "FAILED: ", survey->fault);
	fprintf(file, survey->is_right ? ", largest error of y %.3g\n" : "\n", survey->error);
}

void tool_survey_print_json(const struct tool_survey *survey, struct tool_json *json)
{
	tool_json_open(json, "plans", '[');
	for (size_t i = 0; i < survey->plan_count; ++i) {
		const struct tool_survey_plan *plan = &survey->plans[i];
		const size_t dims[] = {plan->desc.n, plan->desc.c, plan->desc.spatial[0], plan->desc.spatial[1]};
		tool_json_open(json, NULL, '{');
		tool_json_open(json, "shape", '[');
		for (size_t k = 0; k < sizeof dims / sizeof dims[0]; ++k) {
			tool_json_whole(json, NULL, dims[k]);
		}
		tool_json_close(json, ']');
		tool_json_text(json, "dtype", clnorm_dtype_name(plan->desc.dtype));
		tool_json_text(json, "layout", clnorm_layout_name(plan->desc.layout));
		tool_json_text(json, "variant", plan->variant[0] != '\0' ? plan->variant : NULL);
		tool_json_text(json, "why", plan->why);
		tool_json_close(json, '}');
	}
	tool_json_close(json, ']');
	print_tuning_json(&survey->tuning, json);
	if (survey->is_measured) {
		tool_json_open(json, "copy", '{');
		tool_json_whole(json, "bytes", survey->copy_bytes);
		tool_json_number(json, "ms", survey->copy_ms);
		tool_json_number(json, "gb_per_s", copy_speed(survey));
		tool_json_text(json, "way", survey->copy_name);
		tool_json_close(json, '}');
	}
	tool_json_open(json, "self_check", '{');
	tool_json_flag(json, "passed", survey->is_right);
	tool_json_number(json, "error", survey->error);
	tool_json_text(json, "fault", survey->fault);
	tool_json_close(json, '}');
}
