/* convert.c: element conversion on the host: f16 and bf16 to and from float and double, one element or many.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every value in flight is a normal number or zero, so that a program that flushes subnormals gets the same bits. The
 * choices are arithmetic on both outcomes, which compilers turn into blends: the loops below vectorise. */
#include "base/convert.h"

#include <string.h>

static inline uint32_t float_bits(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline float float_of(uint32_t bits)
{
	float value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t double_bits(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double double_of(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline float half_to_float(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
	uint32_t body = half & 0x7FFFu;
	uint32_t normal = (body << 13) + (112u << 23);                      /* 112 = 127 - 15, the two biases */
	uint32_t special = (body << 13) | 0x7F800000u;                      /* infinity, NaN */
	float subnormal = float_of((113u << 23) | (body << 13)) - 0x1p-14f; /* body * 2^-24, exactly */
	uint32_t bits = body < 0x0400u ? float_bits(subnormal) : normal;
	return float_of(sign | (body >= 0x7C00u ? special : bits));
}

static inline float bfloat_to_float(uint16_t bfloat)
{
	return float_of((uint32_t)bfloat << 16);
}

/* The upper part of a double's bits as a 16-bit float of `digits` stored mantissa bits and the exponent bias `bias`. */
static inline uint16_t narrow(double value, unsigned digits, unsigned bias)
{
	uint64_t bits = double_bits(value);
	unsigned drop = 52 - digits;
	uint64_t body = bits & (UINT64_MAX >> 1);
	uint64_t infinity = (2u * bias + 1u) << digits;
	uint64_t least_normal = (uint64_t)(1023 + 1 - bias) << 52;
	/* Round half up, or down where that is even; a carry into the exponent is what it should be. */
	uint64_t odd = (body >> drop) & 1u;
	uint64_t half_less = ((uint64_t)1 << (drop - 1)) - 1;
	uint64_t normal = ((body + half_less + odd) >> drop) - ((uint64_t)(1023 - bias) << digits);
	/* The sum with a power of two whose last bit is the least subnormal makes the hardware round there. */
	uint64_t anchor = (uint64_t)(1023 + 1 - bias + drop) << 52;
	uint64_t subnormal = double_bits(double_of(body < least_normal ? body : 0) + double_of(anchor)) - anchor;
	uint64_t rounded = body < least_normal ? subnormal : normal;
	uint64_t quiet = infinity | ((uint64_t)1 << (digits - 1)) | ((body >> drop) & (((uint64_t)1 << digits) - 1));
	uint64_t finite_or_infinite = rounded < infinity ? rounded : infinity;
	uint64_t result = body > ((uint64_t)0x7FF << 52) ? quiet : finite_or_infinite;
	return (uint16_t)(result | ((bits >> 48) & 0x8000u));
}

/* The same from a float, in half the width and so twice as fast. */
static inline uint16_t half_from_float(float value)
{
	uint32_t bits = float_bits(value);
	uint32_t body = bits & 0x7FFFFFFFu;
	uint32_t least_normal = 113u << 23;
	uint32_t normal = ((body + 0xFFFu + ((body >> 13) & 1u)) >> 13) - (112u << 10);
	uint32_t anchor = (113u + 13u) << 23;
	uint32_t subnormal = float_bits(float_of(body < least_normal ? body : 0) + float_of(anchor)) - anchor;
	uint32_t rounded = body < least_normal ? subnormal : normal;
	uint32_t quiet = 0x7E00u | ((body >> 13) & 0x3FFu);
	uint32_t finite_or_infinite = rounded < 0x7C00u ? rounded : 0x7C00u;
	uint32_t result = body > 0x7F800000u ? quiet : finite_or_infinite;
	return (uint16_t)(result | ((bits >> 16) & 0x8000u));
}

static inline uint16_t bfloat_from_float(float value)
{
	uint32_t bits = float_bits(value);
	uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
	uint32_t quiet = (bits >> 16) | 0x40u;
	return (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
}

float cln_convert_from_half(uint16_t half)
{
	return half_to_float(half);
}

float cln_convert_from_bfloat(uint16_t bfloat)
{
	return bfloat_to_float(bfloat);
}

uint16_t cln_convert_to_half(double value)
{
	return narrow(value, 10, 15);
}

uint16_t cln_convert_to_bfloat(double value)
{
	return narrow(value, 7, 127);
}

/* Defines the loop over many elements for one pair of types. */
#define LOOP(name, from_type, to_type, expression)                                                                     \
	static void name(const void *from, void *to, size_t count)                                                     \
	{                                                                                                              \
		const from_type *restrict in = from;                                                                   \
		to_type *restrict out = to;                                                                            \
		for (size_t i = 0; i < count; i++) {                                                                   \
			out[i] = expression;                                                                           \
		}                                                                                                      \
	}

LOOP(copy_16, uint16_t, uint16_t, in[i])
LOOP(copy_32, uint32_t, uint32_t, in[i])
LOOP(copy_64, uint64_t, uint64_t, in[i])
LOOP(f32_to_f16, float, uint16_t, half_from_float(in[i]))
LOOP(f32_to_bf16, float, uint16_t, bfloat_from_float(in[i]))
LOOP(f32_to_f64, float, double, (double)in[i])
LOOP(f16_to_f32, uint16_t, float, half_to_float(in[i]))
LOOP(f16_to_bf16, uint16_t, uint16_t, bfloat_from_float(half_to_float(in[i])))
LOOP(f16_to_f64, uint16_t, double, (double)half_to_float(in[i]))
LOOP(bf16_to_f32, uint16_t, float, bfloat_to_float(in[i]))
LOOP(bf16_to_f16, uint16_t, uint16_t, half_from_float(bfloat_to_float(in[i])))
LOOP(bf16_to_f64, uint16_t, double, (double)bfloat_to_float(in[i]))
LOOP(f64_to_f32, double, float, (float)in[i])
LOOP(f64_to_f16, double, uint16_t, narrow(in[i], 10, 15))
LOOP(f64_to_bf16, double, uint16_t, narrow(in[i], 7, 127))

typedef void convert_loop(const void *from, void *to, size_t count);

/* From a row's type to a column's, in the order of clnorm_dtype. */
static convert_loop *const loops[CLNORM_DTYPE_COUNT][CLNORM_DTYPE_COUNT] = {
	{copy_32, f32_to_f16, f32_to_bf16, f32_to_f64},
	{f16_to_f32, copy_16, f16_to_bf16, f16_to_f64},
	{bf16_to_f32, bf16_to_f16, copy_16, bf16_to_f64},
	{f64_to_f32, f64_to_f16, f64_to_bf16, copy_64},
};
_Static_assert(CLNORM_F32 == 0 && CLNORM_F16 == 1 && CLNORM_BF16 == 2 && CLNORM_F64 == 3 && CLNORM_DTYPE_COUNT == 4,
               "the order of the table");

void cln_convert_many(clnorm_dtype from_dtype, const void *from, clnorm_dtype to_dtype, void *to, size_t count)
{
	loops[from_dtype][to_dtype](from, to, count);
}
