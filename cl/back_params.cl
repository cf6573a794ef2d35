/* back_params.cl: the stage "back_params": dgamma and dbeta, the instances' totals summed over N in order.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     dgamma = scale*sum_n(sum(g*xhat)) + momentum*dgamma      dbeta = scale*sum_n(sum(g)) + momentum*dbeta
 *
 * totals [N,C,2]; dgamma, dbeta [C] (then instances p, p+C, p+2C, ... belong to parameter p) or [N,C]. With momentum 0
 * the old value is not read. Launch: any global size; work-item i takes parameters i, i + global size, ... */
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

KERNEL void cln_back_params(struct cln_arguments a, const __global ACC *totals, __global ACC *dgamma,
                            __global ACC *dbeta)
{
	for (ulong p = get_global_id(0); p < a.params; p += get_global_size(0)) {
		if (a.flags & CLN_PUT_DBETA)
			put_gradient(a, dbeta + a.dbeta + p, total_of(a, totals, p, 0));
		if (a.flags & CLN_PUT_DGAMMA)
			put_gradient(a, dgamma + a.dgamma + p, total_of(a, totals, p, 1));
	}
}
