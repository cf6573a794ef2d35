/* chart.c: what a picture of a benchmark shows: a bar for each line, or curves over a sweep.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 960
#define BAR_PIXELS 24   /* height of a bar with the gap */
#define EDGE_PIXELS 150 /* title and axis */
#define SWEEP_HEIGHT 620

static void write_title(const struct tool_bench *bench, struct tool_plot *plot, const char *what)
{
	char text[512];
	fputs("set title ", plot->script);
	snprintf(text, sizeof text, "clnorm %s %s %s: %s", bench->set->op_name, clnorm_dtype_name(bench->set->dtype),
	         clnorm_layout_name(bench->set->layout), what);
	tool_plot_quote(plot, text);
	snprintf(text, sizeof text, "%.120s, %.120s", bench->device.name, bench->device.driver);
	fputs(".\"\\n\".", plot->script);
	tool_plot_quote(plot, text);
	fputc('\n', plot->script);
}

/* ---- Bars ------------------------------------------------------------------------------------------------------- */

static double share_at(const struct tool_measure *figures, double ms)
{
	return figures->share * figures->median_ms / ms;
}

/* Name, share, and the share at both ends of the median's interval. */
static void write_bar_data(const struct tool_bench *bench, struct tool_plot *plot)
{
	fputs("$lines << EOD\n", plot->script);
	for (size_t i = 0; i < bench->line_count; ++i) {
		const struct tool_bench_line *line = &bench->lines[i];
		char name[128];
		snprintf(name, sizeof name, "%s%s%s", line->shape->id, tool_bench_is_all(bench->set) ? " " : "",
		         tool_bench_is_all(bench->set) ? line->figures.variant : "");
		tool_plot_quote(plot, name);
		fprintf(plot->script, " %.4f %.4f %.4f\n", line->figures.share,
		        share_at(&line->figures, line->figures.times.high),
		        share_at(&line->figures, line->figures.times.low));
	}
	fputs("EOD\n", plot->script);
}

/* As far as the longest bar goes, or the copy's line: an interval of few rounds may go much farther, and is cut. */
static double find_right_edge(const struct tool_bench *bench)
{
	double most = 1;
	for (size_t i = 0; i < bench->line_count; ++i) {
		most = fmax(most, bench->lines[i].figures.share);
	}
	return most * 1.1;
}

static void write_bars(const struct tool_bench *bench, struct tool_plot *plot)
{
	double edge = find_right_edge(bench);
	tool_plot_begin(plot, WIDTH,
	                EDGE_PIXELS + BAR_PIXELS * (unsigned)(bench->line_count > 4 ? bench->line_count : 4));
	write_title(bench, plot, "share of the speed of the best copy");
	write_bar_data(bench, plot);
	fprintf(plot->script,
	        "unset key\n"
	        "unset grid\n"
	        "set grid x lt 9\n"
	        "set border 2\n"
	        "set rmargin 8\n"
	        "set ytics scale 0\n"
	        "set style fill solid 0.85 noborder\n"
	        "edge = %.3f\n"
	        "set xrange [0:edge]\n"
	        "set yrange [%zu-0.4:-0.6]\n"
	        "set xtics %s format '%%.1f'\n"
	        "set xlabel 'bytes a second over those of the copy'\n"
	        "set arrow 1 from 1, graph 0 to 1, graph 1 nohead lw 1.5 dt 2 lc rgb '#404040' front\n"
	        "plot $lines using ($2/2):0:(0):2:($0-0.34):($0+0.34):ytic(1) with boxxyerror lc 5, "
	        "$lines using 2:0:3:($4 < edge ? $4 : edge) with xerrorbars pt 0 lw 1 lc rgb '#202020', "
	        "$lines using (edge):0:(sprintf('%%.2f', $2)) with labels left offset 1,0 textcolor rgb '#202020'\n",
	        edge, bench->line_count, edge < 2 ? "0.1" : "autofreq");
}

/* ---- Sweeps ----------------------------------------------------------------------------------------------------- */

static double per_element(const struct tool_bench_line *line, double ms)
{
	return ms * 1e6 / (double)tool_bench_elements(line->shape);
}

/* Size, ns an element of the lines of one variant (NULL: of all), of the copy, of the empty launch. */
static void write_curve_data(const struct tool_bench *bench, struct tool_plot *plot, size_t number, const char *variant)
{
	double tensors = bench->set->op == CLNORM_OP_BACKWARD ? 3 : 2;
	fprintf(plot->script, "$curve%zu << EOD\n", number);
	for (size_t i = 0; i < bench->line_count; ++i) {
		const struct tool_bench_line *line = &bench->lines[i];
		if (variant == NULL || strcmp(line->figures.variant, variant) == 0) {
			fprintf(plot->script, "%zu %.6g %.6g %.6g\n", tool_bench_bytes(bench, line->shape),
			        per_element(line, line->figures.median_ms),
			        per_element(line, line->figures.copy_ms * tensors / 2),
			        per_element(line, line->figures.launch_us * 1e-3));
		}
	}
	fputs("EOD\n", plot->script);
}

/* The variants that were measured, each once; one curve for all lines where the planner chose. */
static size_t list_curves(const struct tool_bench *bench, const char *variants[TOOL_MEASURE_MAX])
{
	size_t count = 0;
	if (!tool_bench_is_all(bench->set)) {
		variants[0] = NULL;
		return 1;
	}
	for (size_t i = 0; i < bench->line_count; ++i) {
		size_t k = 0;
		while (k < count && strcmp(variants[k], bench->lines[i].figures.variant) != 0) {
			++k;
		}
		if (k == count && count < TOOL_MEASURE_MAX) {
			variants[count++] = bench->lines[i].figures.variant;
		}
	}
	return count;
}

static void write_curves(const struct tool_bench *bench, struct tool_plot *plot)
{
	const char *variants[TOOL_MEASURE_MAX];
	size_t count = list_curves(bench, variants);
	char what[64];
	snprintf(what, sizeof what, "time an element as %s grows (%s)", tool_sweep_name(bench->set->sweep),
	         tool_sweep_pattern(bench->set->sweep));
	tool_plot_begin(plot, WIDTH, SWEEP_HEIGHT);
	write_title(bench, plot, what);
	write_curve_data(bench, plot, 0, NULL);
	for (size_t i = 0; i < count; ++i) {
		write_curve_data(bench, plot, i + 1, variants[i]);
	}
	fputs("set logscale xy\n"
	      "set logscale x 2\n"
	      "set xtics 1024,4 format '%.0b %BB'\n"
	      "set format y '%g'\n"
	      "set xlabel 'bytes of x'\n"
	      "set rmargin 5\n"
	      "set ylabel 'ns an element'\n"
	      "set key below center horizontal noautotitle samplen 3\n"
	      "plot ",
	      plot->script);
	for (size_t i = 0; i < count; ++i) {
		const char *name = variants[i] != NULL           ? variants[i]
		                   : bench->set->variant != NULL ? bench->set->variant
		                                                 : "clnorm, the variant that it chooses";
		fprintf(plot->script, "$curve%zu using 1:2 with linespoints lt %zu title ", i + 1, i % 6 + 1);
		tool_plot_quote(plot, name);
		fputs(", ", plot->script);
	}
	/* "unique": with all variants, a size is there more than once. */
	fputs("$curve0 using 1:3 smooth unique with lines lc rgb '#404040' dt 2 lw 1.5 title 'best copy of as many "
	      "bytes', "
	      "$curve0 using 1:4 smooth unique with lines lc rgb '#808080' dt 3 lw 1.5 title 'empty launch'\n",
	      plot->script);
}

void tool_chart_write(const struct tool_bench *bench, struct tool_plot *plot)
{
	if (bench->set->sweep != TOOL_SWEEP_NONE) {
		write_curves(bench, plot);
	} else {
		write_bars(bench, plot);
	}
}
