/* axes.c: the axes of a tensor: how many of each, how far apart; what they span, which of them are one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/axes.h"

#include <stdint.h>

void cln_axes_pack(struct cln_axes *axes)
{
	size_t step = 1;
	for (unsigned i = axes->rank; i-- > 0;) {
		axes->axes[i].step = step;
		step *= axes->axes[i].count;
	}
}

static bool is_empty(const struct cln_axes *axes)
{
	for (unsigned i = 0; i < axes->rank; i++) {
		if (axes->axes[i].count == 0) {
			return true;
		}
	}
	return false;
}

size_t cln_axes_span(const struct cln_axes *axes)
{
	size_t span = 1;
	for (unsigned i = 0; i < axes->rank; i++) {
		span += axes->axes[i].count > 0 ? (axes->axes[i].count - 1) * axes->axes[i].step : 0;
	}
	return is_empty(axes) ? 0 : span;
}

struct cln_axes cln_axes_by_step(const struct cln_axes *axes)
{
	struct cln_axes sorted = {0};
	for (unsigned i = 0; i < axes->rank; i++) {
		const struct cln_axis axis = axes->axes[i];
		unsigned at = sorted.rank;
		if (axis.count <= 1) {
			continue;
		}
		for (; at > 0 && sorted.axes[at - 1].step > axis.step; at--) {
			sorted.axes[at] = sorted.axes[at - 1];
		}
		sorted.axes[at] = axis;
		sorted.rank++;
	}
	return sorted;
}

clnorm_status cln_axes_check(const struct cln_axes *axes, size_t element_bytes)
{
	const struct cln_axes sorted = cln_axes_by_step(axes);
	size_t span = 1, most = SIZE_MAX / element_bytes;

	for (unsigned i = 0; i < sorted.rank && !is_empty(axes); i++) {
		const struct cln_axis axis = sorted.axes[i];
		if (axis.step < span) {
			return cln_fail(CLNORM_BAD_SHAPE,
			                "strides: %zu elements from one to the next of %zu, each of which takes up %zu",
			                axis.step, axis.count, span);
		}
		if (axis.step > (most - span) / (axis.count - 1)) {
			return cln_fail(CLNORM_BAD_SHAPE,
			                "strides: %zu times %zu elements; the bytes are too many for size_t",
			                axis.count, axis.step);
		}
		span += (axis.count - 1) * axis.step;
	}
	return CLNORM_OK;
}

struct cln_axes cln_axes_merge(const struct cln_axes *axes, unsigned from, unsigned to)
{
	struct cln_axes merged = {0};
	for (unsigned i = from; i < to; i++) {
		const struct cln_axis axis = axes->axes[i];
		struct cln_axis *last = merged.rank > 0 ? &merged.axes[merged.rank - 1] : NULL;
		if (axis.count == 1) {
			continue;
		}
		if (last && last->step == axis.count * axis.step) {
			*last = (struct cln_axis){last->count * axis.count, axis.step};
		} else {
			merged.axes[merged.rank++] = axis;
		}
	}
	return merged;
}
