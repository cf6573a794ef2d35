/* test_activation.c: the activations and their derivatives in double.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "reference/activation.h"
#include "tests/kit/main.h"

#define SLOPE 0.2

/* Values to 17 digits, from arithmetic of 40. */
static const struct {
	clnorm_activation activation;
	double z, value, derivative;
} rows[] = {
	{CLNORM_ACT_NONE, -2, -2, 1},
	{CLNORM_ACT_NONE, 3, 3, 1},
	{CLNORM_ACT_RELU, -2, 0, 0},
	{CLNORM_ACT_RELU, 3, 3, 1},
	{CLNORM_ACT_LEAKY_RELU, -2, -0.40000000000000002, 0.20000000000000001},
	{CLNORM_ACT_LEAKY_RELU, 3, 3, 1},
	{CLNORM_ACT_SILU, -6, -0.014835738939808645, -0.012326432591525513},
	{CLNORM_ACT_SILU, -1.5, -0.27363828570953452, -0.041294154299142946},
	{CLNORM_ACT_SILU, -0.125, -0.058598828328280471, 0.43766237974954159},
	{CLNORM_ACT_SILU, 0.125, 0.066401171671719536, 0.56233762025045841},
	{CLNORM_ACT_SILU, 1, 0.7310585786300049, 0.92767051187148675},
	{CLNORM_ACT_SILU, 3.5, 3.3974071923702529, 1.0702733528277182},
	{CLNORM_ACT_SILU, 8, 7.9973171989562681, 1.0023465512355854},
	{CLNORM_ACT_GELU, -6, -5.9195258702261885e-09, -3.5468709453902015e-08},
	{CLNORM_ACT_GELU, -1.5, -0.1002108019032871, -0.12746919222997952},
	{CLNORM_ACT_GELU, -0.125, -0.056282721896235885, 0.40078206430179342},
	{CLNORM_ACT_GELU, 0.125, 0.068717278103764115, 0.59921793569820658},
	{CLNORM_ACT_GELU, 1, 0.84134474606854293, 1.0833154705876864},
	{CLNORM_ACT_GELU, 3.5, 3.4991857982233756, 1.0028217603536247},
	{CLNORM_ACT_GELU, 8, 7.9999999999999947, 1.0000000000000397},
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static bool is_close(double got, double wanted)
{
	return got == wanted || fabs(got - wanted) <= 4e-16 * fabs(wanted);
}

START_TEST(known)
{
	double value = cln_activation_value(rows[_i].activation, SLOPE, rows[_i].z);
	double derivative = cln_activation_derivative(rows[_i].activation, SLOPE, rows[_i].z);
	/* Beyond |z| = 1 the exponent of z*z or z is rounded, and the error grows with it. */
	double grown = fmax(1, rows[_i].z * rows[_i].z);
	ck_assert_msg(is_close(value, rows[_i].value) ||
	                      fabs(value - rows[_i].value) <= 4e-16 * grown * fabs(rows[_i].value),
	              "%d at %g: %.17g, not %.17g", (int)rows[_i].activation, rows[_i].z, value, rows[_i].value);
	ck_assert_msg(fabs(derivative - rows[_i].derivative) <= 4e-16 * grown * fmax(0.1, fabs(rows[_i].derivative)),
	              "%d at %g: derivative %.17g, not %.17g", (int)rows[_i].activation, rows[_i].z, derivative,
	              rows[_i].derivative);
}
END_TEST

START_TEST(kinks)
{
	ck_assert_double_eq(cln_activation_derivative(CLNORM_ACT_RELU, SLOPE, 0.0), 0);
	ck_assert_double_eq(cln_activation_derivative(CLNORM_ACT_RELU, SLOPE, -0.0), 0);
	ck_assert_double_eq(cln_activation_derivative(CLNORM_ACT_RELU, SLOPE, 0x1p-1074), 1);
	ck_assert_double_eq(cln_activation_derivative(CLNORM_ACT_LEAKY_RELU, SLOPE, 0.0), SLOPE);
	ck_assert_double_eq(cln_activation_derivative(CLNORM_ACT_LEAKY_RELU, SLOPE, -0.0), SLOPE);
	ck_assert_double_eq(cln_activation_derivative(CLNORM_ACT_LEAKY_RELU, SLOPE, 0x1p-1074), 1);
}
END_TEST

/* A NaN stays one, and large numbers give what the limit is. */
START_TEST(extremes)
{
	clnorm_activation activation = (clnorm_activation)_i;
	double left = activation == CLNORM_ACT_NONE ? 1 : activation == CLNORM_ACT_LEAKY_RELU ? SLOPE : 0;
	ck_assert(isnan(cln_activation_value(activation, SLOPE, NAN)));
	for (double z = 1000; z < 1e18; z *= 10) {
		ck_assert_double_eq(cln_activation_value(activation, SLOPE, z), z);
		ck_assert_double_eq(cln_activation_value(activation, SLOPE, -z), left * -z);
		ck_assert_double_eq(cln_activation_derivative(activation, SLOPE, z), 1);
		ck_assert_double_eq(cln_activation_derivative(activation, SLOPE, -z), left);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("activation");
	TCase *all = tcase_create("activation");
	tcase_add_loop_test(all, known, 0, ROWS);
	tcase_add_test(all, kinks);
	tcase_add_loop_test(all, extremes, 0, CLNORM_ACTIVATION_COUNT);
	suite_add_tcase(suite, all);
	return main_run(suite);
}
