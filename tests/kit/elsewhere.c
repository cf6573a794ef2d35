/* elsewhere.c: a row of what others give, as a description here, as a comparison and as a line of README.md.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/elsewhere.h"

clnorm_desc elsewhere_desc(const struct elsewhere *row)
{
	bool is_last = row->layout == CLNORM_NHWC;
	size_t dims[4] = {row->dims[0], row->dims[is_last ? row->rank - 1 : 1]};
	memcpy(dims + 2, row->dims + (is_last ? 1 : 2), (row->rank - 2) * sizeof(*dims));
	clnorm_desc desc = clnorm_desc_nd(row->rank, dims);
	desc.layout = row->layout;
	desc.groups = row->groups;
	desc.epsilon = row->epsilon;
	desc.affine = row->has_gamma ? CLNORM_AFFINE_CHANNEL : CLNORM_AFFINE_NONE;
	return desc;
}

void elsewhere_fill(const struct elsewhere *row, double *x)
{
	for (size_t i = 0; i < ELSEWHERE_COUNT; i++) {
		x[i] = row->constant != 0 ? row->constant : elsewhere_x[i];
	}
}

/* Theirs, where y is 1. */
static double factor(const struct elsewhere *row)
{
	size_t channels = elsewhere_desc(row).c, groups = row->groups ? row->groups : channels;
	double m = ELSEWHERE_COUNT / (double)(row->dims[0] * groups);
	return row->relation == ELSEWHERE_SAMPLE ? sqrt((m - 1) / m) : 1;
}

/* Theirs and ours may each be off by four roundings of the largest term: the difference, its product with rstd and
 * gamma, and the sum with beta, and what the statistics are off. */
double elsewhere_distance(const struct elsewhere *row, const double *y)
{
	double most = 0, largest = 1;
	for (size_t i = 0; i < ELSEWHERE_COUNT; i++) {
		largest = fmax(largest, fabs(row->y[i]));
	}
	for (size_t i = 0; i < ELSEWHERE_COUNT; i++) {
		double off = fabs(y[i] * factor(row) - row->y[i]) / (8 * (FLT_EPSILON / 2) * largest);
		most = off > most || isnan(off) ? off : most;
	}
	return most;
}

/* 1e-5, not 1e-05. */
static const char *short_number(double number, char *text, size_t size)
{
	snprintf(text, size, "%g", number);
	char *zero = strstr(text, "e-0");
	if (zero) {
		memmove(zero + 2, zero + 3, strlen(zero + 3) + 1);
	}
	return text;
}

void elsewhere_print(const struct elsewhere *row, char *text, size_t size)
{
	char epsilon[32];
	snprintf(text, size, "| %s | %s | %s | %s | (%s), %s | %s | %s | %s |", row->name, row->version,
	         short_number(row->epsilon, epsilon, sizeof(epsilon)), row->axes, row->shape,
	         clnorm_layout_name(row->layout),
	         row->groups > 1    ? "G"
	         : row->groups == 1 ? "1"
	                            : "0",
	         row->has_gamma ? "yes" : "no", row->relation == ELSEWHERE_SAMPLE ? "y*sqrt((m - 1)/m)" : "y");
}
