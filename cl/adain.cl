/* adain.cl: gamma and beta of a style: the standard deviation and mean of each of its instances.
 * SPDX-License-Identifier: Apache-2.0
 *
 * gamma = sqrt(m2/count), beta = mean + mean_low (Huang, Belongie 2017, arXiv:1703.06868, eq. 8): of [records,4],
 * each (count, mean, mean_low, m2), to gamma and beta [N,C]. records is N*C, or C where all samples share one style.
 *
 * Launch: a work-item for each of the `count` = N*C values, any group; those past them do nothing. Stands on types.cl.
 */
KERNEL void cln_adain(const __global ACC *moments, ulong records, ulong count, __global ACC *gamma, ulong gamma_at,
                      __global ACC *beta, ulong beta_at)
{
	ulong i = get_global_id(0);
	if (i < count) {
		const __global ACC *record = moments + i % records * 4;
		gamma[gamma_at + i] = sqrt(record[3] / record[0]);
		beta[beta_at + i] = record[1] + record[2];
	}
}
