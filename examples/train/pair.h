/* pair.h: what to learn from: a picture, and what is to be made of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_PAIR_H
#define TRAIN_PAIR_H

#include "image.h"

struct pair {
	struct image input, target; /* of one size */
};

void pair_read(struct pair *pair, const char *input, const char *target);
/* Has the program picture draw a hazy day, and the same place at dusk, `width` pixels wide, into the folder. It is
 * looked for beside this program (argv0), and one and two folders up. */
void pair_draw(struct pair *pair, const char *argv0, const char *folder, unsigned width);
void pair_clear(struct pair *pair);

#endif
