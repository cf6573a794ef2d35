/* back_params.cl: the stage "back_params": dgamma and dbeta, the runs' totals summed over N in order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formulas and buffers as back.cl. Launch: any global size; work-item i takes parameters i, i + global size, ...; on
 * processors V neighbouring ones at a time, as their totals lie side by side. */
KERNEL void cln_back_params(struct cln_arguments a CLN_OPERANDS_BACK_PARAMS(ARGUMENT))
{
	CLN_OPERANDS_BACK_PARAMS(BEGIN)
	ulong first = 0;
#ifdef TOTALS_IN_VECTORS
	first = a.params / V * V;
	for (ulong p = get_global_id(0) * V; p < first; p += get_global_size(0) * V) {
		if (HAS(DBETA))
			put_gradient_vector(a, dbeta + p, totals_of(a, totals, p, 0));
		if (HAS(DGAMMA))
			put_gradient_vector(a, dgamma + p, totals_of(a, totals, p, 1));
	}
#endif
	for (ulong p = first + get_global_id(0); p < a.params; p += get_global_size(0))
		put_summed(a, totals, dgamma, dbeta, p);
}
