/* overlap.c: whether strided elements of one buffer and others have a byte in common.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/overlap.h"

/* Bytes without gaps, `count` times `step` bytes apart, that so many times further apart, and so on: the shortest step
 * first. Each step passes over what is further in. */
struct nest {
	size_t from, length;
	unsigned rank;
	struct cln_axis axes[CLN_MOST_AXES];
};

size_t cln_elements_end(const struct cln_elements *elements)
{
	return elements->from + cln_axes_span(&elements->axes) * elements->bytes;
}

bool cln_elements_are_same(const struct cln_elements *a, const struct cln_elements *b)
{
	bool same = a->from == b->from && a->bytes == b->bytes && a->axes.rank == b->axes.rank;
	for (unsigned i = 0; same && i < a->axes.rank; i++) {
		const struct cln_axis one = a->axes.axes[i], other = b->axes.axes[i];
		same = one.count == other.count && (one.count <= 1 || one.step == other.step);
	}
	return same;
}

/* What leaves no gap is part of the bytes further in; axes with gaps stay apart, as the other's may be like them. */
static struct nest nest_of(const struct cln_elements *elements)
{
	const struct cln_axes sorted = cln_axes_by_step(&elements->axes);
	struct nest nest = {.from = elements->from, .length = elements->bytes};
	for (unsigned i = 0; i < sorted.rank; i++) {
		const struct cln_axis axis = {sorted.axes[i].count, sorted.axes[i].step * elements->bytes};
		if (nest.rank == 0 && axis.step == nest.length) {
			nest.length *= axis.count;
		} else {
			nest.axes[nest.rank++] = axis;
		}
	}
	return nest;
}

static size_t span_of(const struct nest *nest)
{
	size_t span = nest->length;
	for (unsigned i = 0; i < nest->rank; i++) {
		span += (nest->axes[i].count - 1) * nest->axes[i].step;
	}
	return span;
}

/* One of the outermost axis: number `i`. */
static struct nest inner_of(const struct nest *nest, size_t i)
{
	struct nest inner = *nest;
	inner.rank--;
	inner.from += i * inner.axes[inner.rank].step;
	return inner;
}

/* The longest step; 0 without gaps. */
static size_t step_of(const struct nest *nest)
{
	return nest->rank > 0 ? nest->axes[nest->rank - 1].step : 0;
}

static enum cln_overlap meet(const struct nest *a, const struct nest *b, size_t *at);

/* Numbers first .. last of a's outermost axis, or of what a axis there is, against `b`. */
static enum cln_overlap meet_each(const struct nest *a, size_t first, size_t last, const struct nest *b, size_t *at)
{
	enum cln_overlap all = CLN_APART;
	for (size_t i = first; i <= last && i < a->axes[a->rank - 1].count && all != CLN_SHARED; i++) {
		const struct nest inner = inner_of(a, i);
		enum cln_overlap one = meet(&inner, b, at);
		all = one != CLN_APART ? one : all;
	}
	return all;
}

/* Both make the same outermost step: only how far the one is ahead counts, which is a number of steps or one more, as
 * what is further in is no longer than a step. */
static enum cln_overlap meet_in_step(const struct nest *a, const struct nest *b, size_t *at)
{
	const struct nest *low = a->from <= b->from ? a : b, *high = low == a ? b : a;
	const struct nest inner = inner_of(high, 0);
	size_t ahead = (high->from - low->from) / step_of(low);
	return meet_each(low, ahead, ahead + 1, &inner, at);
}

/* a makes the longer step; the spans meet. */
static enum cln_overlap meet_within(const struct nest *a, const struct nest *b, size_t *at)
{
	const struct nest inner = inner_of(a, 0);
	size_t step = step_of(a), end = a->from + span_of(&inner), count = a->axes[a->rank - 1].count;
	size_t first = b->from >= end ? (b->from - end) / step + 1 : 0;
	size_t last = (b->from + span_of(b) - 1 - a->from) / step;
	last = last < count ? last : count - 1;
	if (last > first + 1 && b->rank > 0) {
		return CLN_UNDECIDED;
	}
	if (last > first + 1) {
		*at = a->from + (first + 1) * step;
		return CLN_SHARED; /* b has all bytes from a's `first` to its `last` */
	}
	return meet_each(a, first, last, b, at);
}

static enum cln_overlap meet(const struct nest *a, const struct nest *b, size_t *at)
{
	if (a->from + span_of(a) <= b->from || b->from + span_of(b) <= a->from) {
		return CLN_APART;
	}
	if (a->rank == 0 && b->rank == 0) {
		*at = a->from > b->from ? a->from : b->from;
		return CLN_SHARED;
	}
	if (step_of(a) == step_of(b)) {
		return meet_in_step(a, b, at);
	}
	return step_of(a) > step_of(b) ? meet_within(a, b, at) : meet_within(b, a, at);
}

enum cln_overlap cln_elements_overlap(const struct cln_elements *a, const struct cln_elements *b, size_t *at)
{
	size_t a_end = cln_elements_end(a), b_end = cln_elements_end(b);
	bool is_empty = a_end == a->from || b_end == b->from;
	if (is_empty || a_end <= b->from || b_end <= a->from) {
		return CLN_APART;
	}
	const struct nest one = nest_of(a), other = nest_of(b);
	return meet(&one, &other, at);
}
