/* extent.c: the sizes of a description as counts, and where an element belongs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/extent.h"

struct tool_extent tool_extent_of(const clnorm_desc *desc)
{
	struct tool_extent extent = {.n = desc->n, .c = desc->c, .s = 1};
	for (unsigned i = 0; i < desc->spatial_rank; ++i) {
		extent.s *= desc->spatial[i];
	}
	extent.groups = desc->groups > 0 ? desc->groups : desc->c;
	extent.runs = extent.groups > 0 ? extent.c / extent.groups : 1;
	extent.instances = extent.n * extent.c;
	extent.sets = extent.c > 0 ? extent.n * extent.groups : 0;
	extent.count = extent.instances * extent.s;
	extent.channels_last = clnorm_layout_channel_axis(desc->layout, desc->spatial_rank + 2) > 1;
	return extent;
}

void tool_extent_locate(const struct tool_extent *extent, size_t i, size_t *instance, size_t *place)
{
	if (extent->channels_last) {
		size_t pixel = i / extent->c;
		*instance = pixel / extent->s * extent->c + i % extent->c;
		*place = pixel % extent->s;
	} else {
		*instance = i / extent->s;
		*place = i % extent->s;
	}
}

size_t tool_extent_set(const struct tool_extent *extent, size_t instance)
{
	return instance / extent->runs;
}

size_t tool_extent_affine(const clnorm_desc *desc)
{
	switch (desc->affine) {
	case CLNORM_AFFINE_CHANNEL:
		return desc->c;
	case CLNORM_AFFINE_INSTANCE:
		return desc->n * desc->c;
	default:
		return 0;
	}
}

size_t tool_extent_parameter(const clnorm_desc *desc, size_t instance)
{
	switch (desc->affine) {
	case CLNORM_AFFINE_CHANNEL:
		return instance % desc->c;
	case CLNORM_AFFINE_INSTANCE:
		return instance;
	default:
		return 0;
	}
}

/* Of lengths: spatial elements come with the outermost axis slowest. */
static bool is_below(const clnorm_desc *desc, const struct tool_extent *extent, cl_uint length, size_t place)
{
	return desc->spatial[0] > 0 && place / (extent->s / desc->spatial[0]) < length;
}

bool tool_extent_is_valid(const clnorm_desc *desc, const unsigned char *mask, const cl_uint *lengths, size_t i)
{
	if (desc->valid == CLNORM_VALID_ALL) {
		return true;
	}
	struct tool_extent extent = tool_extent_of(desc);
	size_t instance, place;
	tool_extent_locate(&extent, i, &instance, &place);
	size_t n = instance / extent.c, c = instance % extent.c;
	if (desc->valid == CLNORM_VALID_LENGTHS) {
		return is_below(desc, &extent, lengths[n], place);
	}
	size_t channels = desc->mask_c > 1 ? extent.c : 1;
	n = desc->mask_n > 1 ? n : 0;
	c = desc->mask_c > 1 ? c : 0;
	return mask[extent.channels_last ? (n * extent.s + place) * channels + c
	                                 : (n * channels + c) * extent.s + place] != 0;
}
