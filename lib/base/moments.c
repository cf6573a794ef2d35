/* moments.c: count, mean and squared deviations on the host: merged in a fixed order, and rstd from them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <clnorm/clnorm.h>

#include <math.h>

/* Chan, Golub, LeVeque 1983, eq. 2.1. Counts are divided before anything is multiplied, so that no product overflows
 * where the result does not. */
static clnorm_moments merge_two(clnorm_moments a, clnorm_moments b)
{
	double count = a.count + b.count;
	double share = b.count / count;
	double delta = b.mean - a.mean;
	return (clnorm_moments){
		.count = count,
		.mean = a.mean + delta * share,
		.m2 = a.m2 + b.m2 + delta * delta * (a.count * share),
	};
}

clnorm_moments clnorm_moments_merge(size_t count, const clnorm_moments *parts)
{
	clnorm_moments all = {0, 0, 0};
	for (size_t i = 0; i < count; i++) {
		if (parts[i].count == 0) {
			continue;
		}
		all = all.count == 0 ? parts[i] : merge_two(all, parts[i]);
	}
	return all;
}

double clnorm_moments_rstd(const clnorm_moments *moments, double epsilon)
{
	if (moments->count == 0) {
		return 0;
	}
	double under_root = moments->m2 / moments->count + epsilon;
	return under_root == 0 ? 0 : 1 / sqrt(under_root);
}
