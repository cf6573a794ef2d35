/* summary.c: what a row of times says: median, quartiles, and how sure the median is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/summary.h"

#include <math.h>
#include <stdlib.h>

#define COUNT_SURE 6 /* 1 - 2 * 0.5^6 is the first above 0.95 */
#define COUNT_EXACT                                                                                                    \
	500 /* beyond, the normal distribution gives the same rank or the next one out; 0.5^count nears underflow */
#define TAIL 0.025        /* each side of 95 % */
#define NORMAL_TAIL 1.960 /* the normal distribution's quantile of 1 - TAIL */

static int compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double part)
{
	double place = part * (double)(count - 1);
	size_t below = (size_t)place;
	double above = below + 1 < count ? sorted[below + 1] : sorted[below];
	return sorted[below] + (place - (double)below) * (above - sorted[below]);
}

/* How many times lie outside of the interval at each end: the largest r such that at most r - 1 of count times fall
 * below the median with a probability of TAIL or less; less 1, as an index. */
static size_t outside(size_t count)
{
	if (count < COUNT_SURE) {
		return 0;
	}
	if (count > COUNT_EXACT) {
		return (size_t)((double)count / 2 - NORMAL_TAIL / 2 * sqrt((double)count)) - 1;
	}
	size_t rank = 0;
	double term = pow(0.5, (double)count), sum = term; /* of 0 successes */
	while (sum <= TAIL) {
		++rank;
		term *= (double)(count - rank + 1) / (double)rank;
		sum += term;
	}
	return rank - 1;
}

struct tool_summary tool_summary_of(double *times, size_t count)
{
	if (count == 0) {
		return (struct tool_summary){0, NAN, NAN, NAN, NAN, NAN, NAN};
	}
	qsort(times, count, sizeof times[0], compare_times);
	size_t first = outside(count);
	return (struct tool_summary){
		.count = count,
		.min = times[0],
		.q1 = quantile(times, count, 0.25),
		.median = quantile(times, count, 0.5),
		.q3 = quantile(times, count, 0.75),
		.low = times[first],
		.high = times[count - 1 - first],
	};
}

double tool_summary_doubt(const struct tool_summary *summary)
{
	return summary->count < COUNT_SURE ? INFINITY : (summary->high - summary->low) / 2 / summary->median;
}

bool tool_summary_is_faster(const struct tool_summary *one, const struct tool_summary *other, double part)
{
	return one->high < other->low && one->median < (1 - part) * other->median;
}
