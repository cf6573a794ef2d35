/* trial.h: one call of the library on made-up data: inputs, guarded buffers, the call, what came out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TRIAL_H
#define TESTS_TRIAL_H

#include "tests/kit/cases.h"
#include "tests/kit/place.h"

enum trial_input { TRIAL_GAMMA = 1, TRIAL_BETA = 2, TRIAL_RESIDUAL = 4 };

enum trial_output { TRIAL_Y = 1, TRIAL_MEAN = 2, TRIAL_RSTD = 4, TRIAL_MOMENTS = 8, TRIAL_ALL = 15 };

/* Where y goes. */
enum trial_home { TRIAL_APART = 0, TRIAL_OVER_X, TRIAL_OVER_RESIDUAL };

struct trial {
	clnorm_desc desc;
	enum cases_data data;
	unsigned seed;
	unsigned inputs;  /* trial_input bits */
	unsigned outputs; /* trial_output bits */
	enum trial_home home;
	char note[128]; /* what else trial_name() is to say; "" after trial_init() */

	/* Made by trial_init(). Host values are as the device has them: rounded to their type. */
	size_t instances, spatial, count, params;
	size_t sets, set_count; /* what shares statistics, and the elements of each */
	double *x, *gamma, *beta, *residual;
	struct place at_x, at_gamma, at_beta, at_residual;
	struct place at_y, at_mean, at_rstd, at_moments, at_workspace;

	/* Made by trial_fetch(); NULL where not asked for. */
	double *y, *mean, *rstd, *moments;
};

/* Forces row `variant` of the variant table; past the table's end, leaves the choice to the planner. The layout becomes
 * one that the variant knows. */
void trial_force(clnorm_desc *desc, int variant);
/* A plan of the description that trial_force() makes. NULL where the variant does not apply to the shape, or not to
 * desc->ops, or where its program is not on the menu (menu.h). */
clnorm_plan *trial_plan(clnorm_desc *desc, int variant);
/* Whether that variant knows the layout; past the table's end, true. */
bool trial_has_layout(int variant, clnorm_layout layout);

/* Makes the data and uploads it. inputs, outputs and home as above; the desc decides the rest. */
void trial_init(struct trial *trial, const clnorm_desc *desc, enum cases_data data, unsigned seed, unsigned inputs,
                unsigned outputs, enum trial_home home);
void trial_clear(struct trial *trial);

/* Element offset of the which-th buffer: odd ones that leave every alignment behind, and 0. */
size_t trial_offset(const struct trial *trial, unsigned which);

/* Uploads x and residual again, which a call in place has overwritten, and poisons every output. */
void trial_rewind(struct trial *trial);
/* The workspace that the plan wants, where the desc has CLNORM_CALLER_WORKSPACE. */
void trial_bring_workspace(struct trial *trial, const clnorm_plan *plan);
clnorm_forward_args trial_args(const struct trial *trial);
/* Runs clnorm_forward() to its end and fetches; every buffer's canaries are checked. */
void trial_forward(struct trial *trial, clnorm_plan *plan, cl_command_queue queue);
/* Downloads the outputs, and checks the canaries of all buffers and that inputs are as they were. */
void trial_fetch(struct trial *trial);
/* The place that y was written to. */
const struct place *trial_y_place(const struct trial *trial);
/* "rows f32 nchw 2x3x961 offset ...", for messages; in a buffer that the next few calls leave alone. */
const char *trial_name(const struct trial *trial);

#endif
