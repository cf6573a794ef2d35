/* test_plan.c: the planner on invented devices: what it chooses, and that every choice covers the data.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <clnorm/clnorm.h>

#include "decide/plan.h"
#include "tests/kit/expect.h"
#include "tests/kit/invented_devices.h"
#include "tests/kit/knob_extremes.h"
#include "tests/kit/main.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct cln_problem problem_make_affine(const size_t *shape, clnorm_dtype dtype, clnorm_layout layout,
                                              unsigned flags, clnorm_affine affine)
{
	clnorm_desc desc = clnorm_desc_1d(shape[0], shape[1], shape[2]);
	struct cln_problem problem;
	desc.dtype = dtype;
	desc.layout = layout;
	desc.flags = flags;
	desc.affine = affine;
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD;
	EXPECT_OK(cln_problem_init(&problem, &desc));
	return problem;
}

static struct cln_problem problem_make(const size_t *shape, clnorm_dtype dtype, clnorm_layout layout, unsigned flags)
{
	return problem_make_affine(shape, dtype, layout, flags, clnorm_desc_1d(1, 1, 1).affine);
}

static const char *choice_text(const struct cln_choice *choice, const struct invented *device,
                               const struct cln_problem *problem)
{
	static char text[256];
	snprintf(text, sizeof(text), "%s on %s for %zux%zux%zu %s %s", choice->variant->info.name, device->name,
	         problem->n, problem->c, problem->s, clnorm_dtype_name(problem->dtype),
	         clnorm_layout_name(problem->layout));
	return text;
}

/* Local memory that kernels declare for a group of columns, of teams, or of neither: see the heads of cl/tiles.cl,
 * cl/team.cl and cl/tree.cl. */
static size_t local_bytes(const struct cln_choice *choice, const struct cln_problem *problem)
{
	const struct cln_geometry *g = &choice->geometry;
	size_t accumulator = cln_problem_statistic_bytes(problem);
	if (g->columns > 0) {
		return (4 * g->group + 7 * g->columns) * g->vector * accumulator;
	}
	if (g->team > 0) {
		return (4 * g->group + 8 * g->group / g->team) * accumulator;
	}
	return choice->variant->family->cpu ? 0 : (4 * g->group + 7) * accumulator;
}

/* What makes a choice launchable and complete. */
static void choice_check(const struct cln_choice *choice, const struct invented *device, const struct cln_problem *p)
{
	const struct cln_geometry *g = &choice->geometry;
	const char *what = choice_text(choice, device, p);
	struct cln_scratch scratch = cln_choice_scratch(choice, p);
	struct cln_text options = {0}, explain = {0};
	ck_assert_msg(g->group >= 1 && g->group <= device->caps.max_group, "%s: group %u", what, g->group);
	ck_assert_msg(g->groups >= 1 && g->groups <= SIZE_MAX / g->group, "%s: %zu groups", what, g->groups);
	ck_assert_msg(g->group == 1 || local_bytes(choice, p) <= device->caps.local_bytes,
	              "%s: %zu bytes of local memory", what, local_bytes(choice, p));
	ck_assert_msg(g->vector == 1 || g->vector == 2 || g->vector == 4 || g->vector == 8 || g->vector == 16,
	              "%s: V %u", what, g->vector);
	ck_assert_msg(g->slabs >= 1 && g->wave >= 1 && g->wave <= g->slabs, "%s: waves of %zu of %zu", what, g->wave,
	              g->slabs);
	ck_assert_msg(g->chunks >= 1 && g->chunk >= 1, "%s: no chunks", what);
	ck_assert_msg(p->s / g->chunk <= g->chunks && (p->s - 1) / g->chunk + 1 == g->chunks, "%s: %u chunks of %zu",
	              what, g->chunks, g->chunk);
	if (!choice->variant->family->lanes) {
		ck_assert_msg(g->slabs == p->instances, "%s: %zu slabs", what, g->slabs);
	} else {
		size_t width = (size_t)g->vector * (g->columns > 0 ? g->columns : 1);
		size_t lanes = g->tile == 0 ? width : p->c <= g->tile ? p->c : g->tile - g->vector;
		ck_assert_msg(g->slabs == p->n * ((p->c + lanes - 1) / lanes), "%s: %zu slabs", what, g->slabs);
		ck_assert(g->columns == 0 || g->group % g->columns == 0);
	}
	if (g->team > 0) {
		ck_assert_msg(g->group % g->team == 0, "%s: teams of %u in %u", what, g->team, g->group);
		ck_assert_msg((size_t)g->team * g->items * g->vector >= p->s, "%s: %u x %u x %u", what, g->team,
		              g->items, g->vector);
	}
	ck_assert_msg(choice->variant->split || g->chunks == 1, "%s: chunks without a merge", what);
	ck_assert_msg(!choice->variant->split || choice->op != CLNORM_OP_FORWARD ||
	                      scratch.bytes >=
	                              p->instances * g->chunks * CLNORM_MOMENTS_WIDTH * cln_problem_statistic_bytes(p),
	              "%s: %zu bytes of scratch", what, scratch.bytes);
	ck_assert_msg(choice->op != CLNORM_OP_APPLY || scratch.bytes == 0, "%s: apply needs scratch", what);
	ck_assert_msg(choice->estimate_us > 0 && g->busy > 0 && g->busy <= 1 && g->reads >= 1, "%s: %g us, %g busy",
	              what, choice->estimate_us, g->busy);
	cln_choice_options(choice, p, &options);
	cln_choice_explain(choice, &explain);
	ck_assert_ptr_nonnull(strstr(cln_text_chars(&options), "-DV="));
	ck_assert_ptr_nonnull(strstr(cln_text_chars(&explain), choice->variant->info.name));
	cln_text_clear(&options);
	cln_text_clear(&explain);
}

/* What a unit is given of a launch is done before the device ends its loops. */
static void steps_check(const struct cln_choice *choice, const struct invented *device, const struct cln_problem *p)
{
	const struct cln_geometry *g = &choice->geometry;
	size_t all = g->wave * g->chunks, units = g->once ? all : g->groups * g->group;
	size_t tasks = (all + units - 1) / units, lanes = g->tile == 0 ? 1 : p->c < g->tile ? p->c : g->tile;
	size_t rows = g->columns > 0 ? g->group / g->columns : (size_t)g->vector * g->group;
	size_t vectors = g->chunk * lanes / rows, most = device->caps.most_steps;
	ck_assert_msg(most == 0 || tasks * (vectors + 1) <= most / 2, "%s: %zu tasks of %zu vectors for one unit",
	              choice_text(choice, device, p), tasks, vectors);
}

static void ranking_check(const struct cln_problem *problem, const struct invented *device, clnorm_op op)
{
	struct cln_ranking ranking, again;
	if (device->caps.most_steps > 0 && problem->s >= (size_t)1 << 24 &&
	    cln_plan_choose(problem, &device->caps, op, NULL, NULL, &ranking) == CLNORM_UNSUPPORTED) {
		return; /* no way to cut them is fine enough */
	}
	EXPECT_OK(cln_plan_choose(problem, &device->caps, op, NULL, NULL, &ranking));
	EXPECT_OK(cln_plan_choose(problem, &device->caps, op, NULL, NULL, &again));
	ck_assert_uint_ge(ranking.count, 1);
	for (size_t i = 0; i < ranking.count; i++) {
		const struct cln_choice *choice = &ranking.choices[i];
		ck_assert_ptr_eq(choice->variant, again.choices[i].variant);
		if (i > 0 && choice->is_foreign == choice[-1].is_foreign) {
			ck_assert(choice->estimate_us >= choice[-1].estimate_us);
		} else { /* families for the device come first */
			ck_assert(i == 0 || choice->is_foreign);
		}
		ck_assert_int_eq(choice->op, op);
		ck_assert(choice->variant->info.ops & op);
		ck_assert(choice->variant->info.layouts & (1u << problem->layout));
		choice_check(choice, device, problem);
		steps_check(choice, device, problem);
		EXPECT_OK(cln_plan_choose(problem, &device->caps, op, choice->variant->info.name, NULL, &again));
		ck_assert_uint_eq(again.count, 1);
		ck_assert_ptr_eq(again.choices[0].variant, choice->variant);
		EXPECT_OK(cln_plan_choose(problem, &device->caps, op, NULL, NULL, &again));
	}
}

START_TEST(every_choice)
{
	for (size_t k = 0; k < PLAN_SHAPE_COUNT; k++) {
		for (int dtype = 0; dtype < CLNORM_DTYPE_COUNT; dtype++) {
			for (unsigned variety = 0; variety < 4; variety++) {
				if (plan_shapes[k][2] > SIZE_MAX / 64) {
					continue;
				}
				struct cln_problem problem =
					problem_make(plan_shapes[k], (clnorm_dtype)dtype, (clnorm_layout)(variety % 2),
				                     variety / 2 ? CLNORM_BATCH_INVARIANT : 0);
				ranking_check(&problem, &invented_devices[_i], CLNORM_OP_FORWARD);
				ranking_check(&problem, &invented_devices[_i], CLNORM_OP_APPLY);
			}
		}
	}
}
END_TEST

static const char *first_choice(const char *device, const size_t *shape, clnorm_layout layout)
{
	struct cln_problem problem = problem_make(shape, CLNORM_F32, layout, 0);
	struct cln_ranking ranking;
	size_t i = 0;
	while (strcmp(invented_devices[i].name, device) != 0) {
		ck_assert_msg(++i < INVENTED_COUNT, "no device %s", device);
	}
	EXPECT_OK(cln_plan_choose(&problem, &invented_devices[i].caps, CLNORM_OP_FORWARD, NULL, NULL, &ranking));
	return ranking.choices[0].variant->info.name;
}

/* How often x is loaded, dy is, and y or dx stored: what is kept on the chip is loaded once. Backward, x is read for
 * the moments, for the sums and for dx. */
START_TEST(claims)
{
	static const struct {
		const char *variant;
		clnorm_op op;
		struct cln_traffic traffic;
	} rows[] = {
		{"pack", CLNORM_OP_FORWARD, {1, 0, 1}},        {"pack", CLNORM_OP_BACKWARD, {1, 1, 1}},
		{"resident", CLNORM_OP_FORWARD, {1, 0, 1}},    {"resident", CLNORM_OP_BACKWARD, {1, 1, 1}},
		{"stream", CLNORM_OP_FORWARD, {2, 0, 1}},      {"stream", CLNORM_OP_BACKWARD, {3, 2, 1}},
		{"split", CLNORM_OP_FORWARD, {2, 0, 1}},       {"split", CLNORM_OP_BACKWARD, {3, 2, 1}},
		{"rows", CLNORM_OP_FORWARD, {2, 0, 1}},        {"rows-split", CLNORM_OP_BACKWARD, {3, 2, 1}},
		{"bundle", CLNORM_OP_FORWARD, {3, 0, 1}},      {"bundle", CLNORM_OP_BACKWARD, {4, 2, 1}},
		{"scan", CLNORM_OP_FORWARD, {2, 0, 1}},        {"scan-split", CLNORM_OP_APPLY, {1, 0, 1}},
		{"scan-split", CLNORM_OP_BACKWARD, {3, 2, 1}}, {"tiles", CLNORM_OP_BACKWARD, {3, 2, 1}},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cln_traffic traffic = cln_variant_traffic(cln_variant_find(rows[i].variant), rows[i].op);
		ck_assert_msg(memcmp(&traffic, &rows[i].traffic, sizeof(traffic)) == 0, "%s, row %zu: %u %u %u",
		              rows[i].variant, i, traffic.x, traffic.dy, traffic.y);
	}
}
END_TEST

/* The shapes that the variants are for. */
START_TEST(expected_choices)
{
	static const struct {
		const char *device;
		size_t shape[3];
		const char *variant;
	} rows[] = {
		{"server CPU", {16, 256, 1024}, "rows"},      {"server CPU", {1, 3, 2073600}, "rows-split"},
		{"two cores", {8, 64, 4096}, "rows"},         {"two cores", {5, 3, 16}, "rows"},
		{"two cores", {1, 1, 1 << 24}, "rows-split"}, {"large GPU", {64, 1024, 2}, "pack"},
		{"two cores", {16, 64, 64}, "bundle"},        {"two cores", {64, 1, 49}, "rows"},
		{"large GPU", {16, 256, 4096}, "resident"},   {"large GPU", {1, 3, 2073600}, "split"},
		{"large GPU", {1, 32, 2097152}, "split"},     {"small GPU", {64, 64, 16}, "pack"},
		{"small GPU", {16, 64, 4096}, "resident"},    {"small GPU", {1, 1, 1 << 22}, "split"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const size_t *shape = rows[i].shape;
		const char *got = first_choice(rows[i].device, shape, CLNORM_NCHW);
		ck_assert_msg(strcmp(got, rows[i].variant) == 0, "%s, %zux%zux%zu: %s, not %s", rows[i].device,
		              shape[0], shape[1], shape[2], got, rows[i].variant);
		ck_assert_ptr_nonnull(strstr(first_choice(rows[i].device, shape, CLNORM_NHWC),
		                             strstr(rows[i].device, "GPU") ? "tiles" : "scan"));
	}
}
END_TEST

/* With the flag, all that enters the arithmetic is the same for every N: the variant, its program, and its chunks. */
static void batch_check(const struct invented *device, const size_t *of_one, clnorm_layout layout, clnorm_op op,
                        clnorm_affine affine)
{
	static const size_t batches[] = {2, 7, 64, 1000};
	struct cln_ranking alone, many;
	size_t shape[3] = {1, of_one[1], of_one[2]};
	struct cln_problem p = problem_make_affine(shape, CLNORM_F32, layout, CLNORM_BATCH_INVARIANT, affine);
	EXPECT_OK(cln_plan_choose(&p, &device->caps, op, NULL, NULL, &alone));
	for (size_t b = 0; b < COUNT(batches); b++) {
		const struct cln_geometry *g = &alone.choices[0].geometry, *h = &many.choices[0].geometry;
		shape[0] = batches[b];
		p = problem_make_affine(shape, CLNORM_F32, layout, CLNORM_BATCH_INVARIANT, affine);
		EXPECT_OK(cln_plan_choose(&p, &device->caps, op, NULL, NULL, &many));
		ck_assert_msg(alone.choices[0].variant == many.choices[0].variant, "%s for one, %s",
		              alone.choices[0].variant->info.name, choice_text(&many.choices[0], device, &p));
		ck_assert(g->vector == h->vector && g->team == h->team && g->items == h->items);
		ck_assert(g->block == h->block && g->chunk == h->chunk && g->chunks == h->chunks);
		ck_assert(g->group == h->group || g->team == 0 || g->team < g->group);
	}
}

START_TEST(batch_invariant)
{
	static const size_t short_instances[][3] = {{1, 68, 250}, {1, 16, 64}, {1, 3, 49}, {1, 1, 262144}};
	for (int kind = 0; kind < CLNORM_LAYOUT_COUNT * CLNORM_AFFINE_COUNT; kind++) {
		clnorm_layout layout = (clnorm_layout)(kind % CLNORM_LAYOUT_COUNT);
		clnorm_affine affine = (clnorm_affine)(kind / CLNORM_LAYOUT_COUNT);
		for (size_t k = 0; k < PLAN_SHAPE_COUNT - 4 + COUNT(short_instances); k++) {
			const size_t *shape =
				k < PLAN_SHAPE_COUNT - 4 ? plan_shapes[k] : short_instances[k - (PLAN_SHAPE_COUNT - 4)];
			batch_check(&invented_devices[_i], shape, layout, CLNORM_OP_FORWARD, affine);
			batch_check(&invented_devices[_i], shape, layout, CLNORM_OP_BACKWARD, affine);
		}
	}
}
END_TEST

/* A record with the choice for this problem alone, as the planner sees it. */
static struct cln_tuning record_make(const struct cln_problem *p, clnorm_op op, const char *choice)
{
	struct cln_tuned entry = {.op = op,
	                          .dtype = p->dtype,
	                          .layout = p->layout,
	                          .n = p->n,
	                          .c = p->c,
	                          .s = p->s,
	                          .groups = p->groups};
	struct cln_tuning tuning = {0};
	struct cln_text why = {0};
	entry.knobs = cln_knobs_usual();
	ck_assert_msg(cln_tuning_choice_parse(choice, &entry.variant, &entry.knobs, &why), "%s", cln_text_chars(&why));
	ck_assert(cln_tuning_put(&tuning, &entry));
	return tuning;
}

/* Every odd choice comes out launchable and complete on every device; it is the first, or its variant does not apply.
 */
START_TEST(odd_records)
{
	static const clnorm_op ops[] = {CLNORM_OP_FORWARD, CLNORM_OP_BACKWARD, CLNORM_OP_APPLY};
	for (size_t k = 0; k < PLAN_SHAPE_COUNT; k++) {
		for (size_t i = 0; i < knob_extreme_count * COUNT(ops) * CLNORM_LAYOUT_COUNT; i++) {
			const char *odd = knob_extremes[i % knob_extreme_count];
			clnorm_op op = ops[i / knob_extreme_count % COUNT(ops)];
			clnorm_layout layout = (clnorm_layout)(i / knob_extreme_count / COUNT(ops));
			if (plan_shapes[k][2] > SIZE_MAX / 64) {
				continue;
			}
			struct cln_problem p = problem_make(plan_shapes[k], CLNORM_F32, layout, 0);
			struct cln_tuning tuning = record_make(&p, op, odd);
			const struct cln_variant *variant = tuning.entries[0].variant;
			struct cln_ranking ranking, alone;
			if (invented_devices[_i].caps.most_steps > 0 && p.s > (size_t)1 << 24) {
				cln_tuning_clear(&tuning);
				continue;
			}
			EXPECT_OK(cln_plan_choose(&p, &invented_devices[_i].caps, op, NULL, &tuning, &ranking));
			bool applies = cln_plan_choose(&p, &invented_devices[_i].caps, op, variant->info.name, NULL,
			                               &alone) == CLNORM_OK;
			/* Where loops end by themselves, some settings are passed over, and some apply alone. */
			bool is_tuned = ranking.choices[0].is_tuned;
			ck_assert(is_tuned == applies || invented_devices[_i].caps.most_steps > 0);
			ck_assert(!is_tuned || ranking.choices[0].variant == variant);
			choice_check(&ranking.choices[0], &invented_devices[_i], &p);
			for (size_t c = 1; c < ranking.count; c++) {
				ck_assert(!ranking.choices[c].is_tuned);
			}
			cln_tuning_clear(&tuning);
		}
	}
}
END_TEST

/* With the flag, the entry of N = 1 counts for every N, and no other does. */
START_TEST(batch_invariant_records)
{
	const size_t one[3] = {1, 6, 70001}, five[3] = {5, 6, 70001};
	struct cln_problem alone = problem_make(one, CLNORM_F32, CLNORM_NCHW, CLNORM_BATCH_INVARIANT);
	struct cln_problem many = problem_make(five, CLNORM_F32, CLNORM_NCHW, CLNORM_BATCH_INVARIANT);
	struct cln_tuning of_one = record_make(&alone, CLNORM_OP_FORWARD, "rows-split units=3 chunk=5000 block=512");
	struct cln_tuning of_five = record_make(&many, CLNORM_OP_FORWARD, "rows-split units=3 chunk=5000 block=512");
	struct cln_ranking a, b;
	EXPECT_OK(cln_plan_choose(&alone, &invented_devices[_i].caps, CLNORM_OP_FORWARD, NULL, &of_one, &a));
	EXPECT_OK(cln_plan_choose(&many, &invented_devices[_i].caps, CLNORM_OP_FORWARD, NULL, &of_one, &b));
	ck_assert(a.choices[0].is_tuned && b.choices[0].is_tuned);
	ck_assert_uint_eq(a.choices[0].geometry.chunk, b.choices[0].geometry.chunk);
	ck_assert_uint_eq(a.choices[0].geometry.chunks, b.choices[0].geometry.chunks);
	ck_assert_uint_eq(a.choices[0].geometry.block, 512);
	EXPECT_OK(cln_plan_choose(&many, &invented_devices[_i].caps, CLNORM_OP_FORWARD, NULL, &of_five, &b));
	ck_assert(!b.choices[0].is_tuned);
	many.flags = 0;
	many.seen_instances = many.instances;
	EXPECT_OK(cln_plan_choose(&many, &invented_devices[_i].caps, CLNORM_OP_FORWARD, NULL, &of_five, &b));
	ck_assert(b.choices[0].is_tuned);
	cln_tuning_clear(&of_one);
	cln_tuning_clear(&of_five);
}
END_TEST

START_TEST(forced)
{
	const size_t large[3] = {1, 1, 1 << 24};
	struct cln_problem problem = problem_make(large, CLNORM_F32, CLNORM_NCHW, 0);
	struct cln_ranking ranking = {.count = 99};
	EXPECT_SAYS(cln_plan_choose(&problem, &invented_devices[3].caps, CLNORM_OP_FORWARD, "nonesuch", NULL, &ranking),
	            CLNORM_UNSUPPORTED, "nonesuch", "");
	EXPECT_SAYS(cln_plan_choose(&problem, &invented_devices[3].caps, CLNORM_OP_FORWARD, "resident", NULL, &ranking),
	            CLNORM_UNSUPPORTED, "resident", "fit");
	EXPECT_SAYS(cln_plan_choose(&problem, &invented_devices[3].caps, CLNORM_OP_FORWARD, "scan", NULL, &ranking),
	            CLNORM_UNSUPPORTED, "scan", "layout");
	EXPECT_SAYS(cln_plan_choose(&problem, &invented_devices[3].caps, CLNORM_OP_APPLY, "rows", NULL, &ranking),
	            CLNORM_UNSUPPORTED, "rows", "operation");
	ck_assert_uint_eq(ranking.count, 99);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *plans = tcase_create("invented devices");
	tcase_add_loop_test(plans, every_choice, 0, INVENTED_COUNT);
	tcase_add_test(plans, claims);
	tcase_add_test(plans, expected_choices);
	tcase_add_loop_test(plans, batch_invariant, 0, INVENTED_COUNT);
	tcase_add_loop_test(plans, odd_records, 0, INVENTED_COUNT);
	tcase_add_loop_test(plans, batch_invariant_records, 0, INVENTED_COUNT);
	tcase_add_test(plans, forced);
	suite_add_tcase(suite, plans);
	return main_run(suite);
}
