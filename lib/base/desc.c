/* desc.c: descriptions: made with defaults, checked, and the sizes that follow from them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/desc.h"

#include "base/strides.h"
#include "base/text.h"
#include "base/types.h"

#include <clnorm/clnorm.h>

#include <stdint.h>

#define KNOWN_OPS ((unsigned)CLNORM_OP_FORWARD | CLNORM_OP_APPLY | CLNORM_OP_BACKWARD)
#define KNOWN_FLAGS                                                                                                    \
	((unsigned)CLNORM_BATCH_INVARIANT | CLNORM_STRICT_SPATIAL | CLNORM_CALLER_WORKSPACE |                          \
	 CLNORM_RUNNING_STATISTICS | CLNORM_CONSTANT_STATISTICS | CLNORM_SKIP_SUM)

/* Dimensions before the spatial ones. */
#define LEADING 2u

clnorm_desc clnorm_desc_nd(unsigned rank, const size_t *dims)
{
	clnorm_desc desc = {
		/* Ranks 0 and 1 wrap to a huge value, which the check refuses as it does 9 and turns back to name it.
	         */
		.spatial_rank = (dims != NULL ? rank : 0) - LEADING,
		.dtype = CLNORM_F32,
		.layout = CLNORM_NCHW,
		.affine = CLNORM_AFFINE_CHANNEL,
		.activation = CLNORM_ACT_NONE,
		.slope = 0.01,
		.epsilon = 1e-5,
		.ops = CLNORM_OP_FORWARD,
	};
	if (desc.spatial_rank <= CLNORM_MAX_SPATIAL) {
		desc.n = dims[0];
		desc.c = dims[1];
		for (unsigned i = 0; i < desc.spatial_rank; i++) {
			desc.spatial[i] = dims[LEADING + i];
		}
	}
	return desc;
}

clnorm_desc clnorm_desc_1d(size_t n, size_t c, size_t l)
{
	return clnorm_desc_nd(3, (const size_t[]){n, c, l});
}

clnorm_desc clnorm_desc_2d(size_t n, size_t c, size_t h, size_t w)
{
	return clnorm_desc_nd(4, (const size_t[]){n, c, h, w});
}

clnorm_desc clnorm_desc_3d(size_t n, size_t c, size_t d, size_t h, size_t w)
{
	return clnorm_desc_nd(5, (const size_t[]){n, c, d, h, w});
}

size_t cln_desc_spatial(const clnorm_desc *desc)
{
	size_t product = 1;
	for (unsigned i = 0; i < desc->spatial_rank; i++) {
		product *= desc->spatial[i];
	}
	return product;
}

size_t cln_desc_instances(const clnorm_desc *desc)
{
	return desc->n * desc->c;
}

size_t cln_desc_elements(const clnorm_desc *desc)
{
	return cln_desc_instances(desc) * cln_desc_spatial(desc);
}

size_t cln_desc_parameters(const clnorm_desc *desc)
{
	switch (desc->affine) {
	case CLNORM_AFFINE_CHANNEL:
		return desc->c;
	case CLNORM_AFFINE_INSTANCE:
		return cln_desc_instances(desc);
	default:
		return 0;
	}
}

size_t cln_desc_groups(const clnorm_desc *desc)
{
	size_t groups = desc->groups != 0 ? desc->groups : desc->c;
	return groups != 0 ? groups : 1;
}

size_t cln_desc_sets(const clnorm_desc *desc)
{
	return desc->c != 0 ? desc->n * cln_desc_groups(desc) : 0;
}

/* Multiplies *product by factor; false where the result is past size_t. */
static bool multiply(size_t *product, size_t factor)
{
	if (factor != 0 && *product > SIZE_MAX / factor) {
		return false;
	}
	*product *= factor;
	return true;
}

static bool has_zero(const clnorm_desc *desc)
{
	bool zero = desc->n == 0 || desc->c == 0;
	for (unsigned i = 0; i < desc->spatial_rank; i++) {
		zero = zero || desc->spatial[i] == 0;
	}
	return zero;
}

/* Fails with CLNORM_BAD_SHAPE and a sentence of the shape and what is wrong with it. */
static clnorm_status fail_shape(const clnorm_desc *desc, const char *wrong)
{
	struct cln_text shape = {0};
	cln_text_add(&shape, "(%zu, %zu", desc->n, desc->c);
	for (unsigned i = 0; i < desc->spatial_rank; i++) {
		cln_text_add(&shape, ", %zu", desc->spatial[i]);
	}
	clnorm_status st = cln_fail(CLNORM_BAD_SHAPE, "shape %s) of %s: %s", cln_text_chars(&shape),
	                            clnorm_dtype_name(desc->dtype), wrong);
	cln_text_clear(&shape);
	return st;
}

/* That no product of sizes passes size_t. An empty tensor has no bytes, whatever the other sizes; gamma and the moments
 * may still be there. */
static clnorm_status check_sizes(const clnorm_desc *desc)
{
	size_t record_bytes = CLNORM_MOMENTS_WIDTH * sizeof(double);
	size_t records = desc->n > 0 ? desc->n : 1;
	if (!multiply(&records, desc->c) || !multiply(&records, record_bytes)) {
		return fail_shape(desc, "the bytes of N*C moments are too many for size_t");
	}
	if (has_zero(desc)) {
		return CLNORM_OK;
	}
	size_t bytes = clnorm_dtype_bytes(desc->dtype);
	bool fits = multiply(&bytes, desc->n) && multiply(&bytes, desc->c);
	for (unsigned i = 0; fits && i < desc->spatial_rank; i++) {
		fits = multiply(&bytes, desc->spatial[i]);
	}
	return fits ? CLNORM_OK : fail_shape(desc, "its bytes are too many for size_t");
}

static clnorm_status check_shape(const clnorm_desc *desc)
{
	if (desc->spatial_rank > CLNORM_MAX_SPATIAL) {
		return cln_fail(CLNORM_BAD_SHAPE, "the rank is %u; (N, C, spatial...) has 2 to %u dimensions",
		                desc->spatial_rank + LEADING, CLNORM_MAX_SPATIAL + LEADING);
	}
	clnorm_status st = check_sizes(desc);
	if (st != CLNORM_OK) {
		return st;
	}
	if (desc->groups != 0 && desc->c % desc->groups != 0) {
		return cln_fail(CLNORM_BAD_SHAPE, "groups is %zu; it must divide C, which is %zu", desc->groups,
		                desc->c);
	}
	bool is_instance = desc->groups == 0 || desc->groups == desc->c;
	if ((desc->flags & CLNORM_STRICT_SPATIAL) != 0 && is_instance && cln_desc_spatial(desc) == 1) {
		return fail_shape(desc, "CLNORM_STRICT_SPATIAL refuses statistics of one element");
	}
	return CLNORM_OK;
}

/* Running statistics are of channels, and of a variance that one element has not. */
static clnorm_status check_running(const clnorm_desc *desc)
{
	if ((desc->flags & CLNORM_RUNNING_STATISTICS) == 0) {
		return CLNORM_OK;
	}
	if (desc->valid != CLNORM_VALID_ALL) {
		return cln_fail(CLNORM_UNSUPPORTED, "running statistics are of all elements, not of valid ones alone");
	}
	if (desc->groups != 0 && desc->groups != desc->c) {
		return cln_fail(CLNORM_UNSUPPORTED,
		                "running statistics are of single channels; groups is %zu, C is %zu", desc->groups,
		                desc->c);
	}
	if ((desc->ops & CLNORM_OP_FORWARD) != 0 && cln_desc_spatial(desc) == 1) {
		return fail_shape(desc, "running statistics need an unbiased variance, which one element has not");
	}
	return CLNORM_OK;
}

/* That every enum has one of its values and every bit is known. */
static clnorm_status check_words(const clnorm_desc *desc)
{
	const struct {
		const char *name;
		unsigned value, count;
	} words[] = {
		{"dtype", (unsigned)desc->dtype, CLNORM_DTYPE_COUNT},
		{"layout", (unsigned)desc->layout, CLNORM_LAYOUT_COUNT},
		{"affine mode", (unsigned)desc->affine, CLNORM_AFFINE_COUNT},
		{"activation", (unsigned)desc->activation, CLNORM_ACTIVATION_COUNT},
		{"kind of valid elements", (unsigned)desc->valid, CLNORM_VALID_COUNT},
		{"outside", (unsigned)desc->outside, CLNORM_OUTSIDE_COUNT},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].value >= words[i].count) {
			return cln_fail(CLNORM_BAD_ARGUMENT, "%s %u is unknown; there are 0 to %u", words[i].name,
			                words[i].value, words[i].count - 1);
		}
	}
	if (desc->ops == 0 || (desc->ops & ~KNOWN_OPS) != 0) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "ops is 0x%x; it must be one or more of the bits 0x%x", desc->ops,
		                KNOWN_OPS);
	}
	if ((desc->flags & ~KNOWN_FLAGS) != 0) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "flags is 0x%x; the known bits are 0x%x", desc->flags,
		                KNOWN_FLAGS);
	}
	return CLNORM_OK;
}

static clnorm_status check_numbers(const clnorm_desc *desc)
{
	const char *type = clnorm_dtype_name(clnorm_dtype_statistics(desc->dtype));
	if (!(desc->epsilon >= 0) || !cln_dtype_is_finite(desc->dtype, desc->epsilon)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "epsilon is %g; it must be finite in %s and not below 0",
		                desc->epsilon, type);
	}
	if (!cln_dtype_is_finite(desc->dtype, desc->slope)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the slope of leaky-relu is %g; it must be finite in %s",
		                desc->slope, type);
	}
	return CLNORM_OK;
}

/* Sizes of a mask, lengths' axis, and deviations that are not those of the valid elements alone. */
static clnorm_status check_valid(const clnorm_desc *desc)
{
	const char *type = clnorm_dtype_name(clnorm_dtype_statistics(desc->dtype));
	if (desc->mask_n > 1 && desc->mask_n != desc->n) {
		return cln_fail(CLNORM_BAD_SHAPE, "the mask is of %zu samples; it must be 1 or N, which is %zu",
		                desc->mask_n, desc->n);
	}
	if (desc->mask_c > 1 && desc->mask_c != desc->c) {
		return cln_fail(CLNORM_BAD_SHAPE, "the mask is of %zu channels; it must be 1 or C, which is %zu",
		                desc->mask_c, desc->c);
	}
	if (desc->valid == CLNORM_VALID_LENGTHS && desc->spatial_rank == 0) {
		return fail_shape(desc, "lengths are of a spatial axis, and there is none");
	}
	if (desc->valid == CLNORM_VALID_ALL && desc->outside != CLNORM_OUTSIDE_NORMALIZE) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "all elements are valid: nothing is outside to be left or 0");
	}
	if (desc->ddof > 1) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "ddof is %u; it must be 0 or 1", desc->ddof);
	}
	if (!(desc->min_std >= 0) || !cln_dtype_is_finite(desc->dtype, desc->min_std)) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "min_std is %g; it must be finite in %s and not below 0",
		                desc->min_std, type);
	}
	return CLNORM_OK;
}

clnorm_status cln_desc_check(const clnorm_desc *desc)
{
	clnorm_status st = CLNORM_OK;
	if (desc == NULL) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "the description is NULL");
	}
	CLN_TRY(check_words(desc));
	CLN_TRY(check_numbers(desc));
	CLN_TRY(check_shape(desc));
	CLN_TRY(check_running(desc));
	CLN_TRY(check_valid(desc));
	CLN_TRY(cln_strides_check(desc));
done:
	return st;
}
