/* elsewhere.h: what the norms of other libraries give on one small tensor, and which settings here give the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table "What you call it elsewhere" of README.md is these rows. */
#ifndef TESTS_ELSEWHERE_H
#define TESTS_ELSEWHERE_H

#include <clnorm/clnorm.h>

#define ELSEWHERE_COUNT 48

enum elsewhere_relation {
	ELSEWHERE_SAME = 0, /* theirs is y */
	ELSEWHERE_SAMPLE    /* the deviation is the sample's: theirs is y*sqrt((m - 1)/m), m elements a set */
};

struct elsewhere {
	const char *name;    /* as README.md has it */
	const char *version; /* of the package that y is from; a commit for PuzzleLib */
	const char *call;    /* what was called; every argument that is not said has its default */
	const char *source;  /* the file of the package, or its document, that defines it */
	const char *axes;    /* that share statistics, in their words */

	/* The settings here. */
	const char *shape; /* dims in words: N, C, S */
	unsigned rank;
	size_t dims[4]; /* in the order of memory; the layout says which is C */
	clnorm_layout layout;
	size_t groups;
	double epsilon;
	bool has_gamma; /* gamma and beta; otherwise neither */

	enum elsewhere_relation relation;
	double constant;           /* every element of x is that; 0: x is elsewhere_x */
	double y[ELSEWHERE_COUNT]; /* float32, in digits that tell one from the next */
};

extern const struct elsewhere elsewhere_rows[];
extern const size_t elsewhere_count;

extern const double elsewhere_x[ELSEWHERE_COUNT];
/* Of C elements, the first C. */
extern const double elsewhere_gamma[ELSEWHERE_COUNT / 2], elsewhere_beta[ELSEWHERE_COUNT / 2];

clnorm_desc elsewhere_desc(const struct elsewhere *row);
void elsewhere_fill(const struct elsewhere *row, double *x);
/* How far y, made here, is from theirs by the relation, of what two roundings in float32 allow: at most 1 where the
 * settings are the same. */
double elsewhere_distance(const struct elsewhere *row, const double *y);
/* The row of README.md, without a newline. */
void elsewhere_print(const struct elsewhere *row, char *text, size_t size);

#endif
