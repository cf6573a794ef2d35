/* plot.h: a picture that gnuplot draws, written whole or not at all.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PLOT_H
#define TOOL_PLOT_H

#include "tools/base/output.h"

/* Empty, {0}, is no picture. */
struct tool_plot {
	struct tool_output output;
	FILE *script; /* write gnuplot's commands here */
	bool is_svg;
};

/* Refuses a path that ends neither in .png nor in .svg, or has nothing before that. */
TOOL_CHECKED bool tool_plot_check_name(const char *path);

/* Of a path with such a name. Refuses one that cannot be written, and a machine without gnuplot, before anything is
 * measured. Reasons name the path. */
TOOL_CHECKED bool tool_plot_create(const char *path, struct tool_plot *plot);

/* Writes the first commands: terminal of this size in pixels, font, colours of lines 1 to 6, a quiet grid. */
void tool_plot_begin(struct tool_plot *plot, unsigned width, unsigned height);

/* Writes text for gnuplot between double quotes: characters that gnuplot or a shell might act on become '?'. */
void tool_plot_quote(struct tool_plot *plot, const char *text);

/* Has gnuplot draw the script, and puts the picture in its place. */
TOOL_CHECKED bool tool_plot_publish(struct tool_plot *plot);

/* Frees; of a picture that was not published no trace is left. */
void tool_plot_clear(struct tool_plot *plot);

#endif
