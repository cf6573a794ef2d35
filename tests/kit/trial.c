/* trial.c: one call of the library on made-up data: inputs, guarded buffers, the call, what came out.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/menu.h"
#include "tests/kit/trial.h"

bool trial_has_layout(int variant, clnorm_layout layout)
{
	const clnorm_variant_info *info = clnorm_variant_get((size_t)variant);
	return !info || (info->layouts & (1u << layout));
}

void trial_force(clnorm_desc *desc, int variant)
{
	const clnorm_variant_info *info = clnorm_variant_get((size_t)variant);
	desc->variant = info ? info->name : NULL;
	for (int i = 0; i < CLNORM_LAYOUT_COUNT && !trial_has_layout(variant, desc->layout); i++) {
		desc->layout = (clnorm_layout)i;
	}
}

clnorm_plan *trial_plan(clnorm_desc *desc, int variant)
{
	const clnorm_variant_info *info = clnorm_variant_get((size_t)variant);
	clnorm_plan *plan = NULL;
	trial_force(desc, variant);
	if (!menu_takes(desc)) {
		return NULL;
	}
	clnorm_status st = clnorm_plan_create(device_get()->ctx, desc, &plan);
	ck_assert_msg(st == CLNORM_OK || (st == CLNORM_UNSUPPORTED && info), "%s: %s: %s\n%s",
	              info ? info->name : "(chosen)", clnorm_status_name(st), clnorm_last_error(),
	              st == CLNORM_BUILD_FAILED ? clnorm_build_log() : "");
	for (unsigned op = CLNORM_OP_FORWARD; plan && info && op <= CLNORM_OP_BACKWARD; op *= 2) {
		if (desc->ops & op) {
			ck_assert_str_eq(clnorm_plan_variant(plan, (clnorm_op)op), info->name);
		}
	}
	return plan;
}

/* Element offsets that leave every alignment behind, and none. */
size_t trial_offset(const struct trial *trial, unsigned which)
{
	static const size_t offsets[] = {0, 1, 3, 16, 7, 37, 64, 5, 2, 13};
	return offsets[(trial->seed * 7 + which * 3) % (sizeof(offsets) / sizeof(offsets[0]))];
}

static double *numbers_new(size_t count)
{
	double *numbers = malloc(count * sizeof(*numbers) + 1);
	ck_assert_ptr_nonnull(numbers);
	return numbers;
}

static double *normal_new(clnorm_dtype dtype, unsigned seed, double mean, double deviation, size_t count)
{
	double *numbers = numbers_new(count);
	cases_normal(seed, mean, deviation, count, numbers);
	place_round(dtype, numbers, count);
	return numbers;
}

static void inputs_make(struct trial *t)
{
	clnorm_dtype parameter = clnorm_dtype_statistics(t->desc.dtype);
	t->x = numbers_new(t->count);
	cases_fill(&t->desc, t->data, t->seed, t->x);
	place_round(t->desc.dtype, t->x, t->count);
	place_init_tensor(&t->at_x, &t->desc, t->desc.strides.x, trial_offset(t, 0));
	if (t->inputs & TRIAL_GAMMA) {
		t->gamma = normal_new(parameter, t->seed + 1, 1, 0.5, t->params);
		place_init(&t->at_gamma, parameter, t->params, trial_offset(t, 1));
		place_store(&t->at_gamma, t->gamma);
	}
	if (t->inputs & TRIAL_BETA) {
		t->beta = normal_new(parameter, t->seed + 2, 0, 1, t->params);
		place_init(&t->at_beta, parameter, t->params, trial_offset(t, 2));
		place_store(&t->at_beta, t->beta);
	}
	if (t->inputs & TRIAL_RESIDUAL) {
		t->residual = normal_new(t->desc.dtype, t->seed + 3, 0, 1, t->count);
		place_init_tensor(&t->at_residual, &t->desc, t->desc.strides.residual, trial_offset(t, 3));
	}
}

static void outputs_make(struct trial *t)
{
	clnorm_dtype statistics = clnorm_dtype_statistics(t->desc.dtype);
	if ((t->outputs & TRIAL_Y) && t->home == TRIAL_APART) {
		place_init_tensor(&t->at_y, &t->desc, t->desc.strides.y, trial_offset(t, 4));
	}
	if (t->outputs & TRIAL_MEAN) {
		place_init(&t->at_mean, statistics, t->sets, trial_offset(t, 5));
	}
	if (t->outputs & TRIAL_RSTD) {
		place_init(&t->at_rstd, statistics, t->sets, trial_offset(t, 6));
	}
	if (t->outputs & TRIAL_MOMENTS) {
		place_init(&t->at_moments, statistics, t->sets * CLNORM_MOMENTS_WIDTH, trial_offset(t, 7));
	}
}

void trial_init(struct trial *trial, const clnorm_desc *desc, enum cases_data data, unsigned seed, unsigned inputs,
                unsigned outputs, enum trial_home home)
{
	memset(trial, 0, sizeof(*trial));
	trial->desc = *desc;
	trial->data = data;
	trial->seed = seed;
	trial->inputs = desc->affine == CLNORM_AFFINE_NONE ? inputs & TRIAL_RESIDUAL : inputs;
	trial->outputs = outputs;
	trial->home = home;
	trial->instances = desc->n * desc->c;
	trial->spatial = cases_spatial(desc);
	trial->count = trial->instances * trial->spatial;
	trial->sets = cases_sets(desc);
	trial->set_count = cases_runs(desc) * trial->spatial;
	trial->params = desc->affine == CLNORM_AFFINE_INSTANCE ? trial->instances : desc->c;
	inputs_make(trial);
	outputs_make(trial);
	trial_rewind(trial);
}

static void results_clear(struct trial *t)
{
	free(t->y);
	free(t->mean);
	free(t->rstd);
	free(t->moments);
	t->y = t->mean = t->rstd = t->moments = NULL;
}

void trial_clear(struct trial *trial)
{
	struct place *places[] = {&trial->at_x,        &trial->at_gamma,   &trial->at_beta,
	                          &trial->at_residual, &trial->at_y,       &trial->at_mean,
	                          &trial->at_rstd,     &trial->at_moments, &trial->at_workspace};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		place_clear(places[i]);
	}
	results_clear(trial);
	free(trial->x);
	free(trial->gamma);
	free(trial->beta);
	free(trial->residual);
	memset(trial, 0, sizeof(*trial));
}

void trial_rewind(struct trial *trial)
{
	struct place *outputs[] = {&trial->at_y, &trial->at_mean, &trial->at_rstd, &trial->at_moments};
	place_store(&trial->at_x, trial->x);
	if (trial->residual) {
		place_store(&trial->at_residual, trial->residual);
	}
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (outputs[i]->mem) {
			place_poison(outputs[i]);
		}
	}
}

void trial_bring_workspace(struct trial *trial, const clnorm_plan *plan)
{
	place_clear(&trial->at_workspace);
	if ((trial->desc.flags & CLNORM_CALLER_WORKSPACE) && clnorm_plan_workspace_bytes(plan) > 0) {
		place_init_workspace(&trial->at_workspace, clnorm_plan_workspace_bytes(plan), trial->seed % 3);
	}
}

const struct place *trial_y_place(const struct trial *trial)
{
	return trial->home == TRIAL_OVER_X          ? &trial->at_x
	       : trial->home == TRIAL_OVER_RESIDUAL ? &trial->at_residual
	                                            : &trial->at_y;
}

clnorm_forward_args trial_args(const struct trial *trial)
{
	clnorm_forward_args args = {0};
	args.x = trial->at_x.view;
	args.gamma = trial->at_gamma.view;
	args.beta = trial->at_beta.view;
	args.residual = trial->at_residual.view;
	if (trial->outputs & TRIAL_Y) {
		args.y = trial_y_place(trial)->view;
	}
	args.mean = trial->at_mean.view;
	args.rstd = trial->at_rstd.view;
	args.moments = trial->at_moments.view;
	args.workspace = trial->at_workspace.view;
	return args;
}

void trial_fetch(struct trial *trial)
{
	bool put_y = trial->outputs & TRIAL_Y;
	results_clear(trial);
	if (!put_y || trial->home != TRIAL_OVER_X) {
		place_check(&trial->at_x, trial->x, "x");
	}
	if (!put_y || trial->home != TRIAL_OVER_RESIDUAL) {
		place_check(&trial->at_residual, trial->residual, "residual");
	}
	place_check(&trial->at_gamma, trial->gamma, "gamma");
	place_check(&trial->at_beta, trial->beta, "beta");
	if (trial->at_workspace.mem) {
		free(place_bytes(&trial->at_workspace, "workspace"));
	}
	trial->y = put_y ? place_load(trial_y_place(trial), "y") : NULL;
	trial->mean = trial->at_mean.mem ? place_load(&trial->at_mean, "mean") : NULL;
	trial->rstd = trial->at_rstd.mem ? place_load(&trial->at_rstd, "rstd") : NULL;
	trial->moments = trial->at_moments.mem ? place_load(&trial->at_moments, "moments") : NULL;
}

void trial_forward(struct trial *trial, clnorm_plan *plan, cl_command_queue queue)
{
	clnorm_forward_args args;
	cl_event done = NULL;
	trial_bring_workspace(trial, plan);
	args = trial_args(trial);
	EXPECT_OK(clnorm_forward(plan, queue, &args, 0, NULL, &done));
	ck_assert_ptr_nonnull(done);
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	trial_fetch(trial);
}

/* Sample and inner strides of the tensors that have any. */
static void strides_print(const clnorm_desc *desc, char *text, size_t bytes)
{
	const struct {
		const char *name;
		clnorm_strides strides;
	} rows[] = {
		{"x", desc->strides.x},   {"residual", desc->strides.residual},
		{"y", desc->strides.y},   {"dy", desc->strides.dy},
		{"dx", desc->strides.dx},
	};
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && length < bytes; i++) {
		const clnorm_strides *s = &rows[i].strides;
		if (s->sample > 0 || s->inner > 0) {
			length += (size_t)snprintf(text + length, bytes - length, ", %s %zu %zu apart", rows[i].name,
			                           s->sample, s->inner);
		}
	}
}

const char *trial_name(const struct trial *trial)
{
	static char names[4][768];
	static unsigned turn;
	char *name = names[turn++ % 4], strides[256];
	const clnorm_desc *d = &trial->desc;
	strides_print(d, strides, sizeof(strides));
	snprintf(name, sizeof(names[0]),
	         "%s %s %s [%zux%zux%zu] groups %zu %s, affine %d, inputs %u, outputs %u, home %d, activation %s, "
	         "epsilon %g, flags %u, seed %u%s%s",
	         d->variant ? d->variant : "(chosen)", clnorm_dtype_name(d->dtype), clnorm_layout_name(d->layout), d->n,
	         d->c, trial->spatial, cases_groups(d), cases_data_name(trial->data), (int)d->affine, trial->inputs,
	         trial->outputs, (int)trial->home, clnorm_activation_name(d->activation), d->epsilon, d->flags,
	         trial->seed, strides, trial->note);
	return name;
}
