/* summary.h: what a row of times says: median, quartiles, and how sure the median is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SUMMARY_H
#define TOOL_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

/* All in the unit of the times; NaN where there are none. */
struct tool_summary {
	size_t count;
	double min, q1, median, q3; /* quartiles by linear interpolation between the ranks (Hyndman and Fan, type 7) */
	double low, high; /* holds the median of such times with 95 % confidence, whatever their distribution */
};

/* Sorts the times. The interval is of two of the times themselves, by the ranks that the binomial distribution gives
 * (Conover, Practical Nonparametric Statistics, 1999, section 3.2); of fewer than 6 it is least to largest, and that
 * is sure to less than 95 %. */
struct tool_summary tool_summary_of(double *times, size_t count);

/* Half the interval over the median: 0.01 is a median known to 1 %. Infinite of fewer than 6 times. */
double tool_summary_doubt(const struct tool_summary *summary);

/* Whether one is faster by more than a part of the other's median, and noise is no reason: intervals do not meet. */
bool tool_summary_is_faster(const struct tool_summary *one, const struct tool_summary *other, double part);

#endif
