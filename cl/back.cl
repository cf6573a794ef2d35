/* back.cl: what the backward stages share: where an instance's totals go.
 * SPDX-License-Identifier: Apache-2.0 */

/* totals [N,C,2]: what each instance contributes to dbeta and to dgamma. */
static void slab_put_totals(struct cln_arguments a, __global ACC *totals, struct place at, struct input_gradient in)
{
	ulong to = a.totals + at.instance * 2;
	LANES_SCATTER(in.total_g, totals, to, 2, at.lanes);
	LANES_SCATTER(in.total_gx, totals, to + 1, 2, at.lanes);
}
