/* specimen.c: one description with made-up data on the host: inputs, outputs of the reference, outputs of the oracle.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"
#include "tests/kit/specimen.h"

clnorm_desc specimen_way(const struct cases_shape *shape, int way)
{
	clnorm_desc desc = cases_desc(shape);
	int layout = way / 2, affine = layout / CLNORM_LAYOUT_COUNT;
	desc.slope = 0.2;
	desc.layout = (clnorm_layout)(layout % CLNORM_LAYOUT_COUNT);
	desc.affine = (clnorm_affine)(affine % CLNORM_AFFINE_COUNT);
	desc.activation = (clnorm_activation)(affine / CLNORM_AFFINE_COUNT % CLNORM_ACTIVATION_COUNT);
	return desc;
}

static double *numbers_new(size_t count)
{
	double *numbers = malloc(count * sizeof(*numbers) + 1);
	ck_assert_ptr_nonnull(numbers);
	for (size_t i = 0; i < count; i++) {
		numbers[i] = NAN;
	}
	return numbers;
}

static double *normal_new(unsigned seed, double mean, size_t count)
{
	double *numbers = numbers_new(count);
	cases_normal(seed, mean, 1, count, numbers);
	return numbers;
}

static void outputs_init(struct specimen_outputs *outputs, const struct specimen *specimen)
{
	bool has_parameters = specimen->desc.affine != CLNORM_AFFINE_NONE;
	*outputs = (struct specimen_outputs){
		.y = numbers_new(specimen->count),
		.mean = numbers_new(specimen->instances),
		.rstd = numbers_new(specimen->instances),
		.dx = numbers_new(specimen->count),
		.dgamma = has_parameters ? numbers_new(specimen->params) : NULL,
		.dbeta = has_parameters ? numbers_new(specimen->params) : NULL,
	};
}

static void outputs_clear(struct specimen_outputs *outputs)
{
	free(outputs->y);
	free(outputs->mean);
	free(outputs->rstd);
	free(outputs->dx);
	free(outputs->dgamma);
	free(outputs->dbeta);
}

void specimen_init(struct specimen *specimen, const clnorm_desc *desc, enum cases_data data, unsigned seed,
                   bool has_residual)
{
	size_t instances = desc->n * desc->c;
	bool own = desc->affine == CLNORM_AFFINE_INSTANCE;
	*specimen = (struct specimen){
		.desc = *desc,
		.instances = instances,
		.spatial = cases_spatial(desc),
		.count = instances * cases_spatial(desc),
		.params = own ? instances : desc->c,
	};
	specimen->x = numbers_new(specimen->count);
	cases_fill(desc, data, seed, specimen->x);
	specimen->dy = normal_new(seed + 1, 0.25, specimen->count);
	specimen->residual = has_residual ? normal_new(seed + 2, 0, specimen->count) : NULL;
	if (desc->affine != CLNORM_AFFINE_NONE) {
		specimen->gamma = normal_new(seed + 3, 1, specimen->params);
		specimen->beta = normal_new(seed + 4, 0, specimen->params);
	}
	outputs_init(&specimen->got, specimen);
	outputs_init(&specimen->right, specimen);
}

void specimen_clear(struct specimen *specimen)
{
	free(specimen->x);
	free(specimen->dy);
	free(specimen->residual);
	free(specimen->gamma);
	free(specimen->beta);
	outputs_clear(&specimen->got);
	outputs_clear(&specimen->right);
	*specimen = (struct specimen){.x = NULL};
}

void specimen_forward(struct specimen *s)
{
	EXPECT_OK(clnorm_reference_forward(&s->desc, s->x, s->gamma, s->beta, s->residual, s->got.y, s->got.mean,
	                                   s->got.rstd));
}

void specimen_backward(struct specimen *s)
{
	EXPECT_OK(clnorm_reference_backward(&s->desc, s->x, s->dy, s->gamma, s->beta, s->residual, s->got.dx,
	                                    s->got.dgamma, s->got.dbeta));
}

void specimen_oracle(struct specimen *s)
{
	oracle_forward(&s->desc, s->x, s->gamma, s->beta, s->residual, s->right.y, s->right.mean, s->right.rstd);
	oracle_backward(&s->desc, s->x, s->dy, s->gamma, s->beta, s->residual, s->right.dx, s->right.dgamma,
	                s->right.dbeta);
}

size_t specimen_parameter(const struct specimen *specimen, size_t instance)
{
	return specimen->desc.affine == CLNORM_AFFINE_INSTANCE ? instance : instance % specimen->desc.c;
}
