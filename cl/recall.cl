/* recall.cl: the stage "recall": running statistics as the records of all instances, for the next stage to merge.
 * SPDX-License-Identifier: Apache-2.0
 *
 * parts [N,C,4] from running_mean, running_variance [C]; the count less ddof is 1, so that m2 is the variance. Without
 * running_mean the means are 0.
 * Launch: any global size; work-item i takes instances i, i + global size, ... */
KERNEL void cln_recall(struct cln_arguments a CLN_OPERANDS_RECALL(ARGUMENT))
{
	CLN_OPERANDS_RECALL(BEGIN)
	ulong instances = HAS(RUNNING_VARIANCE) ? a.instances : 0;
	for (ulong i = get_global_id(0); i < instances; i += get_global_size(0)) {
		__global ACC *record = parts + 4 * i;
		record[0] = 1 + SCALAR(a.ddof);
		record[1] = HAS(RUNNING_MEAN) ? running_mean[i % a.channels] : 0;
		record[2] = 0;
		record[3] = running_variance[i % a.channels];
	}
}
