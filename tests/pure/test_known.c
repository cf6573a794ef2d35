/* test_known.c: what a driver is tried on: problems that a choice's own program can run, small, and their answers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "api/known.h"
#include "base/text.h"
#include "decide/drivers.h"
#include "decide/probe.h"
#include "tests/kit/expect.h"
#include "tests/kit/invented_devices.h"
#include "tests/kit/knob_extremes.h"
#include "tests/kit/main.h"
#include "tests/kit/oracle.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
/* Elements that a probe may have at most: two instances of all that the registers of a group of 1024 hold; or two sets,
 * of two such runs each. */
#define MOST_ELEMENTS 70000

static void text_of(const struct cln_choice *choice, const struct cln_problem *problem, struct cln_text *text)
{
	cln_text_clear(text);
	cln_text_add(text, "%s %d: ", choice->variant->info.name, (int)choice->op);
	cln_choice_options(choice, problem, text);
}

/* Units that add up what their slabs contribute: all of them have slabs, more than one, all of the same parameters. */
static void legal_units(const struct cln_probe *probe, const char *what)
{
	const struct cln_geometry *g = &probe->choice.geometry;
	const struct cln_problem *p = &probe->problem;
	size_t units = g->groups * g->group;
	ck_assert_msg(p->groups == 1 && p->params == p->c, "%s: %zu groups, %zu parameters", what, p->groups,
	              p->params);
	ck_assert_msg(units > 1 && g->slabs >= 2 * units, "%s: %zu slabs of %zu units", what, g->slabs, units);
}

/* What the kernels of a backward pass keep of dgamma and dbeta, by cl/back.cl: two numbers of a run, or four of a
 * channel and a unit; nothing lies where another piece of the workspace does, or behind it. */
static void legal_totals(const struct cln_choice *choice, const struct cln_problem *p, const char *what)
{
	const struct cln_geometry *g = &choice->geometry;
	struct cln_scratch scratch = cln_choice_scratch(choice, p);
	size_t numbers = g->by_unit ? 4 * g->groups * g->group * p->c : 2 * p->instances;
	size_t room = scratch.bytes / cln_problem_statistic_bytes(p) - scratch.totals;
	if (choice->op == CLNORM_OP_BACKWARD) {
		ck_assert_msg(numbers <= room, "%s: %zu numbers in %zu", what, numbers, room);
	}
}

/* What the program of these options can be run on, by the heads of the files in cl/. */
static void legal(const struct cln_probe *probe, const char *what)
{
	const struct cln_geometry *g = &probe->choice.geometry;
	bool lanes = probe->choice.variant->family->lanes;
	const struct cln_problem *p = &probe->problem;
	size_t length = g->runs.kind == CLN_RUNS_WHOLE ? p->runs * p->s : p->s;
	size_t row = (size_t)g->team * g->vector, tasks = g->slabs * g->chunks;
	if (g->team > 0) {
		ck_assert_msg(length <= row * g->items && length >= row * (g->items - 1), "%s: %zu elements", what,
		              length);
		tasks = (tasks * g->team + g->group - 1) / g->group;
	}
	if (lanes && g->tile == 0 && g->columns == 0) {
		ck_assert_msg(p->s >= g->vector && p->s <= 16 * g->vector, "%s: %zu elements", what, p->s);
	}
	if (g->tile > 0) {
		ck_assert_msg(p->c > g->vector && p->c <= g->tile, "%s: %zu channels", what, p->c);
	}
	if (g->columns > 0) {
		ck_assert_msg((p->c % g->vector == 0) == g->even, "%s: %zu channels", what, p->c);
	}
	ck_assert_msg(!g->once || g->groups >= tasks, "%s: %zu groups of %zu", what, g->groups, tasks);
	ck_assert_msg(!(g->once && g->owned) || p->params == p->instances, "%s: shared parameters", what);
	ck_assert_uint_eq(g->wave, g->slabs);
	ck_assert_msg(g->chunk * g->chunks >= length && g->chunk * (g->chunks - 1) < length, "%s: %u chunks", what,
	              g->chunks);
	ck_assert_msg(probe->choice.variant->split == (g->chunks > 1), "%s: %u chunks", what, g->chunks);
	ck_assert_msg(p->elements <= MOST_ELEMENTS * (g->runs.kind == CLN_RUNS_APART ? 2 : 1), "%s: %zu elements", what,
	              p->elements);
	ck_assert_uint_ge(p->n, 2);
	if (g->by_unit) {
		legal_units(probe, what);
	}
	legal_totals(&probe->choice, p, what);
}

/* Of the same compiler options; and a probe of the probe is itself, so it depends on them alone. */
static void probe_check(const struct cln_choice *choice, const struct cln_problem *problem)
{
	struct cln_probe probe, again;
	struct cln_text own = {0}, tried = {0};
	EXPECT_OK(cln_probe_init(&probe, choice, problem));
	text_of(choice, problem, &own);
	text_of(&probe.choice, &probe.problem, &tried);
	ck_assert_str_eq(cln_text_chars(&own), cln_text_chars(&tried));
	legal(&probe, cln_text_chars(&own));
	legal_totals(choice, problem, cln_text_chars(&own));
	EXPECT_OK(cln_probe_init(&again, &probe.choice, &probe.problem));
	ck_assert_mem_eq(&again.problem, &probe.problem, sizeof(again.problem));
	cln_text_clear(&own);
	cln_text_clear(&tried);
}

static void every_choice(const struct cln_caps *caps, const clnorm_desc *desc, const char *forced)
{
	static const clnorm_op ops[] = {CLNORM_OP_FORWARD, CLNORM_OP_APPLY, CLNORM_OP_BACKWARD};
	struct cln_problem problem;
	EXPECT_OK(cln_problem_init(&problem, desc));
	for (size_t o = 0; o < COUNT(ops); o++) {
		struct cln_ranking ranking;
		if (cln_plan_choose(&problem, caps, ops[o], forced, NULL, &ranking) != CLNORM_OK) {
			continue;
		}
		for (size_t i = 0; i < ranking.count; i++) {
			probe_check(&ranking.choices[i], &problem);
		}
	}
}

/* A shape in every dtype, layout and affine form. */
static void every_form(const struct cln_caps *caps, const size_t *shape, size_t groups)
{
	for (size_t i = 0; i < CLNORM_DTYPE_COUNT * 4; i++) {
		clnorm_desc desc = clnorm_desc_1d(shape[0], shape[1], shape[2]);
		desc.groups = groups;
		desc.dtype = (clnorm_dtype)(i % CLNORM_DTYPE_COUNT);
		desc.layout = (clnorm_layout)(i / CLNORM_DTYPE_COUNT % 2);
		desc.affine = i / CLNORM_DTYPE_COUNT / 2 ? CLNORM_AFFINE_INSTANCE : CLNORM_AFFINE_CHANNEL;
		desc.flags = i % 3 ? 0 : CLNORM_CONSTANT_STATISTICS;
		every_choice(caps, &desc, NULL);
		for (size_t k = 0; k < knob_extreme_count; k++) {
			every_choice(caps, &desc, knob_extremes[k]);
		}
	}
}

START_TEST(probes)
{
	for (size_t i = 0; i < PLAN_SHAPE_COUNT; i++) {
		const size_t *shape = plan_shapes[i];
		if (shape[0] * shape[1] * shape[2] > 0) {
			every_form(&invented_devices[_i].caps, shape, 0);
		}
	}
}
END_TEST

/* Group norm and layer norm: many rows and few, of few channels and many, and what lies in several runs. */
START_TEST(probes_of_sets)
{
	static const size_t shapes[][4] = {
		{5, 12, 1, 1}, {4096, 12, 1, 1}, {4096, 768, 1, 1}, {1 << 20, 768, 1, 1}, {4096, 768, 1, 6},
		{2, 6, 4, 2},  {8, 64, 4096, 8}, {64, 1024, 2, 1},  {2, 320, 64, 32},     {1, 4, 1 << 20, 1}};
	for (size_t i = 0; i < COUNT(shapes); i++) {
		every_form(&invented_devices[_i].caps, shapes[i], shapes[i][3]);
	}
}
END_TEST

static const clnorm_desc *desc_of(int i)
{
	static clnorm_desc desc;
	desc = i % 2 ? clnorm_desc_1d(2, 3, 117) : clnorm_desc_1d(3, 5, 15);
	desc.layout = (clnorm_layout)(i / 2 % 2);
	desc.activation = (clnorm_activation)(i / 4 % CLNORM_ACTIVATION_COUNT);
	desc.dtype = (clnorm_dtype)(i / 4 / CLNORM_ACTIVATION_COUNT);
	desc.affine = i % 3 ? CLNORM_AFFINE_CHANNEL : CLNORM_AFFINE_INSTANCE;
	desc.slope = 0.25;
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD;
	return &desc;
}
#define DESCS (4 * CLNORM_ACTIVATION_COUNT * CLNORM_DTYPE_COUNT)

static double *array(const struct cln_known *known, enum cln_known_name name)
{
	return known->arrays[name].values;
}

static void close_to(const struct cln_known *known, enum cln_known_name name, const double *right)
{
	for (size_t i = 0; i < known->arrays[name].count; i++) {
		double tolerance = cln_known_tolerance(known, name, i), error = fabs(array(known, name)[i] - right[i]);
		ck_assert_msg(error <= tolerance / 8, "%s[%zu] is %.17g, not %.17g", cln_known_array_name(name), i,
		              array(known, name)[i], right[i]);
		ck_assert_msg(tolerance < (known->desc.dtype == CLNORM_BF16 ? 0.02 : 0.004) * fmax(1, fabs(right[i])),
		              "%s[%zu] may be off by %g", cln_known_array_name(name), i, tolerance);
	}
}

/* Answers are those of the tests' own formulas, and tolerances are no larger than what they are to notice. */
START_TEST(answers)
{
	struct cln_known known;
	const clnorm_desc *desc = desc_of(_i);
	EXPECT_OK(cln_known_init(&known, desc));
	size_t count = known.arrays[CLN_KNOWN_X].count, most = count > 64 ? count : 64;
	double *a = calloc(most, sizeof(double)), *b = calloc(most, sizeof(double)), *c = calloc(most, sizeof(double));
	const double *x = array(&known, CLN_KNOWN_X), *gamma = array(&known, CLN_KNOWN_GAMMA);
	const double *beta = array(&known, CLN_KNOWN_BETA), *residual = array(&known, CLN_KNOWN_RESIDUAL);
	oracle_forward(desc, x, gamma, beta, residual, a, b, c);
	close_to(&known, CLN_KNOWN_Y, a);
	close_to(&known, CLN_KNOWN_MEAN, b);
	close_to(&known, CLN_KNOWN_RSTD, c);
	oracle_backward(desc, x, array(&known, CLN_KNOWN_DY), gamma, beta, residual, a, b, c);
	close_to(&known, CLN_KNOWN_DX, a);
	close_to(&known, CLN_KNOWN_DGAMMA, b);
	close_to(&known, CLN_KNOWN_DBETA, c);
	free(a);
	free(b);
	free(c);
	cln_known_clear(&known);
}
END_TEST

/* Means far apart; no argument of the activation at its kink; bounds that the tolerances rest on. */
START_TEST(data)
{
	struct cln_known known;
	clnorm_desc desc = *desc_of(_i), plain = desc;
	EXPECT_OK(cln_known_init(&known, &desc));
	size_t count = known.arrays[CLN_KNOWN_X].count, instances = known.arrays[CLN_KNOWN_MEAN].count;
	const double *mean = array(&known, CLN_KNOWN_MEAN), *rstd = array(&known, CLN_KNOWN_RSTD);
	double *z = calloc(count, sizeof(double));
	for (size_t i = 1; i < instances; i++) {
		ck_assert_double_gt(fabs(mean[i] - mean[i - 1]) * rstd[i], 4);
	}
	plain.activation = CLNORM_ACT_NONE;
	oracle_forward(&plain, array(&known, CLN_KNOWN_X), array(&known, CLN_KNOWN_GAMMA),
	               array(&known, CLN_KNOWN_BETA), array(&known, CLN_KNOWN_RESIDUAL), z, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		bool has_kink = desc.activation == CLNORM_ACT_RELU || desc.activation == CLNORM_ACT_LEAKY_RELU;
		ck_assert(!has_kink || fabs(z[i]) > 0.005);
		ck_assert_double_lt(fabs(z[i]), 5.5);
	}
	free(z);
	cln_known_clear(&known);
}
END_TEST

/* A row is of one version, platform and kind of device. */
START_TEST(drivers)
{
	static const struct {
		const char *platform, *driver, *device;
		bool good;
	} rows[] = {
		{"Portable Computing Language", "3.1+debian", "pthread-skylake-avx512-AMD EPYC", true},
		{"Portable Computing Language", "3.1+debian", "NVIDIA A100", false},
		{"Portable Computing Language", "7.1", "cpu-znver3", false},
		{"Portable Computing Language", "6.0", "cpu-znver3", false},
		{"Portable Computing Language", "3.0", "pthread-znver3", false},
		{"Portable Computing Language", "", "pthread-znver3", false},
		{"rusticl", "22.3.6", "llvmpipe (LLVM 15.0.6, 256 bits)", true},
		{"rusticl", "25.0.7-2", "llvmpipe (LLVM 19.1.7, 256 bits)", false},
		{"NVIDIA CUDA", "580.159.04", "NVIDIA H200", false},
		{"Fake platform", "1.0", "Fake GPU", false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		ck_assert((cln_driver_find(rows[i].platform, rows[i].driver, rows[i].device) != NULL) == rows[i].good);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("known");
	TCase *tcase = tcase_create("known");
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, probes, 0, INVENTED_COUNT);
	tcase_add_loop_test(tcase, probes_of_sets, 0, INVENTED_COUNT);
	tcase_add_loop_test(tcase, answers, 0, DESCS);
	tcase_add_loop_test(tcase, data, 0, DESCS);
	tcase_add_test(tcase, drivers);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
