/* results.c: how a run of clnorm-bench is printed: as a table, line by line, or as JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/results.h"

#include "tools/base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CHOICE_LOSS 0.05 /* how far from the fastest variant the planner may be */

/* ---- Table ------------------------------------------------------------------------------------------------------ */

static int id_width(const struct tool_bench *bench)
{
	size_t width = strlen("shape");
	for (size_t i = 0; i < bench->set->shapes.count; ++i) {
		size_t length = strlen(bench->set->shapes.items[i].id);
		width = length > width ? length : width;
	}
	return (int)width;
}

static double ns_per_element(const struct tool_bench_line *line)
{
	return line->figures.median_ms * 1e6 / (double)tool_bench_elements(line->shape);
}

/* "0.4" %, "-" where there are too few times to tell. */
static void print_doubt(const struct tool_summary *times)
{
	double doubt = tool_summary_doubt(times);
	if (isfinite(doubt)) {
		printf(" %5.1f", doubt * 100);
	} else {
		printf(" %5s", "-");
	}
}

/* Only in a table where a shape has any; "-" for instance norm. */
static void print_groups(const struct tool_bench *bench, const struct tool_shape *shape)
{
	if (shape->groups > 0) {
		printf(" %6zu", shape->groups);
	} else if (tool_shapes_have_groups(&bench->set->shapes)) {
		printf(" %6s", "-");
	}
}

/* "-" where making the plan failed. */
static void print_plan(const struct tool_plancost *plan)
{
	if (isfinite(plan->cold_ms)) {
		printf(" %8.1f %8.2f", plan->cold_ms, plan->warm_ms);
	} else {
		printf(" %8s %8s", "-", "-");
	}
}

void tool_results_print_head(const struct tool_bench *bench)
{
	const clnorm_device_info *device = &bench->device;
	printf("clnorm-bench on %s (%s), driver %s\n", device->name, device->platform_name, device->driver);
	printf("%-*s %-8s %-5s %-6s", id_width(bench), "shape", "op", "dtype", "layout");
	if (tool_shapes_have_groups(&bench->set->shapes)) {
		printf(" %6s", "groups");
	}
	printf(" %-13s %10s %5s %10s %10s %7s %6s %9s %7s", "variant", "median ms", "+-%", "min ms", "copy ms", "GB/s",
	       "share", "launch us", "host us");
	if (bench->set->sweep != TOOL_SWEEP_NONE) {
		printf(" %9s", "ns/elem");
	}
	if (bench->set->wants_plan) {
		printf(" %8s %8s", "cold ms", "warm ms");
	}
	if (bench->set->baseline != NULL) {
		printf(" %10s %s", "before ms", "verdict");
	}
	putchar('\n');
	fflush(stdout);
}

void tool_results_print_line(const struct tool_bench *bench, const struct tool_bench_line *line)
{
	const struct tool_measure *figures = &line->figures;
	char variant[64];
	/* Where all variants are measured, a star is the planner's choice. */
	snprintf(variant, sizeof variant, "%s%s", figures->variant,
	         tool_bench_is_all(bench->set) && figures->is_chosen ? "*" : "");
	printf("%-*s %-8s %-5s %-6s", id_width(bench), line->shape->id, bench->set->op_name,
	       clnorm_dtype_name(bench->set->dtype), clnorm_layout_name(bench->set->layout));
	print_groups(bench, line->shape);
	printf(" %-13s %10.4f", variant, figures->median_ms);
	print_doubt(&figures->times);
	printf(" %10.4f %10.4f %7.2f %6.3f %9.1f %7.1f", figures->min_ms, figures->copy_ms, figures->gb_per_s,
	       figures->share, figures->launch_us, figures->host_us);
	if (bench->set->sweep != TOOL_SWEEP_NONE) {
		printf(" %9.4g", ns_per_element(line));
	}
	if (bench->set->wants_plan) {
		print_plan(&line->plan);
	}
	if (line->before != NULL) {
		printf(" %10.4f", line->before->median);
	} else if (bench->set->baseline != NULL) {
		printf(" %10s", "-");
	}
	printf("%s%s\n", bench->set->baseline != NULL ? " " : "",
	       bench->set->baseline != NULL ? tool_verdict_name(line->verdict) : "");
	fflush(stdout); /* measuring takes long; whoever waits sees each line as it comes */
}

/* How the planner's choice does among the lines of one shape, which follow each other. */
struct choice {
	const struct tool_measure *chosen, *fastest; /* chosen: NULL where it is not among them */
	size_t end;                                  /* where the next shape begins */
};

static struct choice find_choice(const struct tool_bench *bench, size_t first)
{
	const struct tool_bench_line *lines = bench->lines;
	struct choice choice = {NULL, &lines[first].figures, first};
	while (choice.end < bench->line_count && lines[choice.end].shape == lines[first].shape) {
		const struct tool_measure *figures = &lines[choice.end++].figures;
		choice.fastest = figures->median_ms < choice.fastest->median_ms ? figures : choice.fastest;
		choice.chosen = figures->is_chosen ? figures : choice.chosen;
	}
	return choice;
}

/* By more than CHOICE_LOSS, and beyond noise: the middle halves of their times have none in common. */
static bool is_bad(const struct choice *choice)
{
	return choice->chosen != NULL && choice->chosen->median_ms > choice->fastest->median_ms * (1 + CHOICE_LOSS) &&
	       choice->chosen->times.q1 > choice->fastest->times.q3;
}

/* On how many shapes the planner is right, and where it is not. */
static void print_choices(const struct tool_bench *bench)
{
	size_t shapes = 0, bad = 0;
	for (size_t i = 0; i < bench->line_count;) {
		struct choice choice = find_choice(bench, i);
		shapes += choice.chosen != NULL;
		bad += is_bad(&choice);
		i = choice.end;
	}
	printf("clnorm's choice (*) is within %.0f %% of the fastest variant, or of noise, on %zu of %zu shapes\n",
	       CHOICE_LOSS * 100, shapes - bad, shapes);
	for (size_t i = 0; i < bench->line_count;) {
		struct choice choice = find_choice(bench, i);
		if (is_bad(&choice)) {
			printf("  %s: %s takes %.2f times as long as %s\n", bench->lines[i].shape->id,
			       choice.chosen->variant, choice.chosen->median_ms / choice.fastest->median_ms,
			       choice.fastest->variant);
		}
		i = choice.end;
	}
}

void tool_results_print_tail(const struct tool_bench *bench)
{
	if (tool_bench_is_all(bench->set)) {
		print_choices(bench);
	}
	if (bench->set->baseline != NULL) {
		printf("against %s: %zu faster, %zu slower, %zu the same, %zu new\n", bench->set->baseline,
		       tool_bench_count(bench, TOOL_VERDICT_FASTER), tool_bench_count(bench, TOOL_VERDICT_SLOWER),
		       tool_bench_count(bench, TOOL_VERDICT_SAME), tool_bench_count(bench, TOOL_VERDICT_NEW));
	}
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void print_times(const struct tool_measure *figures, struct tool_json *json)
{
	tool_json_number(json, "median_ms", figures->median_ms);
	tool_json_number(json, "min_ms", figures->min_ms);
	tool_json_number(json, "copy_ms", figures->copy_ms);
	tool_json_number(json, "share", figures->share);
	tool_json_number(json, "gb_per_s", figures->gb_per_s);
	tool_json_text(json, "copy_way", figures->copy_name);
	tool_json_whole(json, "rounds", figures->times.count);
	tool_json_number(json, "q1_ms", figures->times.q1);
	tool_json_number(json, "q3_ms", figures->times.q3);
	tool_json_number(json, "median_low_ms", figures->times.low);
	tool_json_number(json, "median_high_ms", figures->times.high);
	tool_json_flag(json, "stable", figures->is_stable);
	tool_json_number(json, "launch_us", figures->launch_us);
	tool_json_number(json, "host_us", figures->host_us);
	tool_json_number(json, "host_launch_us", figures->host_launch_us);
}

/* What work it is: with the variant, all that makes two lines the same. */
static void print_work(const struct tool_bench *bench, const struct tool_shape *shape, struct tool_json *json)
{
	char activation[CLNORM_ACTIVATION_BYTES];
	tool_json_text(json, "id", shape->id);
	tool_json_open(json, "shape", '[');
	for (unsigned i = 0; i < shape->rank; ++i) {
		tool_json_whole(json, NULL, shape->dims[i]);
	}
	tool_json_close(json, ']');
	tool_json_text(json, "op", bench->set->op_name);
	tool_json_text(json, "dtype", clnorm_dtype_name(bench->set->dtype));
	tool_json_text(json, "layout", clnorm_layout_name(bench->set->layout));
	tool_json_text(json, "affine", tool_shapes_affine(shape));
	tool_json_text(json, "activation", clnorm_activation_print(activation, shape->activation, shape->slope));
	tool_json_whole(json, "groups", shape->groups);
}

static void print_json_line(const struct tool_bench *bench, const struct tool_bench_line *line, struct tool_json *json)
{
	tool_json_open(json, NULL, '{');
	print_work(bench, line->shape, json);
	tool_json_text(json, "variant", line->figures.variant);
	print_times(&line->figures, json);
	tool_json_flag(json, "chosen", line->figures.is_chosen);
	tool_json_number(json, "ns_per_element", ns_per_element(line));
	if (bench->set->wants_plan) {
		tool_json_number(json, "plan_cold_ms", line->plan.cold_ms);
		tool_json_number(json, "plan_warm_ms", line->plan.warm_ms);
	}
	if (bench->set->baseline != NULL) {
		tool_json_number(json, "before_ms", line->before != NULL ? line->before->median : NAN);
		tool_json_text(json, "verdict", tool_verdict_name(line->verdict));
	}
	tool_json_close(json, '}');
}

static void print_json_baseline(const struct tool_bench *bench, struct tool_json *json)
{
	tool_json_open(json, "baseline", '{');
	tool_json_text(json, "file", bench->set->baseline);
	for (enum tool_verdict verdict = TOOL_VERDICT_NEW; verdict <= TOOL_VERDICT_SLOWER; ++verdict) {
		tool_json_whole(json, tool_verdict_name(verdict), tool_bench_count(bench, verdict));
	}
	tool_json_close(json, '}');
}

void tool_results_print_json(const struct tool_bench *bench)
{
	struct tool_json json = {.file = stdout};
	char date[32] = "";
	time_t now = time(NULL);
	struct tm parts;
	if (gmtime_r(&now, &parts) != NULL) {
		strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts);
	}
	tool_json_open(&json, NULL, '{');
	tool_json_text(&json, "device", bench->device.name);
	tool_json_text(&json, "platform", bench->device.platform_name);
	tool_json_text(&json, "driver", bench->device.driver);
	tool_json_text(&json, "version", clnorm_version());
	tool_json_text(&json, "date", date);
	tool_json_open(&json, "results", '[');
	for (size_t i = 0; i < bench->line_count; ++i) {
		print_json_line(bench, &bench->lines[i], &json);
	}
	tool_json_close(&json, ']');
	if (bench->set->baseline != NULL) {
		print_json_baseline(bench, &json);
	}
	tool_json_close(&json, '}');
}
