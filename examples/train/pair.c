/* pair.c: what to learn from: a picture, and what is to be made of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include "fail.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void pair_read(struct pair *pair, const char *input, const char *target)
{
	image_read(&pair->input, input);
	image_read(&pair->target, target);
	if (pair->input.width != pair->target.width || pair->input.height != pair->target.height) {
		fail("%s is %zu x %zu pixels, %s %zu x %zu; they must be of one size", input, pair->input.width,
		     pair->input.height, target, pair->target.width, pair->target.height);
	}
}

void pair_clear(struct pair *pair)
{
	image_clear(&pair->input);
	image_clear(&pair->target);
}

static void drawer_find(const char *argv0, char *path, size_t bytes)
{
	static const char *const places[] = {"", "../", "../../"};
	const char *slash = strrchr(argv0, '/');
	const int folder = slash ? (int)(slash - argv0) + 1 : 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, bytes, "%.*s%spicture", folder, argv0, places[i]);
		if (access(path, X_OK) == 0) {
			return;
		}
	}
	fail("no program picture beside this one: build examples/picture, or give INPUT.png and TARGET.png");
}

static void draw(char *drawer, char *path, char *light, unsigned width)
{
	char columns[16], rows[16];
	char *const arguments[] = {drawer, path, light, columns, rows, NULL};
	pid_t pid;
	int status;

	snprintf(columns, sizeof(columns), "%u", width);
	snprintf(rows, sizeof(rows), "%u", width * 3 / 4);
	if (posix_spawn(&pid, drawer, NULL, NULL, arguments, environ) != 0 || waitpid(pid, &status, 0) != pid ||
	    !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fail("%s could not draw %s", drawer, path);
	}
}

void pair_draw(struct pair *pair, const char *argv0, const char *folder, unsigned width)
{
	char drawer[4200], input[4200], target[4200], haze[] = "haze", dusk[] = "dusk";
	drawer_find(argv0, drawer, sizeof(drawer));
	snprintf(input, sizeof(input), "%s/input.png", folder);
	snprintf(target, sizeof(target), "%s/target.png", folder);
	draw(drawer, input, haze, width);
	draw(drawer, target, dusk, width);
	pair_read(pair, input, target);
}
