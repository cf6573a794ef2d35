/* trial_back.c: one clnorm_backward() on made-up data: a trial's inputs, dy, guarded gradients, what came out.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"
#include "tests/kit/trial_back.h"

clnorm_plan *trial_back_plan(clnorm_desc *desc, int variant)
{
	desc->ops = CLNORM_OP_BACKWARD;
	return trial_plan(desc, variant);
}

static double *numbers_new(size_t count)
{
	double *numbers = malloc(count * sizeof(*numbers) + 1);
	ck_assert_ptr_nonnull(numbers);
	return numbers;
}

/* side: (x - mean)*rstd, of another sign in every other sample. */
static double dy_value(unsigned kind, double normal, double side, size_t s)
{
	switch (kind) {
	case TRIAL_DY_NEAR:
		return 0.25 + normal;
	case TRIAL_DY_FAR:
		return 100 + normal;
	case TRIAL_DY_SIGN:
		return side < 0 ? -fabs(normal) : fabs(normal);
	case TRIAL_DY_CANCELS:
		return (s % 2 ? -1000 : 1000) + normal / 1000;
	case TRIAL_DY_LIKE_X:
		return 3 * side;
	default:
		return s % 97 == 0 ? normal : 0;
	}
}

static void dy_make(struct trial_back *t, const double *mean, const double *rstd)
{
	const struct trial *in = &t->in;
	unsigned kind = t->way.dy > 0 ? t->way.dy - 1 : in->seed % 4;
	t->dy = numbers_new(in->count);
	cases_normal(in->seed + 4, 0, 1, in->count, t->dy);
	for (size_t i = 0; i < in->instances; i++) {
		size_t set = cases_set(&in->desc, i);
		for (size_t s = 0; s < in->spatial; s++) {
			size_t e = cases_index(&in->desc, i, s);
			double side = (in->x[e] - mean[set]) * rstd[set];
			if (kind == TRIAL_DY_LIKE_X && i / in->desc.c % 2) {
				side = -side;
			}
			t->dy[e] = dy_value(kind, t->dy[e], side, s);
		}
	}
	place_round(in->desc.dtype, t->dy, in->count);
}

static bool has_kink(const clnorm_desc *desc)
{
	return desc->activation == CLNORM_ACT_RELU || desc->activation == CLNORM_ACT_LEAKY_RELU;
}

/* Moves away from the kink what lies within eight times the contract's bound on z. How many moved. */
static size_t kinks_avoid_once(struct trial *in)
{
	double *z = numbers_new(in->count);
	double *movable = in->residual ? in->residual : in->x;
	clnorm_desc plain = in->desc;
	size_t moved = 0;
	plain.activation = CLNORM_ACT_NONE;
	oracle_forward(&plain, in->x, in->gamma, in->beta, in->residual, z, NULL, NULL);
	for (size_t i = 0; i < in->count; i++) {
		size_t instance = cases_instance(&in->desc, i);
		double beta = in->beta ? fabs(in->beta[instance % in->params]) : 0;
		double scale = fabs(z[i]) + 2 * beta + 2 * (in->residual ? fabs(in->residual[i]) : 0);
		if (z[i] != 0 && fabs(z[i]) < 4e-6 * fmax(1, scale)) {
			movable[i] += 0.125;
			moved++;
		}
	}
	place_round(in->desc.dtype, movable, in->count);
	free(z);
	return moved;
}

static void kinks_avoid(struct trial *in)
{
	for (int k = 0; has_kink(&in->desc) && kinks_avoid_once(in) > 0; k++) {
		ck_assert_msg(k < 20, "no way around the kink: %s", trial_name(in));
	}
}

/* The statistics that are told, as the device gets them. */
static void statistics_make(struct trial_back *t, const double *mean, const double *rstd)
{
	struct trial *in = &t->in;
	clnorm_dtype type = clnorm_dtype_statistics(in->desc.dtype);
	if (t->way.told == TRIAL_TOLD_PAIR) {
		in->mean = memcpy(numbers_new(in->sets), mean, in->sets * sizeof(*mean));
		in->rstd = memcpy(numbers_new(in->sets), rstd, in->sets * sizeof(*rstd));
		place_round(type, in->mean, in->sets);
		place_round(type, in->rstd, in->sets);
	}
	if (t->way.told == TRIAL_TOLD_MOMENTS) {
		in->moments = numbers_new(in->sets * CLNORM_MOMENTS_WIDTH);
		for (size_t i = 0; i < in->sets; i++) {
			double *record = in->moments + i * CLNORM_MOMENTS_WIDTH;
			struct oracle_moments exact = oracle_moments(&in->desc, in->x, i);
			record[0] = (double)in->set_count;
			record[1] = type == CLNORM_F64 ? exact.mean : (float)exact.mean;
			record[2] = (double)(exact.mean - record[1] + exact.rest);
			record[3] = exact.m2;
		}
		place_round(type, in->moments, in->sets * CLNORM_MOMENTS_WIDTH);
	}
}

static double *old_make(const struct trial_back *t, enum trial_back_output output)
{
	double *old = NULL;
	if ((t->way.outputs & output) && t->way.accumulate.momentum != 0) {
		old = numbers_new(t->in.params);
		cases_normal(t->in.seed + 5 + output, 3, 10, t->in.params, old);
		place_round(clnorm_dtype_statistics(t->in.desc.dtype), old, t->in.params);
	}
	return old;
}

static void places_make(struct trial_back *t)
{
	const struct trial *in = &t->in;
	clnorm_dtype type = clnorm_dtype_statistics(in->desc.dtype);
	place_init_tensor(&t->at_dy, &in->desc, in->desc.strides.dy, trial_offset(in, 10));
	if ((t->way.outputs & TRIAL_DX) && t->way.home == TRIAL_DX_APART) {
		place_init_tensor(&t->at_dx, &in->desc, in->desc.strides.dx, trial_offset(in, 11));
	}
	if (t->way.outputs & TRIAL_DGAMMA) {
		place_init(&t->at_dgamma, type, in->params, trial_offset(in, 12));
	}
	if (t->way.outputs & TRIAL_DBETA) {
		place_init(&t->at_dbeta, type, in->params, trial_offset(in, 13));
	}
}

void trial_back_init(struct trial_back *trial, const clnorm_desc *desc, enum cases_data data, unsigned seed,
                     struct trial_back_way way)
{
	static const unsigned told[TRIAL_TOLD_COUNT] = {0, TRIAL_MEAN | TRIAL_RSTD, TRIAL_MOMENTS};
	struct trial *in = &trial->in;
	memset(trial, 0, sizeof(*trial));
	trial->way = way;
	trial->way.outputs = desc->affine == CLNORM_AFFINE_NONE ? TRIAL_DX : way.outputs;
	trial_init(in, desc, data, seed, way.inputs, told[way.told], TRIAL_APART);
	snprintf(in->note, sizeof(in->note), ", dy %u, gradients %u, told %d, dx at %d, accumulate %g %g", way.dy,
	         trial->way.outputs, (int)way.told, (int)way.home, way.accumulate.scale, way.accumulate.momentum);
	kinks_avoid(in);
	double *mean = numbers_new(in->sets), *rstd = numbers_new(in->sets);
	oracle_forward(desc, in->x, NULL, NULL, NULL, NULL, mean, rstd);
	dy_make(trial, mean, rstd);
	statistics_make(trial, mean, rstd);
	free(mean);
	free(rstd);
	trial->old_dgamma = old_make(trial, TRIAL_DGAMMA);
	trial->old_dbeta = old_make(trial, TRIAL_DBETA);
	places_make(trial);
	trial_back_rewind(trial);
}

static void results_clear(struct trial_back *t)
{
	free(t->dx);
	free(t->dgamma);
	free(t->dbeta);
	t->dx = t->dgamma = t->dbeta = NULL;
}

void trial_back_clear(struct trial_back *trial)
{
	results_clear(trial);
	place_clear(&trial->at_dy);
	place_clear(&trial->at_dx);
	place_clear(&trial->at_dgamma);
	place_clear(&trial->at_dbeta);
	free(trial->dy);
	free(trial->old_dgamma);
	free(trial->old_dbeta);
	trial_clear(&trial->in);
	memset(trial, 0, sizeof(*trial));
}

/* Values, or poison where there are none. */
static void place_reset(struct place *place, const double *values)
{
	if (place->mem && values) {
		place_store(place, values);
	} else if (place->mem) {
		place_poison(place);
	}
}

void trial_back_rewind(struct trial_back *trial)
{
	struct trial *in = &trial->in;
	trial_rewind(in);
	place_reset(&in->at_mean, in->mean);
	place_reset(&in->at_rstd, in->rstd);
	place_reset(&in->at_moments, in->moments);
	place_store(&trial->at_dy, trial->dy);
	place_reset(&trial->at_dx, NULL);
	place_reset(&trial->at_dgamma, trial->old_dgamma);
	place_reset(&trial->at_dbeta, trial->old_dbeta);
}

const struct place *trial_back_dx_place(const struct trial_back *trial)
{
	return trial->way.home == TRIAL_DX_OVER_DY  ? &trial->at_dy
	       : trial->way.home == TRIAL_DX_OVER_X ? &trial->in.at_x
	                                            : &trial->at_dx;
}

clnorm_backward_args trial_back_args(const struct trial_back *trial)
{
	const struct trial *in = &trial->in;
	const clnorm_accumulate *accumulate = &trial->way.accumulate;
	bool accumulates = accumulate->scale != 0 || accumulate->momentum != 0;
	return (clnorm_backward_args){
		.x = in->at_x.view,
		.dy = trial->at_dy.view,
		.gamma = in->at_gamma.view,
		.beta = in->at_beta.view,
		.residual = in->at_residual.view,
		.mean = in->at_mean.view,
		.rstd = in->at_rstd.view,
		.moments = in->at_moments.view,
		.dx = trial->way.outputs & TRIAL_DX ? trial_back_dx_place(trial)->view : (clnorm_view){0},
		.dgamma = trial->at_dgamma.view,
		.dbeta = trial->at_dbeta.view,
		.accumulate = accumulates ? accumulate : NULL,
		.workspace = in->at_workspace.view,
	};
}

static double *result_load(const struct place *place, const char *what)
{
	return place->mem ? place_load(place, what) : NULL;
}

void trial_back_fetch(struct trial_back *trial)
{
	const struct trial *in = &trial->in;
	bool put_dx = trial->way.outputs & TRIAL_DX;
	results_clear(trial);
	if (!put_dx || trial->way.home != TRIAL_DX_OVER_X) {
		place_check(&in->at_x, in->x, "x");
	}
	if (!put_dx || trial->way.home != TRIAL_DX_OVER_DY) {
		place_check(&trial->at_dy, trial->dy, "dy");
	}
	place_check(&in->at_gamma, in->gamma, "gamma");
	place_check(&in->at_beta, in->beta, "beta");
	place_check(&in->at_residual, in->residual, "residual");
	place_check(&in->at_mean, in->mean, "mean");
	place_check(&in->at_rstd, in->rstd, "rstd");
	place_check(&in->at_moments, in->moments, "moments");
	if (in->at_workspace.mem) {
		free(place_bytes(&in->at_workspace, "workspace"));
	}
	trial->dx = put_dx ? place_load(trial_back_dx_place(trial), "dx") : NULL;
	trial->dgamma = result_load(&trial->at_dgamma, "dgamma");
	trial->dbeta = result_load(&trial->at_dbeta, "dbeta");
}

void trial_back_run(struct trial_back *trial, clnorm_plan *plan, cl_command_queue queue)
{
	cl_event done = NULL;
	trial_bring_workspace(&trial->in, plan);
	clnorm_backward_args args = trial_back_args(trial);
	EXPECT_OK(clnorm_backward(plan, queue, &args, 0, NULL, &done));
	ck_assert_ptr_nonnull(done);
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	trial_back_fetch(trial);
}
