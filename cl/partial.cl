/* partial.cl: the stage "partial": moments of one chunk of one slab.
 * SPDX-License-Identifier: Apache-2.0
 *
 * x [N,C,S] in the plan's layout; parts [N,C,chunks,4]: count, mean, mean_low, m2 of each chunk.
 * Launch: any global size; a unit takes neighbouring (slab, chunk) pairs. */
KERNEL void cln_partial(struct cln_arguments a, const __global T *x, __global ACC *parts)
{
	DECLARE_SCRATCH
	struct range range = unit_range(a.slabs * a.chunks);
	for (ulong pair = range.from; pair < range.to; ++pair) {
		ulong part = pair % a.chunks;
		struct place at = slab_place(a, a.first + pair / a.chunks);
		SLAB_KEEP keep;
		LANE shift = slab_first(a, x + a.x, at);
		struct moments m = slab_moments(a, x + a.x, at, part * a.chunk, chunk_length(a, part), shift, &keep,
		                                SCRATCH);
		ulong to = a.parts + (at.instance * a.chunks + part) * 4;
		if (LEADER)
			slab_put_record(parts, to, 4 * (ulong)a.chunks, at, m, moments_stats(m, shift, 0));
		if (ONCE)
			break;
	}
}
