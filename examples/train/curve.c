/* curve.c: how the loss fell: numbers in a text file, and a picture of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "curve.h"

#include "fail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void curve_add(struct curve *curve, unsigned step, double loss)
{
	if (curve->count == curve->capacity) {
		curve->capacity = 2 * curve->capacity + 16;
		struct curve_point *points = realloc(curve->points, curve->capacity * sizeof(*points));
		if (!points) {
			fail("no memory for %zu points of a curve", curve->capacity);
		}
		curve->points = points;
	}
	curve->points[curve->count++] = (struct curve_point){step, loss};
}

void curve_clear(struct curve *curve)
{
	free(curve->points);
	*curve = (struct curve){0};
}

static void numbers_write(const struct curve *curve, const char *path)
{
	FILE *file = fopen(path, "w");
	if (!file) {
		fail("%s: cannot be written", path);
	}
	for (size_t i = 0; i < curve->count; i++) {
		fprintf(file, "%u %.9g\n", curve->points[i].step, curve->points[i].loss);
	}
	if (fclose(file) != 0) {
		fail("%s: cannot be written", path);
	}
}

/* 1 where a gnuplot drew it. */
static int plot(const char *numbers, const char *picture)
{
	if (system("command -v gnuplot >/dev/null 2>&1") != 0) {
		return 0;
	}
	FILE *gnuplot = popen("gnuplot 2>/dev/null", "w");
	if (!gnuplot) {
		return 0;
	}
	fprintf(gnuplot,
	        "set terminal png size 640,400\nset output '%s'\nset logscale y\nset format y '%%g'\nset grid\n",
	        picture);
	fprintf(gnuplot, "set xlabel 'step'\nset ylabel 'loss'\nplot '%s' with lines linewidth 2 notitle\n", numbers);
	return pclose(gnuplot) == 0;
}

/* A bar for each point, as long as the logarithm of the loss. */
static void bars_print(const struct curve *curve)
{
	double least = INFINITY, most = 0;
	for (size_t i = 0; i < curve->count; i++) {
		least = fmin(least, curve->points[i].loss);
		most = fmax(most, curve->points[i].loss);
	}
	for (size_t i = 0; i < curve->count; i++) {
		const double share = most > least ? log(curve->points[i].loss / least) / log(most / least) : 0;
		printf("%6u %10.3g ", curve->points[i].step, curve->points[i].loss);
		for (int k = 0; k <= (int)(50 * share); k++) {
			putchar('#');
		}
		putchar('\n');
	}
}

void curve_write(const struct curve *curve, const char *folder)
{
	char numbers[4200], picture[4200];
	snprintf(numbers, sizeof(numbers), "%s/loss.txt", folder);
	snprintf(picture, sizeof(picture), "%s/loss.png", folder);
	numbers_write(curve, numbers);
	if (plot(numbers, picture)) {
		printf("loss curve: %s\n", picture);
	} else {
		bars_print(curve);
		printf("loss curve: %s\n", numbers);
	}
}
