/* survey.h: what clnorm would do on a device: the variants it chooses, the copy speed it has, and whether its results
 * are right. SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SURVEY_H
#define TOOL_SURVEY_H

#include "tools/base/json.h"
#include "tools/base/report.h"

#define TOOL_SURVEY_PLANS 8

/* A typical shape, and what the planner says to it. */
struct tool_survey_plan {
	clnorm_desc desc;
	char shape[64];
	char variant[32]; /* "" where there is no plan */
	char why[256];    /* the planner's sentence, or the reason of its failure */
};

struct tool_survey {
	struct tool_survey_plan plans[TOOL_SURVEY_PLANS];
	size_t plan_count;
	clnorm_tuning_info tuning; /* the user's record of the device */
	bool is_measured;
	size_t copy_bytes;
	double copy_ms;
	const char *copy_name;
	bool is_right;   /* the self-check */
	double error;    /* its largest of y */
	char fault[400]; /* "" where is_right */
};

/* Fills the survey for the context's device. wants_speed: measures the copy, which takes some seconds. A wrong result,
 * or a plan that cannot be made, is in the survey; false is for a measurement that failed. */
TOOL_CHECKED bool tool_survey_take(clnorm_context *ctx, bool wants_speed, struct tool_survey *survey);

void tool_survey_print(const struct tool_survey *survey, FILE *file);
void tool_survey_print_json(const struct tool_survey *survey, struct tool_json *json);

#endif
