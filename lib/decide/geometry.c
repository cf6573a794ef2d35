/* geometry.c: what the files that lay out families have in common.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/geometry.h"

/* Launches of a call at most, where the wave is a setting: each costs as much as some hundred kilobytes of memory. */
#define MOST_WAVES 1024
/* Elements of a probe that cost some 100 us on a host, which computes the right answers. */
#define PROBE_ELEMENTS 8192

unsigned cln_wish(const struct cln_knobs *knobs, enum cln_knob knob, size_t otherwise)
{
	return (unsigned)(knobs->of[knob] > 0 ? knobs->of[knob] : otherwise);
}

size_t cln_ceil_div(size_t a, size_t b)
{
	return a / b + (a % b != 0);
}

/* Cached reads cost about this share of a read from memory (measured on a server CPU: L2 is nearly free, L3 is not);
 * of more than the last-level cache holds, as much as it holds is still found there. */
double cln_second_read(size_t bytes_between, const struct cln_caps *caps)
{
	if (bytes_between <= caps->near_bytes) {
		return 0.1;
	}
	return bytes_between <= caps->last_bytes ? 0.4 : 1.0 - 0.6 * (double)caps->last_bytes / (double)bytes_between;
}

size_t cln_read_bytes(const struct cln_problem *p, clnorm_op op)
{
	return p->s * cln_dtype_facts(p->dtype)->bytes * (op == CLNORM_OP_BACKWARD ? 2 : 1);
}

size_t cln_wave_set(const struct cln_knobs *knobs, size_t slab_bytes, size_t slabs)
{
	size_t fits = slab_bytes > 0 ? knobs->of[CLN_WAVE_KIB] * 1024 / slab_bytes : slabs;
	return least(most(most(fits, cln_ceil_div(slabs, MOST_WAVES)), 1), slabs);
}

struct cln_probe_shape cln_probe_shape_of(size_t s)
{
	if (s * 15 <= PROBE_ELEMENTS) {
		return (struct cln_probe_shape){3, 5, s, s};
	}
	return s * 6 <= PROBE_ELEMENTS ? (struct cln_probe_shape){2, 3, s, s} : (struct cln_probe_shape){2, 1, s, s};
}
