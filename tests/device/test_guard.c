/* test_guard.c: no kernel touches a byte beyond its operands, not even to throw it away: every buffer between pages
 * that nobody may touch. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/fence.h"
#include "tests/kit/knob_extremes.h"
#include "tests/kit/menu.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* In waves of 64 KiB, seven slabs of 20 KB are waves of three, three and one, and instances of 64 KB a wave each.
 * Instances of one element and of three are less than a vector, whatever reads them. */
static const struct cases_shape shapes[] = {{3, {5, 3, 1}},    {3, {1, 7, 3}},    {4, {2, 17, 5, 7}},
                                            {3, {2, 3, 1031}}, {3, {1, 7, 5003}}, {3, {1, 3, 16411}},
                                            {3, {9, 8, 3}},    {3, {2, 3, 45}},   {3, {2, 3, 2053}}};

static const enum place_side sides[] = {PLACE_AT_END, PLACE_AT_BEGIN};
static const clnorm_dtype dtypes[] = {CLNORM_F32, CLNORM_F16};

/* ---- Plans ------------------------------------------------------------------------------------------------------ */

/* The usual groups, of which compilers make the most; the last wave has fewer tasks than its launch has groups. */
static const char *const waved_choices[] = {"split wave-kib=64", "rows-split chunk=1024 wave-kib=64",
                                            "scan-split chunk=1024 wave-kib=64", "tiles-split chunk=1024 wave-kib=64"};

static size_t choice_count(void)
{
	return clnorm_variant_count() + COUNT(waved_choices) + knob_extreme_count;
}

/* The rows of the variant table as they are, in small waves, and with odd settings. */
static const char *choice_text(size_t i)
{
	size_t rows = clnorm_variant_count(), usual = rows + COUNT(waved_choices);
	return i < rows ? clnorm_variant_get(i)->name : i < usual ? waved_choices[i - rows] : knob_extremes[i - usual];
}

static const clnorm_variant_info *choice_variant(size_t choice)
{
	const char *text = choice_text(choice);
	size_t length = strcspn(text, " "), i = 0;
	while (strncmp(clnorm_variant_get(i)->name, text, length) != 0 || clnorm_variant_get(i)->name[length] != '\0') {
		i++;
	}
	return clnorm_variant_get(i);
}

/* What all of a plan's calls have in common. */
struct job {
	clnorm_desc desc;
	clnorm_plan *plan;
	enum place_side side;
	unsigned seed;
};

static bool is_odd(size_t choice)
{
	return choice >= clnorm_variant_count() + COUNT(waved_choices);
}

/* Odd choices have programs of their own; of others, those on the menu, with another activation perhaps. */
static bool is_compiled(clnorm_desc *desc, size_t choice)
{
	for (int turn = 0; !is_odd(choice) && turn < CLNORM_ACTIVATION_COUNT && !menu_has(desc); turn++) {
		desc->activation = (clnorm_activation)turn;
	}
	return is_odd(choice) || menu_has(desc);
}

static void say(const struct job *job, size_t choice, const char *call)
{
	fence_note("%s of %s, %s %s [%zux%zux%zu], affine %d, data at the %s", call, choice_text(choice),
	           clnorm_dtype_name(job->desc.dtype), clnorm_layout_name(job->desc.layout), job->desc.n, job->desc.c,
	           cases_spatial(&job->desc), (int)job->desc.affine, job->side == PLACE_AT_END ? "end" : "beginning");
}

/* False where the variant does not apply. */
static bool job_make(struct job *job, size_t choice, size_t shape, clnorm_dtype dtype, clnorm_op op)
{
	const clnorm_variant_info *variant = choice_variant(choice);
	*job = (struct job){.desc = cases_desc(&shapes[shape]), .seed = (unsigned)(shape + choice)};
	job->desc.layout = variant->layouts & (1u << CLNORM_NCHW) ? CLNORM_NCHW : CLNORM_NHWC;
	job->desc.dtype = dtype;
	job->desc.affine = shape % 2 ? CLNORM_AFFINE_INSTANCE : CLNORM_AFFINE_CHANNEL;
	job->desc.activation = shape % 3 == 1 ? CLNORM_ACT_LEAKY_RELU : CLNORM_ACT_NONE;
	job->desc.ops = op;
	job->desc.flags = CLNORM_CALLER_WORKSPACE;
	job->desc.variant = choice_text(choice);
	if (!(variant->ops & op) || !is_compiled(&job->desc, choice)) {
		return false;
	}
	clnorm_status st = clnorm_plan_create(device_get()->ctx, &job->desc, &job->plan);
	ck_assert_msg(st == CLNORM_OK || st == CLNORM_UNSUPPORTED, "%s: %s", choice_text(choice), clnorm_last_error());
	job->desc.variant = variant->name;
	return st == CLNORM_OK;
}

static void job_prepare(const struct job *job, size_t choice)
{
	say(job, choice, "clnorm_plan_prepare()");
	EXPECT_OK(clnorm_plan_prepare(job->plan, device_get()->queue));
}

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

static void forward_try(const struct job *job, unsigned inputs, unsigned outputs)
{
	struct trial trial;
	trial_init(&trial, &job->desc, DATA_NORMAL, job->seed, inputs, outputs, TRIAL_APART);
	trial_forward(&trial, job->plan, device_get()->queue);
	compare_forward(&trial);
	trial_clear(&trial);
}

static void forward_calls(const struct job *job, size_t choice)
{
	say(job, choice, "clnorm_forward()");
	forward_try(job, TRIAL_GAMMA | TRIAL_BETA | TRIAL_RESIDUAL, TRIAL_ALL);
	say(job, choice, "clnorm_forward() of x to y");
	forward_try(job, 0, TRIAL_Y);
	say(job, choice, "clnorm_forward() of x to moments");
	forward_try(job, 0, TRIAL_MOMENTS);
}

static void backward_try(const struct job *job, struct trial_back_way way)
{
	struct trial_back trial;
	trial_back_init(&trial, &job->desc, DATA_NORMAL, job->seed, way);
	trial_back_run(&trial, job->plan, device_get()->queue);
	compare_backward(&trial);
	trial_back_clear(&trial);
}

static void backward_calls(const struct job *job, size_t choice)
{
	for (int told = 0; told < TRIAL_TOLD_COUNT; told++) {
		say(job, choice, "clnorm_backward()");
		backward_try(job, (struct trial_back_way){.inputs = TRIAL_GAMMA | TRIAL_BETA | TRIAL_RESIDUAL,
		                                          .outputs = TRIAL_GRADIENTS,
		                                          .told = (enum trial_back_statistics)told,
		                                          .accumulate = {1, told == 1 ? 0.5 : 0}});
		say(job, choice, "clnorm_backward() of x, dy to dx");
		backward_try(job,
		             (struct trial_back_way){.outputs = TRIAL_DX, .told = (enum trial_back_statistics)told});
	}
	say(job, choice, "clnorm_backward() of x, dy to dbeta");
	backward_try(job, (struct trial_back_way){.outputs = TRIAL_DBETA});
}

/* Statistics by another way than the device's. */
static void apply_try(const struct job *job, unsigned inputs, bool by_moments)
{
	struct trial_back told; /* a trial with the statistics that the call takes */
	clnorm_desc plain = job->desc;
	plain.activation = CLNORM_ACT_NONE;
	trial_back_init(&told, &plain, DATA_NORMAL, job->seed,
	                (struct trial_back_way){.inputs = inputs,
	                                        .outputs = TRIAL_DX,
	                                        .told = by_moments ? TRIAL_TOLD_MOMENTS : TRIAL_TOLD_PAIR});
	struct trial *in = &told.in;
	clnorm_apply_args args = {.x = in->at_x.view,
	                          .gamma = in->at_gamma.view,
	                          .beta = in->at_beta.view,
	                          .residual = in->at_residual.view,
	                          .mean = in->at_mean.view,
	                          .rstd = in->at_rstd.view,
	                          .moments = in->at_moments.view,
	                          .y = told.at_dx.view};
	EXPECT_OK(clnorm_apply(job->plan, device_get()->queue, &args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_get()->queue));
	trial_back_fetch(&told); /* canaries whole, inputs unchanged */
	trial_back_clear(&told);
}

static void apply_calls(const struct job *job, size_t choice)
{
	for (int by_moments = 0; by_moments < 2; by_moments++) {
		say(job, choice, by_moments ? "clnorm_apply() of moments" : "clnorm_apply() of mean and rstd");
		apply_try(job, TRIAL_GAMMA | TRIAL_BETA | TRIAL_RESIDUAL, by_moments);
		apply_try(job, 0, by_moments);
	}
}

/* ---- Every variant ---------------------------------------------------------------------------------------------- */

static bool is_felt;

enum { CASES = COUNT(shapes) * COUNT(dtypes) };

/* A long run takes every case, of odd choices every second. Others take those that are on the menu, and of odd choices
 * one case, forward or backward in turn; a small one of every third. Of stores past the caches, which begin at a
 * multiple of a vector, they take planes that end before it, too. */
static bool is_due(size_t choice, size_t k, clnorm_op op)
{
	size_t shape = k / COUNT(dtypes);
	if (!is_odd(choice)) {
		return true;
	}
	if (device_is_long()) {
		return (choice + shape / 2 + k) % 2 == 0;
	}
	bool is_short = k == 0 && strstr(choice_text(choice), "nontemporal=2");
	return knob_extreme_is_due(choice, op) && (k == 2 * COUNT(dtypes) || is_short) &&
	       (!device_is_small() || choice % 3 == 0);
}

static void run_all(size_t choice, clnorm_op op, void (*calls)(const struct job *job, size_t choice))
{
	for (size_t k = 0; is_felt && k < CASES; k++) {
		struct job job = {.plan = NULL};
		bool is_made = is_due(choice, k, op) &&
		               job_make(&job, choice, k / COUNT(dtypes), dtypes[k % COUNT(dtypes)], op);
		for (size_t i = 0; is_made && i < COUNT(sides); i++) {
			job.side = sides[i];
			fence_raise(job.side);
			job_prepare(&job, choice);
			calls(&job, choice);
			fence_raise(PLACE_BETWEEN);
		}
		clnorm_plan_destroy(job.plan);
	}
}

START_TEST(forward)
{
	run_all((size_t)_i, CLNORM_OP_FORWARD, forward_calls);
}
END_TEST

START_TEST(backward)
{
	run_all((size_t)_i, CLNORM_OP_BACKWARD, backward_calls);
}
END_TEST

START_TEST(apply)
{
	run_all((size_t)_i, CLNORM_OP_APPLY, apply_calls);
}
END_TEST

/* Comes first: where the device works in copies, there are no pages that could tell. */
START_TEST(felt)
{
	is_felt = fence_is_felt();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *guard = tcase_create("every variant");
	int choices = (int)choice_count();
	tcase_set_timeout(guard, 0);
	tcase_add_test(guard, felt);
	tcase_add_loop_test(guard, forward, 0, choices);
	tcase_add_loop_test(guard, backward, 0, choices);
	tcase_add_loop_test(guard, apply, 0, choices);
	suite_add_tcase(suite, guard);
	int result = device_main(suite, NULL);
	if (result == 0 && !is_felt) {
		printf("skipped: the device works in copies of buffers, not in the memory that pages guard\n");
		return 77;
	}
	return result;
}
