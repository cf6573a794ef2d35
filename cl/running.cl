/* running.cl: the stage "running": a step of the running statistics of each channel, from the moments of its instances.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     mean = keep*mean + share*sum_n(mean_n)/N      variance = keep*variance + share*sum_n(m2_n/(S - 1))/N
 *
 * as torch.nn.InstanceNorm2d(track_running_stats=True) has them: share is its momentum (scale), keep 1 - momentum
 * (momentum). moments [N,C,4]; running_mean, running_variance [C]. Sums are taken in the order of N; with keep 0 the
 * old values are not read.
 * Launch: any global size; work-item i takes channels i, i + global size, ... */
TWO_SUM(two_sum_one, ACC)

static void put_running(struct cln_arguments a, __global ACC *p, ACC value)
{
	ACC keep = SCALAR(a.momentum);
	value *= SCALAR(a.scale);
	*p = keep != 0 ? FMA(keep, *p, value) : value;
}

KERNEL void cln_running(struct cln_arguments a CLN_OPERANDS_RUNNING(ARGUMENT))
{
	CLN_OPERANDS_RUNNING(BEGIN)
	ulong channels = HAS(RUNNING_MEAN) ? a.channels : 0;
	for (ulong c = get_global_id(0); c < channels; c += get_global_size(0)) {
		ACC mean = 0, mean_low = 0, variance = 0, variance_low = 0, samples = (ACC)(a.instances / channels);
		for (ulong i = c; i < a.instances; i += channels) {
			const __global ACC *record = moments + 4 * i;
			ACC error;
			mean = two_sum_one(mean, record[1], &error);
			mean_low += error + record[2];
			variance = two_sum_one(variance, record[3] / (record[0] - 1), &error);
			variance_low += error;
		}
		put_running(a, running_mean + c, (mean + mean_low) / samples);
		put_running(a, running_variance + c, (variance + variance_low) / samples);
	}
}
