/* test_convert.c: f16 and bf16 from and to float and double: every pattern, every rounding.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "base/convert.h"
#include "base/types.h"
#include "tests/kit/main.h"

/* The two storage types, in words that the code under test does not use. */
struct small {
	clnorm_dtype dtype;
	int digits;   /* of the fraction */
	int exponent; /* of the largest power of two */
};

static const struct small smalls[] = {{CLNORM_F16, 10, 15}, {CLNORM_BF16, 7, 127}};

static double small_to_double(const struct small *type, uint16_t bits)
{
	return type->dtype == CLNORM_F16 ? cln_convert_from_half(bits) : cln_convert_from_bfloat(bits);
}

static uint16_t small_from_double(const struct small *type, double value)
{
	return type->dtype == CLNORM_F16 ? cln_convert_to_half(value) : cln_convert_to_bfloat(value);
}

/* What the standard says a pattern is worth. */
static double small_value(const struct small *type, uint16_t bits)
{
	int fraction = bits & ((1 << type->digits) - 1);
	int exponent = (bits & 0x7FFF) >> type->digits;
	double sign = bits & 0x8000 ? -1 : 1;
	if (exponent == 2 * type->exponent + 1) {
		return fraction ? NAN : sign * INFINITY;
	}
	if (exponent == 0) {
		return sign * ldexp(fraction, 1 - type->exponent - type->digits);
	}
	return sign * ldexp((1 << type->digits) + fraction, exponent - type->exponent - type->digits);
}

/* The pattern of infinity. */
static unsigned small_infinity(const struct small *type)
{
	return (2u * (unsigned)type->exponent + 1) << type->digits;
}

/* Every pattern is worth what it should be, and comes back as itself; a NaN comes back as a NaN of its sign. */
START_TEST(patterns)
{
	const struct small *type = &smalls[_i];
	for (unsigned bits = 0; bits < 65536; bits++) {
		double wanted = small_value(type, (uint16_t)bits);
		double got = small_to_double(type, (uint16_t)bits);
		unsigned back = small_from_double(type, got);
		bool is_nan = isnan(wanted);
		bool is_same = is_nan ? isnan(got) : got == wanted;
		bool returns =
			is_nan ? (back & 0x7FFF) > small_infinity(type) && ((back ^ bits) & 0x8000) == 0 : back == bits;
		/* Check notes every assertion that it passes, which takes longer than all the rest. */
		if (!is_same || !signbit(got) != !(bits & 0x8000) || !returns) {
			ck_abort_msg("0x%04x is %g, not %g, and comes back as 0x%04x", bits, got, wanted, back);
		}
	}
}
END_TEST

static void rounds_to(const struct small *type, double value, unsigned wanted)
{
	unsigned got = small_from_double(type, value);
	unsigned negative = small_from_double(type, -value);
	if (got != wanted || negative != (wanted | 0x8000)) {
		ck_abort_msg("%a becomes 0x%04x, its negative 0x%04x, not 0x%04x", value, got, negative, wanted);
	}
}

/* Between any two neighbours, the last two being the largest number and what would follow it: the middle goes to the
 * even one, and the last double before and after it to the nearer. A rounding by way of float fails here. */
START_TEST(ties)
{
	const struct small *type = &smalls[_i];
	for (unsigned bits = 0; bits < small_infinity(type); bits++) {
		double low = small_value(type, (uint16_t)bits);
		double high = small_value(type, (uint16_t)(bits + 1));
		double middle = isinf(high) ? low + ldexp(1, type->exponent - type->digits - 1) : (low + high) / 2;
		rounds_to(type, middle, bits & 1 ? bits + 1 : bits);
		rounds_to(type, nextafter(middle, 0), bits);
		rounds_to(type, nextafter(middle, INFINITY), bits + 1);
		rounds_to(type, low, bits);
		rounds_to(type, nextafter(low, INFINITY), bits);
	}
}
END_TEST

START_TEST(extremes)
{
	const struct small *type = &smalls[_i];
	rounds_to(type, 0, 0);
	rounds_to(type, 0x1p-1074, 0);
	rounds_to(type, 0x1p-1022, 0);
	rounds_to(type, 0x1p-1000, 0);
	rounds_to(type, 0x1p1023, small_infinity(type));
	rounds_to(type, INFINITY, small_infinity(type));
}
END_TEST

/* A NaN stays one whatever bits it has, those that a cut would leave empty among them. */
START_TEST(nans)
{
	for (unsigned bit = 0; bit < 52; bit++) {
		uint64_t bits = (uint64_t)0x7FF << 52 | (uint64_t)1 << bit;
		double value;
		memcpy(&value, &bits, sizeof(value));
		ck_assert_uint_gt(small_from_double(&smalls[_i], value) & 0x7FFFu, small_infinity(&smalls[_i]));
	}
}
END_TEST

/* Floats of every exponent: the first and last eight fractions, and 64 between. */
enum { FLOATS = 512 * 80 };

static float *floats_new(void)
{
	float *floats = malloc(FLOATS * sizeof(*floats));
	ck_assert_ptr_nonnull(floats);
	for (uint32_t i = 0; i < FLOATS; i++) {
		uint32_t k = i % 80;
		uint32_t fraction = k < 8 ? k : k < 16 ? 0x7FFFFFu - (k - 8) : (k * 2654435761u) >> 9;
		/* Exactly between two f16, or two bf16, for some. */
		fraction = k >= 70   ? (fraction & 0x7FE000u) | 0x1000u
		           : k >= 60 ? (fraction & 0x7F0000u) | 0x8000u
		                     : fraction;
		uint32_t bits = (i / 80) << 23 | fraction;
		memcpy(&floats[i], &bits, sizeof(bits));
	}
	return floats;
}

/* The loops over many elements give what one element gives. */
START_TEST(loops)
{
	clnorm_dtype from = (clnorm_dtype)(_i / CLNORM_DTYPE_COUNT), to = (clnorm_dtype)(_i % CLNORM_DTYPE_COUNT);
	const struct cln_dtype_facts *in = cln_dtype_facts(from), *out = cln_dtype_facts(to);
	float *floats = floats_new();
	void *source = malloc(FLOATS * in->bytes), *got = malloc(FLOATS * out->bytes),
	     *wanted = malloc(FLOATS * out->bytes);
	ck_assert(source && got && wanted);
	for (size_t i = 0; i < FLOATS; i++) {
		in->set(source, i, floats[i]);
		out->set(wanted, i, in->get(source, i));
	}
	memset(got, 0xA5, FLOATS * out->bytes);
	cln_convert_many(from, source, to, got, FLOATS);
	for (size_t i = 0; i < FLOATS; i++) {
		double one = out->get(got, i), other = out->get(wanted, i);
		if ((one != other && !(isnan(one) && isnan(other))) || !signbit(one) != !signbit(other)) {
			ck_abort_msg("%s to %s: %a becomes %a, not %a", in->name, out->name, in->get(source, i), one,
			             other);
		}
	}
	free(floats);
	free(source);
	free(got);
	free(wanted);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("convert");
	TCase *elements = tcase_create("one element");
	TCase *many = tcase_create("many elements");
	tcase_add_loop_test(elements, patterns, 0, 2);
	tcase_add_loop_test(elements, ties, 0, 2);
	tcase_add_loop_test(elements, extremes, 0, 2);
	tcase_add_loop_test(elements, nans, 0, 2);
	tcase_add_loop_test(many, loops, 0, CLNORM_DTYPE_COUNT * CLNORM_DTYPE_COUNT);
	suite_add_tcase(suite, elements);
	suite_add_tcase(suite, many);
	return main_run(suite);
}
