/* chart.h: what a picture of a benchmark shows: a bar for each line, or curves over a sweep.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CHART_H
#define TOOL_CHART_H

#include "tools/bench/lines.h"
#include "tools/bench/plot.h"

/* Writes the script: shares of copy speed as horizontal bars with the median's interval; of a sweep, time an element
 * over the size, beside the copy's and the empty launch's, both axes logarithmic. */
void tool_chart_write(const struct tool_bench *bench, struct tool_plot *plot);

#endif
