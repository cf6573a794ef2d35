/* plot.c: a picture that gnuplot draws, written whole or not at all.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --default-settings: a user's own ~/.gnuplot does not change our picture. */
static char program[] = "gnuplot", version_word[] = "--version", plain_word[] = "--default-settings",
	    stdin_word[] = "-";
static char *const version_words[] = {program, version_word, NULL};
static char *const draw_words[] = {program, plain_word, stdin_word, NULL};

/* What the status that waitpid() gave says. */
static bool check_status(int status)
{
	if (WIFSIGNALED(status)) {
		return tool_report_fail("gnuplot was killed by signal %d", WTERMSIG(status));
	}
	return WEXITSTATUS(status) == 0 || tool_report_fail("gnuplot failed with exit status %d", WEXITSTATUS(status));
}

/* Runs gnuplot to its end; a descriptor of -1 stands for /dev/null. */
static bool run(char *const words[], int in, int out, int err)
{
	posix_spawn_file_actions_t actions;
	const int from[] = {in, out, err};
	pid_t child = 0;
	int status = 0;
	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; ++i) {
		if (from[i] >= 0) {
			posix_spawn_file_actions_adddup2(&actions, from[i], i);
		} else {
			posix_spawn_file_actions_addopen(&actions, i, "/dev/null", i == 0 ? O_RDONLY : O_WRONLY, 0);
		}
	}
	int code = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (code != 0 && code != ENOENT) {
		return tool_report_fail("gnuplot cannot be started: %s", strerror(code));
	}
	while (code == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	if (code == ENOENT || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
		return tool_report_fail("gnuplot is not installed, or not in PATH");
	}
	return check_status(status);
}

/* The last four characters. */
static const char *ending_of(const char *path)
{
	size_t length = strlen(path);
	return length >= 4 ? path + length - 4 : "";
}

bool tool_plot_check_name(const char *path)
{
	const char *ending = ending_of(path), *folder_end = strrchr(path, '/');
	const char *name = folder_end != NULL ? folder_end + 1 : path;
	if (strcmp(ending, ".png") != 0 && strcmp(ending, ".svg") != 0) {
		return tool_report_fail("%s: a picture's name ends in .png or .svg", path);
	}
	return ending != name || tool_report_fail("%s: the file's name is empty before %s", path, ending);
}

bool tool_plot_create(const char *path, struct tool_plot *plot)
{
	struct tool_plot made = {.is_svg = strcmp(ending_of(path), ".svg") == 0};
	if (!run(version_words, -1, -1, -1)) {
		return tool_report_about(path);
	}
	if (!tool_output_create(path, &made.output)) {
		return false;
	}
	made.script = tmpfile();
	if (made.script == NULL) {
		tool_report_fail("%s: no temporary file for gnuplot's commands: %s", path, strerror(errno));
		tool_plot_clear(&made);
		return false;
	}
	*plot = made;
	return true;
}

void tool_plot_begin(struct tool_plot *plot, unsigned width, unsigned height)
{
	/* Blue, vermilion, green, purple, sky blue, orange: Okabe and Ito's palette, told apart by the colour-blind
	 * too. */
	static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#AA4499", "#56B4E9", "#E69F00"};
	FILE *script = plot->script;
	if (plot->is_svg) {
		fprintf(script, "set terminal svg noenhanced size %u,%u font 'sans,13' background '#ffffff'\n", width,
		        height);
	} else {
		fprintf(script,
		        "if (strstrt(GPVAL_TERMINALS, ' pngcairo ')) {\n"
		        "set terminal pngcairo noenhanced size %u,%u font 'sans,10' background '#ffffff'\n"
		        "} else {\n"
		        "set terminal png noenhanced size %u,%u\n"
		        "}\n",
		        width, height, width, height);
	}
	for (size_t i = 0; i < sizeof colours / sizeof colours[0]; ++i) {
		fprintf(script, "set linetype %zu lc rgb '%s' lw 1.8 pt 7 ps 0.7\n", i + 1, colours[i]);
	}
	fputs("set linetype 9 lc rgb '#d8d8d8' lw 1\n"
	      "set border 3 lc rgb '#606060'\n"
	      "set tics nomirror out textcolor rgb '#202020'\n"
	      "set grid lt 9\n",
	      script);
}

void tool_plot_quote(struct tool_plot *plot, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;-+_/()[]=*<>#";
	fputc('"', plot->script);
	for (; *text != '\0'; ++text) {
		bool is_plain = (unsigned char)*text >= 0x80 || strchr(plain, *text) != NULL;
		fputc(is_plain ? *text : '?', plot->script);
	}
	fputc('"', plot->script);
}

/* gnuplot's first words on stderr, to be part of the reason. */
static void add_complaint(FILE *complaints)
{
	char line[200];
	rewind(complaints);
	while (fgets(line, sizeof line, complaints) != NULL) {
		char *start = line + strspn(line, " \t\r\n^");
		start[strcspn(start, "\r\n")] = '\0';
		if (start[0] != '\0' && strncmp(start, "gnuplot> ", 9) != 0) {
			tool_report_fail("%s: %s", tool_report_text(), start);
			return;
		}
	}
}

static bool draw(struct tool_plot *plot)
{
	FILE *complaints = tmpfile();
	if (complaints == NULL || fflush(plot->script) != 0 || ferror(plot->script) != 0 ||
	    fseek(plot->script, 0, SEEK_SET) != 0) {
		if (complaints != NULL) {
			fclose(complaints);
		}
		return tool_report_fail("gnuplot's commands cannot be kept: %s", strerror(errno));
	}
	/* gnuplot shares the script's descriptor and with it the place in the file. */
	bool is_done = run(draw_words, fileno(plot->script), fileno(plot->output.file), fileno(complaints));
	if (!is_done) {
		add_complaint(complaints);
	} else if (fseek(plot->output.file, 0, SEEK_END) != 0 || ftell(plot->output.file) <= 0) {
		is_done = tool_report_fail("gnuplot drew nothing");
		add_complaint(complaints);
	}
	fclose(complaints);
	return is_done || tool_report_about(plot->output.path);
}

bool tool_plot_publish(struct tool_plot *plot)
{
	return draw(plot) && tool_output_finish(&plot->output) && tool_output_publish(&plot->output);
}

void tool_plot_clear(struct tool_plot *plot)
{
	if (plot->script != NULL) {
		fclose(plot->script);
	}
	tool_output_clear(&plot->output);
	plot->script = NULL;
}
