/* valid_trial.c: a problem with valid elements on the device: its operands, plans, calls.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/valid_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/cases.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static cl_mem valid_upload(const struct valid_case *c)
{
	size_t bytes = c->mask ? c->mask_bytes : c->desc.n * sizeof(cl_uint);
	unsigned char *image = malloc(4 + bytes);
	cl_int err = CL_SUCCESS;
	ck_assert_ptr_nonnull(image);
	memset(image, 0xee, 4);
	memcpy(image + 4, c->mask ? (const void *)c->mask : c->lengths, bytes);
	cl_mem mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, 4 + bytes, image, &err);
	EXPECT_CL(err);
	free(image);
	return mem;
}

static void operand_put(struct place *place, clnorm_dtype dtype, size_t count, const double *values)
{
	place_init(place, dtype, count, 3);
	if (values) {
		place_store(place, values);
	} else {
		place_poison(place);
	}
}

void valid_trial_init(struct valid_trial *trial, const struct valid_case *c)
{
	trial->c = c;
	clnorm_dtype dtype = c->desc.dtype, statistics = clnorm_dtype_statistics(dtype);
	operand_put(&trial->x, dtype, c->count, c->x);
	operand_put(&trial->dy, dtype, c->count, c->dy);
	operand_put(&trial->residual, dtype, c->count, c->residual);
	operand_put(&trial->gamma, statistics, c->params, c->gamma);
	operand_put(&trial->beta, statistics, c->params, c->beta);
	operand_put(&trial->y, dtype, c->count, NULL);
	operand_put(&trial->mean, statistics, c->sets, NULL);
	operand_put(&trial->rstd, statistics, c->sets, NULL);
	operand_put(&trial->moments, statistics, c->sets * CLNORM_MOMENTS_WIDTH, NULL);
	operand_put(&trial->dx, dtype, c->count, NULL);
	operand_put(&trial->dgamma, statistics, c->params, NULL);
	operand_put(&trial->dbeta, statistics, c->params, NULL);
	trial->valid = valid_upload(c);
}

void valid_trial_clear(struct valid_trial *trial)
{
	struct place *all[] = {&trial->x,       &trial->dy, &trial->residual, &trial->gamma,
	                       &trial->beta,    &trial->y,  &trial->mean,     &trial->rstd,
	                       &trial->moments, &trial->dx, &trial->dgamma,   &trial->dbeta};
	for (size_t i = 0; i < COUNT(all); i++) {
		place_clear(all[i]);
	}
	EXPECT_CL(clReleaseMemObject(trial->valid));
}

static clnorm_view mask_of(const struct valid_trial *trial)
{
	return trial->c->desc.valid == CLNORM_VALID_MASK ? (clnorm_view){trial->valid, 4} : (clnorm_view){0};
}

static clnorm_view lengths_of(const struct valid_trial *trial)
{
	return trial->c->desc.valid == CLNORM_VALID_LENGTHS ? (clnorm_view){trial->valid, 1} : (clnorm_view){0};
}

void valid_trial_forward(struct valid_trial *trial, clnorm_plan *plan)
{
	clnorm_forward_args args = {.x = trial->x.view,
	                            .gamma = trial->gamma.view,
	                            .beta = trial->beta.view,
	                            .residual = trial->residual.view,
	                            .y = trial->y.view,
	                            .mean = trial->mean.view,
	                            .rstd = trial->rstd.view,
	                            .moments = trial->moments.view,
	                            .mask = mask_of(trial),
	                            .lengths = lengths_of(trial)};
	EXPECT_OK(clnorm_forward(plan, device_queue(), &args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_queue()));
}

void valid_trial_apply(struct valid_trial *trial, clnorm_plan *plan)
{
	clnorm_apply_args args = {.x = trial->x.view,
	                          .gamma = trial->gamma.view,
	                          .beta = trial->beta.view,
	                          .residual = trial->residual.view,
	                          .moments = trial->moments.view,
	                          .y = trial->y.view,
	                          .mask = mask_of(trial),
	                          .lengths = lengths_of(trial)};
	EXPECT_OK(clnorm_apply(plan, device_queue(), &args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_queue()));
}

void valid_trial_backward(struct valid_trial *trial, clnorm_plan *plan, bool told)
{
	clnorm_backward_args args = {.x = trial->x.view,
	                             .dy = trial->dy.view,
	                             .gamma = trial->gamma.view,
	                             .beta = trial->beta.view,
	                             .residual = trial->residual.view,
	                             .moments = told ? trial->moments.view : (clnorm_view){0},
	                             .dx = trial->dx.view,
	                             .dgamma = trial->dgamma.view,
	                             .dbeta = trial->dbeta.view,
	                             .mask = mask_of(trial),
	                             .lengths = lengths_of(trial)};
	EXPECT_OK(clnorm_backward(plan, device_queue(), &args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_queue()));
}

static clnorm_plan *plan_make(const clnorm_desc *desc, clnorm_op op)
{
	clnorm_desc of_op = *desc;
	clnorm_plan *plan = NULL;
	of_op.ops = op;
	clnorm_status st = clnorm_plan_create(device_get()->ctx, &of_op, &plan);
	if (st != CLNORM_UNSUPPORTED) {
		EXPECT_OK(st);
	}
	return plan;
}

struct valid_plans valid_plans_make(const clnorm_desc *desc)
{
	return (struct valid_plans){plan_make(desc, CLNORM_OP_FORWARD), plan_make(desc, CLNORM_OP_APPLY),
	                            plan_make(desc, CLNORM_OP_BACKWARD)};
}

void valid_plans_clear(struct valid_plans *plans)
{
	clnorm_plan_destroy(plans->forward);
	clnorm_plan_destroy(plans->apply);
	clnorm_plan_destroy(plans->backward);
}

const char *valid_trial_name(const struct valid_case *c)
{
	static char name[160];
	snprintf(name, sizeof(name), "%s %s %s %zux%zux%zu groups %zu kind %d outside %d%s",
	         c->desc.variant ? c->desc.variant : "chosen", clnorm_dtype_name(c->desc.dtype),
	         clnorm_layout_name(c->desc.layout), c->desc.n, c->desc.c, cases_spatial(&c->desc), c->desc.groups,
	         (int)c->kind, (int)c->desc.outside, c->padded ? ", padded" : "");
	return name;
}
