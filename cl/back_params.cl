/* back_params.cl: the stage "back_params": dgamma and dbeta, the runs' totals summed over N in order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formulas and buffers as back.cl. Launch: any global size; work-item i takes parameters i, i + global size, ... */
KERNEL void cln_back_params(struct cln_arguments a CLN_OPERANDS_BACK_PARAMS(ARGUMENT))
{
	CLN_OPERANDS_BACK_PARAMS(BEGIN)
	for (ulong p = get_global_id(0); p < a.params; p += get_global_size(0))
		put_summed(a, totals, dgamma, dbeta, p);
}
