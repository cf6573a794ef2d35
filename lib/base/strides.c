/* strides.c: where the elements of a description's tensors lie: strides said and unsaid, whether they make sense.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/strides.h"

#include "base/desc.h"
#include "base/types.h"

#include <clnorm/clnorm.h>

#include <stdint.h>

/* A sample is `count` blocks of `block` neighbouring elements: channels of S, or pixels of C. */
struct sample {
	size_t block, count;
};

static struct sample sample_of(const clnorm_desc *desc)
{
	size_t s = cln_desc_spatial(desc);
	bool last = cln_layout_facts(desc->layout)->channels_last;
	return (struct sample){.block = last ? desc->c : s, .count = last ? s : desc->c};
}

clnorm_strides cln_desc_strides(const clnorm_desc *desc, clnorm_strides given)
{
	struct sample sample = sample_of(desc);
	return (clnorm_strides){
		.sample = given.sample != 0 ? given.sample : sample.block * sample.count,
		.inner = given.inner != 0 ? given.inner : sample.block,
	};
}

struct cln_steps cln_desc_steps(const clnorm_desc *desc, clnorm_strides given)
{
	clnorm_strides strides = cln_desc_strides(desc, given);
	bool last = cln_layout_facts(desc->layout)->channels_last;
	return (struct cln_steps){
		.n = strides.sample,
		.c = last ? 1 : strides.inner,
		.s = last ? strides.inner : 1,
	};
}

struct cln_place cln_desc_place(const clnorm_desc *desc, size_t i)
{
	struct sample sample = sample_of(desc);
	size_t outer = i / sample.block % sample.count, inner = i % sample.block;
	bool last = cln_layout_facts(desc->layout)->channels_last;
	return (struct cln_place){
		.n = i / sample.block / sample.count,
		.c = last ? inner : outer,
		.s = last ? outer : inner,
	};
}

bool cln_desc_is_packed(const clnorm_desc *desc, clnorm_strides given)
{
	struct sample sample = sample_of(desc);
	clnorm_strides strides = cln_desc_strides(desc, given);
	return (desc->n <= 1 || strides.sample == sample.block * sample.count) &&
	       (sample.count <= 1 || strides.inner == sample.block);
}

/* Adds what `count` things are long that lie `stride` apart beside the first one; false past `most`. */
static bool reach(size_t *span, size_t count, size_t stride, size_t most)
{
	if (*span > most || (count > 1 && stride > (most - *span) / (count - 1))) {
		return false;
	}
	*span += count > 1 ? (count - 1) * stride : 0;
	return true;
}

/* A span of elements that is no more than `most`. */
static bool span_of(const clnorm_desc *desc, clnorm_strides strides, size_t most, size_t *span)
{
	struct sample sample = sample_of(desc);
	*span = sample.block;
	return reach(span, sample.count, strides.inner, most) && reach(span, desc->n, strides.sample, most);
}

size_t cln_desc_span(const clnorm_desc *desc, clnorm_strides given)
{
	size_t span = 0;
	if (cln_desc_elements(desc) == 0) {
		return 0;
	}
	return span_of(desc, cln_desc_strides(desc, given), SIZE_MAX, &span) ? span : SIZE_MAX;
}

/* Whether blocks, and then what they make up `inner` apart, are passed over whole by the strides. */
static bool is_nested(size_t block, size_t inner_count, size_t inner, size_t outer_count, size_t outer)
{
	size_t span = inner_count > 1 ? block + (inner_count - 1) * inner : block;
	return (inner_count <= 1 || inner >= block) && (outer_count <= 1 || outer >= span);
}

static clnorm_status check_one(const clnorm_desc *desc, const char *name, clnorm_strides given)
{
	struct sample sample = sample_of(desc);
	clnorm_strides strides = cln_desc_strides(desc, given);
	const char *inner = cln_layout_facts(desc->layout)->channels_last ? "pixels" : "channels";
	size_t span = 0;
	if (!span_of(desc, strides, SIZE_MAX / clnorm_dtype_bytes(desc->dtype), &span)) {
		return cln_fail(CLNORM_BAD_SHAPE,
		                "strides of %s: %zu samples %zu elements apart, of %zu %s %zu apart: the bytes are too "
		                "many for size_t",
		                name, desc->n, strides.sample, sample.count, inner, strides.inner);
	}
	/* Samples of channels, or channels of samples: a batch may be transposed. */
	if (!is_nested(sample.block, sample.count, strides.inner, desc->n, strides.sample) &&
	    !is_nested(sample.block, desc->n, strides.sample, sample.count, strides.inner)) {
		return cln_fail(CLNORM_BAD_SHAPE,
		                "strides of %s: %zu samples %zu elements apart, of %zu %s %zu apart, of %zu elements "
		                "each, lie in one another",
		                name, desc->n, strides.sample, sample.count, inner, strides.inner, sample.block);
	}
	return CLNORM_OK;
}

clnorm_status cln_strides_check(const clnorm_desc *desc)
{
	const struct {
		const char *name;
		clnorm_strides given;
	} tensors[] = {
		{"x", desc->strides.x},   {"residual", desc->strides.residual},
		{"y", desc->strides.y},   {"dy", desc->strides.dy},
		{"dx", desc->strides.dx},
	};
	clnorm_status st = CLNORM_OK;
	for (size_t i = 0; cln_desc_elements(desc) > 0 && i < sizeof(tensors) / sizeof(tensors[0]); i++) {
		CLN_TRY(check_one(desc, tensors[i].name, tensors[i].given));
	}
done:
	return st;
}
