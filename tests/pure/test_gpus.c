/* test_gpus.c: what the library knows of GPUs that report something else, and what the planner then chooses for them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <clnorm/clnorm.h>

#include "decide/gpus.h"
#include "decide/plan.h"
#include "tests/kit/expect.h"
#include "tests/kit/gpus.h"
#include "tests/kit/main.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MB ((size_t)1 << 20)

static struct cln_caps caps_of(const char *name)
{
	for (size_t i = 0; i < GPU_COUNT; i++) {
		if (strcmp(gpus[i].name, name) == 0) {
			return gpu_caps(&gpus[i]);
		}
	}
	ck_abort_msg("no GPU %s", name);
	return (struct cln_caps){0};
}

/* By the documents that lib/decide/gpus.c names: last-level cache, and multiprocessors, units or cores of 16 execution
 * units. */
START_TEST(facts)
{
	static const struct {
		const char *name;
		size_t last_bytes;
		unsigned units;
	} rows[] = {
		{"H200", 50 * MB, 132},     {"A100", 40 * MB, 108},     {"RTX 3090", 6 * MB, 82},
		{"RTX 4090", 72 * MB, 128}, {"MI250", 8 * MB, 104},     {"RX 6900", 128 * MB, 40},
		{"Arc A770", 16 * MB, 32},  {"Iris Xe", 3840 << 10, 6},
	};
	ck_assert_uint_eq(COUNT(rows), GPU_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cln_caps caps = caps_of(rows[i].name);
		ck_assert(!caps.cpu);
		ck_assert_msg(caps.last_bytes == rows[i].last_bytes && caps.compute_units == rows[i].units,
		              "%s: %zu bytes, %u units", rows[i].name, caps.last_bytes, caps.compute_units);
	}
}
END_TEST

/* Of unknown models the vendor is enough to distrust what it reports; of unknown vendors what is reported stays. */
START_TEST(unknown)
{
	struct gpu gpu = gpus[0];
	gpu.model = "NVIDIA Nonesuch 1000";
	ck_assert_uint_eq(gpu_caps(&gpu).last_bytes, 4 * MB);
	gpu.cache_bytes = 9 * MB;
	ck_assert_uint_eq(gpu_caps(&gpu).last_bytes, 9 * MB);
	gpu.vendor = "Nobody";
	gpu.cache_bytes = 123456;
	ck_assert_uint_eq(gpu_caps(&gpu).last_bytes, 123456);
	ck_assert_uint_eq(gpu_caps(&gpu).compute_units, gpu.compute_units);
	gpu.cache_bytes = 0;
	ck_assert_uint_eq(gpu_caps(&gpu).last_bytes, 4 * MB);
	ck_assert_ptr_eq(cln_gpu_facts_find("", ""), cln_gpu_facts_find("Nobody", "Nothing"));
}
END_TEST

static struct cln_choice first_choice(const char *name, const size_t shape[3], clnorm_dtype dtype,
                                      clnorm_activation activation, clnorm_op op)
{
	struct cln_caps caps = caps_of(name);
	clnorm_desc desc = clnorm_desc_1d(shape[0], shape[1], shape[2]);
	struct cln_problem problem;
	struct cln_ranking ranking;
	desc.dtype = dtype;
	desc.activation = activation;
	desc.ops = (unsigned)op;
	EXPECT_OK(cln_problem_init(&problem, &desc));
	EXPECT_OK(cln_plan_choose(&problem, &caps, op, NULL, NULL, &ranking));
	return ranking.choices[0];
}

/* Work-items hold 32 floats each: planes of 128 x 128 stay on chip forward, half as large ones in both passes, in
 * groups of 512, two a unit; backward, `stream` was faster on an H200 than one group of 1024 (bench/H200.md). */
START_TEST(choices)
{
	static const struct {
		const char *gpu;
		size_t shape[3];
		clnorm_op op;
		const char *variant;
	} rows[] = {
		{"H200", {16, 512, 1024}, CLNORM_OP_FORWARD, "resident"},
		{"H200", {64, 512, 64}, CLNORM_OP_FORWARD, "pack"},
		{"H200", {4, 128, 16384}, CLNORM_OP_FORWARD, "resident"},
		{"H200", {4, 128, 8192}, CLNORM_OP_BACKWARD, "resident"},
		{"A100", {4, 128, 8192}, CLNORM_OP_BACKWARD, "resident"},
		{"H200", {4, 128, 16384}, CLNORM_OP_BACKWARD, "stream"},
		{"H200", {1, 32, 2073600}, CLNORM_OP_FORWARD, "split"},
		{"MI250", {1, 256, 4096}, CLNORM_OP_FORWARD, "resident"},
		{"RX 6900", {1, 32, 2073600}, CLNORM_OP_FORWARD, "split"},
		{"Arc A770", {1, 256, 4096}, CLNORM_OP_FORWARD, "resident"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cln_choice choice =
			first_choice(rows[i].gpu, rows[i].shape, CLNORM_F32, CLNORM_ACT_NONE, rows[i].op);
		ck_assert_msg(strcmp(choice.variant->info.name, rows[i].variant) == 0, "row %zu, %s: %s, not %s", i,
		              rows[i].gpu, choice.variant->info.name, rows[i].variant);
		ck_assert_uint_le(choice.geometry.group, 512);
	}
}
END_TEST

/* A launch costs a GPU more than a cache saves it: one wave, and another where a setting asks for it. */
START_TEST(waves)
{
	struct cln_caps caps = caps_of("MI250");
	clnorm_desc desc = clnorm_desc_1d(1, 32, MB / 4);
	struct cln_problem problem;
	struct cln_ranking ranking;
	EXPECT_OK(cln_problem_init(&problem, &desc));
	EXPECT_OK(cln_plan_choose(&problem, &caps, CLNORM_OP_FORWARD, "split", NULL, &ranking));
	ck_assert_uint_eq(ranking.choices[0].geometry.wave, 32);
	EXPECT_OK(cln_plan_choose(&problem, &caps, CLNORM_OP_FORWARD, "split wave-kib=4096", NULL, &ranking));
	ck_assert_uint_eq(ranking.choices[0].geometry.wave, 4);
}
END_TEST

/* A group's registers are 65536 on NVIDIA: doubles and backward passes get smaller groups, doubles with SiLU or GELU
 * the smallest. */
START_TEST(registers)
{
	static const size_t shape[3] = {64, 64, 4096};
	ck_assert_uint_le(first_choice("A100", shape, CLNORM_F64, CLNORM_ACT_NONE, CLNORM_OP_FORWARD).geometry.group,
	                  512);
	ck_assert_uint_le(first_choice("A100", shape, CLNORM_F64, CLNORM_ACT_GELU, CLNORM_OP_FORWARD).geometry.group,
	                  256);
	ck_assert_uint_le(first_choice("A100", shape, CLNORM_F64, CLNORM_ACT_SILU, CLNORM_OP_BACKWARD).geometry.group,
	                  256);
	ck_assert_uint_le(first_choice("A100", shape, CLNORM_F32, CLNORM_ACT_SILU, CLNORM_OP_BACKWARD).geometry.group,
	                  512);
	ck_assert_uint_le(first_choice("A100", shape, CLNORM_F32, CLNORM_ACT_NONE, CLNORM_OP_BACKWARD).geometry.group,
	                  512);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gpus");
	TCase *known = tcase_create("known GPUs");
	tcase_add_test(known, facts);
	tcase_add_test(known, unknown);
	tcase_add_test(known, choices);
	tcase_add_test(known, waves);
	tcase_add_test(known, registers);
	suite_add_tcase(suite, known);
	return main_run(suite);
}
