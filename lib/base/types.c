/* types.c: the dtype, layout and activation tables: name, bytes, kernel macro, host conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/types.h"

#include "base/convert.h"
#include "base/number.h"

#include <clnorm/clnorm.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static double get_f32(const void *data, size_t i)
{
	return ((const float *)data)[i];
}

static void set_f32(void *data, size_t i, double value)
{
	((float *)data)[i] = (float)value;
}

static double get_f16(const void *data, size_t i)
{
	return cln_convert_from_half(((const uint16_t *)data)[i]);
}

static void set_f16(void *data, size_t i, double value)
{
	((uint16_t *)data)[i] = cln_convert_to_half(value);
}

static double get_bf16(const void *data, size_t i)
{
	return cln_convert_from_bfloat(((const uint16_t *)data)[i]);
}

static void set_bf16(void *data, size_t i, double value)
{
	((uint16_t *)data)[i] = cln_convert_to_bfloat(value);
}

static double get_f64(const void *data, size_t i)
{
	return ((const double *)data)[i];
}

static void set_f64(void *data, size_t i, double value)
{
	((double *)data)[i] = value;
}

static const struct cln_dtype_facts dtypes[] = {
	[CLNORM_F32] = {"f32", "CLN_F32", 4, CLNORM_F32, 0x1p-24, get_f32, set_f32},
	[CLNORM_F16] = {"f16", "CLN_F16", 2, CLNORM_F32, 0x1p-11, get_f16, set_f16},
	[CLNORM_BF16] = {"bf16", "CLN_BF16", 2, CLNORM_F32, 0x1p-8, get_bf16, set_bf16},
	[CLNORM_F64] = {"f64", "CLN_F64", 8, CLNORM_F64, 0x1p-53, get_f64, set_f64},
};

static const struct cln_layout_facts layouts[] = {
	[CLNORM_NCHW] = {"nchw", "CLN_NCHW", false},
	[CLNORM_NHWC] = {"nhwc", "CLN_NHWC", true},
};

static const struct cln_activation_facts activations[] = {
	[CLNORM_ACT_NONE] = {"none", "CLN_NONE"},
	[CLNORM_ACT_RELU] = {"relu", "CLN_RELU"},
	[CLNORM_ACT_LEAKY_RELU] = {"leaky-relu", "CLN_LEAKY_RELU"},
	[CLNORM_ACT_SILU] = {"silu", "CLN_SILU"},
	[CLNORM_ACT_GELU] = {"gelu", "CLN_GELU"},
};

_Static_assert(sizeof(dtypes) / sizeof(dtypes[0]) == CLNORM_DTYPE_COUNT, "a dtype lacks its row");
_Static_assert(sizeof(layouts) / sizeof(layouts[0]) == CLNORM_LAYOUT_COUNT, "a layout lacks its row");
_Static_assert(sizeof(activations) / sizeof(activations[0]) == CLNORM_ACTIVATION_COUNT, "an activation lacks its row");
_Static_assert(sizeof(float) == 4 && sizeof(double) == 8, "f32 is kept as float and f64 as double");

const struct cln_dtype_facts *cln_dtype_facts(clnorm_dtype dtype)
{
	return (size_t)dtype < CLNORM_DTYPE_COUNT ? &dtypes[dtype] : NULL;
}

bool cln_dtype_is_finite(clnorm_dtype dtype, double value)
{
	return isfinite(cln_dtype_facts(dtype)->statistics == CLNORM_F64 ? value : (double)(float)value);
}

const struct cln_layout_facts *cln_layout_facts(clnorm_layout layout)
{
	return (size_t)layout < CLNORM_LAYOUT_COUNT ? &layouts[layout] : NULL;
}

const struct cln_activation_facts *cln_activation_facts(clnorm_activation activation)
{
	return (size_t)activation < CLNORM_ACTIVATION_COUNT ? &activations[activation] : NULL;
}

const char *clnorm_dtype_name(clnorm_dtype dtype)
{
	const struct cln_dtype_facts *facts = cln_dtype_facts(dtype);
	return facts != NULL ? facts->name : "?";
}

const char *clnorm_layout_name(clnorm_layout layout)
{
	const struct cln_layout_facts *facts = cln_layout_facts(layout);
	return facts != NULL ? facts->name : "?";
}

const char *clnorm_activation_name(clnorm_activation activation)
{
	const struct cln_activation_facts *facts = cln_activation_facts(activation);
	return facts != NULL ? facts->name : "?";
}

bool clnorm_dtype_parse(const char *name, clnorm_dtype *out)
{
	for (int i = 0; name != NULL && i < CLNORM_DTYPE_COUNT; i++) {
		if (strcmp(name, dtypes[i].name) == 0) {
			*out = (clnorm_dtype)i;
			return true;
		}
	}
	return false;
}

bool clnorm_layout_parse(const char *name, clnorm_layout *out)
{
	for (int i = 0; name != NULL && i < CLNORM_LAYOUT_COUNT; i++) {
		if (strcmp(name, layouts[i].name) == 0) {
			*out = (clnorm_layout)i;
			return true;
		}
	}
	return false;
}

bool clnorm_activation_parse(const char *name, clnorm_activation *out, double *slope)
{
	size_t length = name != NULL ? strcspn(name, ":") : 0;
	for (int i = 0; name != NULL && i < CLNORM_ACTIVATION_COUNT; i++) {
		if (strlen(activations[i].name) != length || strncmp(name, activations[i].name, length) != 0) {
			continue;
		}
		double given = 0;
		if (name[length] == ':') {
			if (i != CLNORM_ACT_LEAKY_RELU || !cln_number_parse(name + length + 1, &given)) {
				return false;
			}
			if (slope != NULL) {
				*slope = given;
			}
		}
		*out = (clnorm_activation)i;
		return true;
	}
	return false;
}

const char *clnorm_activation_print(char text[CLNORM_ACTIVATION_BYTES], clnorm_activation activation, double slope)
{
	char number[CLN_NUMBER_BYTES] = "";
	bool has_slope = activation == CLNORM_ACT_LEAKY_RELU;
	snprintf(text, CLNORM_ACTIVATION_BYTES, "%s%s%s", clnorm_activation_name(activation), has_slope ? ":" : "",
	         has_slope ? cln_number_print_short(number, slope) : "");
	return text;
}

unsigned clnorm_layout_channel_axis(clnorm_layout layout, unsigned rank)
{
	const struct cln_layout_facts *facts = cln_layout_facts(layout);
	return facts != NULL && facts->channels_last && rank > 1 ? rank - 1 : 1;
}

size_t clnorm_dtype_bytes(clnorm_dtype dtype)
{
	const struct cln_dtype_facts *facts = cln_dtype_facts(dtype);
	return facts != NULL ? facts->bytes : 0;
}

clnorm_dtype clnorm_dtype_statistics(clnorm_dtype dtype)
{
	const struct cln_dtype_facts *facts = cln_dtype_facts(dtype);
	return facts != NULL ? facts->statistics : CLNORM_F32;
}

clnorm_status clnorm_convert(clnorm_dtype from_dtype, const void *from, clnorm_dtype to_dtype, void *to, size_t count)
{
	if (cln_dtype_facts(from_dtype) == NULL || cln_dtype_facts(to_dtype) == NULL) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "cannot convert from dtype %d to dtype %d: not both exist",
		                (int)from_dtype, (int)to_dtype);
	}
	if (count > 0 && (from == NULL || to == NULL)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s is NULL; %zu elements are to be converted",
		                from == NULL ? "from" : "to", count);
	}
	cln_convert_many(from_dtype, from, to_dtype, to, count);
	return CLNORM_OK;
}
