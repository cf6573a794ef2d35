/* progress.h: a line on the terminal that says how far a long job is: title, bar, done of all, time left.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Silent, and free of cost, where stderr is no terminal. Empty, {0}, is silent too. */
struct tool_progress {
	const char *title; /* borrowed */
	size_t total;      /* steps in all */
	size_t done;       /* finished ones */
	double part;       /* of the step at work, 0 to 1 */
	char step[64];     /* its name */
	bool is_shown;     /* stderr is a terminal */
	bool is_drawn;     /* the line is on it now */
	double start_ms, drawn_ms;
};

/* Begins at step 0 of total. */
void tool_progress_begin(struct tool_progress *progress, const char *title, size_t total);

/* Names the step that begins now; it is the first one or the one after tool_progress_next(). */
void tool_progress_name(struct tool_progress *progress, const char *step);

/* So much of the step at work is done, 0 to 1. */
void tool_progress_move(struct tool_progress *progress, double part);

/* The step is done. */
void tool_progress_next(struct tool_progress *progress);

/* Takes the line off the terminal, for other output to come; the next call above puts it back. Call it at the end. */
void tool_progress_clear(struct tool_progress *progress);

/* The line as it is after elapsed_ms, for a terminal of so many columns; one column stays free, so that no terminal
 * wraps it. Text needs columns bytes. */
void tool_progress_line(const struct tool_progress *progress, double elapsed_ms, size_t columns, char *text);

#endif
