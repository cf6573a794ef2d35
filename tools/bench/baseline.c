/* baseline.c: former results of clnorm-bench, and how new ones compare with them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/baseline.h"

#include "tools/data/tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From one run of a program to the next, buffers lie elsewhere and clocks differ: on a quiet machine that moves a
 * median by a percent or two, which the times within a run do not show. */
#define DIFFERENCE 0.02

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static bool read_dims(const struct tool_tree *result, struct tool_baseline_line *line)
{
	const struct tool_tree *shape = tool_tree_get(result, "shape", TOOL_TREE_ARRAY);
	const struct tool_tree *size = shape != NULL ? shape->first : NULL;
	for (; size != NULL; size = size->next) {
		bool is_size = size->kind == TOOL_TREE_NUMBER && size->number >= 1 && size->number < 1e15 &&
		               size->number == floor(size->number);
		if (!is_size || line->rank == TOOL_RANK_MAX) {
			return tool_report_fail("its shape is none");
		}
		line->dims[line->rank++] = (size_t)size->number;
	}
	return line->rank >= 2 || tool_report_fail("has no shape");
}

/* 0 where the program that printed it knew none. */
static bool read_groups(const struct tool_tree *result, struct tool_baseline_line *line)
{
	const struct tool_tree *groups = tool_tree_get(result, "groups", TOOL_TREE_NUMBER);
	double number = groups != NULL ? groups->number : 0, c = (double)line->dims[1];
	if (!(number >= 0 && number <= c && number == floor(number)) || (number > 0 && fmod(c, number) != 0)) {
		return tool_report_fail("has %g groups, which do not divide its C", number);
	}
	line->groups = (size_t)number;
	return true;
}

static bool read_text(const struct tool_tree *result, const char *key, char *text, size_t bytes)
{
	const char *found = tool_tree_text(result, key);
	if (found[0] == '\0') {
		return tool_report_fail("has no %s", key);
	}
	snprintf(text, bytes, "%s", found);
	return true;
}

/* The member's text, or `otherwise` where the program that printed it did not have the member yet. */
static void read_word(const struct tool_tree *result, const char *key, const char *otherwise, char *text, size_t bytes)
{
	const char *found = tool_tree_text(result, key);
	snprintf(text, bytes, "%s", found[0] != '\0' ? found : otherwise);
}

static void read_times(const struct tool_tree *result, struct tool_baseline_line *line)
{
	double least = tool_tree_number(result, "min_ms");
	double spread = isfinite(least) ? fmax(line->median - least, 0) : 0;
	line->q1 = tool_tree_number(result, "q1_ms");
	line->q3 = tool_tree_number(result, "q3_ms");
	if (!isfinite(line->q1) || !isfinite(line->q3)) {
		line->q1 = line->median - spread;
		line->q3 = line->median + spread;
	}
}

static bool read_line(const struct tool_tree *result, struct tool_baseline_line *line)
{
	if (!read_text(result, "id", line->id, sizeof line->id) || !read_dims(result, line) ||
	    !read_groups(result, line) || !read_text(result, "op", line->op, sizeof line->op) ||
	    !read_text(result, "dtype", line->dtype, sizeof line->dtype) ||
	    !read_text(result, "layout", line->layout, sizeof line->layout) ||
	    !read_text(result, "variant", line->variant, sizeof line->variant)) {
		return false;
	}
	read_word(result, "affine", "channel", line->affine, sizeof line->affine);
	read_word(result, "activation", "none", line->activation, sizeof line->activation);
	line->median = tool_tree_number(result, "median_ms");
	if (!isfinite(line->median) || line->median <= 0) {
		return tool_report_fail("has no median_ms above 0");
	}
	read_times(result, line);
	return true;
}

static bool read_results(const struct tool_tree *tree, struct tool_baseline *baseline)
{
	const struct tool_tree *results = tool_tree_get(tree, "results", TOOL_TREE_ARRAY), *result;
	size_t count = 0;
	if (results == NULL) {
		return tool_report_fail("has no \"results\": it is not what clnorm-bench --json prints");
	}
	for (result = results->first; result != NULL; result = result->next) {
		++count;
	}
	baseline->lines = calloc(count + 1, sizeof baseline->lines[0]);
	if (baseline->lines == NULL) {
		return tool_report_fail("no memory for %zu results", count);
	}
	for (result = results->first; result != NULL; result = result->next) {
		if (!read_line(result, &baseline->lines[baseline->count])) {
			return tool_report_fail("result %zu %s", baseline->count + 1, tool_report_text());
		}
		++baseline->count;
	}
	return true;
}

bool tool_baseline_load(const char *path, struct tool_baseline *baseline)
{
	struct tool_tree *tree = NULL;
	struct tool_baseline made = {0};
	if (!tool_tree_load(path, &tree)) {
		return false;
	}
	snprintf(made.device, sizeof made.device, "%s", tool_tree_text(tree, "device"));
	snprintf(made.driver, sizeof made.driver, "%s", tool_tree_text(tree, "driver"));
	bool is_done = read_results(tree, &made);
	tool_tree_destroy(tree);
	if (!is_done) {
		tool_baseline_clear(&made);
		return tool_report_about(path);
	}
	*baseline = made;
	return true;
}

void tool_baseline_clear(struct tool_baseline *baseline)
{
	free(baseline->lines);
	*baseline = (struct tool_baseline){0};
}

/* ---- Comparing -------------------------------------------------------------------------------------------------- */

/* Sets of a sample: C groups are instance norm by another name. */
static size_t sets_of(const struct tool_baseline_line *line)
{
	return line->groups > 0 ? line->groups : line->dims[1];
}

static bool is_of(const struct tool_baseline_line *line, const struct tool_baseline_line *wanted)
{
	return strcmp(line->id, wanted->id) == 0 && strcmp(line->op, wanted->op) == 0 &&
	       strcmp(line->dtype, wanted->dtype) == 0 && strcmp(line->layout, wanted->layout) == 0 &&
	       strcmp(line->affine, wanted->affine) == 0 && strcmp(line->activation, wanted->activation) == 0 &&
	       sets_of(line) == sets_of(wanted) && line->rank == wanted->rank &&
	       memcmp(line->dims, wanted->dims, line->rank * sizeof line->dims[0]) == 0;
}

const struct tool_baseline_line *tool_baseline_find(const struct tool_baseline *baseline,
                                                    const struct tool_baseline_line *wanted, bool is_choice)
{
	const struct tool_baseline_line *only = NULL;
	size_t count = 0;
	for (size_t i = 0; i < baseline->count; ++i) {
		const struct tool_baseline_line *line = &baseline->lines[i];
		if (!is_of(line, wanted)) {
			continue;
		}
		if (strcmp(line->variant, wanted->variant) == 0) {
			return line;
		}
		only = line;
		++count;
	}
	return is_choice && count == 1 ? only : NULL;
}

enum tool_verdict tool_baseline_judge(const struct tool_baseline_line *before, const struct tool_summary *now)
{
	if (now->median >= before->median * (1 + DIFFERENCE) && now->q1 > before->q3) {
		return TOOL_VERDICT_SLOWER;
	}
	if (before->median >= now->median * (1 + DIFFERENCE) && before->q1 > now->q3) {
		return TOOL_VERDICT_FASTER;
	}
	return TOOL_VERDICT_SAME;
}

const char *tool_verdict_name(enum tool_verdict verdict)
{
	static const char *const names[] = {[TOOL_VERDICT_NEW] = "new",
	                                    [TOOL_VERDICT_SAME] = "same",
	                                    [TOOL_VERDICT_FASTER] = "faster",
	                                    [TOOL_VERDICT_SLOWER] = "slower"};
	return names[verdict];
}
