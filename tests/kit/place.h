/* place.h: device memory between canaries, full of NaN until a value is put there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLACE_H
#define TESTS_PLACE_H

#include <clnorm/clnorm.h>

#include "tests/kit/strided.h"

/* Elements of canary behind the last element; as many bytes as the widest vector store of any kernel, and more. */
#define PLACE_TAIL 64

struct place {
	cl_mem mem;
	clnorm_view view; /* mem, and the offset that calls take */
	clnorm_dtype dtype;
	size_t count;
	size_t first;       /* element where the data begins */
	size_t total;       /* elements of the buffer */
	struct strided lie; /* of the data, from there on; its gaps are checked like canaries */
	size_t span;        /* elements of the data, gaps and all */
	unsigned char gap;  /* each byte of the gaps */
};

/* Where the data lies in its buffer. */
enum place_side {
	PLACE_BETWEEN = 0, /* canaries on both sides */
	PLACE_AT_END,      /* its last byte is the buffer's last; the buffer is a number of whole memory pages */
	PLACE_AT_BEGIN     /* its first byte is the buffer's first; the same */
};

/* For every place that is made from now on. Until then, and in every other test, PLACE_BETWEEN. */
void place_lie(enum place_side side);

/* A buffer for count elements after `first` elements of canary; all NaN. At a buffer's end or beginning, `first` is
 * what that makes it. */
void place_init(struct place *place, clnorm_dtype dtype, size_t count, size_t first);
/* The same for a tensor of the description with such strides. Its gaps hold NaN, or in every other place numbers so
 * large that no sum survives them. */
void place_init_tensor(struct place *place, const clnorm_desc *desc, clnorm_strides strides, size_t first);
/* An uninitialized workspace of so many bytes at byte offset 64*blocks; its canaries are checked like all. At the end
 * of a buffer up to 60 bytes of canary follow, as a workspace begins at a multiple of 64. */
void place_init_workspace(struct place *place, size_t bytes, size_t blocks);
void place_clear(struct place *place);

/* Every byte of the data becomes 0xff, a NaN in each type; the canaries are written afresh. */
void place_poison(struct place *place);
/* Rounds and uploads; the canaries are written afresh. */
void place_store(struct place *place, const double *values);
/* The data as it lies there, count * element bytes, after a check of the canaries. The caller frees. */
void *place_bytes(const struct place *place, const char *what);
/* The same as doubles. The caller frees. */
double *place_load(const struct place *place, const char *what);
/* The data is still these values, and the canaries are there. values NULL: nothing to check. */
void place_check(const struct place *place, const double *values, const char *what);
/* No byte of the data differs from what place_poison() wrote. */
bool place_is_poisoned(const struct place *place);

/* values rounded to the dtype and back. */
void place_round(clnorm_dtype dtype, double *values, size_t count);

#endif
