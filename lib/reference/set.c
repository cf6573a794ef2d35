/* set.c: one set of a problem on the host: where its elements lie, which of them are valid, what their statistics are.
 * SPDX-License-Identifier: Apache-2.0 */
#include "reference/set.h"

#include "reference/sum.h"

#include "base/desc.h"

/* From one sample, channel, spatial element of the mask to the next; 0 along what it is the same for. */
static struct cln_steps mask_steps_of(const clnorm_desc *desc)
{
	clnorm_desc mask = *desc;
	mask.n = desc->mask_n > 1 ? desc->n : 1;
	mask.c = desc->mask_c > 1 ? desc->c : 1;
	struct cln_steps steps = cln_desc_steps(&mask, (clnorm_strides){0, 0});
	steps.n = mask.n > 1 ? steps.n : 0;
	steps.c = mask.c > 1 ? steps.c : 0;
	return steps;
}

/* Spatial elements below the length along the outermost axis. */
static size_t prefix_of(const clnorm_desc *desc, size_t length)
{
	size_t extent = desc->spatial[0], slice = extent != 0 ? cln_desc_spatial(desc) / extent : 0;
	return (length < extent ? length : extent) * slice;
}

static struct cln_set place(const clnorm_desc *desc, const clnorm_reference_arrays *arrays, size_t i)
{
	size_t groups = cln_desc_groups(desc), runs = desc->c / groups;
	size_t n = i / groups, c = i % groups * runs;
	struct cln_steps steps = cln_desc_steps(desc, (clnorm_strides){0, 0});
	struct cln_set set = {
		.steps = steps,
		.first = n * steps.n + c * steps.c,
		.runs = runs,
		.length = cln_desc_spatial(desc),
		.parameter = desc->affine == CLNORM_AFFINE_INSTANCE ? n * desc->c + c : c,
	};
	set.prefix = set.length;
	if (desc->valid == CLNORM_VALID_LENGTHS) {
		set.prefix = prefix_of(desc, arrays->lengths[n]);
	} else if (desc->valid == CLNORM_VALID_MASK) {
		set.mask_steps = mask_steps_of(desc);
		set.mask = arrays->mask + n * set.mask_steps.n + c * set.mask_steps.c;
	}
	return set;
}

static double count_valid(const struct cln_set *set)
{
	size_t count = 0;
	if (set->mask == NULL) {
		return (double)set->runs * (double)set->prefix;
	}
	for (size_t run = 0; run < set->runs; ++run) {
		for (size_t s = 0; s < set->prefix; ++s) {
			count += cln_set_is_valid(set, run, s);
		}
	}
	return (double)count;
}

/* The sum of x, of x - shift, or of (x - mean)^2 over the valid elements of a set. */
enum power { OF_X, OF_REST, OF_SQUARES };

static double sum_of(const struct cln_set *set, const double *x, enum power power)
{
	struct cln_sum sum = {0, 0};
	for (size_t run = 0; run < set->runs; ++run) {
		for (size_t s = 0; s < set->prefix; ++s) {
			if (!cln_set_is_valid(set, run, s)) {
				continue;
			}
			double value = x[cln_set_at(set, run, s)], d = cln_set_deviation(set, value);
			cln_sum_add(&sum, power == OF_X ? value : power == OF_REST ? value - set->shift : d * d);
		}
	}
	return cln_sum_value(&sum);
}

/* rstd = 1/max(sqrt(var + epsilon), D), where a NaN stays one. */
static void measure(struct cln_set *set, const clnorm_desc *desc, const double *x)
{
	set->shift = sum_of(set, x, OF_X) / set->count;
	set->delta = sum_of(set, x, OF_REST) / set->count;
	double freedom = set->count - desc->ddof;
	double variance = freedom > 0 ? sum_of(set, x, OF_SQUARES) / freedom : 0;
	double root = sqrt(variance + desc->epsilon);
	bool is_least = root < desc->min_std;
	double divisor = is_least ? desc->min_std : root;
	set->rstd = divisor == 0 ? 0 : 1 / divisor;
	set->freedom = is_least || freedom <= 0 ? 0 : freedom;
}

struct cln_set cln_set_of(const clnorm_desc *desc, const clnorm_reference_arrays *arrays, size_t i)
{
	struct cln_set set = place(desc, arrays, i);
	set.count = count_valid(&set);
	if (arrays->given_mean != NULL) {
		set.count = 0;
		set.shift = arrays->given_mean[i];
		set.rstd = arrays->given_rstd[i];
	} else if (set.count > 0) {
		measure(&set, desc, arrays->x);
	}
	return set;
}
