/* curve.h: how the loss fell: numbers in a text file, and a picture of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_CURVE_H
#define TRAIN_CURVE_H

#include <stddef.h>

struct curve {
	size_t count, capacity;
	struct curve_point {
		unsigned step;
		double loss;
	} * points;
};

void curve_add(struct curve *curve, unsigned step, double loss);
void curve_clear(struct curve *curve);

/* Writes "STEP LOSS" lines to FOLDER/loss.txt, and draws them to FOLDER/loss.png by gnuplot, where there is one; else
 * with characters to standard output. */
void curve_write(const struct curve *curve, const char *folder);

#endif
