/* test_backward_answers.c: gradients whose values are known otherwise: finite differences, sums that vanish, exact
 * planes. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/menu.h"
#include "tests/kit/oracle.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct trial_back_way all_way = {.inputs = TRIAL_GAMMA | TRIAL_BETA | TRIAL_RESIDUAL,
                                              .outputs = TRIAL_GRADIENTS};

/* A gradient against differences of the loss: 1e-6 of the largest one. */
static void difference_check(const struct trial_back *t, const double *got, enum oracle_input input, size_t count)
{
	const struct trial *in = &t->in;
	double worst = 0, largest = 0;
	for (size_t i = 0; i < count; i++) {
		double wanted = oracle_difference(&in->desc, in->x, t->dy, in->gamma, in->beta, in->residual, input, i);
		largest = fmax(largest, fabs(wanted));
		worst = fmax(worst, fabs(got[i] - wanted));
	}
	ck_assert_msg(worst <= 1e-6 * largest, "%s off by %g of %g from finite differences: %s",
	              input == ORACLE_X       ? "dx"
	              : input == ORACLE_GAMMA ? "dgamma"
	                                      : "dbeta",
	              worst, largest, trial_name(in));
}

/* The steps of the differences must not cross a kink. */
static void kinks_leave(struct trial_back *t)
{
	struct trial *in = &t->in;
	clnorm_desc plain = in->desc;
	double *z = malloc(in->count * sizeof(*z));
	ck_assert_ptr_nonnull(z);
	plain.activation = CLNORM_ACT_NONE;
	oracle_forward(&plain, in->x, in->gamma, in->beta, in->residual, z, NULL, NULL);
	for (size_t i = 0; i < in->count; i++) {
		in->residual[i] += fabs(z[i]) < 0.05 ? 0.125 : 0;
	}
	place_round(in->desc.dtype, in->residual, in->count);
	free(z);
	trial_back_rewind(t);
}

/* Small batches: a sum over the batch where one over the plane belongs would show here. */
START_TEST(differences)
{
	static const struct cases_shape shapes[] = {{3, {2, 1, 4}}, {4, {2, 2, 2, 2}}, {3, {3, 2, 7}}, {3, {2, 3, 45}}};
	const unsigned ways = CLNORM_AFFINE_COUNT * CLNORM_ACTIVATION_COUNT, tiny = COUNT(shapes) - 1;
	for (unsigned k = device_is_small() ? tiny * ways : 0; k < COUNT(shapes) * ways; k++) {
		unsigned way = k < tiny * ways ? k / tiny : k - tiny * ways;
		clnorm_desc desc = cases_desc(&shapes[k < tiny * ways ? k % tiny : tiny]);
		struct trial_back trial;
		desc.affine = (clnorm_affine)(way % CLNORM_AFFINE_COUNT);
		desc.activation = (clnorm_activation)(way / CLNORM_AFFINE_COUNT);
		desc.slope = 0.2;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_back_init(&trial, &desc, DATA_NORMAL, 8 * k, all_way);
		kinks_leave(&trial);
		trial_back_run(&trial, plan, device_get()->queue);
		difference_check(&trial, trial.dx, ORACLE_X, trial.in.count);
		if (trial.dgamma) {
			difference_check(&trial, trial.dgamma, ORACLE_GAMMA, trial.in.params);
			difference_check(&trial, trial.dbeta, ORACLE_BETA, trial.in.params);
		}
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Over a plane sum(dx) = 0, and sum(dx*xhat) = gamma*rstd*sum(g*xhat)*epsilon*rstd^2, which is next to nothing. */
static void invariants_check(const struct trial_back *t)
{
	const struct trial *in = &t->in;
	double *mean = malloc(2 * in->instances * sizeof(*mean)), *rstd = mean + in->instances;
	ck_assert_ptr_nonnull(mean);
	oracle_forward(&in->desc, in->x, NULL, NULL, NULL, NULL, mean, rstd);
	for (size_t i = 0; i < in->instances; i++) {
		double unit = fabs(in->gamma[i % in->params]) * rstd[i], largest = 0;
		double sum = 0, sum_x = 0, sum_gx = 0;
		for (size_t s = 0; s < in->spatial; s++) {
			size_t e = cases_index(&in->desc, i, s);
			double xhat = (in->x[e] - mean[i]) * rstd[i];
			largest = fmax(largest, fabs(t->dy[e]));
			sum += t->dx[e];
			sum_x += t->dx[e] * xhat;
			sum_gx += t->dy[e] * xhat;
		}
		double rest = in->gamma[i % in->params] * rstd[i] * sum_gx * in->desc.epsilon * rstd[i] * rstd[i];
		/* A quarter of what single elements are allowed: errors of elements do not all point one way. */
		double allowed = compare_gradient_bound(in->desc.dtype) / 4 * unit * largest * (double)in->spatial;
		ck_assert_msg(fabs(sum) <= allowed, "sum(dx) = %g, allowed %g: %s", sum, allowed, trial_name(in));
		ck_assert_msg(fabs(sum_x - rest) <= allowed, "sum(dx*xhat) = %g, wanted %g within %g: %s", sum_x, rest,
		              allowed, trial_name(in));
	}
	free(mean);
}

START_TEST(invariants)
{
	static const enum cases_data kinds[] = {DATA_NORMAL, DATA_OFFSET, DATA_BORDER, DATA_RAMP};
	for (size_t k = 0; k < cases_core_count() * COUNT(kinds); k += device_is_small() ? 3 : 1) {
		clnorm_desc desc = cases_desc(cases_core(k / COUNT(kinds)));
		struct trial_back trial;
		struct trial_back_way way = all_way;
		desc.epsilon = k % 3 ? 1e-5 : 0.3;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		way.told = (enum trial_back_statistics)(k % TRIAL_TOLD_COUNT);
		trial_back_init(&trial, &desc, kinds[k % COUNT(kinds)], (unsigned)k, way);
		trial_back_run(&trial, plan, device_get()->queue);
		invariants_check(&trial);
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Overwrites x, and dy where given, of every instance alike, and tells nothing. */
static void trial_pattern(struct trial_back *t, double (*x)(size_t instance, size_t s),
                          double (*dy)(size_t instance, size_t s))
{
	for (size_t e = 0; e < t->in.count; e++) {
		size_t instance = cases_instance(&t->in.desc, e);
		size_t s = t->in.desc.layout == CLNORM_NCHW ? e % t->in.spatial : e / t->in.desc.c % t->in.spatial;
		t->in.x[e] = x(instance, s);
		t->dy[e] = dy ? dy(instance, s) : t->dy[e];
	}
	place_round(t->in.desc.dtype, t->in.x, t->in.count);
	trial_back_rewind(t);
}

static double constant_value(size_t instance, size_t s)
{
	static const double values[] = {1e10, -1e10, 0, -0.0, 1, -2.778e-19, 0.1, 1e-40, 3e38, 16777216, 1e-45, 7.7};
	(void)s;
	return values[instance];
}

/* Constant planes: dgamma is 0; dx is what a plane of no variance gives, and 0 with epsilon 0. */
START_TEST(constants)
{
	static const struct cases_shape shapes[] = {
		{3, {4, 3, 45}}, {3, {4, 3, 2}}, {4, {4, 3, 5, 7}}, {3, {4, 3, 3136}}, {3, {4, 3, 40001}}};
	for (size_t k = 0; k < 2 * (device_is_small() ? 2 : COUNT(shapes)); k++) {
		clnorm_desc desc = cases_desc(&shapes[k / 2]);
		struct trial_back trial;
		desc.affine = CLNORM_AFFINE_INSTANCE;
		desc.epsilon = k % 2 ? 0 : 1e-5;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_back_init(&trial, &desc, DATA_NORMAL, (unsigned)k, all_way);
		trial_pattern(&trial, constant_value, NULL);
		trial_back_run(&trial, plan, device_get()->queue);
		compare_backward(&trial);
		for (size_t i = 0; i < trial.in.instances; i++) {
			ck_assert_msg(trial.dgamma[i] == 0, "dgamma of constant %g is %g: %s", constant_value(i, 0),
			              trial.dgamma[i], trial_name(&trial.in));
		}
		for (size_t e = 0; e < trial.in.count; e++) {
			EXPECT_EACH(desc.epsilon == 0 ? trial.dx[e] == 0 : isfinite(trial.dx[e]), "dx[%zu] is %g: %s",
			            e, trial.dx[e], trial_name(&trial.in));
		}
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* One spatial element: dx and dgamma are 0 for one sample and for many, whatever the statistics come from. */
START_TEST(one_element)
{
	for (unsigned k = 0; k < 12; k++) {
		clnorm_desc desc = clnorm_desc_2d(k % 2 ? 1 : 5, 3, 1, 1);
		struct trial_back trial;
		struct trial_back_way way = {.inputs = 3, .outputs = TRIAL_GRADIENTS};
		way.told = (enum trial_back_statistics)(k / 2 % TRIAL_TOLD_COUNT);
		desc.epsilon = k < 6 ? 1e-5 : 0;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue; /* a bundle takes whole vectors */
		}
		trial_back_init(&trial, &desc, DATA_OFFSET, k, way);
		trial_back_run(&trial, plan, device_get()->queue);
		compare_backward(&trial);
		for (size_t i = 0; i < trial.in.count; i++) {
			ck_assert_msg(trial.dx[i] == 0, "dx is %g: %s", trial.dx[i], trial_name(&trial.in));
		}
		for (size_t i = 0; i < trial.in.params; i++) {
			ck_assert_msg(trial.dgamma[i] == 0, "dgamma is %g: %s", trial.dgamma[i], trial_name(&trial.in));
		}
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* -1, 0, 1, 0 around 0: every other z lies on the kink itself. */
static double kink_x(size_t instance, size_t s)
{
	(void)instance;
	return s % 2 ? 0 : (double)(s % 4) - 1;
}

static double kink_dy(size_t instance, size_t s)
{
	(void)s;
	return (double)instance + 1;
}

/* relu'(0) = 0 and leaky'(0) = slope: dbeta, a sum of small integers, is exact. */
START_TEST(kinks)
{
	for (unsigned k = 0; k < 2; k++) {
		clnorm_desc desc = clnorm_desc_1d(2, 3, 64);
		struct trial_back trial;
		struct trial_back_way way = {.inputs = 0, .outputs = TRIAL_GRADIENTS};
		desc.affine = CLNORM_AFFINE_INSTANCE;
		desc.activation = k ? CLNORM_ACT_LEAKY_RELU : CLNORM_ACT_RELU;
		desc.slope = 0.25;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_back_init(&trial, &desc, DATA_NORMAL, k, way);
		trial_pattern(&trial, kink_x, kink_dy);
		trial_back_run(&trial, plan, device_get()->queue);
		compare_backward(&trial);
		for (size_t i = 0; i < trial.in.instances; i++) {
			double wanted = (double)(i + 1) * (k ? 16 + 48 * 0.25 : 16);
			ck_assert_msg(trial.dbeta[i] == wanted, "dbeta[%zu] is %g, not %g: %s", i, trial.dbeta[i],
			              wanted, trial_name(&trial.in));
		}
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

static double zero(size_t instance, size_t s)
{
	(void)instance;
	(void)s;
	return 0;
}

static double one(size_t instance, size_t s)
{
	(void)instance;
	(void)s;
	return 1;
}

/* The same of every program of the menu that has a kink: in a plane of zeros all of z lies on it. */
START_TEST(kinks_of_programs)
{
	for (size_t k = 0; !device_is_long() && k < menu_count(_i, CLNORM_OP_BACKWARD); k++) {
		clnorm_desc desc = *menu_desc(_i, CLNORM_OP_BACKWARD, k);
		struct trial_back trial;
		struct trial_back_way way = {.inputs = 0, .outputs = TRIAL_GRADIENTS};
		bool is_leaky = desc.activation == CLNORM_ACT_LEAKY_RELU;
		if (!is_leaky && desc.activation != CLNORM_ACT_RELU) {
			continue;
		}
		desc.slope = 0.25;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		ck_assert_ptr_nonnull(plan);
		trial_back_init(&trial, &desc, DATA_NORMAL, (unsigned)k, way);
		trial_pattern(&trial, zero, one);
		trial_back_run(&trial, plan, device_get()->queue);
		size_t terms = trial.in.count / trial.in.params;
		for (size_t i = 0; i < trial.in.params; i++) {
			double wanted = is_leaky ? (double)terms * 0.25 : 0;
			ck_assert_msg(trial.dbeta[i] == wanted, "dbeta[%zu] is %g, not %g: %s", i, trial.dbeta[i],
			              wanted, trial_name(&trial.in));
		}
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

static double exact_x(size_t instance, size_t s)
{
	return (double)(instance * 1024) + (s % 2 ? -0.25 : 0.25);
}

static double exact_dy(size_t instance, size_t s)
{
	return ldexp((s / 2 + instance) % 3 ? -1 : 1, (int)(s % 7) - 3);
}

/* mean +-1/4 and epsilon 0: rstd is 4, xhat +-1, and all sums of these dy are exact; so are the gradients. */
START_TEST(exact_planes)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 64);
	struct trial_back trial;
	struct trial_back_way way = {.inputs = 0, .outputs = TRIAL_GRADIENTS};
	desc.epsilon = 0;
	desc.affine = CLNORM_AFFINE_INSTANCE;
	clnorm_plan *plan = trial_back_plan(&desc, _i);
	if (!plan) {
		return;
	}
	trial_back_init(&trial, &desc, DATA_NORMAL, 9, way);
	trial_pattern(&trial, exact_x, exact_dy);
	trial_back_run(&trial, plan, device_get()->queue);
	for (size_t i = 0; i < trial.in.instances; i++) {
		double sum = 0, sum_x = 0;
		for (size_t s = 0; s < 64; s++) {
			sum += exact_dy(i, s);
			sum_x += exact_dy(i, s) * (s % 2 ? -1 : 1);
		}
		ck_assert(trial.dbeta[i] == sum);
		ck_assert(trial.dgamma[i] == sum_x);
		for (size_t s = 0; s < 64; s++) {
			double wanted = 4 * (exact_dy(i, s) - sum / 64 - (s % 2 ? -1 : 1) * sum_x / 64);
			double got = trial.dx[cases_index(&desc, i, s)];
			ck_assert_msg(got == wanted, "dx is %.9g, not %.9g: %s", got, wanted, trial_name(&trial.in));
		}
	}
	trial_back_clear(&trial);
	clnorm_plan_destroy(plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backward answers");
	TCase *answers = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(answers, differences, 0, variants + 1);
	tcase_add_loop_test(answers, invariants, 0, variants + 1);
	tcase_add_loop_test(answers, constants, 0, variants + 1);
	tcase_add_loop_test(answers, one_element, 0, variants + 1);
	tcase_add_loop_test(answers, kinks, 0, variants + 1);
	tcase_add_loop_test(answers, kinks_of_programs, 0, variants + 1);
	tcase_add_loop_test(answers, exact_planes, 0, variants + 1);
	suite_add_tcase(suite, answers);
	return device_main(suite, compare_report);
}
