/* back.cl: what the backward stages share: where an instance's totals go, and dgamma and dbeta, their sums over N.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     dgamma = scale*sum_n(sum(g*xhat)) + momentum*dgamma      dbeta = scale*sum_n(sum(g)) + momentum*dbeta
 *
 * totals [N,C,2]; dgamma, dbeta [C] (then instances p, p+C, p+2C, ... belong to parameter p) or [N,C]. Sums are taken
 * in the order of N, whoever takes them. With momentum 0 the old value is not read.
 * Macro, of a family whose work-items share the adding of chunks: ADD_ALL, their sums together. */
#ifndef ADD_ALL
#define ADD_ALL(s, count, scratch) (s)
#endif

/* totals [N,C,2]: what each instance contributes to dbeta and to dgamma. */
static void slab_put_totals(struct cln_arguments a, __global ACC *totals, struct place at, struct input_gradient in)
{
	ulong to = a.totals + at.instance * 2;
	LANES_SCATTER(in.total_g, totals, to, 2, at.lanes);
	LANES_SCATTER(in.total_gx, totals, to + 1, 2, at.lanes);
}

/* What the chunks of a slab add up to. */
INLINE struct sums slab_add_chunks(struct cln_arguments a, const __global ACC *sums, struct place at,
                                   SCRATCH_POINTER scratch)
{
	struct sums all = sums_none();
	ulong stride = 4 * (ulong)a.chunks;
	for (uint k = MERGE_FIRST; k < a.chunks; k += MERGE_STEP) {
		ulong i = a.sums + at.instance * stride + 4 * k;
		LANE g = LANES_GATHER(sums, i, stride, at.lanes);
		LANE gd = LANES_GATHER(sums, i + 1, stride, at.lanes);
		all = sums_add(all, g, gd, LANES_GATHER(sums, i + 2, stride, at.lanes));
	}
	return ADD_ALL(all, a.chunks, scratch);
}

static ACC total_of(struct cln_arguments a, const __global ACC *totals, ulong p, ulong which)
{
	ACC sum = 0, low = 0;
	for (ulong i = p; i < a.instances; i += a.params) {
		ACC value = totals[a.totals + i * 2 + which];
		ACC s = sum + value, t = s - sum;
		low += (sum - (s - t)) + (value - t);
		sum = s;
	}
	return sum + low;
}

static void put_gradient(struct cln_arguments a, __global ACC *p, ACC value)
{
	ACC momentum = SCALAR(a.momentum);
	value *= SCALAR(a.scale);
	*p = momentum != 0 ? FMA(momentum, *p, value) : value;
}

/* dgamma and dbeta of parameter p, of which instances contribute these totals. */
static void put_gradients(struct cln_arguments a, __global ACC *dgamma, __global ACC *dbeta, ulong p, ACC total_g,
                          ACC total_gx)
{
	if (a.flags & CLN_PUT_DBETA)
		put_gradient(a, dbeta + a.dbeta + p, total_g);
	if (a.flags & CLN_PUT_DGAMMA)
		put_gradient(a, dgamma + a.dgamma + p, total_gx);
}

/* The totals of what is not asked for are not read: a plan's trial has none. */
static void put_summed(struct cln_arguments a, const __global ACC *totals, __global ACC *dgamma, __global ACC *dbeta,
                       ulong p)
{
	ACC total_g = a.flags & CLN_PUT_DBETA ? total_of(a, totals, p, 0) : 0;
	ACC total_gx = a.flags & CLN_PUT_DGAMMA ? total_of(a, totals, p, 1) : 0;
	put_gradients(a, dgamma, dbeta, p, total_g, total_gx);
}
