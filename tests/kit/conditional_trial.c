/* conditional_trial.c: conditional parameters on made-up data: operands on host and device, and the formulas in double.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/cases.h"
#include "tests/kit/conditional_trial.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#ifdef HAVE_CLBLAST
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#include <clblast_c.h>
#endif

static const char *const names[CONDITIONAL_OPERANDS] = {"styles", "weights", "bias",     "gamma", "beta",
                                                        "dgamma", "dbeta",   "dweights", "dbias", "dstyles"};

static bool is_parameter(enum conditional_operand operand)
{
	return operand == GAMMA || operand == BETA;
}

void conditional_trial_init(struct conditional_trial *s, clnorm_conditional_desc desc, bool has_bias, bool offset,
                            unsigned seed)
{
	const size_t n = desc.n, c = desc.c, k = desc.k;
	const size_t counts[CONDITIONAL_OPERANDS] = {n * k, 2 * c * k, 2 * c,     n * c, n * c,
	                                             n * c, n * c,     2 * c * k, 2 * c, n * k};

	*s = (struct conditional_trial){.desc = desc, .has_bias = has_bias};
	EXPECT_OK(clnorm_conditional_create(device_get()->ctx, &desc, &s->handle));
	for (unsigned i = 0; i < CONDITIONAL_OPERANDS; i++) {
		s->counts[i] = counts[i];
		place_init(&s->at[i], CLNORM_F32, counts[i], offset ? 1 + 3 * i : 0);
		s->values[i] = calloc(counts[i] + 1, sizeof(*s->values[i]));
		ck_assert_ptr_nonnull(s->values[i]);
		cases_normal(seed + i, i == WEIGHTS ? 0.1 : 0, 1, counts[i], s->values[i]);
		place_round(CLNORM_F32, s->values[i], counts[i]);
	}
	conditional_trial_rewind(s);
}

void conditional_trial_clear(struct conditional_trial *s)
{
	clnorm_conditional_destroy(s->handle);
	for (unsigned i = 0; i < CONDITIONAL_OPERANDS; i++) {
		place_clear(&s->at[i]);
		free(s->values[i]);
	}
}

void conditional_trial_rewind(struct conditional_trial *s)
{
	for (unsigned i = 0; i < CONDITIONAL_OPERANDS; i++) {
		if (is_parameter((enum conditional_operand)i)) {
			place_poison(&s->at[i]);
		} else {
			place_store(&s->at[i], s->values[i]);
		}
	}
}

clnorm_conditional_forward_args conditional_trial_forward_args(const struct conditional_trial *s)
{
	clnorm_conditional_forward_args args = {.styles = s->at[STYLES].view,
	                                        .weights = s->at[WEIGHTS].view,
	                                        .gamma = s->at[GAMMA].view,
	                                        .beta = s->at[BETA].view};
	if (s->has_bias) {
		args.bias = s->at[BIAS].view;
	}
	return args;
}

clnorm_conditional_backward_args conditional_trial_backward_args(const struct conditional_trial *s)
{
	return (clnorm_conditional_backward_args){
		.styles = s->at[STYLES].view,
		.weights = s->at[WEIGHTS].view,
		.dgamma = s->at[DGAMMA].view,
		.dbeta = s->at[DBETA].view,
		.dweights = s->at[DWEIGHTS].view,
		.dbias = s->at[DBIAS].view,
		.dstyles = s->at[DSTYLES].view,
	};
}

/* A sum, the sum of its terms' sizes, and how many there are. */
struct sum {
	double value, size;
	size_t terms;
};

static void sum_add(struct sum *sum, double term)
{
	sum->value += term;
	sum->size += fabs(term);
	sum->terms++;
}

/* gamma or beta of sample i / C, channel i % C. */
static struct sum parameter_at(const struct conditional_trial *s, bool gamma, size_t i)
{
	const size_t k = s->desc.k, sample = i / s->desc.c, row = i % s->desc.c + (gamma ? 0 : s->desc.c);
	struct sum sum = {0};
	sum_add(&sum, gamma && s->desc.gamma_around_one ? 1 : 0);
	sum_add(&sum, s->has_bias ? s->values[BIAS][row] : 0);
	for (size_t j = 0; j < k; j++) {
		sum_add(&sum, s->values[STYLES][sample * k + j] * s->values[WEIGHTS][row * k + j]);
	}
	return sum;
}

/* The gradient at row `row` of weights or bias of the sample. */
static double gradient_of_row(const struct conditional_trial *s, size_t sample, size_t row)
{
	const size_t c = s->desc.c;
	return row < c ? s->values[DGAMMA][sample * c + row] : s->values[DBETA][sample * c + row - c];
}

static struct sum gradient_at(const struct conditional_trial *s, enum conditional_operand operand, size_t i)
{
	const size_t k = s->desc.k;
	struct sum sum = {0};
	if (operand == DSTYLES) {
		for (size_t row = 0; row < 2 * s->desc.c; row++) {
			sum_add(&sum, gradient_of_row(s, i / k, row) * s->values[WEIGHTS][row * k + i % k]);
		}
		return sum;
	}
	for (size_t sample = 0; sample < s->desc.n; sample++) {
		if (operand == DBIAS) {
			sum_add(&sum, gradient_of_row(s, sample, i));
		} else {
			sum_add(&sum, gradient_of_row(s, sample, i / k) * s->values[STYLES][sample * k + i % k]);
		}
	}
	return sum;
}

void conditional_trial_check(const struct conditional_trial *s, enum conditional_operand operand,
                             const clnorm_accumulate *accumulate)
{
	const clnorm_accumulate how = accumulate ? *accumulate : (clnorm_accumulate){1, 0};
	double *got = place_load(&s->at[operand], names[operand]);

	for (size_t i = 0; i < s->counts[operand]; i++) {
		struct sum sum =
			is_parameter(operand) ? parameter_at(s, operand == GAMMA, i) : gradient_at(s, operand, i);
		if (!is_parameter(operand)) {
			sum.value *= how.scale;
			sum.size *= fabs(how.scale);
			sum_add(&sum, how.momentum == 0 ? 0 : how.momentum * s->values[operand][i]);
		}
		/* Each term is rounded when it is made and once in every addition after it. */
		double allowed = (double)(sum.terms + 3) * 0x1p-24 * sum.size;
		ck_assert_msg(fabs(got[i] - sum.value) <= allowed,
		              "%s[%zu] = %.9g, exact %.9g, allowed %.3g (n %zu, c %zu, k %zu)", names[operand], i,
		              got[i], sum.value, allowed, s->desc.n, s->desc.c, s->desc.k);
	}
	free(got);
}

static void cache_clear(void)
{
#ifdef HAVE_CLBLAST
	(void)CLBlastClearCache();
#endif
}

int conditional_trial_main(Suite *suite)
{
	clnorm_device_info info;
	const clnorm_status st = clnorm_device_find(getenv("CLNORM_TEST_DEVICE"), &info);
	if (st == CLNORM_OK && strstr(info.name, "Oclgrind")) {
		printf("skipped: CLBlast's kernels on an interpreter\n");
		srunner_free(srunner_create(suite));
		return 77;
	}
	return device_main(suite, cache_clear);
}
