/* progress.c: a line on the terminal that says how far a long job is: title, bar, done of all, time left.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/progress.h"

#include "tools/base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_MS 100.0  /* more often is not seen, and costs the job */
#define LEFT_MS 2000.0 /* before, and below the part, nothing can be said of the time left */
#define LEFT_PART 0.02
#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX 160
#define BAR_MAX 30
#define BAR_MIN 5

static double clamp(double value, double low, double high)
{
	return fmin(fmax(value, low), high);
}

/* "12 s", "4 min", "2 h 10 min". */
static void write_duration(double ms, char *text, size_t bytes)
{
	unsigned long seconds = (unsigned long)clamp(ceil(ms / 1000), 0, 1e8), minutes = (seconds + 30) / 60;
	if (seconds < 100) {
		snprintf(text, bytes, "%lu s", seconds);
	} else if (minutes < 100) {
		snprintf(text, bytes, "%lu min", minutes);
	} else {
		snprintf(text, bytes, "%lu h %02lu min", minutes / 60, minutes % 60);
	}
}

void tool_progress_line(const struct tool_progress *progress, double elapsed_ms, size_t columns, char *text)
{
	char head[128], tail[160], left[40], bar[BAR_MAX + 1] = "";
	double part = progress->total > 0
	                      ? clamp(((double)progress->done + progress->part) / (double)progress->total, 0, 1)
	                      : 0;
	snprintf(head, sizeof head, "%.40s ", progress->title);
	int length = snprintf(tail, sizeof tail, " %zu/%zu %s", progress->done, progress->total, progress->step);
	if (elapsed_ms >= LEFT_MS && part >= LEFT_PART && part < 1) {
		write_duration(elapsed_ms / part * (1 - part), left, sizeof left);
		snprintf(tail + length, sizeof tail - (size_t)length, ", about %s left", left);
	}
	size_t taken = strlen(head) + strlen(tail) + 3; /* brackets and the free column */
	size_t room = columns > taken ? columns - taken : 0;
	room = room < BAR_MAX ? room : BAR_MAX;
	size_t full = (size_t)(part * (double)room);
	memset(bar, '#', full);
	memset(bar + full, '.', room - full);
	bar[room] = '\0';
	if (room >= BAR_MIN) {
		snprintf(text, columns, "%s[%s]%s", head, bar, tail);
	} else {
		snprintf(text, columns, "%s%s", head, tail + 1);
	}
}

static size_t find_columns(void)
{
	struct winsize size = {0};
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
		return COLUMNS_DEFAULT;
	}
	return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

/* "\033[K" erases to the end of the line; every terminal since the VT100 knows it. */
static void draw(struct tool_progress *progress, bool is_urgent)
{
	char text[COLUMNS_MAX];
	double now = tool_clock_now();
	if (!progress->is_shown || (!is_urgent && progress->is_drawn && now - progress->drawn_ms < DRAW_MS)) {
		return;
	}
	tool_progress_line(progress, now - progress->start_ms, find_columns(), text);
	fprintf(stderr, "\r%s\033[K", text);
	fflush(stderr);
	progress->is_drawn = true;
	progress->drawn_ms = now;
}

void tool_progress_begin(struct tool_progress *progress, const char *title, size_t total)
{
	*progress = (struct tool_progress){
		.title = title, .total = total, .is_shown = isatty(STDERR_FILENO) == 1, .start_ms = tool_clock_now()};
}

void tool_progress_name(struct tool_progress *progress, const char *step)
{
	snprintf(progress->step, sizeof progress->step, "%s", step);
	progress->part = 0;
	draw(progress, true);
}

void tool_progress_move(struct tool_progress *progress, double part)
{
	progress->part = clamp(part, 0, 1);
	draw(progress, false);
}

void tool_progress_next(struct tool_progress *progress)
{
	++progress->done;
	progress->part = 0;
	draw(progress, true);
}

void tool_progress_clear(struct tool_progress *progress)
{
	if (progress->is_drawn) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	progress->is_drawn = false;
}
