/* test_backward_ways.c: the ways to ask for gradients: outputs, places, offsets, sums kept, the forward pass's own
 * statistics. SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/menu.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct trial_back_way all_way = {.inputs = TRIAL_GAMMA | TRIAL_BETA | TRIAL_RESIDUAL,
                                              .outputs = TRIAL_GRADIENTS};

/* A shape of several chunks where an instance may have them, and a small one. */
static clnorm_desc desc_make(unsigned which)
{
	return which == 0 || device_is_small() ? clnorm_desc_1d(2, 3, 45) : clnorm_desc_1d(1, 3, 70001);
}

static void same_bytes(const struct place *a, const struct place *b, const char *what)
{
	unsigned char *one = place_bytes(a, what), *other = place_bytes(b, what);
	ck_assert_uint_eq(a->count, b->count);
	ck_assert_msg(memcmp(one, other, a->count * clnorm_dtype_bytes(a->dtype)) == 0, "%s differs", what);
	free(one);
	free(other);
}

static void run_and_compare(const clnorm_desc *desc, clnorm_plan *plan, enum cases_data data, unsigned seed,
                            struct trial_back_way way)
{
	struct trial_back trial;
	trial_back_init(&trial, desc, data, seed, way);
	trial_back_run(&trial, plan, device_get()->queue);
	compare_backward(&trial);
	trial_back_clear(&trial);
}

/* Every subset of outputs with every subset of inputs and every way to tell the statistics, by one plan. */
START_TEST(subsets)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 45);
	desc.ops = CLNORM_OP_BACKWARD;
	desc.activation = CLNORM_ACT_LEAKY_RELU;
	menu_fit_activation(&desc, _i, CLNORM_ACT_LEAKY_RELU);
	clnorm_plan *plan = trial_back_plan(&desc, _i);
	for (unsigned k = 0; plan && k < 8 * 7 * TRIAL_TOLD_COUNT; k += device_is_small() ? 23 : 1) {
		struct trial_back_way way = {
			.inputs = k % 8, .outputs = k / 8 % 7 + 1, .told = (enum trial_back_statistics)(k / 56)};
		run_and_compare(&desc, plan, DATA_NARROW, k, way);
	}
	clnorm_plan_destroy(plan);
}
END_TEST

/* New and old parameter gradients, by one plan: old ones that nobody reads are NaN, others stay in the sum. */
START_TEST(accumulation)
{
	static const clnorm_accumulate pairs[] = {{1, 0},    {0.5, 0}, {1, 1},    {0.1, 0.9}, {-2, 0.25},
	                                          {1, -1.2}, {0, 1},   {1e20, 0}, {1e-20, 3}, {1, 1e10}};
	size_t step = device_is_small() ? 4 : 1;
	for (int affine = CLNORM_AFFINE_CHANNEL; affine <= CLNORM_AFFINE_INSTANCE; affine++) {
		clnorm_desc desc = clnorm_desc_1d(5, 3, 45);
		desc.affine = (clnorm_affine)affine;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		for (size_t k = device_is_small() ? (size_t)_i % 4 : 0; plan && k < COUNT(pairs); k += step) {
			struct trial_back_way way = all_way;
			way.outputs = k % 3 == 2 ? TRIAL_DGAMMA | TRIAL_DBETA : TRIAL_GRADIENTS;
			way.accumulate = pairs[k];
			run_and_compare(&desc, plan, DATA_NORMAL, (unsigned)k, way);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* dx over dy, dx over x, and both inputs in one buffer: the bits of a call with all apart. */
START_TEST(in_place)
{
	/* Where shapes are small the second is the first. */
	for (unsigned which = device_is_small() ? 1 : 0; which < 2; which++) {
		clnorm_desc desc = desc_make(which);
		struct trial_back apart, other;
		struct trial_back_way way = all_way;
		desc.ops = CLNORM_OP_BACKWARD;
		desc.activation = which ? CLNORM_ACT_NONE : CLNORM_ACT_GELU;
		menu_fit_activation(&desc, _i, desc.activation);
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_back_init(&apart, &desc, DATA_OFFSET, 3, way);
		trial_back_run(&apart, plan, device_get()->queue);
		compare_backward(&apart);
		for (int home = TRIAL_DX_OVER_DY; home < TRIAL_DX_HOMES; home++) {
			way.home = (enum trial_back_home)home;
			trial_back_init(&other, &desc, DATA_OFFSET, 3, way);
			trial_back_run(&other, plan, device_get()->queue);
			same_bytes(&apart.at_dx, trial_back_dx_place(&other), "dx in place");
			same_bytes(&apart.at_dgamma, &other.at_dgamma, "dgamma in place");
			same_bytes(&apart.at_dbeta, &other.at_dbeta, "dbeta in place");
			trial_back_clear(&other);
		}
		clnorm_backward_args args = trial_back_args(&apart);
		args.dy = args.x;
		EXPECT_OK(clnorm_backward(plan, device_get()->queue, &args, 0, NULL, NULL));
		trial_back_init(&other, &desc, DATA_OFFSET, 3, way);
		args.x = args.dy = args.dx = other.in.at_x.view;
		EXPECT_OK(clnorm_backward(plan, device_get()->queue, &args, 0, NULL, NULL));
		same_bytes(&apart.at_dx, &other.in.at_x, "dx over x that is dy");
		trial_back_clear(&other);
		trial_back_clear(&apart);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

static const size_t firsts[] = {1, 2, 3, 4, 7, 8, 15, 16, 31, 33};

/* Where x, dy and dx begin changes no bit. */
static void offsets_check(const clnorm_desc *desc, clnorm_plan *plan, const struct trial_back *trial)
{
	for (size_t i = 0; i < COUNT(firsts); i += device_is_small() ? 3 : 1) {
		struct place x, dy, dx;
		clnorm_backward_args args = trial_back_args(trial);
		place_init(&x, desc->dtype, trial->in.count, firsts[i]);
		place_init(&dy, desc->dtype, trial->in.count, firsts[(i * 7 + 2) % COUNT(firsts)]);
		place_init(&dx, desc->dtype, trial->in.count, firsts[(i * 3 + 1) % COUNT(firsts)]);
		place_store(&x, trial->in.x);
		place_store(&dy, trial->dy);
		args.x = x.view;
		args.dy = dy.view;
		args.dx = dx.view;
		args.dgamma.mem = args.dbeta.mem = NULL;
		EXPECT_OK(clnorm_backward(plan, device_get()->queue, &args, 0, NULL, NULL));
		same_bytes(&trial->at_dx, &dx, "dx at another offset");
		place_clear(&x);
		place_clear(&dy);
		place_clear(&dx);
	}
}

START_TEST(offsets)
{
	for (unsigned k = device_is_small() ? 2 : 0; k < 4; k++) {
		clnorm_desc desc = desc_make(k / 2);
		struct trial_back trial;
		desc.dtype = k % 2 ? CLNORM_F16 : CLNORM_F32;
		clnorm_plan *plan = trial_back_plan(&desc, _i);
		if (!plan) {
			continue;
		}
		trial_back_init(&trial, &desc, DATA_NARROW, 4, all_way);
		trial_back_run(&trial, plan, device_get()->queue);
		offsets_check(&desc, plan, &trial);
		trial_back_clear(&trial);
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* A forward pass puts out statistics, and the backward pass of the same plan takes them; then with another gamma: it is
 * the one of this call that counts. */
static void both_passes(const clnorm_desc *desc, clnorm_plan *plan, enum cases_data data,
                        enum trial_back_statistics told)
{
	struct trial_back trial;
	struct trial_back_way way = all_way;
	way.told = told;
	trial_back_init(&trial, desc, data, 5, way);
	trial_forward(&trial.in, plan, device_get()->queue);
	compare_forward(&trial.in);
	trial_back_run(&trial, plan, device_get()->queue);
	compare_backward(&trial);
	for (size_t i = 0; trial.in.gamma && desc->activation == CLNORM_ACT_NONE && i < trial.in.params; i++) {
		trial.in.gamma[i] *= i % 2 ? -2 : 16;
		place_store(&trial.in.at_gamma, trial.in.gamma);
	}
	trial_back_run(&trial, plan, device_get()->queue);
	compare_backward(&trial);
	trial_back_clear(&trial);
}

START_TEST(after_forward)
{
	static const enum cases_data kinds[] = {DATA_OFFSET, DATA_BORDER, DATA_NARROW};
	static const clnorm_dtype dtypes[] = {CLNORM_F32, CLNORM_BF16, CLNORM_F16};
	for (unsigned k = 0; k < (device_is_small() ? 2 : 6); k++) {
		clnorm_desc desc = desc_make(k / 3);
		desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD;
		desc.dtype = dtypes[k % 3];
		desc.affine = (clnorm_affine)(1 + k % 2);
		desc.activation = k % 3 == 2 ? CLNORM_ACT_RELU : CLNORM_ACT_NONE;
		desc.flags = k % 2 ? CLNORM_CALLER_WORKSPACE : 0;
		menu_fit_activation(&desc, _i, desc.activation);
		clnorm_plan *plan = trial_plan(&desc, _i);
		if (plan) {
			both_passes(&desc, plan, kinds[k % 3], TRIAL_TOLD_PAIR);
			both_passes(&desc, plan, kinds[k % 3], TRIAL_TOLD_MOMENTS);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* A mean and rstd of another epsilon than the plan's: gradients are of them where there is no activation; with one they
 * are of x alone, as a mean that is rounded could put a value on the other side of a kink. */
static void told_check(const clnorm_desc *desc, clnorm_plan *plan, unsigned seed)
{
	struct trial_back trial;
	struct trial_back_way way = all_way;
	clnorm_desc told = *desc;
	bool takes = desc->activation == CLNORM_ACT_NONE;
	told.epsilon = takes ? 0.5 : desc->epsilon;
	way.told = TRIAL_TOLD_PAIR;
	trial_back_init(&trial, &told, DATA_NARROW, seed, way);
	for (size_t i = 0; !takes && i < trial.in.at_rstd.count; i++) {
		trial.in.rstd[i] *= 0.5;
	}
	place_store(&trial.in.at_rstd, trial.in.rstd);
	trial_back_run(&trial, plan, device_get()->queue);
	compare_backward(&trial);
	trial_back_clear(&trial);
}

START_TEST(told_statistics)
{
	for (size_t k = 0; k < menu_count(_i, CLNORM_OP_BACKWARD); k++) {
		clnorm_desc desc = *menu_desc(_i, CLNORM_OP_BACKWARD, k);
		bool is_large = desc.n * desc.c * cases_spatial(&desc) > 250000;
		clnorm_plan *plan = is_large ? NULL : trial_back_plan(&desc, _i);
		if (plan) {
			told_check(&desc, plan, (unsigned)k);
		}
		clnorm_plan_destroy(plan);
	}
}
END_TEST

/* Many calls of one plan at once on an out-of-order queue, each with a workspace of its own. */
START_TEST(own_workspaces)
{
	struct trial_back trials[4];
	cl_event done[4];
	cl_command_queue queue = device_queue_create(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	clnorm_desc desc = desc_make(1);
	desc.flags = CLNORM_CALLER_WORKSPACE;
	clnorm_plan *plan = trial_back_plan(&desc, _i);
	for (unsigned i = 0; plan && i < 4; i++) {
		trial_back_init(&trials[i], &desc, DATA_NARROW, i + 20, all_way);
		trial_bring_workspace(&trials[i].in, plan);
	}
	for (unsigned i = 0; plan && i < 4; i++) {
		clnorm_backward_args args = trial_back_args(&trials[i]);
		EXPECT_OK(clnorm_backward(plan, queue, &args, 0, NULL, &done[i]));
	}
	EXPECT_CL(clFinish(queue));
	for (unsigned i = 0; plan && i < 4; i++) {
		trial_back_fetch(&trials[i]);
		compare_backward(&trials[i]);
		trial_back_clear(&trials[i]);
		EXPECT_CL(clReleaseEvent(done[i]));
	}
	clnorm_plan_destroy(plan);
	EXPECT_CL(clReleaseCommandQueue(queue));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backward ways");
	TCase *ways = tcase_create("every variant");
	int variants = (int)clnorm_variant_count();
	tcase_add_loop_test(ways, subsets, 0, variants + 1);
	tcase_add_loop_test(ways, accumulation, 0, variants + 1);
	tcase_add_loop_test(ways, in_place, 0, variants + 1);
	tcase_add_loop_test(ways, offsets, 0, variants + 1);
	tcase_add_loop_test(ways, after_forward, 0, variants + 1);
	tcase_add_loop_test(ways, told_statistics, 0, variants + 1);
	tcase_add_loop_test(ways, own_workspaces, 0, variants + 1);
	suite_add_tcase(suite, ways);
	return device_main(suite, compare_report);
}
