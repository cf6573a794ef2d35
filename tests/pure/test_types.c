/* test_types.c: the dtype, layout and activation tables, their names, and clnorm_convert().
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "base/types.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"

START_TEST(dtypes)
{
	clnorm_dtype dtype = (clnorm_dtype)_i;
	const struct cln_dtype_facts *facts = cln_dtype_facts(dtype);
	ck_assert_ptr_nonnull(facts);
	ck_assert_ptr_nonnull(facts->name);
	ck_assert_str_eq(clnorm_dtype_name(dtype), facts->name);
	ck_assert_int_eq(strncmp(facts->macro, "CLN_", 4), 0);
	ck_assert_uint_eq(clnorm_dtype_bytes(dtype), facts->bytes);
	ck_assert_int_eq(clnorm_dtype_statistics(dtype), dtype == CLNORM_F64 ? CLNORM_F64 : CLNORM_F32);
	clnorm_dtype parsed = CLNORM_DTYPE_COUNT;
	ck_assert(clnorm_dtype_parse(facts->name, &parsed));
	ck_assert_int_eq(parsed, dtype);
}
END_TEST

/* 1 + rounding is the tie between 1 and the next number, which goes back to 1, and anything above goes on. */
START_TEST(rounding)
{
	const struct cln_dtype_facts *facts = cln_dtype_facts((clnorm_dtype)_i);
	double place[2];
	facts->set(place, 1, 1 + facts->rounding);
	ck_assert_double_eq(facts->get(place, 1), 1);
	facts->set(place, 1, 1 + 2 * facts->rounding);
	ck_assert_double_eq(facts->get(place, 1), 1 + 2 * facts->rounding);
	facts->set(place, 1, 1 + 3 * facts->rounding);
	ck_assert_double_eq(facts->get(place, 1), 1 + 4 * facts->rounding);
	facts->set(place, 0, -0.0);
	ck_assert(facts->get(place, 0) == 0 && signbit(facts->get(place, 0)));
	facts->set(place, 0, -INFINITY);
	ck_assert_double_eq(facts->get(place, 0), -INFINITY);
	facts->set(place, 0, NAN);
	ck_assert(isnan(facts->get(place, 0)));
}
END_TEST

START_TEST(layouts)
{
	clnorm_layout layout = (clnorm_layout)_i;
	const struct cln_layout_facts *facts = cln_layout_facts(layout);
	clnorm_layout parsed = CLNORM_LAYOUT_COUNT;
	ck_assert_ptr_nonnull(facts);
	ck_assert_int_eq(strncmp(facts->macro, "CLN_", 4), 0);
	ck_assert(clnorm_layout_parse(clnorm_layout_name(layout), &parsed));
	ck_assert_int_eq(parsed, layout);
	for (unsigned rank = 2; rank <= 8; rank++) {
		ck_assert_uint_eq(clnorm_layout_channel_axis(layout, rank), facts->channels_last ? rank - 1 : 1);
	}
}
END_TEST

START_TEST(activations)
{
	clnorm_activation activation = (clnorm_activation)_i;
	const struct cln_activation_facts *facts = cln_activation_facts(activation);
	clnorm_activation parsed = CLNORM_ACTIVATION_COUNT;
	double slope = 7;
	ck_assert_ptr_nonnull(facts);
	ck_assert_int_eq(strncmp(facts->macro, "CLN_", 4), 0);
	ck_assert(clnorm_activation_parse(clnorm_activation_name(activation), &parsed, &slope));
	ck_assert_int_eq(parsed, activation);
	ck_assert_double_eq(slope, 7);
}
END_TEST

/* The names are in the interface: scripts and files have them. */
START_TEST(spelling)
{
	static const char *const dtype_names[] = {"f32", "f16", "bf16", "f64"};
	static const char *const layout_names[] = {"nchw", "nhwc"};
	static const char *const activation_names[] = {"none", "relu", "leaky-relu", "silu", "gelu"};
	for (int i = 0; i < CLNORM_DTYPE_COUNT; i++) {
		ck_assert_str_eq(clnorm_dtype_name((clnorm_dtype)i), dtype_names[i]);
	}
	for (int i = 0; i < CLNORM_LAYOUT_COUNT; i++) {
		ck_assert_str_eq(clnorm_layout_name((clnorm_layout)i), layout_names[i]);
		ck_assert_uint_eq(clnorm_layout_channel_axis((clnorm_layout)i, 4), i == CLNORM_NHWC ? 3 : 1);
	}
	for (int i = 0; i < CLNORM_ACTIVATION_COUNT; i++) {
		ck_assert_str_eq(clnorm_activation_name((clnorm_activation)i), activation_names[i]);
	}
}
END_TEST

START_TEST(unknown)
{
	static const int numbers[] = {-1, 99, 1 << 30};
	int number = numbers[_i];
	ck_assert_ptr_null(cln_dtype_facts((clnorm_dtype)number));
	ck_assert_ptr_null(cln_layout_facts((clnorm_layout)number));
	ck_assert_ptr_null(cln_activation_facts((clnorm_activation)number));
	ck_assert_str_eq(clnorm_dtype_name((clnorm_dtype)number), "?");
	ck_assert_str_eq(clnorm_layout_name((clnorm_layout)number), "?");
	ck_assert_str_eq(clnorm_activation_name((clnorm_activation)number), "?");
	ck_assert_uint_eq(clnorm_dtype_bytes((clnorm_dtype)number), 0);
	ck_assert_uint_eq(clnorm_layout_channel_axis((clnorm_layout)number, 4), 1);
}
END_TEST

START_TEST(bad_names)
{
	static const char *const names[] = {NULL,    "",      "?",    "F32",   "f32 ",  " f32", "f3",
	                                    "f322",  "float", "NCHW", "nchw:", "nchw ", "nc",   "none ",
	                                    "leaky", "relu6", "tanh", ":",     ":0.2"};
	clnorm_dtype dtype = CLNORM_BF16;
	clnorm_layout layout = CLNORM_NHWC;
	clnorm_activation activation = CLNORM_ACT_SILU;
	double slope = 7;
	ck_assert(!clnorm_dtype_parse(names[_i], &dtype));
	ck_assert(!clnorm_layout_parse(names[_i], &layout));
	ck_assert(!clnorm_activation_parse(names[_i], &activation, &slope));
	ck_assert(dtype == CLNORM_BF16 && layout == CLNORM_NHWC && activation == CLNORM_ACT_SILU && slope == 7);
}
END_TEST

START_TEST(slopes)
{
	static const struct {
		const char *name;
		double slope;
	} rows[] = {{"leaky-relu", 7},     {"leaky-relu:0.2", 0.2},   {"leaky-relu:0", 0},
	            {"leaky-relu:-1", -1}, {"leaky-relu:1e-2", 0.01}, {"leaky-relu:.25", 0.25}};
	clnorm_activation activation = CLNORM_ACT_NONE;
	double slope = 7;
	ck_assert(clnorm_activation_parse(rows[_i].name, &activation, &slope));
	ck_assert_int_eq(activation, CLNORM_ACT_LEAKY_RELU);
	ck_assert_double_eq(slope, rows[_i].slope);
	ck_assert(clnorm_activation_parse(rows[_i].name, &activation, NULL));
}
END_TEST

START_TEST(bad_slopes)
{
	static const char *const names[] = {"leaky-relu:",
	                                    "leaky-relu:x",
	                                    "leaky-relu:0.2x",
	                                    "leaky-relu:0.2 ",
	                                    "leaky-relu: 1",
	                                    "leaky-relu:nan",
	                                    "leaky-relu:inf",
	                                    "leaky-relu:-inf",
	                                    "leaky-relu:1e999",
	                                    "leaky-relu:0,2",
	                                    "leaky-relu:0.1:0.2",
	                                    "leaky-relu::0.2",
	                                    "relu:0.2",
	                                    "none:0",
	                                    "silu:1",
	                                    "gelu:",
	                                    "leaky-relu:0x1"};
	clnorm_activation activation = CLNORM_ACT_SILU;
	double slope = 7;
	ck_assert_msg(!clnorm_activation_parse(names[_i], &activation, &slope), "%s is taken", names[_i]);
	ck_assert(activation == CLNORM_ACT_SILU && slope == 7);
}
END_TEST

/* One number of each kind through every pair of types. */
START_TEST(conversion)
{
	static const double values[] = {0, -0.0, 1, -2.5, 0.15625, 65504, -0x1p-14, 0x1p-24, INFINITY, -INFINITY};
	enum { COUNT = sizeof(values) / sizeof(values[0]) };
	clnorm_dtype from = (clnorm_dtype)(_i / CLNORM_DTYPE_COUNT), to = (clnorm_dtype)(_i % CLNORM_DTYPE_COUNT);
	double source[COUNT + 1], target[COUNT + 1], back[COUNT + 1], wanted;
	unsigned char guard[sizeof(double)];
	memset(guard, 0xA5, sizeof(guard));
	memset(target, 0xA5, sizeof(target));
	EXPECT_OK(clnorm_convert(CLNORM_F64, values, from, source, COUNT));
	EXPECT_OK(clnorm_convert(from, source, to, target, COUNT));
	EXPECT_OK(clnorm_convert(to, target, CLNORM_F64, back, COUNT));
	for (size_t i = 0; i < COUNT; i++) {
		double rounded[1];
		cln_dtype_facts(to)->set(rounded, 0, cln_dtype_facts(from)->get(source, i));
		wanted = cln_dtype_facts(to)->get(rounded, 0);
		ck_assert_msg(back[i] == wanted && !signbit(back[i]) == !signbit(values[i]), "%g becomes %g", values[i],
		              back[i]);
	}
	ck_assert_int_eq(memcmp((char *)target + COUNT * clnorm_dtype_bytes(to), guard, clnorm_dtype_bytes(to)), 0);
}
END_TEST

START_TEST(conversion_refused)
{
	float one[2] = {1, 2}, other[2] = {3, 4};
	EXPECT_OK(clnorm_convert(CLNORM_F32, NULL, CLNORM_F16, NULL, 0));
	EXPECT_OK(clnorm_convert(CLNORM_F32, NULL, CLNORM_F32, NULL, 0));
	EXPECT_SAYS(clnorm_convert(CLNORM_F32, NULL, CLNORM_F16, other, 2), CLNORM_BAD_ARGUMENT, "from", "2");
	EXPECT_SAYS(clnorm_convert(CLNORM_F32, one, CLNORM_F16, NULL, 2), CLNORM_BAD_ARGUMENT, "to", "2");
	EXPECT_SAYS(clnorm_convert((clnorm_dtype)9, one, CLNORM_F16, other, 2), CLNORM_BAD_ARGUMENT, "dtype", "9");
	EXPECT_SAYS(clnorm_convert(CLNORM_F32, one, (clnorm_dtype)-1, other, 0), CLNORM_BAD_ARGUMENT, "dtype", "-1");
	ck_assert(other[0] == 3 && other[1] == 4);
}
END_TEST

/* Every activation, with slopes that take few digits and all of them, comes back as it was. */
START_TEST(activation_print)
{
	static const double given[] = {0.2, 0.01, 0, -0.0, 1.0 / 3, -2.5e-300, 1e300, 0x1.fffffffffffffp-3, 5e-324, 3};
	char text[CLNORM_ACTIVATION_BYTES];
	for (int i = 0; i < CLNORM_ACTIVATION_COUNT; i++) {
		for (size_t k = 0; k < sizeof(given) / sizeof(given[0]); k++) {
			clnorm_activation activation = CLNORM_ACTIVATION_COUNT;
			double slope = 7;
			bool has_slope = i == CLNORM_ACT_LEAKY_RELU;
			ck_assert_ptr_eq(clnorm_activation_print(text, (clnorm_activation)i, given[k]), text);
			ck_assert_msg(clnorm_activation_parse(text, &activation, &slope), "%s is not read", text);
			ck_assert_int_eq((int)activation, i);
			ck_assert_msg(slope == (has_slope ? given[k] : 7), "%s is %g", text, given[k]);
		}
	}
	ck_assert_str_eq(clnorm_activation_print(text, CLNORM_ACT_LEAKY_RELU, 0.2), "leaky-relu:0.2");
	ck_assert_str_eq(clnorm_activation_print(text, CLNORM_ACT_SILU, 0.2), "silu");
	ck_assert_str_eq(clnorm_activation_print(text, CLNORM_ACTIVATION_COUNT, 0.2), "?");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("types");
	TCase *tables = tcase_create("tables");
	TCase *names = tcase_create("names");
	TCase *host = tcase_create("conversion");
	tcase_add_loop_test(tables, dtypes, 0, CLNORM_DTYPE_COUNT);
	tcase_add_loop_test(tables, rounding, 0, CLNORM_DTYPE_COUNT);
	tcase_add_loop_test(tables, layouts, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_loop_test(tables, activations, 0, CLNORM_ACTIVATION_COUNT);
	tcase_add_loop_test(tables, unknown, 0, 3);
	tcase_add_test(names, activation_print);
	tcase_add_test(names, spelling);
	tcase_add_loop_test(names, bad_names, 0, 19);
	tcase_add_loop_test(names, slopes, 0, 6);
	tcase_add_loop_test(names, bad_slopes, 0, 17);
	tcase_add_loop_test(host, conversion, 0, CLNORM_DTYPE_COUNT * CLNORM_DTYPE_COUNT);
	tcase_add_test(host, conversion_refused);
	suite_add_tcase(suite, tables);
	suite_add_tcase(suite, names);
	suite_add_tcase(suite, host);
	return main_run(suite);
}
