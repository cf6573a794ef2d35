/* strided.h: where the elements of a tensor lie that has gaps; bytes to there and from there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STRIDED_H
#define TESTS_STRIDED_H

#include <clnorm/types.h>

/* Samples of blocks of neighbouring elements: channels of S, or pixels of C. */
struct strided {
	size_t count, block, blocks; /* all elements; of a block; blocks of a sample */
	size_t sample, inner;        /* elements from one to the next */
};

struct strided strided_of(const clnorm_desc *desc, clnorm_strides strides);
/* Without gaps. */
struct strided strided_line(size_t count);

/* Element i as the packed tensor counts them; elements from the first to the last, both counted. */
size_t strided_at(const struct strided *strided, size_t i);
size_t strided_span(const struct strided *strided);

/* Elements of so many bytes, packed, to where they lie, and from there. */
void strided_scatter(const struct strided *strided, size_t bytes, const void *packed, void *to);
void strided_gather(const struct strided *strided, size_t bytes, const void *from, void *packed);

#endif
