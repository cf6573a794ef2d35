/* join.cl: the stage "join": the parts of all runs of a set become one, and mean and rstd where asked for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * parts [N,C,chunks,4], of which the first of each set is overwritten: parts_stride are a set's. mean, rstd [N,G];
 * moments [N,G,4]. Formulas: moments.cl; in the order of memory, lanes of a vector side by side.
 * Launch: any global size; work-item i takes sets i, i + global size, ... */

/* A place in the set for its statistics alone. */
static struct place set_place(struct cln_arguments a, ulong set)
{
	struct place at;
	at.x = at.ahead = 0;
	at.run = set * a.runs;
	at.lanes = 1;
	return at;
}

KERNEL void cln_join(struct cln_arguments a CLN_OPERANDS_JOIN(ARGUMENT))
{
	CLN_OPERANDS_JOIN(BEGIN)
	for (ulong i = get_global_id(0); i < a.sets; i += get_global_size(0)) {
		ulong set = a.first_set + i, count = a.runs * a.chunks;
		struct place at = set_place(a, set);
		LANE shift = slab_shift(a, parts, at, (uint)count);
		struct moments m = slab_merge(a, parts, at, (uint)count, shift, 0, 1);
		struct stats s = moments_stats(m, shift, divisor_of(a));
		slab_put_stats(a, mean, rstd, moments, at, set, m, s);
		slab_put_record(parts, set * count * 4, 4, at, m, s);
	}
}
